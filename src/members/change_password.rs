use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Member,
    error::MemberError,
    password::{GivenPassword, NewPassword, Verdict},
    store,
};
use crate::{
    access::ClientAddress,
    app::App,
    error::{Problem, ProblemBody},
    extract::Body,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct PasswordChange {
    #[schema(value_type = String, format = Password)]
    old_password: GivenPassword,
    /// 8 to 128 characters.
    #[schema(value_type = String, format = Password)]
    new_password: NewPassword,
}

/// Changes the password, and makes all of the member's tokens bad.
#[utoipa::path(
    put,
    path = "/api/members/password",
    tag = "members",
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed; log in anew"),
        (status = 403, description = "The old password is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change_password(
    State(app): State<Arc<App>>,
    member: Member,
    ClientAddress(address): ClientAddress,
    Body(body): Body<PasswordChange>,
) -> Result<StatusCode, Problem> {
    app.members.limits.count_address(address).await.map_err(MemberError::from)?;
    change(&app, member.id, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change(app: &App, id: i64, change: PasswordChange) -> Result<(), MemberError> {
    let kept = store::find(&app.db, id).await?.map(|member| member.password_hash);
    if app.members.passwords.verify(change.old_password, kept).await? == Verdict::Wrong {
        return Err(MemberError::WrongPassword);
    }
    let hash = app.members.passwords.hash(change.new_password).await?;
    let version = store::revoke(&app.db, id, Some(&hash)).await?;
    app.members.revocations.revoke(id, version);
    Ok(())
}
