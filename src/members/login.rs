use std::{net::IpAddr, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    account::Email,
    error::MemberError,
    password::{GivenPassword, Verdict},
    store,
    token::{BadToken, Bearer},
};
use crate::{
    access::ClientAddress,
    app::App,
    error::{Problem, ProblemBody},
    extract::Body,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[schema(value_type = String, example = "kim@example.com")]
    pub(crate) memberemail: Email,
    #[schema(value_type = String, format = Password)]
    pub(crate) memberpassword: GivenPassword,
}

/// What the original clients read.
#[derive(Serialize, ToSchema)]
pub(super) struct Message {
    /// `성공` or `실패`.
    #[schema(example = "성공")]
    msg: &'static str,
}

/// Answers with the header that the member's requests must carry. A wrong password and an unknown address look the same, and
/// take as long.
#[utoipa::path(
    post,
    path = "/api/members/login",
    tag = "members",
    request_body = Credentials,
    responses(
        (status = 200, description = "Logged in", body = Message, headers(("Authorization" = String, description = "To be sent with every request"))),
        (status = 401, description = "Not logged in", body = Message),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post_login(
    State(app): State<Arc<App>>,
    ClientAddress(address): ClientAddress,
    Body(body): Body<Credentials>,
) -> Result<Response, Problem> {
    Ok(match log_in(&app, address, body).await? {
        Some(token) => {
            let header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| MemberError::from(BadToken))?;
            (StatusCode::OK, [(header::AUTHORIZATION, header)], Json(Message { msg: "성공" })).into_response()
        }
        None => (StatusCode::UNAUTHORIZED, Json(Message { msg: "실패" })).into_response(),
    })
}

/// A token for the member whose credentials these are, if they are right.
pub(crate) async fn log_in(app: &App, address: IpAddr, given: Credentials) -> Result<Option<String>, Problem> {
    app.members.limits.count_address(address).await.map_err(MemberError::from)?;
    let Some(bearer) = recognise(app, given).await? else { return Ok(None) };
    Ok(Some(app.members.tokens.issue(bearer, app.clock.now()).map_err(MemberError::from)?))
}

async fn recognise(app: &App, given: Credentials) -> Result<Option<Bearer>, MemberError> {
    let email = given.memberemail;
    app.members.limits.count_account(&email).await?;
    let member = store::find_by_email(&app.db, &email).await?;
    let kept = member.as_ref().map(|member| member.password_hash.clone());
    let verdict = app.members.passwords.verify(given.memberpassword, kept).await?;
    let (Some(member), Verdict::Right { better_hash }) = (member, verdict) else { return Ok(None) };
    app.members.limits.forgive(&email).await;
    if let Some(hash) = better_hash {
        store::keep_hash(&app.db, member.id, &hash).await?;
    }
    Ok(Some(Bearer { member_id: member.id, role: member.role(), version: member.token_version }))
}
