//! Keeps one generation up to date with MySQL.

mod apply;
mod freshness;
mod opening;
mod suspects;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use openrace_index::{Applied, Catalog, IndexError, Updater};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

pub(crate) use apply::look;

use crate::address::LogAddress;
use crate::binlog::{BinlogError, Told};
use crate::log_server::LogServer;
use crate::sweep::{Nominated, sweep};
use crate::{GtidSet, IndexerError, Position, Source};
use apply::Pending;
use suspects::Suspects;

/// Told what a follower does. Called from its task: do not block.
pub trait Observer: Send + Sync {
    /// `catalog` has all that MySQL had written until so long ago; `None` while nothing is known of that.
    fn shown(&self, catalog: &Arc<Catalog>, age: Option<Duration>, applied: Applied);
    /// So many changed products wait to be applied.
    fn waiting(&self, products: usize);
    /// A sweep found products that no event had told of, and they were mended.
    fn mended(&self, products: u64);
    /// The index has all that MySQL had written when following began, and all but that of about the last second.
    fn caught_up(&self);
    /// MySQL, or its log, is away; it is tried again.
    fn away(&self, error: &str);
    /// There is no log to follow, and why. Sweeps do what they can.
    fn without_log(&self, reason: &str);
}

/// Why a follower ended.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// A new generation is needed: the log does not tell what happened since.
    #[error("the index cannot follow from where it is: {0}")]
    Lost(String),
    /// The index failed; what it has on disk is whole.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A thread panicked.
    #[error("applying changes panicked; the panic is in the log")]
    Panicked,
}

/// Pace of a follower.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Changes gather this long before they are applied together.
    pub gather: Duration,
    /// Time between the beginnings of two sweeps.
    pub sweep: Duration,
    /// The same when there is no log to follow.
    pub sweep_without_log: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gather: Duration::from_millis(100),
            sweep: Duration::from_secs(600),
            sweep_without_log: Duration::from_secs(30),
        }
    }
}

/// So many changes are applied at once, however young.
const MOST_GATHERED: usize = 5_000;
/// How often a position is kept that nothing but itself has changed.
const KEEP_POSITION: Duration = Duration::from_secs(5);
/// An answer of MySQL that takes longer is not coming: nothing that is asked waits for a lock.
const ANSWER: Duration = Duration::from_secs(10);
/// So far behind MySQL counts as not at all: events tell whole seconds.
const NEAR: Duration = Duration::from_secs(1);
/// How often MySQL is asked for its time, since clocks may be set, whether it still is what it was, and for its log, since the
/// right to it may have been granted.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(500);
/// A log that cannot be read so often in a row from one place cannot be read from there at all.
const GARBLED: u32 = 3;

/// Follows MySQL with one generation. Everything in memory can be lost at any time: it begins again where the updater
/// says.
pub struct Follower {
    url: String,
    address: LogAddress,
    updater: Option<Updater>,
    observer: Arc<dyn Observer>,
    pace: Pace,
    pending: HashMap<i64, Pending>,
    /// Changes that were noted since the last batch.
    fresh: usize,
    /// When the next batch is due.
    due: Option<Instant>,
    /// The end of the last whole transaction.
    reached: Option<Position>,
    /// Where the log ended, and when that was asked, until it is reached: what comes before is a replay.
    ahead: Option<(Position, Instant)>,
    /// What MySQL had written by then, in Unix seconds of its clock, has been told.
    told_until: Option<i64>,
    /// A position, and what was not seen for certain when it was reached.
    unseen: Option<(Position, HashSet<i64>)>,
    kept_at: Instant,
    /// What MySQL's clock said, Unix seconds, and when.
    clock: Option<(i64, Instant)>,
    /// Whose log is read, and the transactions that the index may show.
    server: Option<LogServer>,
    seen: Option<GtidSet>,
    /// The server has no such place any more; its transactions may tell where to go on. And why.
    gone: Option<String>,
    /// MySQL has just refused to send its log.
    refused: Option<String>,
    /// From where the log could not be understood, and how often.
    garbled: (Option<String>, u32),
    sweeps: Sweeps,
    /// What a sweep found to differ, and the log may yet tell of.
    suspects: Option<Suspects>,
}

