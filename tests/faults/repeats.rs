//! Orders that are sent again, or left behind, when what knew of them is gone.

use std::{sync::Arc, time::Duration};

use openrace_load::checker::Gate;
use tokio::time::Instant;

use crate::{
    crowds::is_confirmed,
    shopper::{Shoppers, Wanted},
    stage::{Plan, Sale, Stage},
    wait::until,
};

/// Two seconds until an order counts as abandoned, and a look each second; whatever else might decide it comes later.
const TAKEN_OVER: Duration = Duration::from_secs(10);
/// After that an order that somebody has begun is decided by whom its repeat asks.
const BEGUN: Duration = Duration::from_secs(1);

/// A stage whose first node has just died with an order that was reserved and not decided.
async fn left_behind() -> (Shoppers, Wanted) {
    let dies = Plan { fail_point: Some("after_reserve:1"), ..Plan::default() };
    let shoppers = Shoppers::on(Arc::new(Stage::with([dies, Plan::default()]).await));
    let product = shoppers.stage.put_on_sale(Sale::of(10)).await;
    // The first order of a product opens its gate; a node that has just started may not know any member yet.
    let first = shoppers.newcomer(product);
    until("the gate is open", async || is_confirmed(&shoppers.order(1, &first, None).await)).await;
    let settled = Gate { free: Some(9), intents: 0 };
    until("the first is settled", async || shoppers.stage.gates.read(&[product]).await.unwrap() == [settled]).await;
    let wanted = shoppers.newcomer(product);
    until("the node dies of the order", async || {
        shoppers.order(0, &wanted, None).await;
        shoppers.stage.nodes[0].was_killed()
    })
    .await;
    (shoppers, wanted)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_a_node_that_died_is_decided_by_another_within_seconds() {
    let (shoppers, wanted) = left_behind().await;
    let died = Instant::now();
    until("it is decided", async || shoppers.stage.units(wanted.product).await == (8, 2)).await;
    assert!(died.elapsed() < TAKEN_OVER, "{:?}", died.elapsed());
    shoppers.stage.heal().await;
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_redis_lost_with_its_node_is_decided_when_it_is_repeated() {
    let (shoppers, wanted) = left_behind().await;
    shoppers.stage.forget_intents(wanted.product).await;
    let repeated = Instant::now();
    let outcome = shoppers.order(1, &wanted, None).await;
    assert!(is_confirmed(&outcome), "{outcome:?}");
    assert!(repeated.elapsed() >= BEGUN, "its own node is given time: {:?}", repeated.elapsed());
    shoppers.stage.heal().await;
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_answered_like_the_order_although_redis_was_emptied_and_all_is_sold() {
    let shoppers = Shoppers::on(Arc::new(Stage::set().await));
    let product = shoppers.stage.put_on_sale(Sale::of(1)).await;
    let wanted = shoppers.newcomer(product);
    let first = shoppers.insist(0, &wanted, None).await;
    assert!(is_confirmed(&first), "{first:?}");
    shoppers.stage.empty_redis().await.unwrap();
    shoppers.open_gate(product).await;
    for node in [0, 1] {
        assert_eq!(shoppers.insist(node, &wanted, None).await, first);
    }
    shoppers.buy_up().await;
}
