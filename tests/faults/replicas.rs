//! A MySQL that only reads, and lacks what the primary has.

use std::sync::Arc;

use futures_util::future::join_all;
use openrace_load::journal::Outcome;
use sqlx::AssertSqlSafe;

use crate::{
    crowds::is_confirmed,
    shopper::Shoppers,
    stage::{Sale, Stage},
};

async fn write(stage: &Stage, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&stage.db).await.unwrap();
}

/// The replica has not got the order, and other units than the primary: neither may be told.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_server_that_only_reads_nothing_is_decided_and_no_order_is_unknown() {
    let shoppers = Shoppers::on(Arc::new(Stage::set().await));
    let stage = &shoppers.stage;
    let product = stage.put_on_sale(Sale::of(10)).await;
    let known = shoppers.newcomer(product);
    let outcome = shoppers.insist(0, &known, None).await;
    let Outcome::Confirmed(number) = outcome else { panic!("it is for sale: {outcome:?}") };
    write(
        stage,
        "SET GLOBAL read_only = ON; CREATE TABLE primarys_orders AS SELECT * FROM orders; DELETE FROM orders; \
         UPDATE stock SET remaining = 0",
    )
    .await;
    for node in [0, 1] {
        let (status, body) = shoppers.asked(node, &known, number).await.unwrap();
        assert_eq!((status, &body["code"]), (503, &"orders_unavailable".into()), "node {node} cannot tell: {body}");
    }
    let wanted = [known, shoppers.newcomer(product), shoppers.newcomer(product)];
    let asked = wanted.iter().enumerate().map(|(place, wanted)| shoppers.order(place % 2, wanted, None));
    for outcome in join_all(asked).await {
        assert!(matches!(outcome, Outcome::Pending(_) | Outcome::TurnedAway(_)), "{outcome:?}");
    }
    write(
        stage,
        "INSERT INTO orders SELECT * FROM primarys_orders; UPDATE stock SET remaining = 9; \
         DROP TABLE primarys_orders; SET GLOBAL read_only = OFF",
    )
    .await;
    let outcomes = join_all(wanted.iter().map(|wanted| shoppers.insist(0, wanted, None))).await;
    assert!(outcomes.iter().all(is_confirmed) && outcomes[0] == Outcome::Confirmed(number), "{outcomes:?}");
    shoppers.buy_up().await;
}
