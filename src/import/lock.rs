//! One writer of the catalogue at a time.

use sqlx::{MySqlPool, mysql::MySql, pool::PoolConnection};

/// Holds MySQL's own lock, which ends with the connection whatever becomes of this process.
pub(super) struct Lock {
    connection: PoolConnection<MySql>,
}

impl Lock {
    /// Takes the lock, or answers `None` when another process has it.
    pub(super) async fn take(pool: &MySqlPool) -> Result<Option<Lock>, sqlx::Error> {
        let mut connection = pool.acquire().await?;
        // Five seconds: the server may not have noticed yet that the last holder was killed.
        // Locks are the server's, not the database's: two catalogues on one server need two names.
        let taken: Option<i64> =
            sqlx::query_scalar("SELECT GET_LOCK(CONCAT('import ', LEFT(SHA2(DATABASE(), 256), 40)), 5)")
                .fetch_one(&mut *connection)
                .await?;
        Ok((taken == Some(1)).then_some(Lock { connection }))
    }

    /// Gives the lock back. A failure is only logged: it changes nothing about what was written,
    /// and MySQL frees the lock when it misses the connection.
    pub(super) async fn release(self) {
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "the connection that held the lock of the catalogue was not closed in order");
        }
    }
}
