//! Keeps one generation up to date with MySQL.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use openrace_index::{Applied, Batch, Catalog, IndexError, Live, Product, Updater};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::address::LogAddress;
use crate::binlog::{self, BinlogError, Change, Told};
use crate::sweep::{Nominated, sweep};
use crate::{IndexerError, Position, Source};

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

/// So many changed products are applied at once, however young.
const MOST_GATHERED: usize = 5_000;
/// Rows that are read again with one statement.
const ROWS: usize = 1_000;
/// How often a position is kept that nothing but itself has changed.
const KEEP_POSITION: Duration = Duration::from_secs(5);
/// An answer of MySQL that takes longer is not coming: nothing that is asked waits for a lock.
const ANSWER: Duration = Duration::from_secs(10);
/// A row that was told of and is not there after this is not coming: a product without a stock.
const ABSENT: Duration = Duration::from_secs(2);
/// So far behind MySQL counts as not at all: events tell whole seconds.
const NEAR: Duration = Duration::from_secs(1);
/// How often MySQL is asked for its time, since clocks may be set.
const ASK_TIME: Duration = Duration::from_secs(10);
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
    /// Since when the oldest of them waits.
    since: Option<Instant>,
    /// The end of the last whole transaction.
    reached: Option<Position>,
    /// Where the log ended when the session began, until that is reached.
    ahead: Option<Position>,
    /// What MySQL had written by then, in Unix seconds of its clock, has been told.
    told_until: Option<i64>,
    /// A position, and what was not seen for certain when it was reached.
    unseen: Option<(Position, HashSet<i64>)>,
    kept_at: Instant,
    /// What MySQL's clock said, Unix seconds, and when.
    clock: Option<(i64, Instant)>,
    /// MySQL refused to send its log.
    refused: Option<String>,
    /// From where the log could not be understood, and how often.
    garbled: (Option<String>, u32),
    sweeps: Sweeps,
}

