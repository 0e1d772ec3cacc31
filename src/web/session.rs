//! The cookies of the pages: who is logged in, and the language that was chosen.

use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use time::Duration;

use super::texts::Language;
use crate::members::token::LIFETIME;

const SESSION: &str = "session";
/// Browsers take a cookie of this name over TLS alone, and from this host alone.
const SECURE_SESSION: &str = "__Host-session";
const LANGUAGE: &str = "language";

/// The member's token, if there is a session.
pub(super) fn token(jar: &CookieJar) -> Option<&str> {
    jar.get(SECURE_SESSION).or_else(|| jar.get(SESSION)).map(Cookie::value)
}

/// Begins a session. Scripts cannot read it, and no other site's form carries it.
pub(super) fn begin(jar: CookieJar, token: String, headers: &HeaderMap) -> CookieJar {
    let secure = is_secure(headers);
    let name = if secure { SECURE_SESSION } else { SESSION };
    let mut session = own(name, token, Duration::seconds(LIFETIME));
    session.set_http_only(true);
    session.set_secure(secure);
    end(jar).add(session)
}

pub(super) fn end(jar: CookieJar) -> CookieJar {
    let mut secure = own(SECURE_SESSION, String::new(), Duration::ZERO);
    secure.set_secure(true);
    jar.remove(own(SESSION, String::new(), Duration::ZERO)).remove(secure)
}

pub(super) fn language(jar: &CookieJar) -> Option<Language> {
    Language::from_tag(jar.get(LANGUAGE)?.value())
}

pub(super) fn choose_language(jar: CookieJar, language: Language) -> CookieJar {
    jar.add(own(LANGUAGE, language.tag().to_owned(), Duration::days(365)))
}

fn own(name: &'static str, value: String, lasts: Duration) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").same_site(SameSite::Lax).max_age(lasts).build()
}

/// Whether the browser sends the form over TLS, which a proxy may end: browsers tell with each form where it comes from.
fn is_secure(headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}
