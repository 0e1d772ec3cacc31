//! Work that gathers while the batch before it is being done, and is then done as one.

use std::future::Future;

use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Does batches, one at a time.
pub trait Worker: Send + 'static {
    /// One piece of work. It carries the way back to whoever waits for it.
    type Job: Send + 'static;

    /// Does at least one job; all that came while the batch before was being done, up to the limit.
    fn work(&mut self, batch: Vec<Self::Job>) -> impl Future<Output = ()> + Send;
}

/// A bounded queue before a [`Worker`]. No timer: a job that comes alone is a batch of one.
pub struct Batcher<J> {
    queue: mpsc::Sender<J>,
}

impl<J> Clone for Batcher<J> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

/// The queue is full, or closed because the server stops. The job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue is full")]
pub struct QueueFull;

/// How much a queue holds, and how much of it is one batch.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Jobs that may wait.
    pub queue: usize,
    /// Jobs of one batch.
    pub batch: usize,
}

/// The tasks of a server: each ends by itself, with nothing left to do, once `stop` is cancelled.
#[derive(Clone, Default)]
pub struct Tasks {
    /// Knows which of them still run.
    pub tracker: TaskTracker,
    /// Cancelled when the last request has been answered.
    pub stop: CancellationToken,
}

impl Tasks {
    /// Tasks that are waited for like these, but told to stop on their own.
    pub fn later(&self) -> Self {
        Self { tracker: self.tracker.clone(), stop: CancellationToken::new() }
    }
}

impl<J: Send + 'static> Batcher<J> {
    /// Starts the worker. Once told to stop it takes no more jobs, does those it has, and ends.
    pub fn start(mut worker: impl Worker<Job = J>, limits: Limits, tasks: &Tasks) -> Self {
        let (queue, mut waiting) = mpsc::channel(limits.queue);
        let stop = tasks.stop.clone();
        tasks.tracker.spawn(async move {
            loop {
                let mut batch = Vec::new();
                tokio::select! {
                    biased;
                    taken = waiting.recv_many(&mut batch, limits.batch) => match taken {
                        0 => return,
                        _ => worker.work(batch).await,
                    },
                    () = stop.cancelled(), if !waiting.is_closed() => waiting.close(),
                }
            }
        });
        Self { queue }
    }

    /// Adds a job, unless the queue is full.
    pub fn push(&self, job: J) -> Result<(), QueueFull> {
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Closed(_) => QueueFull,
        })
    }

    /// Adds a job, waiting for a place in the queue. For work that must not be turned away.
    pub async fn push_when_free(&self, job: J) -> Result<(), QueueFull> {
        self.queue.send(job).await.map_err(|_| QueueFull)
    }

    /// Jobs that may still be added.
    pub fn free(&self) -> usize {
        self.queue.capacity()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    use super::*;

    /// Tells what it was given, then waits to be let on.
    struct Scribe {
        told: UnboundedSender<Vec<u32>>,
        go: UnboundedReceiver<()>,
    }

    impl Worker for Scribe {
        type Job = u32;

        async fn work(&mut self, batch: Vec<u32>) {
            self.told.send(batch).unwrap();
            self.go.recv().await;
        }
    }

    fn scribe(limits: Limits) -> (Batcher<u32>, UnboundedReceiver<Vec<u32>>, UnboundedSender<()>, Tasks) {
        let (told, batches) = unbounded_channel();
        let (go, gone) = unbounded_channel();
        let tasks = Tasks::default();
        (Batcher::start(Scribe { told, go: gone }, limits, &tasks), batches, go, tasks)
    }

    #[tokio::test]
    async fn what_comes_during_a_batch_is_the_next_one() {
        let (batcher, mut batches, go, _tasks) = scribe(Limits { queue: 8, batch: 3 });
        batcher.push(1).unwrap();
        assert_eq!(batches.recv().await, Some(vec![1]));
        for job in 2..=5 {
            batcher.push(job).unwrap();
        }
        go.send(()).unwrap();
        assert_eq!(batches.recv().await, Some(vec![2, 3, 4]));
        go.send(()).unwrap();
        assert_eq!(batches.recv().await, Some(vec![5]));
    }

    #[tokio::test]
    async fn a_full_queue_turns_away() {
        let (batcher, mut batches, _go, _tasks) = scribe(Limits { queue: 2, batch: 9 });
        batcher.push(1).unwrap();
        batches.recv().await;
        assert_eq!([2, 3, 4].map(|job| batcher.push(job)), [Ok(()), Ok(()), Err(QueueFull)]);
    }

    #[tokio::test]
    async fn told_to_stop_it_does_what_it_has_and_takes_no_more() {
        let (batcher, mut batches, go, tasks) = scribe(Limits { queue: 8, batch: 1 });
        for job in 1..=3 {
            batcher.push(job).unwrap();
        }
        tasks.stop.cancel();
        tasks.tracker.close();
        for job in 1..=3 {
            assert_eq!(batches.recv().await, Some(vec![job]));
            go.send(()).unwrap();
        }
        tasks.tracker.wait().await;
        assert_eq!(batcher.push(4), Err(QueueFull));
    }
}
