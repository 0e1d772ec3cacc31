//! Servers that their operator has set otherwise: what OpenRace needs it sets for its own sessions.

use std::{fs, sync::Arc};

use futures_util::future::join_all;

use crate::{
    following::{build, each_index_has_followed},
    shopper::{Shoppers, Wanted},
    stage::{Plan, Sale, Stage, Topology},
    wait::until,
};

const LAX: &str = "--sql-mode= --autocommit=0 --transaction-isolation=SERIALIZABLE --default-time-zone=+09:00 \
                   --character-set-server=latin1 --collation-server=latin1_german2_ci --lower-case-table-names=1";
const STRICT: &str = "--sql-mode=TRADITIONAL,ONLY_FULL_GROUP_BY,ANSI,NO_BACKSLASH_ESCAPES \
                      --transaction-isolation=READ-UNCOMMITTED --loose-sql-require-primary-key=ON";

/// Members order, wish and wish no more, all at once; an index follows them.
async fn all_is_well(options: &'static str) {
    let stage = Arc::new(Stage::on(Topology::SetTo(options), [Plan::default(); 2]).await);
    let shoppers = Shoppers::on(Arc::clone(&stage));
    let limited = stage.put_on_sale(Sale { limit: Some(1), ..Sale::of(30) }).await;
    let free = stage.put_on_sale(Sale::of(30)).await;
    build(&stage).await;
    join_all((1..=60).map(async |member| {
        let node = member as usize % 2;
        let product = if member % 3 == 0 { free } else { limited };
        shoppers.insist(node, &Wanted::one(member, product).with_key(), None).await;
        shoppers.insist(node, &Wanted::one(member, limited).with_key(), None).await;
        assert_eq!(shoppers.wish(node, member, free, true).await, 200);
        if member % 2 == 0 {
            assert_eq!(shoppers.wish(1 - node, member, free, false).await, 200);
        }
    }))
    .await;
    shoppers.buy_up().await;
    each_index_has_followed(&stage).await;
    let wishes =
        "SELECT wish_count, (SELECT COUNT(*) FROM wishes WHERE product_id = p.id) FROM products p WHERE id = ?";
    let counted: (i64, i64) = sqlx::query_as(wishes).bind(free).fetch_one(&stage.db).await.unwrap();
    assert_eq!(counted, (30, 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_anything_changes_nothing() {
    all_is_well(LAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_little_changes_nothing() {
    all_is_well(STRICT).await;
}

/// The second setting is looked at after the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_may_forget_gates_or_orders_is_warned_of() {
    let stage = Stage::set().await;
    let node = &stage.nodes[0];
    let warned_of = |setting: &str| {
        let log = fs::read_to_string(stage.services.path("node-0.log")).unwrap();
        let setting = format!("\"setting\":\"{setting}\"");
        log.lines().any(|line| line.contains("Redis is not set up for orders") && line.contains(&setting))
    };
    let start_with = async |setting: &str, value: &str| {
        node.kill();
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg(setting).arg(value).exec_async(&mut stage.redis.clone()).await.unwrap();
        node.start_again(&stage.services, Plan::default());
    };
    start_with("maxmemory-policy", "allkeys-lru").await;
    until("it warns of the policy", async || warned_of("maxmemory-policy")).await;
    assert!(!warned_of("appendonly"), "it is as it should be");
    start_with("appendonly", "no").await;
    until("it warns of the file", async || warned_of("appendonly")).await;
}
