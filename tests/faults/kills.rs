//! Processes that die.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use openrace_load::{checker::Gate, journal::Outcome};
use tokio::time::{Instant, interval, sleep};

use crate::{
    shopper::{Shoppers, Wanted},
    stage::{Plan, Sale, Stage},
    wait::until,
};

/// Where a node may die on the way of an order.
pub const POINTS: [&str; 7] = [
    "before_reserve",
    "after_reserve",
    "before_batch",
    "after_insert",
    "before_commit",
    "after_commit",
    "before_answer",
];

/// Waits until so many units are sold.
async fn until_sold(stage: &Stage, product: i64, units: i64) {
    until("units are sold", async || stage.units(product).await.1 >= units).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_at_any_step_loses_and_doubles_nothing() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    for point in POINTS {
        stage.clear();
        stage.nodes[0].kill();
        let fail_point = format!("{point}:3");
        stage.nodes[0].start_again(&stage.services, Plan { fail_point: Some(&fail_point), ..Plan::default() });
        let product = stage.put_on_sale(Sale::of(100)).await;
        stage.watched(shoppers.come_and_go(product, 1..90, Duration::from_millis(3))).await;
        // All of them may have been one batch. Who comes alone goes alone.
        until(&format!("it comes by {point}"), async || {
            shoppers.order(0, &shoppers.newcomer(product), None).await;
            stage.nodes[0].was_killed()
        })
        .await;
        stage.heal().await;
        shoppers.buy_up().await;
        assert_eq!(stage.units(product).await, (0, 100), "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_are_killed_again_and_again_lose_and_double_nothing() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(600)).await;
    let kills = async {
        let mut ticks = interval(Duration::from_secs(1));
        for number in 0..6 {
            ticks.tick().await;
            stage.nodes[number % 2].kill();
            stage.nodes[number % 2].start_again(&stage.services, Plan::default());
        }
    };
    let visits = shoppers.come_and_go(product, 1..900, Duration::from_millis(6));
    stage.watched(async { tokio::join!(kills, visits) }).await;
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_that_is_killed_again_and_again_keeps_every_confirmed_order() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(500)).await;
    let kills = async {
        for sold in [50, 150, 250] {
            until_sold(&stage, product, sold).await;
            stage.services.kill("database").await;
            stage.services.up().await;
        }
    };
    let visits = shoppers.come_and_go(product, 1..700, Duration::from_millis(6));
    stage.watched(async { tokio::join!(kills, visits) }).await;
    shoppers.buy_up().await;
}

/// A sale of fifty units to those who buy one each, and ten have. No node compares gates of its own accord.
async fn ten_of_fifty_bought() -> (Arc<Stage>, Shoppers, i64) {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale { limit: Some(1), ..Sale::of(50) }).await;
    stage.compare_no_gates().await;
    shoppers.come_and_go(product, 1..11, Duration::ZERO).await;
    (stage, shoppers, product)
}

/// The gate soon has the units that MySQL has.
async fn assert_gate_follows(stage: &Stage, product: i64, units: i64) {
    let back = Instant::now();
    until("the gate has what MySQL has", async || stage.free(product).await == Some(units)).await;
    assert!(back.elapsed() < Duration::from_secs(10), "{:?}", back.elapsed());
}

/// Restored from a backup, or a replica that had not got all: only semi-synchronous ones have.
#[tokio::test(flavor = "multi_thread")]
async fn mysql_that_comes_back_without_some_orders_is_followed_by_its_gates() {
    let (stage, shoppers, product) = ten_of_fifty_bought().await;
    let stock = "SELECT version FROM stock WHERE product_id = ?";
    let version: i64 = sqlx::query_scalar(stock).bind(product).fetch_one(&stage.db).await.unwrap();
    shoppers.come_and_go(product, 11..31, Duration::ZERO).await;
    assert_eq!(stage.units(product).await, (20, 30));
    sqlx::query("DELETE FROM orders WHERE member_id > 10").execute(&stage.db).await.unwrap();
    let set_back = "UPDATE stock SET remaining = 40, version = ? WHERE product_id = ?";
    sqlx::query(set_back).bind(version).bind(product).execute(&stage.db).await.unwrap();
    stage.services.kill("database").await;
    stage.services.up().await;
    assert_gate_follows(&stage, product, 40).await;
    // Units that a member does not hold any more do not count.
    let again = shoppers.insist(0, &Wanted::one(11, product).with_key(), None).await;
    assert!(matches!(again, Outcome::Confirmed(_)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_comes_back_with_an_older_copy_has_its_gates_follow_mysql() {
    let (stage, shoppers, product) = ten_of_fifty_bought().await;
    stage.services.copy_redis();
    shoppers.come_and_go(product, 11..31, Duration::ZERO).await;
    assert_eq!(stage.units(product).await, (20, 30));
    stage.services.kill("redis").await;
    stage.set_redis_back();
    stage.services.up().await;
    assert_gate_follows(&stage, product, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_is_killed_emptied_and_set_back_in_time_sells_nothing_twice() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale { limit: Some(1), ..Sale::of(500) }).await;
    let faults = async {
        until_sold(&stage, product, 80).await;
        stage.empty_redis().await.unwrap();
        until_sold(&stage, product, 130).await;
        stage.services.copy_redis();
        until_sold(&stage, product, 300).await;
        stage.services.kill("redis").await;
        stage.set_redis_back();
        stage.services.up().await;
        until_sold(&stage, product, 380).await;
        stage.services.kill("redis").await;
        // How long it is away is the fault.
        sleep(Duration::from_millis(500)).await;
        stage.services.up().await;
    };
    let visits = shoppers.come_and_go(product, 1..700, Duration::from_millis(7));
    stage.watched(async { tokio::join!(faults, visits) }).await;
    shoppers.buy_up().await;
}

/// More than are sold by then.
const UNITS: i32 = 9000;

/// The other node is down: what the stopping one left to others would still be there.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_to_stop_under_load_decides_and_answers_what_it_took() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(UNITS)).await;
    stage.nodes[1].kill();
    let stop = async {
        until_sold(&stage, product, 150).await;
        assert_eq!(stage.nodes[0].stop().await, Some(0));
    };
    // Whoever comes when it has ended is not answered, and was the last.
    let shop = async |_| {
        let mut outcomes = Vec::new();
        while stage.nodes[0].ended().is_none() {
            outcomes.push(shoppers.order(0, &Wanted { key: None, ..shoppers.newcomer(product) }, None).await);
        }
        outcomes
    };
    let load = join_all((0..8).map(shop));
    let ((), outcomes) = stage.watched(async { tokio::join!(stop, load) }).await;
    let outcomes = outcomes.concat();
    let count = |told: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| told(outcome)).count() as i64;
    let confirmed = count(|outcome| matches!(outcome, Outcome::Confirmed(_)));
    let promised = confirmed + count(|outcome| matches!(outcome, Outcome::Pending(_)));
    let (left, sold) = stage.units(product).await;
    assert!((confirmed..=promised).contains(&sold), "each decision was told: {sold}, {confirmed} to {promised}");
    assert!((150..i64::from(UNITS)).contains(&sold), "it stopped under load: {sold}");
    let gate = stage.gates.read(&[product]).await.unwrap()[0];
    assert_eq!(gate, Gate { free: Some(left), intents: 0 });
    stage.check(false).await;
}
