//! Does batches of commands until MySQL confirms them.

use std::time::Duration;

use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use super::{
    Command, Refusal,
    decide::decide,
    error::WishError,
    session::Session,
    store::{self, BatchMark},
};
use crate::{batch::Worker, error::with_sources};

/// Time for one transaction; far more than one takes.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Between two attempts, so that a MySQL that refuses at once is not asked in a busy loop.
const PAUSE: Duration = Duration::from_millis(50);

type Answers = Vec<Result<i64, Refusal>>;

/// A command, and whoever waits for its answer.
pub(super) struct Job {
    pub(super) command: Command,
    /// Nobody waits any longer.
    pub(super) deadline: Instant,
    pub(super) answer: oneshot::Sender<Result<i64, WishError>>,
}

/// Why a transaction is not known to be done.
#[derive(Debug, thiserror::Error)]
enum AttemptError {
    #[error("MySQL did not answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error(transparent)]
    MySql(#[from] sqlx::Error),
}

/// Writes wishes over a connection of its own, one batch at a time.
pub(super) struct Writer {
    session: Session,
    mark: BatchMark,
}

impl Writer {
    pub(super) fn new(session: Session) -> Self {
        Self { session, mark: BatchMark { writer: Uuid::now_v7(), batch: 0 } }
    }

    /// The batch's answers, once it is committed; `None` when nobody waits for them any longer.
    ///
    /// A failure may hide a COMMIT that was done. Every transaction therefore marks its batch in the writer's own row, and a
    /// further attempt reads that row first. If it names this batch, the attempt before was committed as a whole, so its
    /// answers hold: asking the wishes instead could not tell the member's wish of this command from one of another command.
    async fn commit(&mut self, commands: &[Command], deadline: Instant) -> Option<Answers> {
        self.mark.batch += 1;
        let mut unconfirmed = None;
        loop {
            let attempt = timeout(ATTEMPT, self.attempt(commands, &mut unconfirmed)).await;
            let error = match attempt.map_err(AttemptError::from) {
                Ok(Ok(answers)) => return Some(answers),
                Ok(Err(error)) => AttemptError::from(error),
                Err(error) => error,
            };
            self.session.close();
            metrics::counter!("wish_batch_failures_total").increment(1);
            if Instant::now() >= deadline {
                tracing::error!(
                    error = with_sources(&error),
                    commands = commands.len(),
                    "a batch of wishes was given up"
                );
                return None;
            }
            sleep(PAUSE).await;
        }
    }

    /// One transaction. `unconfirmed` holds the answers of the last attempt that came as far as its COMMIT.
    async fn attempt(
        &mut self,
        commands: &[Command],
        unconfirmed: &mut Option<Answers>,
    ) -> Result<Answers, sqlx::Error> {
        let connection = self.session.connection().await?;
        if let Some(answers) = unconfirmed
            && self.mark.is_set(connection).await?
        {
            sqlx::raw_sql("ROLLBACK").execute(connection).await?;
            return Ok(answers.clone());
        }
        self.mark.set(connection).await?;
        let plan = decide(store::lock(connection, commands).await?, commands);
        store::write(connection, &plan).await?;
        *unconfirmed = Some(plan.answers.clone());
        sqlx::raw_sql("COMMIT").execute(connection).await?;
        Ok(plan.answers)
    }
}

impl Worker for Writer {
    type Job = Job;

    /// Leaves out what has been waited for in vain, so that a queue that grew while MySQL was away is gone at once.
    async fn work(&mut self, mut batch: Vec<Job>) {
        let now = Instant::now();
        batch.retain(|job| job.deadline > now);
        let Some(deadline) = batch.iter().map(|job| job.deadline).max() else { return };
        let commands: Vec<_> = batch.iter().map(|job| job.command).collect();
        let Some(answers) = self.commit(&commands, deadline).await else { return };
        for (job, answer) in batch.into_iter().zip(answers) {
            // A client that left has no ear for it.
            let _ = job.answer.send(answer.map_err(WishError::from));
        }
    }
}
