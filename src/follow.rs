//! Keeps the catalogue on the newest generation, and that generation up to date with MySQL.
//!
//! A generation is opened together with its follower. A newer one follows beside the one in use until it has caught
//! up, and only then takes its place; so does one that was rolled back to.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use openrace_index::{Applied, Catalog, IndexError, IndexHome};
use openrace_indexer::{FollowError, Follower, IndexerError, Observer, Pace, Progress, Resources, Source, rebuild};
use tokio::{
    runtime::Handle,
    task::{JoinError, JoinHandle, spawn_blocking},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    catalogue::{Catalogue, Standing},
    clock::ShopClock,
};

/// Time between two looks at the index folder.
const POLL: Duration = Duration::from_millis(250);
/// Looks that pass after a failure before the next attempt.
const RETRY: u32 = 8;
/// What cannot be opened so often is built anew.
const TRIES: u32 = 3;
/// No generation has this name.
const VANISHED: &str = "";
/// A rebuild beside a server that answers takes what that leaves.
const REBUILD: Resources = Resources { threads: 1, memory: 400_000_000 };

/// Follows until cancelled. Fails only when another server has the folder.
pub async fn follow(
    catalogue: Arc<Catalogue>,
    url: String,
    clock: ShopClock,
    cancel: CancellationToken,
) -> Result<(), IndexError> {
    let mut manager = Manager {
        catalogue,
        url,
        clock,
        in_use: None,
        standby: None,
        lost: None,
        has_followed: false,
        rebuild: None,
        rest: 0,
        unopened: (String::new(), 0),
    };
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while cancel.run_until_cancelled(ticks.tick()).await.is_some() {
        manager.step().await?;
    }
    manager.end().await;
    Ok(())
}

struct Manager {
    catalogue: Arc<Catalogue>,
    url: String,
    clock: ShopClock,
    in_use: Option<Unit>,
    standby: Option<Unit>,
    /// The generation that cannot follow any further.
    lost: Option<String>,
    /// It has followed before, so that whoever has the lock now will let go of it.
    has_followed: bool,
    rebuild: Option<(CancellationToken, JoinHandle<Result<(), IndexerError>>)>,
    rest: u32,
    /// What could not be opened, and how often in a row.
    unopened: (String, u32),
}

/// A generation and its follower.
struct Unit {
    generation: String,
    watcher: Arc<Watcher>,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), FollowError>>,
}

impl Unit {
    async fn end(self) -> Result<Result<(), FollowError>, JoinError> {
        self.cancel.cancel();
        self.task.await
    }
}

impl Manager {
    async fn step(&mut self) -> Result<(), IndexError> {
        self.reap().await;
        self.promote().await;
        if self.rest > 0 {
            self.rest -= 1;
            return Ok(());
        }
        self.open_newest().await?;
        if let Some(lost) = self.lost.clone()
            && self.rebuild.is_none()
            && self.standby.is_none()
            && is_newest(self.catalogue.home(), &lost)
        {
            self.begin_rebuild(lost);
        }
        Ok(())
    }

