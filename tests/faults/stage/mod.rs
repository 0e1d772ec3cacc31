//! Two nodes, their servers, and the wires between them. Everything on it can be killed and healed.

mod node;
mod proxy;
mod services;

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::tz::TimeZone;
use openrace::{clock::ShopClock, members::token::TokenKeys};
use openrace_load::{
    checker::{Expectation, Gates, Sampler, Violation, check, settled},
    journal::Journal,
};
use redis::aio::ConnectionManager;
use sqlx::MySqlPool;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::interval,
};

pub use self::{
    node::{Node, Plan, greeting},
    proxy::{Proxy, Wire},
    services::{Services, Topology, runs},
};
use crate::wait::{PATIENCE, until};

pub const SECRET: &str = "7b0c4c9f5d1e4ad8b7f3a2906e15c8d4";
/// Nodes come without encryption, so that wires can read what passes; MySQL would not take a password that way. They have the rights
/// that docs/operations.md gives them, and so none to write to a replica.
const NODE_USER: [&str; 3] = [
    "CREATE USER IF NOT EXISTS 'node'@'127.0.0.1'",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON openrace.* TO 'node'@'127.0.0.1'",
    "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'node'@'127.0.0.1'",
];
/// Between two looks while a test goes on.
const SAMPLES: Duration = Duration::from_millis(250);

/// Tests that start servers take turns, for each wants the machine.
pub async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// The stage of one test, whose turn it is.
pub struct Stage {
    pub nodes: [Node; 2],
    pub services: Services,
    pub db: MySqlPool,
    pub redis: ConnectionManager,
    pub gates: Gates,
    pub tokens: TokenKeys,
    pub clock: ShopClock,
    pub journal: Arc<Journal>,
    first_product: AtomicI64,
    next_product: AtomicI64,
    redis_forgot: AtomicBool,
    _turn: MutexGuard<'static, ()>,
}

/// A product on sale.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    pub total: i32,
    pub limit: Option<i32>,
    /// Milliseconds from now.
    pub opens_in: i64,
    /// Milliseconds from now.
    pub closes_in: i64,
}

impl Sale {
    /// Of so many units, and open.
    pub fn of(total: i32) -> Self {
        Self { total, limit: None, opens_in: -60_000, closes_in: 3_600_000 }
    }
}

impl Stage {
    pub async fn set() -> Self {
        Self::with([Plan::default(); 2]).await
    }

