//! A follower of a real MySQL, and what it has shown so far.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openrace_index::{Applied, Catalog, IndexHome};
use openrace_indexer::{
    Difference, FollowError, Follower, Observer, Pace, Progress, Resources, Source, rebuild, verify,
};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, MySqlConnection, MySqlPool};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

/// Held while a process is started: until it runs its program it has every lock that its parent had.
pub(crate) static STARTING: Mutex<()> = Mutex::new(());

/// For ever.
pub(crate) const LONG: Duration = Duration::from_secs(60);

struct Quiet;

impl Progress for Quiet {
    fn reading(&self, _: u64) {}
    fn writing(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn publishing(&self) {}
}

/// Keeps the newest snapshot and what was told of it.
pub(crate) struct Seen {
    pub(crate) newest: watch::Sender<Option<Arc<Catalog>>>,
    /// All that was shown.
    pub(crate) history: Mutex<Vec<Arc<Catalog>>>,
    pub(crate) mended: watch::Sender<u64>,
    pub(crate) caught_up: watch::Sender<bool>,
    pub(crate) without_log: watch::Sender<Option<String>>,
    /// What it said of the last session that broke.
    pub(crate) away: watch::Sender<Option<String>>,
}

impl Observer for Seen {
    fn shown(&self, catalog: &Arc<Catalog>, _: Option<Duration>, _: Applied) {
        self.history.lock().unwrap().push(Arc::clone(catalog));
        self.newest.send_replace(Some(Arc::clone(catalog)));
    }

    fn waiting(&self, _: usize) {}

    fn mended(&self, products: u64) {
        self.mended.send_modify(|sum| *sum += products);
    }

    fn caught_up(&self) {
        self.caught_up.send_replace(true);
        // Whoever waits for what cannot be told by a change of the index looks again.
        self.newest.send_modify(|_| ());
    }

    fn away(&self, error: &str) {
        self.away.send_replace(Some(error.to_owned()));
    }

    fn without_log(&self, reason: &str) {
        self.without_log.send_replace(Some(reason.to_owned()));
    }
}

pub(crate) struct Following {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    pub(crate) seen: Arc<Seen>,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), FollowError>>,
}

pub(crate) fn url(pool: &MySqlPool) -> String {
    MySqlConnectOptions::to_url_lossy(&pool.connect_options()).to_string()
}

pub(crate) async fn build(home: &IndexHome, url: &str) {
    let source = Source::connect(url).await.unwrap();
    let resources = Resources { threads: 1, memory: 15_000_000 };
    rebuild(source, home, resources, 0, Arc::new(Quiet), CancellationToken::new()).await.unwrap();
}

pub(crate) const PACE: Pace = Pace {
    gather: Duration::from_millis(20),
    sweep: Duration::from_secs(3600),
    sweep_without_log: Duration::from_millis(100),
};

impl Following {
    /// Builds an index of what is there and follows from then on.
    pub(crate) async fn start(pool: &MySqlPool, pace: Pace) -> Self {
        let folder = TempDir::new().unwrap();
        build(&IndexHome::new(folder.path()), &url(pool)).await;
        Self::resume(folder, url(pool), pace)
    }

    pub(crate) fn resume(folder: TempDir, url: String, pace: Pace) -> Self {
        let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let updater = IndexHome::new(folder.path()).update().unwrap();
        drop(starting);
        let seen = Arc::new(Seen {
            newest: watch::Sender::new(Some(Arc::clone(updater.catalog()))),
            history: Mutex::default(),
            mended: watch::Sender::new(0),
            caught_up: watch::Sender::new(false),
            without_log: watch::Sender::new(None),
            away: watch::Sender::new(None),
        });
        let observer: Arc<dyn Observer> = Arc::<Seen>::clone(&seen);
        let cancel = CancellationToken::new();
        let follower = Follower::new(&url, updater, observer, pace).unwrap();
        let running = follower.run(cancel.clone());
        let task =
            tokio::spawn(async move { running.await.inspect_err(|error| println!("the follower ended: {error}")) });
        Self { folder, url, seen, cancel, task }
    }

