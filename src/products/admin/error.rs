use crate::{
    database::is_unavailable,
    error::{Code, Problem},
};

/// A product that was not created or not changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum AdminError {
    #[error("there is no product {0}")]
    Unknown(i64),
    #[error("{sold} units are sold already")]
    BelowSold { sold: i32 },
    #[error("MySQL cannot be asked now")]
    Away(#[source] sqlx::Error),
    #[error("write product")]
    Write(#[source] sqlx::Error),
    #[error("the change did not come to its end")]
    Panicked(#[from] tokio::task::JoinError),
}

impl From<sqlx::Error> for AdminError {
    fn from(error: sqlx::Error) -> Self {
        if is_unavailable(&error) { Self::Away(error) } else { Self::Write(error) }
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Unknown(id) => Self::new(Code::NotFound, format!("There is no product {id}.")),
            AdminError::BelowSold { sold } => {
                Self::new(Code::BelowSold, format!("{sold} units are sold already. Choose a total of at least {sold}."))
            }
            AdminError::Away(_) => Self::new(
                Code::DatabaseUnavailable,
                "Products cannot be changed now. Look again soon whether this change was made.",
            )
            .caused_by(error),
            AdminError::Write(_) | AdminError::Panicked(_) => Self::internal().caused_by(error),
        }
    }
}
