//! Who looks at a page, in which language, and from where.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    session,
    texts::{Language, Texts},
};
use crate::{
    app::App,
    error::{Code, Problem},
    members::Member,
};

/// Where whoever comes from nowhere is led.
pub(super) const HOME: &str = "/openrun/main";

/// Somebody with a browser.
pub(super) struct Visitor {
    pub(super) texts: &'static Texts,
    /// The page that is looked at, with its query.
    pub(super) address: String,
    member: Result<Member, Problem>,
    /// Whether a script asks, which cannot follow to another page.
    in_place: bool,
    /// Whether the browser says that it is a phone's.
    pub(super) on_phone: bool,
}

impl Visitor {
    /// The member, if the session is good.
    pub(super) fn member(&self) -> Option<Member> {
        self.member.as_ref().ok().copied()
    }

    /// The member; `None` when nobody is logged in. Fails when that cannot be told now.
    pub(super) fn known(&self) -> Result<Option<Member>, Problem> {
        match &self.member {
            Ok(member) => Ok(Some(*member)),
            Err(problem) if problem.code() == Code::Unauthorized => Ok(None),
            Err(problem) => Err(problem.clone()),
        }
    }

    /// Sends the browser to the login, and from there to `next`.
    pub(super) fn to_login(&self, next: &str) -> Response {
        let login = format!("/openrun/login?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC));
        if self.in_place { [("hx-redirect", login)].into_response() } else { Redirect::to(&login).into_response() }
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let jar = CookieJar::from_headers(&parts.headers);
        let member = match session::token(&jar) {
            Some(token) => Member::of_token(token, app),
            None => Err(Problem::new(Code::Unauthorized, "There is no session.")),
        };
        let address = match parts.method {
            Method::GET => parts.uri.path_and_query().map_or("/", |address| address.as_str()),
            _ => HOME,
        };
        Ok(Self {
            texts: language(&parts.headers).texts(),
            address: address.to_owned(),
            member,
            in_place: is_in_place(&parts.headers),
            on_phone: is_phone(&parts.headers),
        })
    }
}

/// Whether a script asks, to change the page where it is.
pub(super) fn is_in_place(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

/// The page of this shop from which a link was followed, as the browser tells it.
pub(super) fn came_from(headers: &HeaderMap) -> Option<&str> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let (_, rest) = referer.split_once("://")?;
    let (host, _) = rest.split_once('/')?;
    let address = &rest[host.len()..];
    (headers.get(header::HOST)?.as_bytes() == host.as_bytes() && own_address(address) == address).then_some(address)
}

/// Every phone's browser has this in its name, and hardly another.
fn is_phone(headers: &HeaderMap) -> bool {
    headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).is_some_and(|agent| agent.contains("Mobi"))
}

/// What was chosen, or else what the browser prefers, or else Korean.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let chosen = session::language(&CookieJar::from_headers(headers));
    let preferred = || preferred(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?);
    chosen.or_else(preferred).unwrap_or(Language::Korean)
}

/// The language of ours that stands highest; of equals the first.
fn preferred(accepted: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for range in accepted.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, "q=1"));
        let quality = parameters.trim().strip_prefix("q=").and_then(|quality| quality.parse().ok()).unwrap_or(0.0);
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let Some(language) = Language::from_tag(&primary) else { continue };
        if quality > best.map_or(0.0, |(quality, _)| quality) {
            best = Some((quality, language));
        }
    }
    best.map(|(_, language)| language)
}

/// An address of this shop that came from outside: nobody is led to another site with it.
pub(super) fn own_address(address: &str) -> &str {
    let plain = address.starts_with("/openrun/")
        && !address.contains("//")
        && !address.contains(|c: char| c == '\\' || c.is_control());
    if plain { address } else { HOME }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_language_that_stands_highest_is_spoken() {
        for (accepted, language) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", Some(Language::Korean)),
            ("en-US,en;q=0.9,ko;q=0.8", Some(Language::English)),
            ("fr, en;q=0.3, ko;q=0.5", Some(Language::Korean)),
            ("fr,de", None),
            ("en;q=0", None),
            ("en;q=x,*", None),
            ("", None),
        ] {
            assert_eq!(preferred(accepted), language, "{accepted}");
        }
    }

    #[test]
    fn the_page_from_which_a_link_was_followed_is_one_of_ours() {
        let from = |referer: &'static str| {
            let headers = [(header::HOST, "shop.example"), (header::REFERER, referer)];
            let headers = HeaderMap::from_iter(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
            came_from(&headers).map(str::to_owned)
        };
        assert_eq!(from("https://shop.example/openrun/detail/7?a=b").as_deref(), Some("/openrun/detail/7?a=b"));
        for other in ["", "x", "https://evil.example/openrun/main", "https://shop.example", "https://shop.example/api/"]
        {
            assert_eq!(from(other), None, "{other}");
        }
        assert_eq!(came_from(&HeaderMap::new()), None);
    }

    #[test]
    fn nobody_is_led_to_another_site() {
        for own in ["/openrun/main", "/openrun/total?keyword=%EA%B5%AC%EB%91%90&page=2", "/openrun/detail/7?count=2"] {
            assert_eq!(own_address(own), own);
        }
        for foreign in [
            "",
            "https://example.com/openrun/",
            "//example.com/openrun/",
            "/\\example.com",
            "/openrun//example.com",
            "/openrun/\\..\\x",
            "/openrun/\r\nSet-Cookie: a=b",
            "/openrun/\u{1}",
            "/api/products",
        ] {
            assert_eq!(own_address(foreign), "/openrun/main", "{foreign}");
        }
    }
}
