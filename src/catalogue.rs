//! The index generation in use, and its exchange for a newer one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use openrace_index::{Card, Catalog, IndexError, IndexHome, PopularQueries, ProductQuery, Start, Suggestion};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    answers::{Answer, Answers, Shown},
    search_pool::{SearchPool, SearchPoolError},
};

/// Time between two looks at the index folder.
const POLL: Duration = Duration::from_millis(500);

/// Answers lists from the newest generation, on the search threads.
pub struct Catalogue {
    home: IndexHome,
    current: ArcSwapOption<Shown>,
    answers: Answers,
    pool: SearchPool,
    popular: ArcSwap<PopularQueries>,
    standing: ArcSwap<Standing>,
    /// Unix milliseconds; [`UNKNOWN`] while nothing follows.
    fresh_at: AtomicI64,
}

/// How the index stands to MySQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing follows: the index is as old as its generation.
    Still,
    /// It has what MySQL has, up to a moment.
    Follows,
    /// There is no binary log to follow, and why; sweeps find changes late.
    SweepsOnly(String),
    /// It is too far behind, and why; a new generation is built.
    Lost(String),
    /// MySQL or the index failed; it is tried again.
    Failed(String),
}

const UNKNOWN: i64 = i64::MIN;

/// A list that could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// There is no generation yet.
    #[error("the index is not built yet: run `indexer rebuild`")]
    NotBuilt,
    /// The search threads refused or failed.
    #[error(transparent)]
    Pool(#[from] SearchPoolError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl Catalogue {
    /// Holds no generation until the first [`refresh`](Self::refresh).
    pub fn new(home: IndexHome, pool: SearchPool) -> Self {
        let standing = ArcSwap::from_pointee(Standing::Still);
        let popular = ArcSwap::default();
        Self {
            home,
            current: ArcSwapOption::empty(),
            answers: Answers::default(),
            pool,
            popular,
            standing,
            fresh_at: AtomicI64::new(UNKNOWN),
        }
    }

    /// Where generations are.
    pub fn home(&self) -> &IndexHome {
        &self.home
    }

    /// Answers from this snapshot from now on; it has all that MySQL had written by `fresh_at`, if that is known.
    pub fn show(&self, catalog: Arc<Catalog>, fresh_at: Option<i64>) {
        let same = self.current.load().as_ref().is_some_and(|shown| Arc::ptr_eq(shown.catalog(), &catalog));
        if !same {
            self.current.store(Some(Arc::new(Shown::new(catalog))));
        }
        fresh_at.inspect(|&at| self.fresh_at(at));
    }

    /// The snapshot in use has all that MySQL had written by `at`, Unix milliseconds.
    pub fn fresh_at(&self, at: i64) {
        self.fresh_at.store(at, Ordering::Relaxed);
    }

    /// Tells how the index stands to MySQL.
    pub fn stand(&self, standing: Standing) {
        self.standing.store(Arc::new(standing));
    }

    /// How the index stands to MySQL.
    pub fn standing(&self) -> Arc<Standing> {
        self.standing.load_full()
    }

    /// For how long MySQL may have had what the index has not, in milliseconds; `None` while nothing is known of that.
    pub fn lag(&self, now: i64) -> Option<i64> {
        let at = self.fresh_at.load(Ordering::Relaxed);
        (at != UNKNOWN).then(|| (now - at).max(0))
    }

    /// The generation in use; `None` until one is built and opened.
    pub fn current(&self) -> Option<Arc<Catalog>> {
        self.current.load().as_ref().map(|shown| Arc::clone(shown.catalog()))
    }

    /// The threads that search.
    pub fn pool(&self) -> &SearchPool {
        &self.pool
    }

    /// Answers one page of a list at the moment `now` (Unix milliseconds).
    pub async fn search(
        &self,
        query: ProductQuery,
        start: Start,
        limit: usize,
        now: i64,
    ) -> Result<Arc<Answer>, SearchError> {
        let shown = self.current.load_full().ok_or(SearchError::NotBuilt)?;
        let question = shown.question(query, start, limit, now);
        let search = async |query, start| {
            // It moves into the job: what was replaced meanwhile is mostly closed by a search thread.
            Ok(self.pool.run(move || shown.catalog().search(&query, &start, limit, now)).await??)
        };
        self.answers.get(&question, search).await
    }

    /// A product as lists show it.
    pub async fn card(&self, id: i64) -> Result<Option<Card>, SearchError> {
        let catalog = self.current().ok_or(SearchError::NotBuilt)?;
        Ok(self.pool.run(move || catalog.find_card(id)).await??)
    }

    /// Suggests how to go on from what was typed.
    pub async fn suggest(&self, typed: String, limit: usize) -> Result<Vec<Suggestion>, SearchError> {
        let catalog = self.current().ok_or(SearchError::NotBuilt)?;
        let popular = self.popular.load_full();
        let suggestions = self.pool.run(move || catalog.suggest(&typed, &popular, limit)).await?;
        Ok(suggestions?)
    }

    /// Suggests these from now on.
    pub fn popular(&self, popular: PopularQueries) {
        self.popular.store(Arc::new(popular));
    }

    /// Opens the newest generation unless it is the one in use. Requests keep the generation they began with; after a
    /// failure the old one stays.
    pub async fn refresh(self: &Arc<Self>) -> Result<(), RefreshError> {
        let catalogue = Arc::clone(self);
        Ok(tokio::task::spawn_blocking(move || catalogue.open_newest()).await??)
    }

    /// Blocks for the time that opening takes.
    fn open_newest(&self) -> Result<(), IndexError> {
        let Some(newest) = self.home.current()? else { return Ok(()) };
        if self.current().is_some_and(|catalog| catalog.manifest().generation == newest) {
            return Ok(());
        }
        let catalog = self.home.open()?;
        let manifest = catalog.manifest();
        tracing::info!(generation = manifest.generation, documents = manifest.documents, "index generation opened");
        self.show(Arc::new(catalog), None);
        Ok(())
    }

    /// Reads the synonyms anew if their file has changed.
    fn refresh_synonyms(&self) -> Result<(), IndexError> {
        let Some(catalog) = self.current() else { return Ok(()) };
        if catalog.refresh_synonyms()? {
            // What was answered with others is not answered again.
            self.current.rcu(|shown| shown.as_ref().map(|shown| Arc::new(Shown::new(Arc::clone(shown.catalog())))));
        }
        Ok(())
    }
}

/// A newer generation that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Opening it panicked.
    #[error(transparent)]
    Panicked(#[from] tokio::task::JoinError),
}

/// Keeps `catalogue` on the newest generation, for ever. A failure that repeats is logged once.
pub async fn keep_newest(catalogue: Arc<Catalogue>) {
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut logged = None;
    loop {
        ticks.tick().await;
        let failure = catalogue.refresh().await.err().map(|error| error.to_string());
        if failure != logged {
            if let Some(error) = &failure {
                tracing::error!(error, "the newest index generation cannot be opened; the old one stays in use");
            }
            logged = failure;
        }
    }
}

/// Keeps the synonyms as their file has them, for ever. A failure that repeats is logged once.
pub async fn keep_synonyms(catalogue: Arc<Catalogue>) {
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut logged = None;
    loop {
        ticks.tick().await;
        let failure = catalogue.refresh_synonyms().err().map(|error| error.to_string());
        if failure != logged {
            if let Some(error) = &failure {
                tracing::error!(error, "the synonyms cannot be read; those that were stay in use");
            }
            logged = failure;
        }
    }
}