/// What is known to have changed of a product.
#[derive(Debug, Clone, Copy, Default)]
struct Pending {
    /// Its row must be read again; whether the last event deleted it.
    row: Option<bool>,
    wish_count: Option<i64>,
    in_stock: Option<bool>,
    /// Since when it is looked at again and again.
    since: Option<Instant>,
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
            since: None,
            reached: None,
            ahead: None,
            told_until: None,
            unseen: None,
            kept_at: Instant::now(),
            clock: None,
            refused: None,
            garbled: (None, 0),
            sweeps,
        })
    }

    /// Follows until cancelled; what was told by then is applied. Waits out whatever passes by itself.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), FollowError> {
        loop {
            match self.session(&cancel).await {
                Ok(()) => return Ok(()),
                Err(Broken::Ended(error)) => return Err(error),
                Err(Broken::Away(error)) => self.observer.away(&error),
            }
            // The log tells it all again.
            (self.pending, self.since, self.reached, self.unseen) = (HashMap::new(), None, None, None);
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
        loop {
            let due = self.since.map(|since| since + self.pace.gather);
            tokio::select! {
                () = cancel.cancelled() => return self.flush(&mut source).await,
                told = next(&mut log) => match told {
                    Some(Ok(told)) => self.take(told, &mut source).await?,
                    Some(Err(error)) => return Err(self.broken(error)),
                    None => return Err(self.not_understood("reading the binary log panicked".to_owned())),
                },
                Some(nominated) = self.sweeps.nominated.recv() => {
                    self.mend(nominated, log.is_some(), &mut source).await?;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.flush(&mut source).await?;
                }
            }
        }
    }

    /// The log from where the index is; `None` if MySQL has none to follow.
    async fn open_log(&mut self, source: &mut Source) -> Result<Option<Log>, Broken> {
        let end = match self.refused.clone() {
            Some(refused) => Err(refused),
            None => source.position().await?,
        };
        match end {
            Ok(end) => self.ahead = Some(end),
            Err(reason) => {
                self.observer.without_log(&reason);
                return Ok(None);
            }
        }
        let lost = |reason: &str| Broken::Ended(FollowError::Lost(reason.to_owned()));
        let position = self.updater()?.position().map(Position::parse);
        let position = position.ok_or_else(|| lost("it was built without a binary log"))?;
        let position = position.ok_or_else(|| lost("its position cannot be read"))?;
        if !source.knows(&position).await? {
            return Err(lost("it followed another MySQL"));
        }
        let layout = source.layout().await?;
        match binlog::read(&self.address, layout, position).await {
            Ok(log) => Ok(Some(log)),
            Err(error) => Err(self.broken(error)),
        }
    }

    fn broken(&mut self, error: BinlogError) -> Broken {
        if error.is_lost() {
            return Broken::Ended(FollowError::Lost(error.to_string()));
        }
        if let BinlogError::Garbled(_) = error {
            return self.not_understood(error.to_string());
        }
        if error.is_refusal() {
            self.refused = Some(error.to_string());
        }
        Broken::Away(error.to_string())
    }

    /// What cannot be read from the same place again and again must not keep the index from going on.
    fn not_understood(&mut self, error: String) -> Broken {
        let position = self.updater.as_ref().and_then(Updater::position).map(str::to_owned);
        let times = if self.garbled.0 == position { self.garbled.1 + 1 } else { 1 };
        self.garbled = (position, times);
        if times < GARBLED { Broken::Away(error) } else { Broken::Ended(FollowError::Lost(error)) }
    }

    async fn ask_time(&mut self, source: &mut Source) -> Result<(), Broken> {
        let now = source.now().await?;
        self.clock = Some((now, Instant::now()));
        // A clock that was set back says nothing of what it said before.
        self.told_until = self.told_until.filter(|&until| until <= now);
        Ok(())
    }

    /// Unix seconds of MySQL's clock.
    fn now(&self) -> Option<i64> {
        self.clock.map(|(at, since)| at + since.elapsed().as_secs() as i64)
    }

    /// All that MySQL wrote by `written_at` has been told. A session may date its events as it likes.
    fn told_until(&mut self, written_at: i64) {
        let until = self.now().map_or(written_at, |now| written_at.min(now));
        self.told_until = self.told_until.max(Some(until));
    }

    /// For how long MySQL may have had what has not been told.
    fn age(&self) -> Option<Duration> {
        let seconds = self.now()? - self.told_until?;
        Some(Duration::from_secs(seconds.try_into().unwrap_or(0)))
    }

    async fn take(&mut self, told: Told, source: &mut Source) -> Result<(), Broken> {
        match told {
            Told::Changes(changes) => {
                self.since.get_or_insert_with(Instant::now);
                changes.into_iter().for_each(|change| self.note(change));
                self.observer.waiting(self.pending.len());
                if self.pending.len() >= MOST_GATHERED {
                    self.flush(source).await?;
                }
            }
            Told::End { position, written_at } => {
                let arrived = self.ahead.take_if(|end| !position.is_before(end)).is_some();
                self.reached = Some(position);
                self.garbled.1 = 0;
                self.told_until(i64::from(written_at));
                if self.pending.is_empty() && (arrived || self.kept_at.elapsed() >= KEEP_POSITION) {
                    self.flush(source).await?;
                }
            }
            Told::Idle { at } => {
                self.ahead = None;
                self.garbled.1 = 0;
                // It may have waited behind a slow batch, and others with it.
                let ago = at.elapsed();
                self.now().inspect(|&now| self.told_until(now - ago.as_secs() as i64));
                self.flush(source).await?;
                self.check_end(source).await?;
                if ago <= NEAR {
                    self.caught_up();
                }
            }
            Told::Rewritten(statement) => {
                self.flush(source).await?;
                return Err(Broken::Ended(FollowError::Lost(format!("{statement} has changed a table as a whole"))));
            }
        }
        Ok(())
    }

    /// After `RESET MASTER` the server has nothing to tell to who waits at a place that is gone, and says so for ever.
    async fn check_end(&self, source: &mut Source) -> Result<(), Broken> {
        let end = timeout(ANSWER, source.position()).await.map_err(|_| Broken::silent())??;
        let kept = self.updater()?.position().and_then(Position::parse);
        match (end, self.reached.as_ref().or(kept.as_ref())) {
            (Ok(end), Some(reached)) if end.is_before(reached) => {
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

    fn note(&mut self, change: Change) {
        match change {
            Change::Row { id, deleted } => {
                let pending = self.pending.entry(id).or_default();
                (pending.row, pending.since) = (Some(deleted), None);
            }
            Change::WishCount { id, wish_count } => {
                self.pending.entry(id).or_default().wish_count = Some(wish_count);
            }
            Change::Stock { id, in_stock } => self.pending.entry(id).or_default().in_stock = Some(in_stock),
        }
    }

    /// Applies what is pending, and keeps how far that is.
    async fn flush(&mut self, source: &mut Source) -> Result<(), Broken> {
        let Look { batch, again } = self.look(source).await?;
        let again: HashMap<i64, Pending> = again.into_iter().filter_map(|id| self.once_more(id)).collect();
        let position = self.position(&again);
        let applied = self.apply(batch, position).await?;
        self.since = (!again.is_empty()).then(Instant::now);
        (self.pending, self.kept_at) = (again, Instant::now());
        self.observer.waiting(self.pending.len());
        if self.clock.is_none_or(|(_, since)| since.elapsed() > ASK_TIME) {
            timeout(ANSWER, self.ask_time(source)).await.map_err(|_| Broken::silent())??;
        }
        self.observer.shown(self.updater()?.catalog(), self.age(), applied);
        if self.ahead.is_none() && self.age().is_some_and(|age| age <= NEAR) {
            self.caught_up();
        }
        Ok(())
    }

    /// The position up to which all has been seen, if it is a new one. Under load there is always something to look at
    /// again: a position counts once what was so when it was reached has been seen.
    fn position(&mut self, again: &HashMap<i64, Pending>) -> Option<Position> {
        if again.is_empty() {
            self.unseen = None;
            return self.reached.clone();
        }
        let (position, mut unseen) =
            self.unseen.take().or_else(|| Some((self.reached.clone()?, again.keys().copied().collect())))?;
        unseen.retain(|id| again.contains_key(id));
        if unseen.is_empty() {
            return Some(position);
        }
        self.unseen = Some((position, unseen));
        None
    }

    /// What is pending of a product that must be looked at again, unless it has been absent for long.
    fn once_more(&self, id: i64) -> Option<(i64, Pending)> {
        let mut pending = *self.pending.get(&id)?;
        let since = *pending.since.get_or_insert_with(Instant::now);
        let is_there = self.updater().is_ok_and(|updater| updater.catalog().find(id).is_some());
        (is_there || since.elapsed() < ABSENT).then_some((id, pending))
    }

    /// Reads again what a sweep found to differ, unless the log may yet tell it, or has meanwhile.
    async fn mend(&mut self, nominated: Vec<Nominated>, log: bool, source: &mut Source) -> Result<(), Broken> {
        if log && self.age().is_none_or(|age| age > NEAR) {
            return Ok(());
        }
        let catalog = Arc::clone(self.updater()?.catalog());
        let differs = |&(id, found): &Nominated| catalog.find(id) == found && !self.pending.contains_key(&id);
        let ids: Vec<(i64, bool)> = nominated.into_iter().filter(differs).map(|(id, _)| (id, false)).collect();
        let looked = timeout(ANSWER, look(&ids, source)).await.map_err(|_| Broken::silent())??;
        let applied = self.apply(looked.batch, None).await?;
        if applied.total() > 0 {
            self.observer.mended(applied.total());
        }
        self.observer.shown(self.updater()?.catalog(), self.age(), applied);
        Ok(())
    }

    async fn look(&self, source: &mut Source) -> Result<Look, Broken> {
        let rows = self.pending.iter().filter_map(|(&id, pending)| Some((id, pending.row?)));
        let rows: Vec<(i64, bool)> = rows.collect();
        let mut looked = timeout(ANSWER, look(&rows, source)).await.map_err(|_| Broken::silent())??;
        let catalog = self.updater()?.catalog();
        let live = self.pending.iter().filter(|(_, pending)| pending.row.is_none()).filter_map(|(&id, pending)| {
            let Live { wish_count, in_stock } = catalog.find(id)?.live;
            let wish_count = pending.wish_count.unwrap_or(wish_count);
            Some((id, Live { wish_count, in_stock: pending.in_stock.unwrap_or(in_stock) }))
        });
        looked.batch.live = live.collect();
        Ok(looked)
    }

    async fn apply(&mut self, batch: Batch, position: Option<Position>) -> Result<Applied, Broken> {
        let mut updater = self.updater.take().ok_or(Broken::Ended(FollowError::Panicked))?;
        let applying = spawn_blocking(move || {
            let position = position.map(|position| position.to_string());
            let applied = updater.apply(batch, position.as_deref());
            (updater, applied)
        });
        let (updater, applied) = applying.await.map_err(|_| Broken::Ended(FollowError::Panicked))?;
        let applied = applied.map_err(|error| Broken::Ended(error.into()))?;
        self.sweeps.catalogs.send_replace(Arc::clone(updater.catalog()));
        self.updater = Some(updater);
        Ok(applied)
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

/// Products as they are now, as far as that can be seen.
pub(crate) struct Look {
    pub(crate) batch: Batch,
    /// Somebody is changing these, or they are not there although they should: look again.
    pub(crate) again: Vec<i64>,
}

/// Looks at products. An id comes with whether its last event deleted it. Never waits for a lock, so that one long
/// transaction keeps nothing else from being seen, and nobody is the victim of a deadlock with the index.
pub(crate) async fn look(ids: &[(i64, bool)], source: &mut Source) -> Result<Look, sqlx::Error> {
    let mut look = Look { batch: Batch::default(), again: Vec::new() };
    for ids in ids.chunks(ROWS) {
        let missing = |rows: &[Product], ids: &[(i64, bool)]| {
            let there: HashSet<i64> = rows.iter().map(|row| row.id).collect();
            ids.iter().copied().filter(|(id, _)| !there.contains(id)).collect::<Vec<_>>()
        };
        let ids_only = |ids: &[(i64, bool)]| ids.iter().map(|&(id, _)| id).collect::<Vec<_>>();
        let mut rows = source.unlocked(&ids_only(ids)).await?;
        let locked_or_gone = missing(&rows, ids);
        look.batch.replaced.append(&mut rows);
        if locked_or_gone.is_empty() {
            continue;
        }
        // An event comes before its commit can be seen, so what is read of a locked row may be too old.
        let mut seen = source.committed(&ids_only(&locked_or_gone)).await?;
        look.again.extend(seen.iter().map(|row| row.id));
        for (id, deleted) in missing(&seen, &locked_or_gone) {
            look.batch.deleted.push(id);
            look.again.extend((!deleted).then_some(id));
        }
        look.batch.replaced.append(&mut seen);
    }
    Ok(look)
}
