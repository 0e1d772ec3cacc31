use crate::{
    database::is_unavailable,
    error::{Code, Problem},
};

/// A product that cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProductError {
    #[error("there is no product {0}")]
    Unknown(i64),
    #[error("MySQL cannot be asked now")]
    Away(#[source] sqlx::Error),
    #[error("read product")]
    Read(#[source] sqlx::Error),
}

impl From<sqlx::Error> for ProductError {
    fn from(error: sqlx::Error) -> Self {
        if is_unavailable(&error) { Self::Away(error) } else { Self::Read(error) }
    }
}

impl From<ProductError> for Problem {
    fn from(error: ProductError) -> Self {
        match error {
            ProductError::Unknown(id) => Self::new(Code::NotFound, format!("There is no product {id}.")),
            ProductError::Away(_) => {
                Self::new(Code::DatabaseUnavailable, "Product details cannot be read now; lists and searches can.")
                    .caused_by(error)
            }
            ProductError::Read(_) => Self::internal().caused_by(error),
        }
    }
}