    /// Takes away what has ended.
    async fn reap(&mut self) {
        let ended = |unit: &mut Unit| unit.task.is_finished();
        for unit in [self.in_use.take_if(ended), self.standby.take_if(ended)].into_iter().flatten() {
            let generation = unit.generation.clone();
            match unit.end().await {
                Ok(Ok(())) => {}
                Ok(Err(FollowError::Lost(reason))) => {
                    tracing::warn!(generation, reason, "the index cannot follow MySQL any further; a new one is built");
                    metrics::counter!("index_lost_total").increment(1);
                    self.catalogue.stand(Standing::Lost(reason));
                    self.lost = Some(generation);
                }
                Ok(Err(error)) => self.failed(&error.to_string()),
                Err(error) => self.failed(&error.to_string()),
            }
        }
        if let Some((_, task)) = self.rebuild.take_if(|(_, task)| task.is_finished()) {
            match task.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.failed(&format!("rebuild: {error}")),
                Err(error) => self.failed(&format!("rebuild: {error}")),
            }
        }
    }

    fn failed(&mut self, error: &str) {
        tracing::error!(error, "following MySQL failed; it is tried again");
        self.catalogue.stand(Standing::Failed(error.to_owned()));
        self.rest = RETRY;
    }

    /// Puts the standby in use once it is as good as what is.
    async fn promote(&mut self) {
        let ready = |unit: &mut Unit| unit.watcher.caught_up.load(Ordering::Acquire);
        let Some(unit) = self.standby.take_if(ready) else { return };
        tracing::info!(generation = unit.generation, "index generation in use");
        // It shows what it has applied once more when it ends.
        if let Some(old) = self.in_use.take() {
            drop(old.end().await);
        }
        unit.watcher.promote();
        self.lost = None;
        self.in_use = Some(unit);
    }

    async fn open_newest(&mut self) -> Result<(), IndexError> {
        let newest = match self.catalogue.home().current() {
            Ok(Some(newest)) => newest,
            Ok(None) => {
                self.look_for_vanished().await;
                return Ok(());
            }
            Err(error) => {
                self.failed(&error.to_string());
                return Ok(());
            }
        };
        let known = [&self.in_use, &self.standby].into_iter().flatten().any(|unit| unit.generation == newest);
        if known || self.lost.as_ref() == Some(&newest) {
            // Rolled back before it was ready.
            if self.in_use.as_ref().is_some_and(|unit| unit.generation == newest) {
                self.lost = None;
                if let Some(standby) = self.standby.take() {
                    drop(standby.end().await);
                }
            }
            return Ok(());
        }
        if let Some(standby) = self.standby.take() {
            drop(standby.end().await);
        }
        match self.open().await {
            Ok(unit) => (self.standby, self.unopened.1, self.has_followed) = (Some(unit), 0, true),
            Err(OpenError::Index(error @ IndexError::Followed(_))) if !self.has_followed && self.lost.is_none() => {
                return Err(error);
            }
            Err(OpenError::Index(IndexError::Layout { .. })) => {
                self.catalogue.stand(Standing::Lost("the index was built by another version".to_owned()));
                self.lost = Some(newest);
            }
            Err(error) => {
                self.failed(&error.to_string());
                let times = if self.unopened.0 == newest { self.unopened.1 + 1 } else { 1 };
                self.unopened = (newest.clone(), times);
                if times >= TRIES {
                    self.unopened.1 = 0;
                    self.catalogue.stand(Standing::Lost(error.to_string()));
                    self.lost = Some(newest);
                }
            }
        }
        Ok(())
    }

    /// A folder that was taken away is answered from, since it is in memory, until there is a new one.
    async fn look_for_vanished(&mut self) {
        if self.catalogue.current().is_none() || self.lost.is_some() {
            return;
        }
        tracing::error!("the index folder has vanished; a new generation is built");
        self.catalogue.stand(Standing::Lost("the index folder has vanished".to_owned()));
        for unit in [self.in_use.take(), self.standby.take()].into_iter().flatten() {
            drop(unit.end().await);
        }
        self.lost = Some(VANISHED.to_owned());
    }

    async fn open(&self) -> Result<Unit, OpenError> {
        let home = self.catalogue.home().clone();
        let updater = spawn_blocking(move || home.update()).await??;
        let catalog = Arc::clone(updater.catalog());
        let generation = catalog.manifest().generation.clone();
        let watcher = Arc::new(Watcher {
            clock: self.clock.clone(),
            catalogue: Arc::clone(&self.catalogue),
            latest: Mutex::new(Arc::clone(&catalog)),
            in_use: AtomicBool::new(false),
            caught_up: AtomicBool::new(false),
            without_log: Mutex::default(),
        });
        // Something is better than nothing, however old; and what is there of the same generation is older.
        let shown = self.catalogue.current();
        if shown.is_none_or(|shown| shown.manifest().generation == generation) {
            self.catalogue.show(catalog, None);
            watcher.in_use.store(true, Ordering::Release);
        }
        let observer: Arc<dyn Observer> = Arc::<Watcher>::clone(&watcher);
        let follower = Follower::new(&self.url, updater, observer, Pace::default())?;
        let cancel = CancellationToken::new();
        let task = tokio::spawn(follower.run(cancel.clone()));
        Ok(Unit { generation, watcher, cancel, task })
    }

    fn begin_rebuild(&mut self, lost: String) {
        let cancel = CancellationToken::new();
        let (home, url, now, token) =
            (self.catalogue.home().clone(), self.url.clone(), self.clock.now(), cancel.clone());
        let runtime = Handle::current();
        let task = spawn_blocking(move || {
            runtime.block_on(async {
                let source = Source::connect(&url).await?;
                // An operator was faster.
                if !is_newest(&home, &lost) {
                    return Ok(());
                }
                match rebuild(source, &home, REBUILD, now, Arc::new(Unseen), token).await {
                    // An operator builds one already.
                    Ok(_) | Err(IndexerError::Index(IndexError::Locked(_))) => Ok(()),
                    Err(error) => Err(error),
                }
            })
        });
        self.rebuild = Some((cancel, task));
        self.rest = RETRY;
    }

    async fn end(self) {
        if let Some((cancel, task)) = self.rebuild {
            cancel.cancel();
            drop(task.await);
        }
        for unit in [self.in_use, self.standby].into_iter().flatten() {
            drop(unit.end().await);
        }
    }
}

