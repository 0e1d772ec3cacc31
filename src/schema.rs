//! The schema at start, with MySQL there or not.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    database::{self, DatabaseError},
    error::with_sources,
};

/// Time between two looks for a MySQL that was away at start.
const RETRY: Duration = Duration::from_secs(2);

/// Brings the schema up to date. When MySQL cannot be reached the server starts all the same, since lists and searches do
/// not need it; the future that is returned brings the schema up to date once it comes. Any other failure needs a person.
pub async fn prepare(url: &str) -> Result<impl Future<Output = ()> + Send + 'static, DatabaseError> {
    let away = match migrate(url).await {
        Ok(()) => false,
        Err(error @ DatabaseError::Unreachable { .. }) => {
            tracing::error!(
                error = with_sources(&error),
                "starting without MySQL: lists and searches are answered, product details are not"
            );
            true
        }
        Err(error) => return Err(error),
    };
    let url = url.to_owned();
    Ok(async move {
        if away {
            migrate_when_back(&url).await;
        }
    })
}

async fn migrate_when_back(url: &str) {
    loop {
        sleep(RETRY).await;
        match migrate(url).await {
            Ok(()) => return tracing::info!("MySQL is back"),
            Err(DatabaseError::Unreachable { .. }) => (),
            Err(error) => {
                return tracing::error!(
                    error = with_sources(&error),
                    "MySQL is back, but cannot be used: correct it and start again"
                );
            }
        }
    }
}

async fn migrate(url: &str) -> Result<(), DatabaseError> {
    let pool = database::connect(url).await?;
    database::migrate(&pool).await
}
