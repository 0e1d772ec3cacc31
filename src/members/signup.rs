use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    account::{Email, Name},
    error::MemberError,
    password::NewPassword,
    store,
    token::Role,
};
use crate::{
    access::ClientAddress,
    app::App,
    error::{Problem, ProblemBody},
    extract::Body,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMember {
    /// 1 to 50 characters.
    #[schema(value_type = String, example = "김민수")]
    membername: Name,
    /// 8 to 128 characters.
    #[schema(value_type = String, format = Password)]
    memberpassword: NewPassword,
    #[schema(value_type = String, example = "kim@example.com")]
    memberemail: Email,
}

/// Makes an account.
#[utoipa::path(
    post,
    path = "/api/members/signup",
    tag = "members",
    request_body = NewMember,
    responses(
        (status = 200, description = "The account is made"),
        (status = 409, description = "The address has an account", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn sign_up(
    State(app): State<Arc<App>>,
    ClientAddress(address): ClientAddress,
    Body(body): Body<NewMember>,
) -> Result<(), Problem> {
    app.members.limits.count_address(address).await.map_err(MemberError::from)?;
    let hash = app.members.passwords.hash(body.memberpassword).await.map_err(MemberError::from)?;
    let inserted = store::insert(&app.db, &body.membername, &body.memberemail, &hash, Role::Member).await;
    match inserted.map_err(MemberError::from)? {
        true => Ok(()),
        false => Err(MemberError::EmailTaken.into()),
    }
}