fn is_newest(home: &IndexHome, generation: &str) -> bool {
    home.current().is_ok_and(|newest| newest.as_deref().unwrap_or(VANISHED) == generation)
}

#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Indexer(#[from] IndexerError),
    #[error(transparent)]
    Panicked(#[from] JoinError),
}

/// Takes what a follower tells to the catalogue, if its generation is in use.
struct Watcher {
    clock: ShopClock,
    catalogue: Arc<Catalogue>,
    /// Held while it is shown, so that nothing older is shown after it.
    latest: Mutex<Arc<Catalog>>,
    in_use: AtomicBool,
    caught_up: AtomicBool,
    /// Why there is no log to follow.
    without_log: Mutex<Option<String>>,
}

impl Watcher {
    fn promote(&self) {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        self.in_use.store(true, Ordering::Release);
        self.catalogue.show(Arc::clone(&latest), None);
        self.catalogue.stand(match self.without_log().clone() {
            Some(reason) => Standing::SweepsOnly(reason),
            None => Standing::Follows,
        });
    }

    fn without_log(&self) -> MutexGuard<'_, Option<String>> {
        self.without_log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_in_use(&self) -> bool {
        self.in_use.load(Ordering::Acquire)
    }
}

impl Observer for Watcher {
    fn shown(&self, catalog: &Arc<Catalog>, age: Option<Duration>, applied: Applied) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = Arc::clone(catalog);
        if self.is_in_use() {
            let fresh_at = age.map(|age| self.clock.now() - age.as_millis() as i64);
            self.catalogue.show(Arc::clone(catalog), fresh_at);
        }
        drop(latest);
        if applied.total() > 0 {
            metrics::counter!("index_commits_total").increment(1);
            metrics::counter!("index_changes_total", "kind" => "replaced").increment(applied.replaced);
            metrics::counter!("index_changes_total", "kind" => "deleted").increment(applied.deleted);
            metrics::counter!("index_changes_total", "kind" => "live").increment(applied.live);
        }
    }

    fn waiting(&self, products: usize) {
        if self.is_in_use() {
            metrics::gauge!("index_lag_changes").set(products as f64);
        }
    }

    fn mended(&self, products: u64) {
        tracing::warn!(products, "a sweep mended what the binary log had not told");
        metrics::counter!("index_sweep_differences_total").increment(products);
    }

    fn caught_up(&self) {
        *self.without_log() = None;
        if self.is_in_use() {
            self.catalogue.stand(Standing::Follows);
            self.catalogue.fresh_at(self.clock.now());
        }
        self.caught_up.store(true, Ordering::Release);
    }

    fn away(&self, error: &str) {
        tracing::warn!(error, "the binary log of MySQL cannot be read; it is tried again");
        if self.is_in_use() {
            self.catalogue.stand(Standing::Failed(error.to_owned()));
        }
    }

    fn without_log(&self, reason: &str) {
        if self.without_log().replace(reason.to_owned()).as_deref() != Some(reason) {
            tracing::warn!(reason, "changes in MySQL are found by sweeps alone");
        }
        if self.is_in_use() {
            self.catalogue.stand(Standing::SweepsOnly(reason.to_owned()));
        }
        self.caught_up.store(true, Ordering::Release);
    }
}

/// A rebuild in the background is in the log, not on a terminal.
struct Unseen;

impl Progress for Unseen {
    fn reading(&self, products: u64) {
        tracing::info!(products, "rebuilding the index: reading");
    }

    fn writing(&self, products: u64) {
        tracing::info!(products, "rebuilding the index: writing");
    }

    fn advance(&self, _: u64) {}

    fn publishing(&self) {
        tracing::info!("rebuilding the index: saving");
    }
}
