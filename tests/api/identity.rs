//! Tokens that must not be believed, each made with the right secret unless that is what is wrong with it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use openrace::members::token::{BadSecret, Bearer, Role, TokenKeys};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use sqlx::MySqlPool;

use crate::support::{NOON, SECRET, Setup, TestApp};

/// The secret before the one that all servers have.
const PREVIOUS: &str = "5e0f4b1c8d2a4973b6e1d0f2a7c98b34";
/// Whose tokens are tried with both.
const BEARER: Bearer = Bearer { member_id: 7, role: Role::Member, version: 3 };

/// A server's keys before the secret was changed, and those after it.
fn before_and_rotated() -> (TokenKeys, TokenKeys) {
    (TokenKeys::new(PREVIOUS, None).unwrap(), TokenKeys::new(SECRET, Some(PREVIOUS)).unwrap())
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn good_claims() -> Value {
    let now = NOON / 1000;
    json!({ "sub": "1", "role": "MEMBER", "ver": 0, "iat": now, "exp": now + 60, "iss": "openrace", "aud": "openrace" })
}

fn with(field: &str, value: Value) -> Value {
    let mut claims = good_claims();
    claims[field] = value;
    claims
}

fn without(field: &str) -> Value {
    let mut claims = good_claims();
    claims.as_object_mut().unwrap().remove(field);
    claims
}

fn signed(algorithm: &str, claims: &Value, secret: &str) -> String {
    let text =
        format!("{}.{}", base64(json!({ "alg": algorithm, "typ": "JWT" }).to_string()), base64(claims.to_string()));
    let signature = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(&text).finalize();
    format!("{text}.{}", base64(signature.into_bytes()))
}

fn hs512(claims: &Value) -> String {
    let text = format!("{}.{}", base64(r#"{"alg":"HS512","typ":"JWT"}"#), base64(claims.to_string()));
    let signature = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(&text).finalize();
    format!("{text}.{}", base64(signature.into_bytes()))
}

fn good() -> String {
    signed("HS256", &good_claims(), SECRET)
}

fn changed_payload() -> String {
    let good = good();
    let parts: Vec<_> = good.split('.').collect();
    format!("{}.{}.{}", parts[0], base64(with("role", json!("ADMIN")).to_string()), parts[2])
}

fn unsigned() -> String {
    format!("{}.{}.", base64(r#"{"alg":"none","typ":"JWT"}"#), base64(good_claims().to_string()))
}

async fn started(db: MySqlPool) -> TestApp {
    TestApp::with_members(Setup::with_services(db)).await
}

/// Nothing has this number: who learns that was recognised.
const LET_IN: StatusCode = StatusCode::NOT_FOUND;

async fn ask(app: &TestApp, authorizations: &[&str]) -> StatusCode {
    let headers: Vec<_> = authorizations.iter().map(|value| ("authorization", *value)).collect();
    let answer = app.send(Method::GET, "/api/orders/0", &headers).await;
    assert!(answer.status != StatusCode::UNAUTHORIZED || answer.header("www-authenticate") == Some("Bearer"));
    answer.status
}

#[sqlx::test]
async fn only_a_whole_and_current_token_of_ours_is_believed(db: MySqlPool) {
    let app = started(db).await;
    let now = NOON / 1000;
    assert_eq!(ask(&app, &[&format!("Bearer {}", good())]).await, LET_IN);
    let bad = [
        ("alg none", unsigned()),
        ("HS512", hs512(&good_claims())),
        ("RS256 header", signed("RS256", &good_claims(), SECRET)),
        ("changed payload", changed_payload()),
        ("another secret", signed("HS256", &good_claims(), "another secret of the right length")),
        ("no exp", signed("HS256", &without("exp"), SECRET)),
        ("textual exp", signed("HS256", &with("exp", json!("never")), SECRET)),
        ("expired", signed("HS256", &with("exp", json!(now - 6)), SECRET)),
        ("not yet good", signed("HS256", &with("nbf", json!(now + 60)), SECRET)),
        ("wrong iss", signed("HS256", &with("iss", json!("another")), SECRET)),
        ("no iss", signed("HS256", &without("iss"), SECRET)),
        ("wrong aud", signed("HS256", &with("aud", json!("another")), SECRET)),
        ("no aud", signed("HS256", &without("aud"), SECRET)),
        ("no sub", signed("HS256", &without("sub"), SECRET)),
        ("strange sub", signed("HS256", &with("sub", json!("one")), SECRET)),
        ("strange role", signed("HS256", &with("role", json!("OWNER")), SECRET)),
        ("16 KiB", signed("HS256", &with("pad", json!("x".repeat(16 * 1024))), SECRET)),
        ("empty", String::new()),
        ("rubbish", "a.b.c".to_owned()),
    ];
    for (what, token) in bad {
        assert_eq!(ask(&app, &[&format!("Bearer {token}")]).await, StatusCode::UNAUTHORIZED, "{what}");
    }
    for header in ["", "Bearer", &good(), &format!("Basic {}", good())] {
        assert_eq!(ask(&app, &[header]).await, StatusCode::UNAUTHORIZED, "{header}");
    }
}

#[sqlx::test]
async fn no_authorization_and_two_of_them_are_nobodys(db: MySqlPool) {
    let app = started(db).await;
    let header = format!("Bearer {}", good());
    assert_eq!(ask(&app, &[]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&app, &[&header, &header]).await, StatusCode::UNAUTHORIZED);
}

#[sqlx::test]
async fn a_token_is_good_until_it_expires_and_five_seconds_more(db: MySqlPool) {
    let app = started(db).await;
    let header = format!("Bearer {}", good());
    for (seconds, status) in [(59, LET_IN), (64, LET_IN), (65, StatusCode::UNAUTHORIZED)] {
        app.set_now(NOON + seconds * 1000);
        assert_eq!(ask(&app, &[&header]).await, status, "after {seconds} s");
    }
}

#[test]
fn a_secret_that_is_short_or_known_is_refused() {
    assert_eq!(TokenKeys::new("too short", None).unwrap_err(), BadSecret::Short);
    for known in ["changeme-changeme-changeme-changeme", &"x".repeat(40), "my-secret-my-secret-my-secret-my-s"] {
        assert_eq!(TokenKeys::new(known, None).unwrap_err(), BadSecret::Known, "{known}");
    }
    assert_eq!(TokenKeys::new(SECRET, Some("short")).unwrap_err(), BadSecret::Short);
}

#[test]
fn the_secret_before_is_good_for_reading_only() {
    let (before, rotated) = before_and_rotated();
    assert_eq!(rotated.read(&before.issue(BEARER, NOON).unwrap(), NOON), Ok(BEARER));
    assert!(before.read(&rotated.issue(BEARER, NOON).unwrap(), NOON).is_err());
}

/// And five seconds more, for clocks that differ.
#[test]
fn a_token_lives_for_twelve_hours_whichever_secret_it_was_made_with() {
    let (before, rotated) = before_and_rotated();
    let twelve_hours = 12 * 60 * 60 * 1000;
    for keys in [&before, &rotated] {
        let token = keys.issue(BEARER, NOON).unwrap();
        assert_eq!(rotated.read(&token, NOON + twelve_hours), Ok(BEARER));
        assert!(rotated.read(&token, NOON + twelve_hours + 5000).is_err());
    }
}
