//! Who sends a request.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::token::{Bearer, Role};
use crate::{
    app::App,
    error::{Code, Problem},
};

/// The member whose token came with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Primary key.
    pub id: i64,
    /// What the member may do.
    pub role: Role,
}

/// A member who may change the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admin(pub Member);

impl FromRequestParts<Arc<App>> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Self::of_token(bearer_token(&parts.headers).ok_or_else(unauthorized)?, app)
    }
}

impl Member {
    /// The member whose token this is, if it is good.
    pub(crate) fn of_token(token: &str, app: &App) -> Result<Self, Problem> {
        let bearer: Bearer = app.members.tokens.read(token, app.clock.now()).map_err(|_| unauthorized())?;
        if app.members.revocations.has_revoked(&bearer)? {
            return Err(unauthorized());
        }
        Ok(Self { id: bearer.member_id, role: bearer.role })
    }
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let member = Member::from_request_parts(parts, app).await?;
        match member.role {
            Role::Admin => Ok(Self(member)),
            Role::Member => Err(Problem::new(Code::Forbidden, "Only the shop's operators may do this.")),
        }
    }
}

/// Two headers could mean two members: then it is nobody.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn unauthorized() -> Problem {
    Problem::new(Code::Unauthorized, "Log in, and send the Authorization header that you are given.")
}
