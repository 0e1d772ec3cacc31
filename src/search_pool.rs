//! A fixed number of threads that search, behind a bounded queue.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Instant,
};

use crossbeam_channel::Sender;
use tokio::sync::{Semaphore, oneshot};
use tracing::Span;

/// Keeps CPU-bound work off the async threads. When its queue is full a job is refused at once, so that a burst
/// costs its own clients an answer and nobody else the latency.
///
/// Threads that have nothing to do sleep: those of a pool that looks for work to steal take the time of the async ones.
pub struct SearchPool {
    jobs: Sender<Job>,
    places: Arc<Semaphore>,
    capacity: usize,
}

type Job = Box<dyn FnOnce() + Send>;

/// A job without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchPoolError {
    /// All threads are busy and the queue is full.
    #[error("all search threads are busy and the queue is full")]
    Full,
    /// The job panicked; the panic hook has logged it.
    #[error("a search panicked")]
    Panicked,
}

impl SearchPool {
    /// Starts `threads` threads; up to `queue` more jobs wait for one. The threads end when the pool is dropped.
    pub fn new(threads: usize, queue: usize) -> io::Result<Self> {
        let capacity = threads.saturating_add(queue).min(Semaphore::MAX_PERMITS);
        // Bounded by the places.
        let (jobs, queued) = crossbeam_channel::unbounded::<Job>();
        for number in 0..threads {
            let queued = queued.clone();
            thread::Builder::new()
                .name(format!("search-{number}"))
                .spawn(move || queued.iter().for_each(|job| job()))?;
        }
        Ok(Self { jobs, places: Arc::new(Semaphore::new(capacity)), capacity })
    }

    /// Runs `job` on a search thread. A job whose caller left before its turn is skipped.
    pub async fn run<T, F>(&self, job: F) -> Result<T, SearchPoolError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics::counter!("search_pool_refused_total").increment(1);
            return Err(SearchPoolError::Full);
        };
        let (answer, result) = oneshot::channel();
        let queued = Instant::now();
        // What the job logs belongs to the request.
        let span = Span::current();
        let job = move || {
            // Held until the job is done or skipped; an unwound job gives it back too.
            let _place = place;
            if answer.is_closed() {
                metrics::counter!("search_pool_skipped_total").increment(1);
                return;
            }
            metrics::histogram!("search_pool_wait_seconds").record(queued.elapsed());
            // Nothing outlives the job but its answer, so no broken state can be seen.
            if let Ok(value) = span.in_scope(|| catch_unwind(AssertUnwindSafe(job))) {
                // Refused when the caller left meanwhile: nobody to tell.
                let _ = answer.send(value);
            }
        };
        // No thread ends while the pool is there.
        self.jobs.send(Box::new(job)).map_err(|_| SearchPoolError::Panicked)?;
        result.await.map_err(|_| SearchPoolError::Panicked)
    }

    /// Jobs that run or wait.
    pub fn jobs(&self) -> usize {
        self.capacity - self.places.available_permits()
    }

    /// Most jobs that can run and wait.
    pub fn capacity(&self) -> usize {
        self.capacity
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A pool whose only thread waits for the sender to be dropped.
    async fn busy_pool(queue: usize) -> (Arc<SearchPool>, mpsc::Sender<()>) {
        let pool = Arc::new(SearchPool::new(1, queue).unwrap());
        let (release, released) = mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let busy = Arc::clone(&pool);
        tokio::spawn(async move {
            busy.run(move || {
                started.send(()).unwrap();
                let _ = released.recv();
            })
            .await
        });
        has_started.await.unwrap();
        (pool, release)
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let (pool, release) = busy_pool(0).await;
        assert_eq!(pool.run(|| 1).await, Err(SearchPoolError::Full));
        drop(release);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_the_thread_lives_on() {
        let pool = SearchPool::new(1, 1).unwrap();
        assert_eq!(pool.run(|| panic!("planted")).await, Err::<(), _>(SearchPoolError::Panicked));
        assert_eq!(pool.run(|| 2).await, Ok(2));
    }

    #[tokio::test]
    async fn a_job_whose_caller_left_is_skipped() {
        let (pool, release) = busy_pool(2).await;
        let (ran, has_run) = oneshot::channel();
        {
            let left = std::pin::pin!(pool.run(move || ran.send(())));
            // Polled once, so that it is queued, and then dropped.
            assert!(futures_util::future::poll_immediate(left).await.is_none());
        }
        drop(release);
        assert_eq!(pool.run(|| 3).await, Ok(3));
        assert!(has_run.await.is_err());
    }
}