/// The one task that sweeps, and the ways to and from it.
struct Sweeps {
    task: JoinSet<()>,
    interval: Option<Duration>,
    catalogs: watch::Sender<Arc<Catalog>>,
    nominate: mpsc::Sender<Vec<Nominated>>,
    nominated: mpsc::Receiver<Vec<Nominated>>,
}

/// What ends a session with MySQL.
enum Broken {
    /// Begin another.
    Away(String),
    /// Begin another, to look for the log again. What comes of it is told then.
    Renewed,
    Ended(FollowError),
}

impl Broken {
    fn silent() -> Self {
        Self::Away(format!("MySQL does not answer within {} seconds", ANSWER.as_secs()))
    }
}

impl<E: Into<IndexerError>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Away(error.into().to_string())
    }
}

type Log = mpsc::Receiver<Result<Told, BinlogError>>;

impl Follower {
    /// Prepares to follow `url`, `mysql://user:password@host:port/database`, with `updater`.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(url: &str, updater: Updater, observer: Arc<dyn Observer>, pace: Pace) -> Result<Self, IndexerError> {
        let address = LogAddress::parse(url)?;
        let (nominate, nominated) = mpsc::channel(1);
        let catalogs = watch::Sender::new(Arc::clone(updater.catalog()));
        let sweeps = Sweeps { task: JoinSet::new(), interval: None, catalogs, nominate, nominated };
        Ok(Self {
            url: url.to_owned(),
            address,
            updater: Some(updater),
            observer,
            pace,
            pending: HashMap::new(),
            fresh: 0,
            due: None,
            reached: None,
            ahead: None,
            told_until: None,
            unseen: None,
            kept_at: Instant::now(),
            clock: None,
            server: None,
            seen: None,
            gone: None,
            refused: None,
            garbled: (None, 0),
            sweeps,
            suspects: None,
        })
    }

    /// Follows until cancelled; what was told by then is applied. Waits out whatever passes by itself.
    ///
    /// # Errors
    /// When it cannot go on from where the index is, or the index fails.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), FollowError> {
        loop {
            match self.session(&cancel).await {
                Ok(()) => return Ok(()),
                Err(Broken::Ended(error)) => return Err(error),
                Err(Broken::Away(error)) => self.observer.away(&error),
                Err(Broken::Renewed) => (),
            }
            // The log tells it all again.
            (self.pending, self.fresh, self.due) = (HashMap::new(), 0, None);
            (self.reached, self.unseen, self.ahead, self.suspects) = (None, None, None, None);
            if cancel.run_until_cancelled(sleep(RETRY)).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Until cancelled, or something breaks.
    async fn session(&mut self, cancel: &CancellationToken) -> Result<(), Broken> {
        let connecting = async {
            let mut source = Source::connect(&self.url).await?;
            source.read_committed().await?;
            self.ask_time(&mut source).await?;
            let log = self.open_log(&mut source).await?;
            Ok::<_, Broken>((source, log))
        };
        let connected = cancel.run_until_cancelled(timeout(ANSWER, connecting)).await;
        let Some(connected) = connected else { return Ok(()) };
        let (mut source, mut log) = connected.map_err(|_| Broken::silent())??;
        if log.is_none() {
            self.sweeps.every(self.pace.sweep_without_log, &self.url);
        }
        let renewed = Instant::now() + LOOK_AGAIN;
        loop {
            let due = self.due;
            tokio::select! {
                () = cancel.cancelled() => return self.flush(&mut source).await,
                told = next(&mut log) => match told {
                    Some(Ok(told)) => self.take(told, &mut source).await?,
                    Some(Err(error)) => return Err(self.broken(error)),
                    None => return Err(self.not_understood("reading the binary log panicked".to_owned())),
                },
                Some(nominated) = self.sweeps.nominated.recv() => {
                    self.suspect(nominated, log.is_some(), &mut source).await?;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.flush(&mut source).await?;
                }
                () = sleep_until(renewed), if log.is_none() => return Err(Broken::Renewed),
            }
        }
    }

    async fn take(&mut self, told: Told, source: &mut Source) -> Result<(), Broken> {
        match told {
            Told::Changes(changes) => {
                let soon = Instant::now() + self.pace.gather;
                self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
                changes.into_iter().for_each(|change| self.note(change));
                self.observer.waiting(self.pending.len());
                if self.is_full() {
                    self.flush(source).await?;
                }
            }
            Told::End { position, written_at } => {
                self.mend_read_before(&position, source).await?;
                let arrived = self.ahead.take_if(|(end, _)| !position.is_before(end));
                self.reached = Some(position);
                self.gone = None;
                self.told_until(i64::from(written_at));
                if self.pending.is_empty() && (arrived.is_some() || self.kept_at.elapsed() >= KEEP_POSITION) {
                    self.flush(source).await?;
                }
                if arrived.is_some_and(|(_, asked)| asked.elapsed() > NEAR) {
                    // What was written meanwhile is a replay as well: rows have been read that show it.
                    let end = timeout(ANSWER, source.log_end()).await.map_err(|_| Broken::silent())??;
                    self.ahead = end.ok().map(|(_, end)| (end, Instant::now()));
                    self.ahead.take_if(|(end, _)| self.reached.as_ref().is_some_and(|reached| !reached.is_before(end)));
                }
            }
            Told::Idle { at } => {
                self.ahead = None;
                (self.garbled.1, self.gone) = (0, None);
                // It may have waited behind a slow batch, and others with it.
                let ago = at.elapsed();
                self.now().inspect(|&now| self.told_until(now - ago.as_secs() as i64));
                self.flush(source).await?;
                self.mend_read_by(at, source).await?;
                self.check_end(source).await?;
                if ago <= NEAR {
                    self.caught_up();
                }
            }
            Told::Untold(reason) => {
                self.flush(source).await?;
                return Err(Broken::Ended(FollowError::Lost(reason)));
            }
        }
        Ok(())
    }

    /// Whether the server still is what it was when the session began. After `RESET MASTER` it has nothing to tell to who
    /// waits at a place that is gone, and says so for ever.
    async fn check_end(&self, source: &mut Source) -> Result<(), Broken> {
        let found = timeout(ANSWER, source.log_end()).await.map_err(|_| Broken::silent())??;
        // The next session says so.
        let (server, end) = found.map_err(Broken::Away)?;
        if server.is_read_only && self.server.as_ref().is_some_and(|before| !before.is_read_only) {
            return Err(Broken::Away("MySQL has become read-only; another server may be the primary".to_owned()));
        }
        let kept = self.updater()?.position().and_then(Position::parse);
        match self.reached.as_ref().or(kept.as_ref()) {
            Some(reached) if end.is_before(reached) => {
                Err(Broken::Ended(FollowError::Lost("the binary log was begun anew".to_owned())))
            }
            _ => Ok(()),
        }
    }

    /// What a sweep finds from here on is nothing that the log was yet to tell.
    fn caught_up(&mut self) {
        self.sweeps.every(self.pace.sweep, &self.url);
        self.observer.caught_up();
    }

    fn updater(&self) -> Result<&Updater, Broken> {
        self.updater.as_ref().ok_or(Broken::Ended(FollowError::Panicked))
    }
}

impl Sweeps {
    fn every(&mut self, interval: Duration, url: &str) {
        if self.interval.replace(interval) != Some(interval) {
            self.task.abort_all();
            self.task.spawn(sweep(url.to_owned(), interval, self.catalogs.subscribe(), self.nominate.clone()));
        }
    }
}

async fn next(log: &mut Option<Log>) -> Option<Result<Told, BinlogError>> {
    match log {
        Some(log) => log.recv().await,
        None => std::future::pending().await,
    }
}
