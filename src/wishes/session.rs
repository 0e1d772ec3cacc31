//! A writer's own connection to MySQL.

use std::{sync::Arc, time::Instant};

use sqlx::{MySqlConnection, mysql::MySqlConnectOptions};

use super::store::forget_old_marks;
use crate::database::{ORDERING_IDLE, connect_ordering};

/// At most one connection, opened when it is needed.
pub(super) struct Session {
    options: Arc<MySqlConnectOptions>,
    open: Option<Open>,
}

struct Open {
    connection: MySqlConnection,
    used: Instant,
}

impl Session {
    pub(super) fn new(options: Arc<MySqlConnectOptions>) -> Self {
        Self { options, open: None }
    }

    /// The connection. Whoever cannot finish with it closes it: what it is doing is not known then.
    pub(super) async fn connection(&mut self) -> Result<&mut MySqlConnection, sqlx::Error> {
        let open = match self.open.take().filter(|open| open.used.elapsed() < ORDERING_IDLE) {
            Some(open) => Open { used: Instant::now(), ..open },
            None => self.connect().await?,
        };
        Ok(&mut self.open.insert(open).connection)
    }

    /// Drops the connection; MySQL rolls back what it had not committed.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    async fn connect(&self) -> Result<Open, sqlx::Error> {
        let mut connection = connect_ordering(&self.options).await?;
        forget_old_marks(&mut connection).await?;
        sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
        Ok(Open { connection, used: Instant::now() })
    }
}
