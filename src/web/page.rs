//! What all pages have in common: their frame, their headers, and how a failure looks.

use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;

use super::{
    assets::{self, Asset},
    session,
    texts::{Language, Texts},
    visitor::{self, Visitor},
};
use crate::{access::RequestId, error::Problem};

/// What stands around every page.
pub(super) struct Frame {
    pub(super) t: &'static Texts,
    pub(super) signed_in: bool,
    /// What the search box holds.
    pub(super) keyword: String,
    /// Where the search box leads.
    pub(super) search_at: &'static str,
}

/// Where every product is.
pub(super) const TOTAL: &str = "/openrun/total";

impl Frame {
    pub(super) fn new(visitor: &Visitor) -> Self {
        Self::of(visitor.texts, visitor.member().is_some())
    }

    fn of(t: &'static Texts, signed_in: bool) -> Self {
        Self { t, signed_in, keyword: String::new(), search_at: TOTAL }
    }

    /// The language that is not spoken.
    pub(super) fn other_language(&self) -> Language {
        match self.t.language {
            Language::Korean => Language::English,
            Language::English => Language::Korean,
        }
    }

    pub(super) fn style(&self) -> &'static Asset {
        &assets::STYLE
    }

    pub(super) fn scripts(&self) -> [&'static Asset; 2] {
        [&assets::HTMX, &assets::SCRIPT]
    }

    pub(super) fn icon(&self) -> &'static Asset {
        &assets::ICON
    }
}

/// Nothing runs but our own files, and nothing is written into a page that runs. Pictures of imported products come from
/// wherever their shop keeps them.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' https: http: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Writes a page.
pub(super) fn show(status: StatusCode, page: &impl Template) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => return Problem::internal().caused_by(error).into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        // A form's origin is told to this shop; with the stricter policy of the API it would be hidden from it too.
        (header::REFERRER_POLICY, "same-origin"),
        // Asked for again each time, but kept for the way back.
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "Cookie, Accept-Language, User-Agent, HX-Request"),
    ];
    (status, headers, html).into_response()
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    frame: Frame,
    text: &'static str,
    wait: Option<String>,
    request_id: &'a str,
}

/// Shows a failure as a page to whoever reads pages.
pub(crate) async fn explain_failures(request: Request, next: Next) -> Response {
    if !wants_page(&request) {
        return next.run(request).await;
    }
    let language = visitor::language(request.headers());
    let has_session = session::token(&CookieJar::from_headers(request.headers())).is_some();
    let in_place = visitor::is_in_place(request.headers());
    let request_id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let t = language.texts();
    let page = FailurePage {
        frame: Frame::of(t, has_session),
        text: (t.problem)(problem.code()),
        wait: retry_after(response.headers()).map(t.wait_seconds),
        request_id: request_id.as_ref().map_or("", |RequestId(id)| id),
    };
    let mut page = show(response.status(), &page);
    page.headers_mut().extend(kept(response.headers()));
    if in_place {
        page.headers_mut().extend(IN_PLACE);
    }
    // The log has to learn of it.
    page.extensions_mut().insert(problem);
    page
}

/// A failure replaces nothing of the page that asked: what was typed, and the key of an order, stay.
const IN_PLACE: [(HeaderName, HeaderValue); 3] = [
    (HeaderName::from_static("hx-retarget"), HeaderValue::from_static("#notice")),
    (HeaderName::from_static("hx-reselect"), HeaderValue::from_static(".fault")),
    (HeaderName::from_static("hx-reswap"), HeaderValue::from_static("innerHTML")),
];

/// What a failure tells besides its body.
fn kept(headers: &HeaderMap) -> HeaderMap {
    let names = [header::RETRY_AFTER, header::ALLOW];
    let kept = names.into_iter().filter_map(|name| Some((name.clone(), headers.get(&name)?.clone())));
    kept.collect()
}

/// Seconds to wait, where a failure tells.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// The pages, and whatever else a browser opens by itself that is not of the API.
fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let accepts = |value: &HeaderValue| value.to_str().is_ok_and(|accept| accept.contains("text/html"));
    path.starts_with("/openrun/")
        || !path.starts_with("/api/") && request.headers().get_all(header::ACCEPT).iter().any(accepts)
}
