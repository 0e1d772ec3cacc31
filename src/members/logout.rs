use std::sync::Arc;

use axum::{extract::State, http::StatusCode};

use super::{Member, error::MemberError, store};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
};

/// Makes all of the member's tokens bad: here at once, on other servers within about a second.
#[utoipa::path(
    post,
    path = "/api/members/logout",
    tag = "members",
    responses(
        (status = 204, description = "Logged out everywhere"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post_logout(State(app): State<Arc<App>>, member: Member) -> Result<StatusCode, Problem> {
    revoke(&app, member.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every session of a member.
pub(crate) async fn revoke(app: &App, member_id: i64) -> Result<(), Problem> {
    let version = store::revoke(&app.db, member_id, None).await.map_err(MemberError::from)?;
    app.members.revocations.revoke(member_id, version);
    Ok(())
}
