//! Members: who they are and what they may do.

mod account;
pub mod admin;
mod change_password;
mod error;
mod hs256;
mod identity;
mod limits;
mod login;
mod logout;
mod password;
mod revocation;
mod signup;
mod store;
pub mod token;

use std::sync::Arc;

use sqlx::MySqlPool;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use self::{
    account::{Email, Name},
    login::{Credentials, log_in},
    logout::revoke,
    password::{GivenPassword, NewPassword},
    signup::{NewMember, sign_up},
};
pub use self::{
    identity::{Admin, Member},
    password::PasswordError,
};
use self::{limits::Limits, password::Passwords, revocation::Revocations, token::TokenKeys};
use crate::{app::App, batch::Tasks, keyspace::Keyspace};

/// What it takes to recognise members.
pub struct Members {
    /// Signs and reads tokens.
    pub tokens: TokenKeys,
    /// Knows which of them are no longer good.
    revocations: Revocations,
    /// Hashes and compares.
    passwords: Passwords,
    /// Counts tries.
    limits: Limits,
}

impl Members {
    /// Begins to follow revocations.
    pub fn start(tokens: TokenKeys, db: &MySqlPool, keyspace: &Keyspace, tasks: &Tasks) -> Result<Self, PasswordError> {
        let revocations = Revocations::default();
        revocations.follow(db.clone(), tasks);
        Ok(Self { tokens, revocations, passwords: Passwords::new()?, limits: Limits::new(keyspace.clone()) })
    }
}

/// Everything below `/api/members`.
pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(signup::post_signup))
        .routes(routes!(login::post_login))
        .routes(routes!(logout::post_logout))
        .routes(routes!(change_password::change_password))
}
