//! The files of the pages, within the binary. Their names change with what they hold, so that browsers keep them for good.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::error::{Code, Problem};

/// One file.
pub(super) struct Asset {
    /// Where it is served.
    pub(super) address: String,
    kind: &'static str,
    content: &'static [u8],
}

impl Asset {
    fn new(stem: &str, extension: &str, kind: &'static str, content: &'static [u8]) -> Self {
        let digest = Sha256::digest(content);
        let mark: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { address: format!("/static/{stem}.{mark}.{extension}"), kind, content }
    }
}

macro_rules! assets {
    ($($name:ident = $stem:literal . $extension:literal, $kind:literal;)*) => {
        $(
            pub(super) static $name: LazyLock<Asset> = LazyLock::new(|| {
                let content = include_bytes!(concat!("../../static/", $stem, ".", $extension));
                Asset::new($stem, $extension, $kind, content)
            });
        )*
        const ALL: &[&LazyLock<Asset>] = &[$(&$name),*];
    };
}

assets! {
    STYLE = "shop"."css", "text/css; charset=utf-8";
    SCRIPT = "shop"."js", "text/javascript; charset=utf-8";
    HTMX = "htmx.min"."js", "text/javascript; charset=utf-8";
    ICON = "icon"."svg", "image/svg+xml";
}

/// Serves a file; a name of another version is unknown.
pub(super) async fn serve(Path(name): Path<String>) -> Result<Response, Problem> {
    let asset = ALL.iter().find(|asset| asset.address.strip_prefix("/static/") == Some(&name));
    let asset = asset.ok_or_else(|| Problem::new(Code::NotFound, "There is no such file."))?;
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.content).into_response())
}