    /// Stops as at any moment, and gives back the folder.
    pub(crate) async fn stop(self) -> TempDir {
        self.cancel.cancel();
        self.task.await.unwrap().unwrap();
        self.folder
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.seen.newest.borrow().clone().unwrap()
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Catalog) -> bool) -> Arc<Catalog> {
        let mut newest = self.seen.newest.subscribe();
        let found = timeout(LONG, newest.wait_for(|catalog| catalog.as_ref().is_some_and(|catalog| holds(catalog))));
        let Ok(found) = found.await else { panic!("{what} is not seen") };
        found.unwrap().clone().unwrap()
    }

    /// Waits until it says that it has caught up.
    pub(crate) async fn catches_up(&self) {
        let mut caught_up = self.seen.caught_up.subscribe();
        assert!(timeout(LONG, caught_up.wait_for(|&caught_up| caught_up)).await.is_ok(), "it does not catch up");
    }

    /// Waits until the index equals the table, row by row, by what the log told alone.
    pub(crate) async fn equals_table(&self) {
        self.becomes_equal().await;
        assert_eq!(*self.seen.mended.borrow(), 0, "a sweep had to mend it");
    }

    /// Waits until the index equals the table, row by row.
    pub(crate) async fn becomes_equal(&self) {
        let mut newest = self.seen.newest.subscribe();
        let mut source = Source::connect(&self.url).await.unwrap();
        let mut left: Vec<Difference> = Vec::new();
        let equal = timeout(LONG, async {
            loop {
                let catalog = newest.borrow_and_update().clone().unwrap();
                left = verify(&mut source, &catalog, |_| ()).await.unwrap();
                if left.is_empty() {
                    return;
                }
                newest.changed().await.unwrap();
            }
        });
        if equal.await.is_err() {
            let ended = self.task.is_finished();
            panic!("{} products still differ: {:?}; ended: {ended}", left.len(), &left[..left.len().min(5)]);
        }
    }

    pub(crate) async fn lost(self) -> String {
        match timeout(LONG, self.task).await.expect("it follows on").unwrap() {
            Err(FollowError::Lost(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn is_mariadb(pool: &MySqlPool) -> bool {
    let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(pool).await.unwrap();
    version.contains("MariaDB")
}

pub(crate) fn schema(pool: &MySqlPool) -> String {
    pool.connect_options().get_database().unwrap().to_owned()
}

/// Several statements, on one connection.
pub(crate) async fn run(pool: &MySqlPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

/// A user who may do this with the schema, and that with the server; and the address.
pub(crate) async fn user(pool: &MySqlPool, local: &str, global: &str) -> (String, String) {
    let name = schema(pool);
    let user = format!("u{}", &name[name.len().saturating_sub(20)..]);
    let grants = format!(
        "CREATE USER `{user}`@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT {local} ON `{name}`.* TO `{user}`@'127.0.0.1';
         GRANT {global} ON *.* TO `{user}`@'127.0.0.1'"
    );
    run(pool, &grants).await;
    let options = pool.connect_options().as_ref().clone().username(&user).password("secret");
    (format!("DROP USER `{user}`@'127.0.0.1'"), MySqlConnectOptions::to_url_lossy(&options).to_string())
}

pub(crate) async fn insert(pool: &MySqlPool, ids: std::ops::RangeInclusive<i64>) {
    let values = |row: &dyn Fn(i64) -> String| ids.clone().map(row).collect::<Vec<_>>().join(",");
    let products = values(&|id| format!("({id}, '나이키 {id}', '', {id}, '몰', '신발')"));
    let stock = values(&|id| format!("({id}, 5, 5, '2026-01-01', '2026-01-02')"));
    let insert = format!(
        "BEGIN; INSERT INTO products (id, name, image, price, mall_name, category) VALUES {products};
         INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES {stock}; COMMIT"
    );
    run(pool, &insert).await;
}

pub(crate) async fn connect(pool: &MySqlPool) -> MySqlConnection {
    pool.connect_options().connect().await.unwrap()
}

/// Writes without a pause, on a connection of its own. A statement that fails, as by a deadlock or because its table is
/// being altered, is given up.
pub(crate) struct Writer {
    stop: CancellationToken,
    task: JoinHandle<u64>,
}

impl Writer {
    pub(crate) async fn start(pool: &MySqlPool, statement: impl Fn(u64) -> String + Send + 'static) -> Self {
        let (stop, mut connection) = (CancellationToken::new(), connect(pool).await);
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut number = 0;
            while !stopped.is_cancelled() {
                number += 1;
                let written = sqlx::raw_sql(AssertSqlSafe(statement(number))).execute(&mut connection).await;
                if let Err(error) = written {
                    assert!(error.as_database_error().is_some(), "{error}");
                }
            }
            number
        });
        Self { stop, task }
    }

    /// Lets the statement under way end; how many there were.
    pub(crate) async fn stop(self) -> u64 {
        self.stop.cancel();
        self.task.await.unwrap()
    }
}

/// Waits for what a server does by itself; a minute is for ever.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut ticks = interval(Duration::from_millis(20));
    for _ in 0..3_000 {
        if holds().await {
            return;
        }
        ticks.tick().await;
    }
    panic!("{what}: never");
}
