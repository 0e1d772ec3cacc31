//! The index follows a real MySQL: whatever is written, soon the index equals the table, row by row.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

use std::sync::Arc;
use std::time::Duration;

use openrace_index::{Applied, Catalog, IndexHome, Live, Order, ProductQuery, SortKey, Start};
use openrace_indexer::{
    Difference, FollowError, Follower, Observer, Pace, Position, Progress, Resources, Source, rebuild, verify,
};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, MySqlPool};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// For ever.
const LONG: Duration = Duration::from_secs(60);

struct Quiet;

impl Progress for Quiet {
    fn reading(&self, _: u64) {}
    fn writing(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn publishing(&self) {}
}

/// Keeps the newest snapshot and what was told of it.
struct Seen {
    newest: watch::Sender<Option<Arc<Catalog>>>,
    mended: watch::Sender<u64>,
    without_log: watch::Sender<Option<String>>,
}

impl Observer for Seen {
    fn shown(&self, catalog: &Arc<Catalog>, _: Option<Duration>, _: Applied) {
        self.newest.send_replace(Some(Arc::clone(catalog)));
    }

    fn waiting(&self, _: usize) {}

    fn mended(&self, products: u64) {
        self.mended.send_modify(|sum| *sum += products);
    }

    fn caught_up(&self) {
        // Whoever waits for what cannot be told by a change of the index looks again.
        self.newest.send_modify(|_| ());
    }

    fn away(&self, _: &str) {}

    fn without_log(&self, reason: &str) {
        self.without_log.send_replace(Some(reason.to_owned()));
    }
}

struct Following {
    folder: TempDir,
    url: String,
    seen: Arc<Seen>,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), FollowError>>,
}

fn url(pool: &MySqlPool) -> String {
    MySqlConnectOptions::to_url_lossy(&pool.connect_options()).to_string()
}

async fn build(home: &IndexHome, url: &str) {
    let source = Source::connect(url).await.unwrap();
    let resources = Resources { threads: 1, memory: 15_000_000 };
    rebuild(source, home, resources, 0, Arc::new(Quiet), CancellationToken::new()).await.unwrap();
}

const PACE: Pace = Pace {
    gather: Duration::from_millis(20),
    sweep: Duration::from_secs(3600),
    sweep_without_log: Duration::from_millis(100),
};

impl Following {
    /// Builds an index of what is there and follows from then on.
    async fn start(pool: &MySqlPool, pace: Pace) -> Self {
        let folder = TempDir::new().unwrap();
        build(&IndexHome::new(folder.path()), &url(pool)).await;
        Self::resume(folder, url(pool), pace)
    }

    fn resume(folder: TempDir, url: String, pace: Pace) -> Self {
        let updater = IndexHome::new(folder.path()).update().unwrap();
        let seen = Arc::new(Seen {
            newest: watch::Sender::new(Some(Arc::clone(updater.catalog()))),
            mended: watch::Sender::new(0),
            without_log: watch::Sender::new(None),
        });
        let observer: Arc<dyn Observer> = Arc::<Seen>::clone(&seen);
        let cancel = CancellationToken::new();
        let follower = Follower::new(&url, updater, observer, pace).unwrap();
        let task = tokio::spawn(follower.run(cancel.clone()));
        Self { folder, url, seen, cancel, task }
    }

    /// Stops as at any moment, and gives back the folder.
    async fn stop(self) -> TempDir {
        self.cancel.cancel();
        self.task.await.unwrap().unwrap();
        self.folder
    }

    fn catalog(&self) -> Arc<Catalog> {
        self.seen.newest.borrow().clone().unwrap()
    }

    async fn until(&self, what: &str, holds: impl Fn(&Catalog) -> bool) -> Arc<Catalog> {
        let mut newest = self.seen.newest.subscribe();
        let found = timeout(LONG, newest.wait_for(|catalog| catalog.as_ref().is_some_and(|catalog| holds(catalog))));
        let Ok(found) = found.await else { panic!("{what} is not seen") };
        found.unwrap().clone().unwrap()
    }

