//! The tokens that members carry: who they are, until when, and since when they may not be revoked.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::hs256;

/// Issuer and audience: tokens of other services are not ours.
const ISSUER: &str = "openrace";
/// Seconds for which a token is good.
pub const LIFETIME: i64 = 12 * 60 * 60;
/// Seconds by which clocks of two nodes may differ.
const LEEWAY: i64 = 5;
/// Longest token that is looked at, in bytes; ours are below 300.
const LONGEST: usize = 4096;
/// Shortest secret, in bytes: as much as the hash gives.
const SHORTEST_SECRET: usize = 32;

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Buys and wishes.
    Member,
    /// Also changes the catalogue and its sales.
    Admin,
}

/// Who a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// The member.
    pub member_id: i64,
    /// The member's role when it was issued.
    pub role: Role,
    /// The member's `token_version` when it was issued.
    pub version: i32,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    role: Role,
    ver: i32,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    iss: String,
    aud: String,
}

/// A secret that tokens must not be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// It can be guessed.
    #[error(
        "the secret of the tokens has fewer than {SHORTEST_SECRET} bytes: set OPENRACE_JWT_SECRET to `openssl rand -hex 32`"
    )]
    Short,
    /// It can be read somewhere.
    #[error("the secret of the tokens is an example: set OPENRACE_JWT_SECRET to `openssl rand -hex 32`")]
    Known,
}

/// A token that is not good, for whatever reason: nobody is told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not good")]
pub struct BadToken;

/// Signs and reads tokens. During a rotation the secret before is still good for reading.
#[derive(Clone)]
pub struct TokenKeys {
    signing: EncodingKey,
    reading: Vec<DecodingKey>,
    validation: Validation,
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenKeys").finish_non_exhaustive()
    }
}

impl TokenKeys {
    /// Keys from the secret of today, and the one before if tokens of it are still about.
    pub fn new(secret: &str, previous: Option<&str>) -> Result<Self, BadSecret> {
        hs256::install();
        let secrets = std::iter::once(secret).chain(previous);
        let reading =
            secrets.map(|secret| check_secret(secret).map(DecodingKey::from_secret)).collect::<Result<_, _>>()?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        // Times are judged by the server's own clock, below.
        validation.validate_exp = false;
        Ok(Self { signing: EncodingKey::from_secret(secret.as_bytes()), reading, validation })
    }

    /// A token for this member, good from `now`, Unix milliseconds.
    pub fn issue(&self, bearer: Bearer, now: i64) -> Result<String, BadToken> {
        let iat = now / 1000;
        let claims = Claims {
            sub: bearer.member_id.to_string(),
            role: bearer.role,
            ver: bearer.version,
            iat,
            exp: iat + LIFETIME,
            nbf: None,
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(|_| BadToken)
    }

    /// Whose token this is, if it is ours and good at `now`, Unix milliseconds.
    pub fn read(&self, token: &str, now: i64) -> Result<Bearer, BadToken> {
        if token.len() > LONGEST {
            return Err(BadToken);
        }
        let claims = |key| decode::<Claims>(token, key, &self.validation).ok();
        let claims = self.reading.iter().find_map(claims).ok_or(BadToken)?.claims;
        let now = now / 1000;
        if claims.exp + LEEWAY <= now || claims.nbf.is_some_and(|from| from - LEEWAY > now) {
            return Err(BadToken);
        }
        let member_id = claims.sub.parse().map_err(|_| BadToken)?;
        Ok(Bearer { member_id, role: claims.role, version: claims.ver })
    }
}

fn check_secret(secret: &str) -> Result<&[u8], BadSecret> {
    let plain = secret.to_ascii_lowercase();
    let known = ["secret", "password", "changeme", "change-me", "example", "openrace", "0123456789", "abcdefgh"];
    if secret.len() < SHORTEST_SECRET {
        return Err(BadSecret::Short);
    }
    let repeated = secret.bytes().all(|byte| byte == secret.as_bytes()[0]);
    if repeated || known.iter().any(|word| plain.contains(word)) {
        return Err(BadSecret::Known);
    }
    Ok(secret.as_bytes())
}
