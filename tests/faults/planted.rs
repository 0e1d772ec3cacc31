//! The rules are checked so well that mistakes made on purpose are found.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::future::join_all;
use openrace_load::{checker::Invariant, journal::Outcome};
use tokio::time::{sleep, timeout};

use crate::{
    shopper::{Shoppers, Wanted},
    stage::{Plan, Sale, Stage, Wire},
    wait::PATIENCE,
};

/// Some mistakes never come to rest.
const SOON: Duration = Duration::from_secs(10);

/// Shoppers of two nodes that make this mistake.
async fn shoppers_of(bug: Option<&str>) -> Shoppers {
    let plan = Plan { planted_bug: bug, ..Plan::default() };
    Shoppers::on(Arc::new(Stage::with([plan, plan]).await))
}

async fn rules_broken(bug: Option<&str>, shoppers: &Shoppers, sells_out: bool) -> BTreeSet<Invariant> {
    let patience = if bug.is_some() { SOON } else { PATIENCE };
    shoppers.stage.violations(sells_out, patience).await.into_iter().map(|violation| violation.invariant).collect()
}

/// A sale with cancellations, on wires that lose the answers to commits.
async fn broken_by(bug: Option<&str>) -> BTreeSet<Invariant> {
    let shoppers = shoppers_of(bug).await;
    let nodes = &shoppers.stage.nodes;
    let product = shoppers.stage.put_on_sale(Sale::of(100)).await;
    let swallow = shoppers.stage.swallow_commits(12, Duration::from_millis(80));
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
    assert!(nodes.iter().all(|node| node.mysql.swallowed() > 0), "answers were lost");
    rules_broken(bug, &shoppers, false).await
}

/// An order is called pending while MySQL is out of reach, then its node dies.
async fn broken_when_the_node_of_a_pending_order_dies(bug: Option<&str>) -> BTreeSet<Invariant> {
    let shoppers = shoppers_of(bug).await;
    let node = &shoppers.stage.nodes[0];
    let product = shoppers.stage.put_on_sale(Sale::of(10)).await;
    shoppers.insist(0, &Wanted::one(1, product), None).await;
    node.mysql.set(Wire::Dead);
    let outcome = shoppers.order(0, &Wanted::one(2, product), None).await;
    assert!(matches!(outcome, Outcome::Pending(_)), "{outcome:?}");
    node.kill();
    rules_broken(bug, &shoppers, false).await
}

/// More want the units than there are.
async fn broken_when_all_is_asked_for(bug: Option<&str>) -> BTreeSet<Invariant> {
    let shoppers = shoppers_of(bug).await;
    let product = shoppers.stage.put_on_sale(Sale::of(10)).await;
    for member in 1..=20 {
        shoppers.insist(member as usize % 2, &Wanted::one(member, product).with_key(), None).await;
    }
    rules_broken(bug, &shoppers, true).await
}

/// Each node is asked with the same key.
async fn broken_when_an_order_is_repeated(bug: Option<&str>) -> BTreeSet<Invariant> {
    let shoppers = shoppers_of(bug).await;
    let product = shoppers.stage.put_on_sale(Sale::of(10)).await;
    let wanted = Wanted::one(1, product).with_key();
    for node in [0, 1] {
        shoppers.order(node, &wanted, None).await;
    }
    rules_broken(bug, &shoppers, false).await
}

/// Without gates MySQL's word alone counts. A member orders twice, of a sale that is open and of one that is not.
async fn broken_without_redis(bug: Option<&str>) -> BTreeSet<Invariant> {
    let shoppers = shoppers_of(bug).await;
    let open = shoppers.stage.put_on_sale(Sale { limit: Some(1), ..Sale::of(10) }).await;
    let closed = shoppers.stage.put_on_sale(Sale { opens_in: 600_000, ..Sale::of(10) }).await;
    shoppers.stage.nodes[0].redis.set(Wire::Dead);
    for product in [open, open, closed] {
        shoppers.insist(0, &Wanted::one(1, product), None).await;
    }
    shoppers.stage.heal().await;
    shoppers.open_gate(open).await;
    rules_broken(bug, &shoppers, false).await
}

async fn broken_when_an_order_is_cancelled_again(bug: Option<&str>) -> BTreeSet<Invariant> {
    let shoppers = shoppers_of(bug).await;
    let product = shoppers.stage.put_on_sale(Sale::of(10)).await;
    let wanted = Wanted::one(1, product);
    let Outcome::Confirmed(number) = shoppers.insist(0, &wanted, None).await else { panic!("it is for sale") };
    for node in [0, 1] {
        shoppers.cancel(node, &wanted, number).await;
    }
    rules_broken(bug, &shoppers, false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mistake_no_rule_is_broken() {
    assert_eq!(broken_by(None).await, BTreeSet::new());
    assert_eq!(broken_when_the_node_of_a_pending_order_dies(None).await, BTreeSet::new());
    assert_eq!(broken_when_all_is_asked_for(None).await, BTreeSet::new());
    assert_eq!(broken_when_an_order_is_repeated(None).await, BTreeSet::new());
    assert_eq!(broken_without_redis(None).await, BTreeSet::new());
    assert_eq!(broken_when_an_order_is_cancelled_again(None).await, BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_giving_back_twice_is_caught() {
    let broken = broken_by(Some("give_back_twice")).await;
    assert!(broken.contains(&Invariant::I1), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_a_blind_retry_of_a_commit_is_caught() {
    let broken = broken_by(Some("blind_commit_retry")).await;
    assert!(broken.contains(&Invariant::I1), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i2_an_answer_that_is_not_committed_is_caught() {
    let broken = broken_when_an_order_is_repeated(Some("forget_to_commit")).await;
    assert!(broken.contains(&Invariant::I2), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_and_i8_a_unit_that_the_gate_holds_back_is_caught() {
    let broken = broken_when_all_is_asked_for(Some("hold_one_back")).await;
    assert!(broken.is_superset(&[Invariant::I3, Invariant::I8].into()), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i4_two_orders_of_one_key_are_caught() {
    let broken = broken_when_an_order_is_repeated(Some("forget_keys")).await;
    assert!(broken.contains(&Invariant::I4), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_more_than_a_member_may_have_is_caught() {
    let broken = broken_without_redis(Some("forget_limits")).await;
    assert_eq!(broken, [Invariant::I5].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn i6_an_order_before_the_opening_is_caught() {
    let broken = broken_without_redis(Some("open_early")).await;
    assert_eq!(broken, [Invariant::I6].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_a_second_cancellation_is_caught() {
    let broken = broken_when_an_order_is_cancelled_again(Some("cancel_again")).await;
    assert!(broken.contains(&Invariant::I7), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_settling_before_the_commit_is_caught() {
    let broken = broken_when_the_node_of_a_pending_order_dies(Some("settle_before_commit")).await;
    assert!(broken.contains(&Invariant::I9), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_and_i10_copying_redis_over_mysql_is_caught() {
    let broken = broken_by(Some("mysql_from_redis")).await;
    assert!(broken.is_superset(&[Invariant::I1, Invariant::I10].into()), "{broken:?}");
}
