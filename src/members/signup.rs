use std::{net::IpAddr, sync::Arc};

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    account::{Email, Name},
    error::MemberError,
    password::NewPassword,
    store,
    token::{Bearer, Role},
};
use crate::{
    access::ClientAddress,
    app::App,
    error::{Problem, ProblemBody},
    extract::Body,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMember {
    /// 1 to 50 characters.
    #[schema(value_type = String, example = "김민수")]
    pub(crate) membername: Name,
    /// 8 to 128 characters.
    #[schema(value_type = String, format = Password)]
    pub(crate) memberpassword: NewPassword,
    #[schema(value_type = String, example = "kim@example.com")]
    pub(crate) memberemail: Email,
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
pub(super) async fn post_signup(
    State(app): State<Arc<App>>,
    ClientAddress(address): ClientAddress,
    Body(body): Body<NewMember>,
) -> Result<(), Problem> {
    create(&app, address, &body).await
}

async fn create(app: &App, address: IpAddr, new: &NewMember) -> Result<(), Problem> {
    app.members.limits.count_address(address).await.map_err(MemberError::from)?;
    let hash = app.members.passwords.hash(new.memberpassword.clone()).await.map_err(MemberError::from)?;
    let inserted = store::insert(&app.db, &new.membername, &new.memberemail, &hash, Role::Member).await;
    match inserted.map_err(MemberError::from)? {
        true => Ok(()),
        false => Err(MemberError::EmailTaken.into()),
    }
}

/// Makes an account; answers a token for its member.
pub(crate) async fn sign_up(app: &App, address: IpAddr, new: NewMember) -> Result<String, Problem> {
    create(app, address, &new).await?;
    let made = store::find_by_email(&app.db, &new.memberemail).await.map_err(MemberError::from)?;
    let made = made.ok_or_else(Problem::internal)?;
    let bearer = Bearer { member_id: made.id, role: made.role(), version: made.token_version };
    Ok(app.members.tokens.issue(bearer, app.clock.now()).map_err(MemberError::from)?)
}
