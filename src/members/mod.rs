//! Members: who they are and what they may do.

mod hs256;
mod identity;
mod revocation;
pub mod token;

pub use self::identity::{Admin, Member};
use self::{revocation::Revocations, token::TokenKeys};
use crate::batch::Tasks;

/// What it takes to recognise members.
pub struct Members {
    /// Signs and reads tokens.
    pub tokens: TokenKeys,
    /// Knows which of them are no longer good.
    pub revocations: Revocations,
}

impl Members {
    /// Begins to follow revocations.
    pub fn start(tokens: TokenKeys, db: &sqlx::MySqlPool, tasks: &Tasks) -> Self {
        let revocations = Revocations::default();
        revocations.follow(db.clone(), tasks);
        Self { tokens, revocations }
    }
}
