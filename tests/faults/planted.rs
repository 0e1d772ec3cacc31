//! The rules are checked so well that mistakes made on purpose are found.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::future::join_all;
use openrace_load::{checker::Invariant, journal::Outcome};
use tokio::time::{sleep, timeout};

use crate::{
    shopper::{Shoppers, Wanted},
    stage::{Plan, Sale, Stage, Wire},
};

/// A sale with cancellations, on wires that lose the answers to commits, with the mistake on both nodes. Answers which rules were broken.
async fn broken_by(bug: Option<&str>) -> BTreeSet<Invariant> {
    let plan = Plan { planted_bug: bug, ..Plan::default() };
    let stage = Arc::new(Stage::with([plan, plan]).await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(100)).await;
    let swallow = async {
        for number in 0..12 {
            sleep(Duration::from_millis(80)).await;
            stage.nodes[number % 2].mysql.swallow_next_commit();
        }
    };
    let visits = join_all((0..150_i64).map(|number| {
        let shoppers = shoppers.clone();
        async move {
            sleep(Duration::from_millis(number as u64 * 10)).await;
            let wanted = Wanted::one(number, product).with_key();
            let decided = timeout(Duration::from_secs(10), shoppers.insist(number as usize % 2, &wanted, None)).await;
            if let (Ok(Outcome::Confirmed(order)), 0) = (decided, number % 3) {
                shoppers.cancel(number as usize % 2, &wanted, order).await;
            }
        }
    }));
    tokio::join!(swallow, visits);
    rules(&stage).await
}

/// An order is called pending while MySQL is out of reach, then its node dies.
async fn broken_when_the_node_of_a_pending_order_dies(bug: Option<&str>) -> BTreeSet<Invariant> {
    let plan = Plan { planted_bug: bug, ..Plan::default() };
    let stage = Arc::new(Stage::with([plan, plan]).await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let product = stage.put_on_sale(Sale::of(10)).await;
    shoppers.insist(0, &Wanted::one(1, product), None).await;
    stage.nodes[0].mysql.set(Wire::Dead);
    let outcome = shoppers.order(0, &Wanted::one(2, product), None).await;
    assert!(matches!(outcome, Outcome::Pending(_)), "{outcome:?}");
    stage.nodes[0].kill();
    rules(&stage).await
}

async fn rules(stage: &Stage) -> BTreeSet<Invariant> {
    stage.violations(false).await.into_iter().map(|violation| violation.invariant).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mistake_no_rule_is_broken() {
    assert!(broken_by(None).await.is_empty());
    assert!(broken_when_the_node_of_a_pending_order_dies(None).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_back_twice_is_caught() {
    assert!(broken_by(Some("give_back_twice")).await.contains(&Invariant::I1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blind_retry_of_a_commit_is_caught() {
    assert!(broken_by(Some("blind_commit_retry")).await.contains(&Invariant::I1));
}

#[tokio::test(flavor = "multi_thread")]
async fn copying_redis_over_mysql_is_caught() {
    assert!(broken_by(Some("mysql_from_redis")).await.contains(&Invariant::I1));
}

#[tokio::test(flavor = "multi_thread")]
async fn settling_before_the_commit_is_caught() {
    let broken = broken_when_the_node_of_a_pending_order_dies(Some("settle_before_commit")).await;
    assert!(broken.contains(&Invariant::I9), "{broken:?}");
}