    pub async fn with(plans: [Plan<'_>; 2]) -> Self {
        Self::on(Topology::Single, plans).await
    }

    pub async fn on(topology: Topology, plans: [Plan<'_>; 2]) -> Self {
        let turn = turn().await;
        let services = Services::start(topology);
        let db = openrace::database::connect(&services.database_url).await.unwrap();
        openrace::database::migrate(&db).await.unwrap();
        for statement in NODE_USER {
            sqlx::raw_sql(statement).execute(&db).await.unwrap();
        }
        let redis = redis::Client::open(services.redis_url.as_str()).unwrap();
        let [first, second] = plans;
        let nodes = [Node::start(0, &services, first).await, Node::start(1, &services, second).await];
        Self {
            nodes,
            db,
            redis: redis.get_connection_manager().await.unwrap(),
            gates: Gates::new(&services.redis_url, "openrace:").unwrap(),
            tokens: TokenKeys::new(SECRET, None).unwrap(),
            clock: ShopClock::system(TimeZone::UTC),
            journal: Arc::default(),
            first_product: AtomicI64::new(1),
            next_product: AtomicI64::new(1),
            redis_forgot: AtomicBool::new(false),
            services,
            _turn: turn,
        }
    }

    /// The next products have ids from here on.
    pub fn skip_to(&self, product: i64) {
        self.next_product.store(product, Ordering::Relaxed);
        self.clear();
    }

    /// Forgets the sales so far: what follows is checked by itself.
    pub fn clear(&self) {
        self.first_product.store(self.next_product.load(Ordering::Relaxed), Ordering::Relaxed);
        self.journal.clear();
        self.redis_forgot.store(false, Ordering::Relaxed);
    }

    /// Puts back what Redis had when it was copied; it must be down.
    pub fn set_redis_back(&self) {
        self.redis_forgot.store(true, Ordering::Relaxed);
        self.services.restore_redis();
    }

    /// Puts a product on sale by MySQL's clock.
    pub async fn put_on_sale(&self, sale: Sale) -> i64 {
        let product = self.next_product.fetch_add(1, Ordering::Relaxed);
        sqlx::query(
            "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (?, 'a', 'b', 700, 'm', 'c')",
        )
        .bind(product)
        .execute(&self.db)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO stock (product_id, total, remaining, per_member_limit, open_at, close_at) VALUES (?, ?, ?, ?, \
             TIMESTAMPADD(MICROSECOND, ? * 1000, UTC_TIMESTAMP(3)), TIMESTAMPADD(MICROSECOND, ? * 1000, UTC_TIMESTAMP(3)))",
        )
        .bind(product)
        .bind(sale.total)
        .bind(sale.total)
        .bind(sale.limit)
        .bind(sale.opens_in)
        .bind(sale.closes_in)
        .execute(&self.db)
        .await
        .unwrap();
        product
    }

    /// Every wire is sound, every server and node runs.
    pub async fn heal(&self) {
        for node in &self.nodes {
            for wire in [&node.mysql, &node.redis] {
                wire.set(Wire::Sound);
            }
        }
        self.services.up().await;
        for node in &self.nodes {
            node.start_again(&self.services, Plan::default());
        }
    }

    /// Waits until all is decided, but not for longer than this; then every rule must hold.
    pub async fn violations(&self, sells_out: bool, patience: Duration) -> Vec<Violation> {
        self.reach_redis().await;
        let at_rest = settled(&self.db, &self.gates, self.products(), patience).await.unwrap();
        let redis_forgot = self.redis_forgot.load(Ordering::Relaxed);
        let expectation = Expectation { sells_out, at_rest: true, all_answered: false, redis_forgot };
        let found = check(&self.db, &self.gates, self.products(), &self.journal, expectation).await.unwrap();
        assert!(at_rest || !found.is_empty(), "it comes to rest");
        found
    }

    /// Finds out that a connection was lost, and makes another.
    async fn reach_redis(&self) {
        until("Redis answers", async || {
            let ping = redis::cmd("PING").exec_async(&mut self.redis.clone()).await;
            ping.is_ok() && self.gates.read(&[1]).await.is_ok()
        })
        .await;
    }

    /// Goes through something while MySQL is looked at: no rule may be broken at any moment.
    pub async fn watched<T>(&self, act: impl Future<Output = T>) -> T {
        let sampler = Sampler::start(self.db.clone(), self.products(), Arc::clone(&self.journal), SAMPLES);
        let done = act.await;
        let samples = sampler.finish().await;
        assert_eq!(samples.violations, []);
        assert!(samples.taken > 0, "MySQL was never seen: {:?}", samples.last_error);
        done
    }

    /// Has one node after the other lose the answer to its next COMMIT, so many times.
    pub async fn swallow_commits(&self, times: usize, apart: Duration) {
        let mut ticks = interval(apart);
        for number in 0..times {
            ticks.tick().await;
            self.nodes[number % 2].mysql.swallow_next_commit();
        }
    }

    /// Makes Redis forget everything. It may be away.
    pub async fn empty_redis(&self) -> redis::RedisResult<()> {
        self.redis_forgot.store(true, Ordering::Relaxed);
        redis::cmd("FLUSHALL").exec_async(&mut self.redis.clone()).await
    }

    /// Makes Redis forget which orders of a product are reserved and not decided.
    pub async fn forget_intents(&self, product: i64) {
        self.redis_forgot.store(true, Ordering::Relaxed);
        let mut delete = redis::cmd("DEL");
        delete.arg(format!("openrace:{{{product}}}:intents"));
        delete.exec_async(&mut self.redis.clone()).await.unwrap();
    }

    /// No node has its turn to compare gates with MySQL, as one does every half a minute. So it is until Redis is emptied.
    pub async fn compare_no_gates(&self) {
        let mut turn = redis::cmd("SET");
        turn.arg("openrace:turn:compare").arg("nobody's").exec_async(&mut self.redis.clone()).await.unwrap();
    }

    /// What the gate would give out. Redis may have to be reached anew.
    pub async fn free(&self, product: i64) -> Option<i64> {
        self.gates.read(&[product]).await.ok()?[0].free
    }

    /// Like [`Self::violations`], and there are none.
    pub async fn check(&self, sells_out: bool) {
        let violations = self.violations(sells_out, PATIENCE).await;
        assert!(violations.is_empty(), "{}", violations.iter().map(|v| format!("\n{v}")).collect::<String>());
    }

    pub fn products(&self) -> RangeInclusive<i64> {
        self.first_product.load(Ordering::Relaxed)..=self.next_product.load(Ordering::Relaxed) - 1
    }

    /// Units left, and units in confirmed orders.
    pub async fn units(&self, product: i64) -> (i64, i64) {
        sqlx::query_as(
            "SELECT CAST(remaining AS SIGNED), (SELECT CAST(COALESCE(SUM(quantity), 0) AS SIGNED) FROM orders o \
             WHERE o.product_id = s.product_id AND o.status = 'CONFIRMED') FROM stock s WHERE product_id = ?",
        )
        .bind(product)
        .fetch_one(&self.db)
        .await
        .unwrap()
    }
}
