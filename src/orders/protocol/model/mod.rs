//! The protocol as a state machine: its steps in any order on two nodes, with crashes between them and a Redis that forgets, on a
//! real MySQL and a real Redis.

mod world;

use std::sync::atomic::{AtomicI64, Ordering};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sqlx::{MySqlPool, mysql::MySqlConnectOptions};
use tokio::{runtime::Handle, sync::Mutex};

use self::world::{World, write_product};
use super::{
    align::{Aligned, Depth, align},
    gate::{Answer, Gate, Truth},
    ledger::Ledger,
    order::{OrderNo, PlaceOrder},
};
use crate::{config::RedisConfig, database, keyspace::Keyspace};

const NODES: usize = 2;
const TOTAL: i32 = 6;
const LIMIT: i32 = 3;
const CASES: u32 = 60;

#[derive(Debug, Clone)]
enum Step {
    /// A new order goes to the gate, or is sent past it.
    Reserve {
        node: usize,
        member: i64,
        quantity: i32,
        keyed: bool,
        gated: bool,
    },
    /// An order that was placed before comes again.
    Repeat {
        node: usize,
        which: usize,
    },
    /// The node decides what it holds.
    Commit(usize),
    /// The node decides it again, as after a lost answer.
    CommitAgain(usize),
    Settle(usize),
    /// The node forgets everything.
    Crash(usize),
    /// The node takes over all open intents.
    Recover(usize),
    Align(Depth),
    /// A confirmed order is cancelled; the gate learns of it, or its node dies before.
    Cancel {
        which: usize,
        aligned: bool,
    },
    Remember,
    /// Redis is as it was when it was told to remember.
    GoBack,
    Flush,
    BackUp,
    /// MySQL is as it was when it was backed up, as after a failover that lost commits.
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    let node = || 0..NODES;
    let which = || 0..50_usize;
    prop_oneof![
        8 => (node(), 1..4_i64, 1..4_i32, any::<bool>(), prop::bool::weighted(0.9)).prop_map(
            |(node, member, quantity, keyed, gated)| Step::Reserve { node, member, quantity, keyed, gated }
        ),
        2 => (node(), which()).prop_map(|(node, which)| Step::Repeat { node, which }),
        5 => node().prop_map(Step::Commit),
        1 => node().prop_map(Step::CommitAgain),
        5 => node().prop_map(Step::Settle),
        1 => node().prop_map(Step::Crash),
        1 => node().prop_map(Step::Recover),
        1 => Just(Step::Align(Depth::Marked)),
        1 => Just(Step::Align(Depth::All)),
        2 => (which(), any::<bool>()).prop_map(|(which, aligned)| Step::Cancel { which, aligned }),
        1 => Just(Step::Remember),
        1 => Just(Step::GoBack),
        1 => Just(Step::Flush),
        1 => Just(Step::BackUp),
        1 => Just(Step::Restore),
    ]
}

#[allow(clippy::disallowed_methods, reason = "CONTRIBUTING.md names it")]
fn cases() -> u32 {
    std::env::var("CASES").map_or(CASES, |cases| cases.parse().expect("CASES is a number"))
}

#[allow(clippy::disallowed_methods, reason = "scripts/test tells it so")]
fn redis_url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL is set: run the tests with `make test`")
}

/// Runs the steps with a product of their own, and looks at all promises after each.
async fn run(db: &MySqlPool, gate: &Gate, ledger: &Mutex<Ledger>, product: i64, steps: &[Step]) {
    write_product(db, product).await;
    let mut world = World::new(db, gate, ledger, product);
    world.align(Depth::All).await;
    for step in steps {
        world.step(step).await;
        world.check().await;
        world.check_gate().await;
    }
    world.come_to_rest().await;
}

fn gate_of(options: &MySqlConnectOptions) -> Gate {
    let redis_prefix = format!("{}:", options.get_database().unwrap());
    Gate::new(Keyspace::new(&RedisConfig { redis_url: redis_url(), redis_prefix }).unwrap())
}

