//! Tokens as the server gives them out, made without a login.

use std::time::Duration;

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

const VALID: Duration = Duration::from_secs(24 * 60 * 60);

/// The token of a member, given out at this moment in Unix seconds.
pub(super) fn token(secret: &[u8], member: i64, now: u64) -> anyhow::Result<String> {
    let claims = json!({
        "sub": member.to_string(), "role": "MEMBER", "ver": 0,
        "iat": now, "exp": now + VALID.as_secs(), "iss": "openrace", "aud": "openrace",
    });
    let head = BASE64.encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
    let signed = format!("{head}.{}", BASE64.encode(claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).context("the secret cannot be a key")?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", BASE64.encode(mac.finalize().into_bytes())))
}
