//! Wires that are slow, dead or cut.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use openrace_load::journal::Outcome;
use tokio::time::sleep;

use crate::{
    shopper::{Shoppers, Wanted},
    stage::{Sale, Stage, Wire},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_commit_was_not_answered_is_bought_once() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(300)).await;
    let swallow = stage.swallow_commits(30, Duration::from_millis(100));
    tokio::join!(swallow, shoppers.come_and_go(product, 1..500, Duration::from_millis(6)));
    assert!(stage.nodes.iter().all(|node| node.mysql.swallowed() > 0), "answers were lost");
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_wire_to_redis_stops_no_sale() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(300)).await;
    let faults = async {
        sleep(Duration::from_millis(500)).await;
        stage.nodes[0].redis.set(Wire::Dead);
        sleep(Duration::from_secs(2)).await;
        stage.nodes[0].redis.set(Wire::Slow(Duration::from_millis(500)));
        sleep(Duration::from_secs(2)).await;
        stage.nodes[0].redis.set(Wire::Sound);
        stage.nodes[1].redis.cut();
    };
    tokio::join!(faults, shoppers.come_and_go(product, 1..600, Duration::from_millis(8)));
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_wire_to_mysql_makes_orders_pending_and_they_are_decided_later() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(20)).await;
    shoppers.insist(0, &Wanted::one(1, product), None).await;
    for node in &stage.nodes {
        node.mysql.set(Wire::Dead);
    }
    let wanted: Vec<_> = (2..12).map(|member| Wanted::one(member, product).with_key()).collect();
    let outcomes = join_all(wanted.iter().map(|wanted| shoppers.order(wanted.member as usize % 2, wanted, None))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Pending(_))), "{outcomes:?}");
    stage.heal().await;
    let decided = join_all(wanted.iter().map(|wanted| shoppers.insist(0, wanted, None))).await;
    assert!(decided.iter().all(|outcome| matches!(outcome, Outcome::Confirmed(_))), "{decided:?}");
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_stops_no_sale() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(200)).await;
    let set_memory = async |limit: &str| {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("maxmemory").arg(limit);
        set.exec_async(&mut stage.redis.clone()).await.unwrap();
    };
    shoppers.come_and_go(product, 1..50, Duration::ZERO).await;
    set_memory("1").await;
    let outcomes = shoppers.come_and_go(product, 50..150, Duration::from_millis(5)).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Confirmed(_))), "{outcomes:?}");
    set_memory("0").await;
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_only_one_node_knows_is_not_promised() {
    let stage = Arc::new(Stage::set().await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(20)).await;
    shoppers.insist(0, &Wanted::one(1, product), None).await;
    let node = &stage.nodes[0];
    node.redis.set(Wire::Dead);
    node.mysql.set(Wire::Dead);
    let wanted: Vec<_> = (2..12).map(|member| Wanted::one(member, product).with_key()).collect();
    let outcomes = join_all(wanted.iter().map(|wanted| shoppers.order(0, wanted, None))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::TurnedAway(_))), "{outcomes:?}");
    node.kill();
    stage.heal().await;
    let decided = join_all(wanted.iter().map(|wanted| shoppers.insist(0, wanted, None))).await;
    assert!(decided.iter().all(|outcome| matches!(outcome, Outcome::Confirmed(_))), "{decided:?}");
    shoppers.buy_up().await;
}