    /// Waits until the index equals the table, row by row.
    async fn equals_table(&self) {
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
            panic!("{} products still differ: {:?}", left.len(), &left[..left.len().min(5)]);
        }
    }

    async fn lost(self) -> String {
        match timeout(LONG, self.task).await.expect("it follows on").unwrap() {
            Err(FollowError::Lost(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }
}

async fn run(pool: &MySqlPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

async fn insert(pool: &MySqlPool, ids: std::ops::RangeInclusive<i64>) {
    let values = |row: &dyn Fn(i64) -> String| ids.clone().map(row).collect::<Vec<_>>().join(",");
    let products = values(&|id| format!("({id}, '나이키 {id}', '', {id}, '몰', '신발')"));
    let stock = values(&|id| format!("({id}, 5, 5, '2026-01-01', '2026-01-02')"));
    let insert = format!(
        "BEGIN; INSERT INTO products (id, name, image, price, mall_name, category) VALUES {products};
         INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES {stock}; COMMIT"
    );
    run(pool, &insert).await;
}

async fn connect(pool: &MySqlPool) -> MySqlConnection {
    pool.connect_options().connect().await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_inserted_changed_and_deleted_is_seen(pool: MySqlPool) {
    insert(&pool, 1..=20).await;
    let following = Following::start(&pool, PACE).await;
    insert(&pool, 21..=30).await;
    following.until("an insert", |catalog| catalog.find(30).is_some()).await;
    run(&pool, "UPDATE products SET price = 777 WHERE id = 3").await;
    let dear = |catalog: &Catalog| {
        let query = ProductQuery { min_price: Some(777), ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 10, 0).unwrap().total == 1
    };
    following.until("a new price", dear).await;
    run(&pool, "BEGIN; DELETE FROM stock WHERE product_id = 4; DELETE FROM products WHERE id = 4; COMMIT").await;
    following.until("a delete", |catalog| catalog.find(4).is_none()).await;
    run(&pool, "UPDATE stock SET close_at = '2026-01-03' WHERE product_id = 5").await;
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 29);
}

#[sqlx::test(migrations = "../migrations")]
async fn wishes_and_the_last_unit_are_seen_without_a_new_document(pool: MySqlPool) {
    insert(&pool, 1..=20).await;
    let following = Following::start(&pool, PACE).await;
    let before = following.catalog().segment_counts();
    run(&pool, "UPDATE products SET wish_count = id * 7 % 11").await;
    run(&pool, "UPDATE stock SET remaining = 0 WHERE product_id % 2 = 0").await;
    let wished = Live { wish_count: 20 * 7 % 11, in_stock: false };
    let catalog = following.until("a sold out product", |catalog| catalog.find(20).unwrap().live == wished).await;
    assert_eq!(catalog.segment_counts(), before);
    let order = Order { key: SortKey::WishCount, ascending: false };
    let query = ProductQuery { in_stock: true, order, ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 3, 0).unwrap();
    // 3·7, 14·7 … modulo 11: the odd ones with 10, 9 and 8 wishes are 3, 17 and 9.
    let mut expected: Vec<(i64, i64)> = (1..=20).step_by(2).map(|id| (id * 7 % 11, id)).collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(page.total, 10);
    let ids: Vec<i64> = page.cards.iter().map(|card| card.id).collect();
    assert_eq!(ids, expected[..3].iter().map(|&(_, id)| id).collect::<Vec<_>>());
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_transaction_counts_when_it_is_committed_however_late(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    let mut late = connect(&pool).await;
    let mut late = late.begin().await.unwrap();
    sqlx::query("UPDATE products SET price = 111 WHERE id = 1").execute(&mut *late).await.unwrap();
    run(&pool, "UPDATE products SET price = 222 WHERE id = 2").await;
    following.until("the second", |catalog| catalog.documents() == 3).await;
    late.commit().await.unwrap();
    let mut undone = connect(&pool).await;
    let mut undone = undone.begin().await.unwrap();
    sqlx::query("UPDATE products SET price = 333, name = 'never'").execute(&mut *undone).await.unwrap();
    undone.rollback().await.unwrap();
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_row_that_is_locked_for_long_keeps_nothing_else_waiting(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    let mut holder = connect(&pool).await;
    let mut holder = holder.begin().await.unwrap();
    // Its commit is told first, then somebody else holds it.
    run(&pool, "UPDATE products SET price = 111 WHERE id = 1").await;
    sqlx::query("SELECT id FROM products WHERE id = 1 FOR UPDATE").execute(&mut *holder).await.unwrap();
    run(&pool, "UPDATE products SET price = 222 WHERE id = 2").await;
    following.equals_table().await;
    sqlx::query("UPDATE products SET price = 333 WHERE id = 1").execute(&mut *holder).await.unwrap();
    holder.commit().await.unwrap();
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_product_without_a_stock_is_not_listed_until_it_has_one(pool: MySqlPool) {
    insert(&pool, 1..=1).await;
    let following = Following::start(&pool, PACE).await;
    run(
        &pool,
        "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (2, '이름', '', 1, '몰', '옷')",
    )
    .await;
    run(&pool, "UPDATE products SET price = 5 WHERE id = 1").await;
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 1);
    run(&pool, "INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES (2, 5, 5, '2026-01-01', '2026-01-02')").await;
    following.until("the product", |catalog| catalog.find(2).is_some()).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn every_way_of_writing_is_understood(pool: MySqlPool) {
    insert(&pool, 1..=50).await;
    let following = Following::start(&pool, PACE).await;
    for sql in [
        "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (7, '덮은 이름', '', 1, '몰', '옷')
         ON DUPLICATE KEY UPDATE name = VALUES(name), category = VALUES(category)",
        "BEGIN; DELETE FROM stock WHERE product_id = 8; DELETE FROM products WHERE id = 8;
         INSERT INTO products (id, name, image, price, mall_name, category) VALUES (8, '다시', '', 1, '몰', '옷');
         INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES (8, 0, 0, '2026-01-01', '2026-01-02');
         COMMIT",
        "REPLACE INTO stock (product_id, total, remaining, open_at, close_at) VALUES (9, 0, 0, '2026-02-01', '2026-02-02')",
        "BEGIN; UPDATE stock SET close_at = '2026-03-03' WHERE product_id = 10; ROLLBACK",
        "SET foreign_key_checks = 0; UPDATE products SET id = 1000 WHERE id = 11; UPDATE stock SET product_id = 1000 WHERE product_id = 11",
        "DELETE FROM stock WHERE product_id = 12",
        "UPDATE products SET brand = NULL, mall_name = '몰몰' WHERE id = 13",
        "UPDATE products SET name = '이모지 😀 四' WHERE id = 14",
        "SET binlog_row_image = 'MINIMAL'; UPDATE products SET price = 14 WHERE id = 15;
         UPDATE products SET wish_count = 15 WHERE id = 15; UPDATE stock SET remaining = 0 WHERE product_id = 15;
         DELETE FROM stock WHERE product_id = 16; SET binlog_row_image = 'FULL'",
    ] {
        run(&pool, sql).await;
    }
    following.equals_table().await;
    assert!(following.catalog().find(1000).is_some());
    assert_eq!(following.catalog().documents(), 48);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_large_transaction_is_applied_whole(pool: MySqlPool) {
    insert(&pool, 1..=10).await;
    let following = Following::start(&pool, PACE).await;
    insert(&pool, 11..=20_000).await;
    following.equals_table().await;
    run(&pool, "BEGIN; DELETE FROM stock WHERE product_id % 3 = 0; UPDATE products SET price = price + 1; COMMIT")
        .await;
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_follower_goes_on_where_it_ended(pool: MySqlPool) {
    insert(&pool, 1..=10).await;
    let following = Following::start(&pool, PACE).await;
    insert(&pool, 11..=20).await;
    following.equals_table().await;
    let (url, folder) = (following.url.clone(), following.stop().await);
    run(&pool, "UPDATE products SET price = 5, wish_count = 5; DELETE FROM stock WHERE product_id = 3").await;
    let following = Following::resume(folder, url, PACE);
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 19);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sweep_finds_what_the_log_did_not_tell(pool: MySqlPool) {
    insert(&pool, 1..=10).await;
    let following = Following::start(&pool, Pace { sweep: Duration::from_millis(100), ..PACE }).await;
    run(
        &pool,
        "SET sql_log_bin = 0; UPDATE products SET price = 99 WHERE id = 2; DELETE FROM stock WHERE product_id = 3;
                UPDATE products SET wish_count = 4 WHERE id = 4; SET sql_log_bin = 1",
    )
    .await;
    following.equals_table().await;
    assert_eq!(*following.seen.mended.borrow(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_changed_schema_or_a_foreign_position_asks_for_a_new_generation(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    let folder = TempDir::new().unwrap();
    run(&pool, "ALTER TABLE products ADD COLUMN note INT FIRST").await;
    assert!(following.lost().await.contains("ALTER"));
    let home = IndexHome::new(folder.path());
    build(&home, &url(&pool)).await;
    let position = home.position().unwrap().unwrap();
    let mut foreign: Position = serde_json::from_str(&position).unwrap();
    foreign.server = "another".into();
    home.update().unwrap().apply(Default::default(), Some(&foreign.to_string())).unwrap();
    let lost = Following::resume(folder, url(&pool), PACE).lost().await;
    assert!(lost.contains("another MySQL"), "{lost}");
    let folder = TempDir::new().unwrap();
    let home = IndexHome::new(folder.path());
    build(&home, &url(&pool)).await;
    // A new layout of the columns is understood from then on.
    run(&pool, "UPDATE products SET price = 4 WHERE id = 1").await;
    let mut purged: Position = serde_json::from_str(&home.position().unwrap().unwrap()).unwrap();
    Following::resume(folder, url(&pool), PACE).equals_table().await;
    purged.file = "binlog.999999".into();
    let folder = TempDir::new().unwrap();
    let home = IndexHome::new(folder.path());
    build(&home, &url(&pool)).await;
    home.update().unwrap().apply(Default::default(), Some(&purged.to_string())).unwrap();
    Following::resume(folder, url(&pool), PACE).lost().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_right_to_read_the_log_sweeps_do_it(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let name = pool.connect_options().get_database().unwrap().to_owned();
    let user = format!("u{}", &name[name.len().saturating_sub(20)..]);
    let grant = format!(
        "CREATE USER `{user}`@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON `{name}`.* TO `{user}`@'127.0.0.1'"
    );
    run(&pool, &grant).await;
    let following = Following::start(&pool, PACE).await;
    let folder = following.stop().await;
    let options = pool.connect_options().as_ref().clone().username(&user).password("secret");
    let poor = MySqlConnectOptions::to_url_lossy(&options).to_string();
    let following = Following::resume(folder, poor, PACE);
    run(&pool, "UPDATE products SET price = 8 WHERE id = 1; DELETE FROM stock WHERE product_id = 2").await;
    following.equals_table().await;
    assert!(following.seen.without_log.borrow().is_some());
    run(&pool, &format!("DROP USER `{user}`@'127.0.0.1'")).await;
}
