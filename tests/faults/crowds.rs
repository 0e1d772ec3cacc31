//! Many at once, on one node and on two.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, future::join_all, stream};
use openrace_load::journal::Outcome;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    shopper::{Shoppers, Wanted},
    stage::{Plan, Sale, Stage, Wire},
    wait::until,
};

fn of(outcomes: &[Outcome], wanted: impl Fn(&Outcome) -> bool) -> usize {
    outcomes.iter().filter(|outcome| wanted(outcome)).count()
}

pub fn is_confirmed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Confirmed(_))
}

pub fn is_rejected_as(outcome: &Outcome, reason: &str) -> bool {
    matches!(outcome, Outcome::Rejected(said) if said == reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_orders_for_thirty_units_thirty_are_confirmed_on_one_node_and_on_two() {
    let shoppers = Shoppers::on(Arc::new(Stage::set().await));
    for nodes in [1, 2] {
        let product = shoppers.stage.put_on_sale(Sale::of(30)).await;
        let orders = stream::iter(1..=10_000_i64).map(|member| {
            let shoppers = shoppers.clone();
            async move { shoppers.insist(member as usize % nodes, &Wanted::one(member, product), None).await }
        });
        let outcomes: Vec<_> = orders.buffer_unordered(500).collect().await;
        assert_eq!(of(&outcomes, is_confirmed), 30);
        assert_eq!(of(&outcomes, |outcome| is_rejected_as(outcome, "sold_out")), 9970);
        assert_eq!(shoppers.stage.units(product).await, (0, 30));
    }
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_quantities_of_three_times_the_stock_sell_exactly_the_stock() {
    let shoppers = Shoppers::on(Arc::new(Stage::set().await));
    let product = shoppers.stage.put_on_sale(Sale::of(1000)).await;
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let wanted: Vec<_> =
        (1..=1000).map(|member| Wanted { quantity: rng.random_range(1..=5), ..Wanted::one(member, product) }).collect();
    let orders = stream::iter(wanted).map(|wanted| {
        let shoppers = shoppers.clone();
        async move { shoppers.insist(wanted.member as usize % 2, &wanted, None).await }
    });
    orders.buffer_unordered(200).collect::<Vec<_>>().await;
    shoppers.buy_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_on_two_nodes_is_one_order_and_a_limit_of_two_is_two() {
    let shoppers = Shoppers::on(Arc::new(Stage::set().await));
    let product = shoppers.stage.put_on_sale(Sale { limit: Some(2), ..Sale::of(500) }).await;
    let keyed = Wanted::one(1, product).with_key();
    let same = join_all((0..50).map(|n| shoppers.insist(n % 2, &keyed, None))).await;
    assert_eq!(of(&same, is_confirmed), 50);
    assert!(same.iter().all(|outcome| *outcome == same[0]));
    let many = join_all((0..200).map(|n| {
        let shoppers = shoppers.clone();
        async move { shoppers.insist(n % 2, &Wanted::one(2, product), None).await }
    }))
    .await;
    assert_eq!(of(&many, is_confirmed), 2);
    assert_eq!(of(&many, |outcome| is_rejected_as(outcome, "limit_reached")), 198);
    assert_eq!(shoppers.stage.units(product).await, (497, 3));
    shoppers.come_to_rest().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_unit_comes_back_once_however_often_it_is_asked_for_and_raced_for() {
    let shoppers = Shoppers::on(Arc::new(Stage::set().await));
    let product = shoppers.stage.put_on_sale(Sale::of(1)).await;
    for round in 0..40 {
        // A cancellation does not wait for the gate for long.
        until("the unit is for sale", async || shoppers.stage.free(product).await != Some(0)).await;
        let owner = Wanted::one(10_000 + round, product).with_key();
        let Outcome::Confirmed(number) = shoppers.insist(0, &owner, None).await else { panic!("the unit is for sale") };
        let cancels = join_all((0..10).map(|n| shoppers.cancel(n % 2, &owner, number)));
        let orders = join_all((0..10).map(|n| {
            let shoppers = shoppers.clone();
            async move {
                let wanted = Wanted::one(round * 100 + n, product);
                (shoppers.insist(n as usize % 2, &wanted, None).await, wanted)
            }
        }));
        let (cancels, orders) = tokio::join!(cancels, orders);
        assert_eq!(of(&cancels, |outcome| *outcome == Outcome::Cancelled), 1);
        let bought: Vec<_> = orders.iter().filter(|(outcome, _)| is_confirmed(outcome)).collect();
        assert!(bought.len() <= 1);
        for (outcome, wanted) in bought {
            assert_eq!(shoppers.cancel(0, wanted, outcome.order_no().unwrap()).await, Outcome::Cancelled);
        }
    }
    shoppers.come_to_rest().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_who_leaves_has_the_order_or_none_and_the_repeat_agrees() {
    let shoppers = Shoppers::on(Arc::new(Stage::set().await));
    let product = shoppers.stage.put_on_sale(Sale::of(400)).await;
    let orders = stream::iter(1..=1000_i64).map(|member| {
        let shoppers = shoppers.clone();
        async move {
            let hang_up = (member % 2 == 0).then(|| Duration::from_millis(1 + member as u64 % 20));
            shoppers.insist(member as usize % 2, &Wanted::one(member, product).with_key(), hang_up).await
        }
    });
    let outcomes: Vec<_> = orders.buffer_unordered(200).collect().await;
    assert_eq!(of(&outcomes, is_confirmed), 400);
    shoppers.buy_up().await;
}

/// Two nodes, one whose clock is five seconds fast and one whose is as slow.
async fn shoppers_of_wrong_clocks() -> Shoppers {
    let [fast, slow] = [5000, -5000].map(|clock_offset| Plan { clock_offset, ..Plan::default() });
    Shoppers::on(Arc::new(Stage::with([fast, slow]).await))
}

/// Asks a node again and again until the sale is over; whether it refused anybody before the opening.
async fn buy_until_the_close(shoppers: &Shoppers, node: usize, product: i64) -> bool {
    let mut member = node as i64 + 1;
    let mut early = false;
    loop {
        member += 2;
        match shoppers.insist(node, &Wanted::one(member, product), None).await {
            Outcome::Confirmed(_) => (),
            outcome if is_rejected_as(&outcome, "not_open") => early = true,
            outcome if is_rejected_as(&outcome, "sale_closed") => return early,
            outcome => panic!("{outcome:?}"),
        }
    }
}

/// On both nodes, from the opening to the close and at no other time.
async fn assert_sold_while_open(shoppers: &Shoppers, product: i64) {
    let refused_early = join_all([0, 1].map(|node| buy_until_the_close(shoppers, node, product))).await;
    assert_eq!(refused_early, [true, true], "both were asked before the opening");
    // By milliseconds after the opening and before the close, and how long after it MySQL wrote the last. Members of one node are
    // odd, of the other even.
    let sold: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT o.member_id % 2, CAST(MIN(TIMESTAMPDIFF(MICROSECOND, s.open_at, o.admitted_at)) DIV 1000 AS SIGNED), \
                CAST(MIN(TIMESTAMPDIFF(MICROSECOND, o.admitted_at, s.close_at)) DIV 1000 AS SIGNED), \
                CAST(MAX(TIMESTAMPDIFF(MICROSECOND, s.close_at, o.created_at)) DIV 1000 AS SIGNED) \
         FROM orders o JOIN stock s ON s.product_id = o.product_id WHERE o.status = 'CONFIRMED' GROUP BY o.member_id % 2",
    )
    .fetch_all(&shoppers.stage.db)
    .await
    .unwrap();
    assert_eq!(sold.len(), 2, "both nodes sold");
    assert!(sold.iter().all(|(_, after, before, written)| *after >= 0 && *before > 0 && *written < 1000), "{sold:?}");
    assert!(
        sold.iter().all(|(_, after, before, _)| *after < 1000 && *before < 1000),
        "from opening to close: {sold:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_opens_and_closes_by_one_clock_although_the_nodes_clocks_are_five_seconds_off() {
    let shoppers = shoppers_of_wrong_clocks().await;
    let product = shoppers.stage.put_on_sale(Sale { opens_in: 1500, closes_in: 4500, ..Sale::of(100_000) }).await;
    assert_sold_while_open(&shoppers, product).await;
    shoppers.come_to_rest().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_sale_opens_and_closes_by_mysqls_clock_although_the_nodes_clocks_are_five_seconds_off() {
    let shoppers = shoppers_of_wrong_clocks().await;
    let far = shoppers.stage.put_on_sale(Sale { opens_in: 3_600_000, closes_in: 7_200_000, ..Sale::of(1) }).await;
    for node in &shoppers.stage.nodes {
        node.redis.set(Wire::Dead);
        until("orders go on without Redis", async || {
            let outcome = shoppers.order(node.number, &Wanted::one(1, far), None).await;
            is_rejected_as(&outcome, "not_open")
        })
        .await;
    }
    shoppers.stage.clear();
    let product = shoppers.stage.put_on_sale(Sale { opens_in: 3000, closes_in: 6000, ..Sale::of(100_000) }).await;
    assert_sold_while_open(&shoppers, product).await;
    shoppers.stage.heal().await;
    shoppers.come_to_rest().await;
}
