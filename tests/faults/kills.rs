//! Processes that die.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use openrace_load::journal::Outcome;
use tokio::time::{interval, sleep, timeout};

use crate::{
    shopper::{Shoppers, Wanted},
    stage::{Plan, Sale, Stage},
};

/// Shoppers who come one after the other for a while, each until decided.
async fn come_and_go(shoppers: &Shoppers, product: i64, members: std::ops::Range<i64>, apart: Duration) {
    let visits = members.map(|member| {
        let shoppers = shoppers.clone();
        async move {
            sleep(apart * (member % 1000) as u32).await;
            shoppers.insist(member as usize % 2, &Wanted::one(member, product).with_key(), None).await
        }
    });
    join_all(visits).await;
}

/// Waits until so many units are sold.
async fn until_sold(stage: &Stage, product: i64, units: i64) {
    let mut ticks = interval(Duration::from_millis(10));
    while stage.units(product).await.1 < units {
        ticks.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_at_any_step_loses_and_doubles_nothing() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let points = [
        "before_reserve",
        "after_reserve",
        "before_batch",
        "after_insert",
        "before_commit",
        "after_commit",
        "before_answer",
    ];
    for point in points {
        stage.nodes[0].kill();
        let fail_point = format!("{point}:3");
        stage.nodes[0].start_again(&stage.services, Plan { fail_point: Some(&fail_point), ..Plan::default() });
        let product = stage.put_on_sale(Sale::of(30)).await;
        come_and_go(&shoppers, product, 1..90, Duration::from_millis(3)).await;
        stage.heal().await;
        shoppers.buy_up(product).await;
        assert_eq!(stage.units(product).await, (0, 30), "{point}");
    }
    stage.check(true).await;
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
    tokio::join!(kills, come_and_go(&shoppers, product, 1..900, Duration::from_millis(6)));
    shoppers.buy_up(product).await;
    stage.check(true).await;
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
    tokio::join!(kills, come_and_go(&shoppers, product, 1..700, Duration::from_millis(6)));
    shoppers.buy_up(product).await;
    stage.check(true).await;
}

/// Restored from a backup, or a replica that had not got all: only semi-synchronous ones have.
#[tokio::test(flavor = "multi_thread")]
async fn mysql_that_comes_back_without_some_orders_is_followed_by_its_gates() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale { limit: Some(1), ..Sale::of(50) }).await;
    come_and_go(&shoppers, product, 1..11, Duration::ZERO).await;
    let stock = "SELECT version FROM stock WHERE product_id = ?";
    let version: i64 = sqlx::query_scalar(stock).bind(product).fetch_one(&stage.db).await.unwrap();
    come_and_go(&shoppers, product, 11..31, Duration::ZERO).await;
    assert_eq!(stage.units(product).await, (20, 30));
    sqlx::query("DELETE FROM orders WHERE member_id > 10").execute(&stage.db).await.unwrap();
    let set_back = "UPDATE stock SET remaining = 40, version = ? WHERE product_id = ?";
    sqlx::query(set_back).bind(version).bind(product).execute(&stage.db).await.unwrap();
    stage.services.kill("database").await;
    stage.services.up().await;
    let back = async {
        let mut ticks = interval(Duration::from_millis(50));
        let key = stage.redis.product_key(product, "gate");
        let mut read = redis::cmd("HGET");
        read.arg(key).arg("free");
        while read.query_async::<i64>(&mut stage.redis.connection.clone()).await.unwrap() != 40 {
            ticks.tick().await;
        }
    };
    // Sooner than gates are compared anyway.
    timeout(Duration::from_secs(10), back).await.expect("the gate has what MySQL has");
    // Units that a member does not hold any more do not count.
    let again = shoppers.insist(0, &Wanted::one(11, product).with_key(), None).await;
    assert!(matches!(again, Outcome::Confirmed(_)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_is_killed_emptied_and_set_back_in_time_sells_nothing_twice() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale { limit: Some(1), ..Sale::of(500) }).await;
    let faults = async {
        until_sold(&stage, product, 80).await;
        let flush = redis::cmd("FLUSHALL").exec_async(&mut stage.redis.connection.clone()).await;
        flush.unwrap();
        until_sold(&stage, product, 130).await;
        stage.services.copy_redis();
        until_sold(&stage, product, 300).await;
        stage.services.kill("redis").await;
        stage.services.restore_redis();
        stage.services.up().await;
        until_sold(&stage, product, 380).await;
        stage.services.kill("redis").await;
        // How long it is away is the fault.
        sleep(Duration::from_millis(500)).await;
        stage.services.up().await;
    };
    tokio::join!(faults, come_and_go(&shoppers, product, 1..700, Duration::from_millis(7)));
    shoppers.buy_up(product).await;
    stage.check(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_to_stop_under_load_leaves_nothing_undecided() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(5000)).await;
    let stop = async {
        until_sold(&stage, product, 150).await;
        let stopped = Arc::clone(&stage);
        let code = tokio::task::spawn_blocking(move || stopped.nodes[0].stop()).await.unwrap();
        assert_eq!(code, Some(0));
        let key = stage.redis.product_key(product, "intents");
        let mine: Vec<(String, Vec<String>)> = redis::cmd("XRANGE")
            .arg(key)
            .arg("-")
            .arg("+")
            .query_async(&mut stage.redis.connection.clone())
            .await
            .unwrap();
        mine
    };
    let load = join_all((1..400_i64).map(|member| {
        let shoppers = shoppers.clone();
        async move {
            sleep(Duration::from_millis(member as u64 * 3)).await;
            shoppers.insist(0, &Wanted::one(member, product).with_key(), None).await
        }
    }));
    tokio::join!(stop, load);
    stage.check(false).await;
}
