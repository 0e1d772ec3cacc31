//! Finds decided orders: all who ask while MySQL answers the question before are answered by one.

use std::{collections::HashMap, time::Duration};

use sqlx::MySqlPool;
use tokio::sync::oneshot;

use super::{
    ledger::{self, Found},
    order::OrderNo,
};
use crate::{
    batch::{Batcher, Limits, Tasks, Worker},
    database::with_connection,
    error::with_sources,
};

/// Whoever waits longer has been told that the order is pending.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks MySQL for orders by their numbers.
#[derive(Clone)]
pub(super) struct Lookup {
    queue: Batcher<Question>,
}

/// MySQL cannot be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("MySQL cannot be asked for orders now")]
pub struct LookupFailed;

struct Question {
    number: OrderNo,
    answer: oneshot::Sender<Option<Found>>,
}

impl Lookup {
    /// Starts the queue.
    pub(super) fn start(db: MySqlPool, capacity: usize, tasks: &Tasks) -> Self {
        Self {
            queue: Batcher::start(Finder { db, failure: String::new() }, Limits { queue: capacity, batch: 500 }, tasks),
        }
    }

    /// The order, if it is decided.
    pub(super) async fn find(&self, number: OrderNo) -> Result<Option<Found>, LookupFailed> {
        let (answer, found) = oneshot::channel();
        self.queue.push(Question { number, answer }).map_err(|_| LookupFailed)?;
        found.await.map_err(|_| LookupFailed)
    }
}

struct Finder {
    db: MySqlPool,
    /// Why the last one failed: the same again is no news.
    failure: String,
}

impl Worker for Finder {
    type Job = Question;

    async fn work(&mut self, batch: Vec<Question>) {
        let numbers: Vec<_> = batch.iter().map(|question| question.number).collect();
        let found =
            with_connection(&self.db, PATIENCE, async |connection| ledger::find(connection, &numbers).await).await;
        // Dropped questions tell those who ask that there is no answer.
        let found: HashMap<_, _> = match found {
            Ok(found) => found.into_iter().map(|found| (found.number, found)).collect(),
            Err(error) => {
                let failure = with_sources(&error);
                if self.failure != failure {
                    tracing::warn!(error = failure, "orders cannot be looked up");
                    self.failure = failure;
                }
                return;
            }
        };
        self.failure.clear();
        for question in batch {
            // Whoever asked may have left.
            let _ = question.answer.send(found.get(&question.number).copied());
        }
    }
}