#[sqlx::test]
async fn no_order_of_steps_sells_a_unit_twice_or_loses_one(db: MySqlPool) {
    let options = (*db.connect_options()).clone();
    let (gate, ledger) = (gate_of(&options), Mutex::new(Ledger::new(options.clone())));
    let db = database::ordering_pool(options);
    let (products, runtime) = (AtomicI64::new(1), Handle::current());
    // The cases run on a thread of their own, for proptest knows no async.
    let cases = tokio::task::spawn_blocking(move || {
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases()) });
        runner.run(&vec(step(), 1..60), |steps| {
            let product = products.fetch_add(1, Ordering::Relaxed);
            runtime.block_on(run(&db, &gate, &ledger, product, &steps));
            Ok(())
        })
    });
    cases.await.unwrap().unwrap();
}

#[sqlx::test]
async fn an_order_that_another_node_decided_is_sold_once_when_mysql_lost_it(db: MySqlPool) {
    let options = (*db.connect_options()).clone();
    let (gate, ledger) = (gate_of(&options), Mutex::new(Ledger::new(options.clone())));
    let db = database::ordering_pool(options);
    let steps = [
        Step::Reserve { node: 0, member: 1, quantity: LIMIT, keyed: false, gated: true },
        Step::BackUp,
        Step::Recover(1),
        Step::Restore,
        Step::Align(Depth::All),
        Step::Commit(0),
        Step::Settle(0),
    ];
    run(&db, &gate, &ledger, 1, &steps).await;
}

/// A product with two sold units, and a gate that is aligned with it.
async fn sold_two(db: &MySqlPool) -> (Gate, MySqlPool) {
    let options = (*db.connect_options()).clone();
    let gate = gate_of(&options);
    write_product(db, 1).await;
    let (ledger, db) = (Mutex::new(Ledger::new(options.clone())), database::ordering_pool(options));
    let mut world = World::new(&db, &gate, &ledger, 1);
    world.align(Depth::All).await;
    for member in 1..=2 {
        world.step(&Step::Reserve { node: 0, member, quantity: 1, keyed: true, gated: true }).await;
    }
    world.commit(0, false).await;
    world.settle(0).await;
    world.align(Depth::Marked).await;
    drop(world);
    (gate, db)
}

async fn free(gate: &Gate) -> Option<i64> {
    gate.states(&[1]).await.unwrap()[0].free
}

#[sqlx::test]
async fn a_gate_goes_back_with_mysql(db: MySqlPool) {
    let (gate, db) = sold_two(&db).await;
    assert_eq!(free(&gate).await, Some(i64::from(TOTAL) - 2));
    sqlx::query("DELETE FROM orders").execute(&db).await.unwrap();
    sqlx::query("UPDATE stock SET remaining = total, version = 0").execute(&db).await.unwrap();
    assert_eq!(align(&db, &gate, 1, Depth::Marked).await.unwrap(), Aligned::Gate);
    assert_eq!(free(&gate).await, Some(TOTAL.into()));
    // Units of orders that are no more count no more.
    let again = PlaceOrder { number: OrderNo::fresh(), member_id: 1, product_id: 1, quantity: LIMIT, keyed: false };
    let answers = gate.reserve(&[(1, vec![again])]).await.unwrap();
    assert!(matches!(answers[0].as_deref(), Some([Answer::Reserved(_)])), "{answers:?}");
}

#[sqlx::test]
async fn who_knows_less_than_the_gate_does_not_change_it(db: MySqlPool) {
    let (gate, _) = sold_two(&db).await;
    for all_members in [false, true] {
        let old = Truth { remaining: TOTAL, closes_at: i64::MAX, version: 0, all_members, ..Truth::default() };
        let seen = gate.align(1, &old).await.unwrap();
        assert!(seen.is_some_and(|seen| seen > 0));
        assert_eq!(free(&gate).await, Some(i64::from(TOTAL) - 2));
        // It is not the version that the gate has now.
        let other = Truth { outdated: seen.map(|seen| seen - 1), version: -5, ..old };
        assert_eq!(gate.align(1, &other).await.unwrap(), seen);
    }
}
