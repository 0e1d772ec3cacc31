use crate::{
    batch::QueueFull,
    database::is_unavailable,
    error::{Code, Problem},
};

/// Why a command was not done. Final: it has changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such product.
    #[error("there is no such product")]
    UnknownProduct,
    /// The member wishes the product already.
    #[error("the product is wished already")]
    AlreadyWished,
    /// The member does not wish the product.
    #[error("the product is not wished")]
    NotWished,
}

/// A wish that was not changed, or a list of wishes that was not read.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// Decided so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// More commands than can be done in time; this one was not begun.
    #[error(transparent)]
    Overloaded(#[from] QueueFull),
    /// MySQL did not confirm the command in time. It may have been done.
    #[error("MySQL did not confirm the wish in time")]
    Unconfirmed,
    /// MySQL cannot be asked.
    #[error("MySQL cannot be asked now")]
    Away(#[source] sqlx::Error),
    /// MySQL could not answer.
    #[error("read wishes")]
    Read(#[source] sqlx::Error),
}

impl From<sqlx::Error> for WishError {
    fn from(error: sqlx::Error) -> Self {
        if is_unavailable(&error) { Self::Away(error) } else { Self::Read(error) }
    }
}

impl From<WishError> for Problem {
    fn from(error: WishError) -> Self {
        match error {
            WishError::Refused(refusal) => refused(refusal),
            WishError::Overloaded(_) => {
                Self::new(Code::Overloaded, "Too many wishes at once; yours was not changed. Try again in a moment.")
            }
            // The writer has logged why, once for its whole batch.
            WishError::Unconfirmed => Self::new(
                Code::DatabaseUnavailable,
                "Wishes are not confirmed now. Look again soon whether yours was changed.",
            ),
            WishError::Away(_) => {
                Self::new(Code::DatabaseUnavailable, "Wishes cannot be read now. Try again soon.").caused_by(error)
            }
            WishError::Read(_) => Self::internal().caused_by(error),
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::UnknownProduct => Problem::new(Code::NotFound, "There is no such product."),
        Refusal::AlreadyWished => Problem::new(Code::AlreadyWished, "You wish this product already."),
        Refusal::NotWished => {
            Problem::new(Code::NotWished, "You do not wish this product, so there is nothing to take back.")
        }
    }
}
