//! Wishes: made and taken back in batches, listed and asked for.
//!
//! Many members who wish one product at once would wait for each other on its row if each had a transaction. So the commands that
//! arrive while one transaction is under way are done together by the next.

mod change;
mod decide;
mod error;
mod list;
mod read;
mod session;
mod store;
mod writer;

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use sqlx::mysql::MySqlConnectOptions;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::error::{Refusal, WishError};
pub(crate) use self::{
    list::{WishedProduct, wishes_of},
    read::is_wished_by,
};
use self::{
    session::Session,
    writer::{Job, Writer},
};
use crate::{
    app::App,
    batch::{Batcher, Limits, Tasks},
};

/// Each has a connection of its own.
const WRITERS: usize = 4;
/// The queue holds a rush on one product.
const LIMITS: Limits = Limits { queue: 20_000, batch: 500 };
/// Whoever has no answer by then is told so.
const PATIENCE: Duration = Duration::from_secs(3);

/// The wishes below `/api/products`.
pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_wishes))
        .routes(routes!(change::wish, change::unwish))
        .routes(routes!(read::is_wished))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ProductPath {
    /// Primary key of the product.
    id: i64,
}

/// What a member wants of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// To wish it.
    Wish,
    /// To wish it no longer.
    Unwish,
}

/// One change by one member.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Who.
    pub member_id: i64,
    /// Of what.
    pub product_id: i64,
    /// What to do.
    pub change: Change,
}

impl Command {
    fn pair(&self) -> decide::Pair {
        (self.member_id, self.product_id)
    }
}

/// Changes wishes.
pub struct Wishes {
    /// A product has one writer, so that two of them rarely want the same row.
    writers: Vec<Batcher<Job>>,
}

impl Wishes {
    /// Connects on first use.
    pub fn start(options: Arc<MySqlConnectOptions>, tasks: &Tasks) -> Self {
        let writer = || Writer::new(Session::new(Arc::clone(&options)));
        Self { writers: (0..WRITERS).map(|_| Batcher::start(writer(), LIMITS, tasks)).collect() }
    }

    /// Does the command, even if the caller stops waiting; answers the product's wishes after it. Takes at most 3 seconds.
    pub async fn change(&self, command: Command) -> Result<i64, WishError> {
        let deadline = Instant::now() + PATIENCE;
        let (answer, answered) = oneshot::channel();
        self.writer(command.product_id).push(Job { command, deadline, answer })?;
        match timeout_at(deadline, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(WishError::Unconfirmed),
        }
    }

    fn writer(&self, product_id: i64) -> &Batcher<Job> {
        // The remainder of a negative id is its distance from zero: any writer is as good as another.
        &self.writers[product_id.unsigned_abs() as usize % WRITERS]
    }
}
