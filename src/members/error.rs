use super::{limits::TooMany, password::PasswordError, token::BadToken};
use crate::{
    database::is_unavailable,
    error::{Code, Problem},
};

/// What a member cannot do now, or not at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum MemberError {
    /// Another member has the address.
    #[error("the address is taken")]
    EmailTaken,
    /// The password given is not the member's.
    #[error("the password is wrong")]
    WrongPassword,
    /// Too many tries.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The password was not hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// MySQL failed.
    #[error("MySQL failed")]
    MySql(#[from] sqlx::Error),
    /// No token could be made.
    #[error("no token could be made")]
    Token(#[from] BadToken),
}

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::EmailTaken => Self::new(Code::EmailTaken, "There is an account with this address: log in."),
            MemberError::WrongPassword => Self::new(Code::WrongPassword, "The old password is not right."),
            MemberError::TooMany(TooMany(wait)) => {
                Self::new(Code::TooManyRequests, "Too many tries. Wait for as long as Retry-After says.")
                    .retry_after(wait)
            }
            MemberError::Password(PasswordError::Overloaded) => {
                Self::new(Code::Overloaded, "Too many members sign up or log in at once. Try again in a moment.")
            }
            MemberError::MySql(ref source) if is_unavailable(source) => {
                Self::new(Code::DatabaseUnavailable, "Members cannot be read or changed now. Try again soon.")
                    .caused_by(error)
            }
            MemberError::Password(_) | MemberError::MySql(_) | MemberError::Token(_) => {
                Self::internal().caused_by(error)
            }
        }
    }
}
