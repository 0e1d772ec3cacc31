//! Browsers that watch sales, and what they cost MySQL.

use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Row};
use tokio::time::Instant;

use crate::{
    following::get,
    stage::{Sale, Stage},
    wait::until,
};

const BROWSERS: usize = 300;
const LOOKS: usize = 21;
const PRODUCTS: usize = 3;
/// A look, as MySQL logs it. MariaDB leaves out the values of what it had prepared before its log was on.
const LOOKED: &str = "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log \
                      WHERE command_type = 'Execute' AND argument LIKE '%WHERE s.product_id IN (%'";

async fn set(stage: &Stage, setting: &str) {
    sqlx::raw_sql(AssertSqlSafe(format!("SET GLOBAL {setting}"))).execute(&stage.db).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_is_asked_four_times_a_second_at_most_for_all_who_watch_together() {
    let stage = Stage::set().await;
    let node = &stage.nodes[0];
    let mut products = Vec::new();
    for _ in 0..PRODUCTS {
        products.push(stage.put_on_sale(Sale::of(10)).await);
    }
    let watch = async |number: usize| {
        get(format!("http://{}/openrun/detail/{}/events", node.address(), products[number % PRODUCTS])).await
    };
    let _streams = join_all((0..BROWSERS).map(watch)).await;
    let metrics = get(format!("http://{}/metrics", node.admin())).await.text().await.unwrap();
    assert!(metrics.contains(&format!("event_streams {BROWSERS}")), "{metrics}");
    set(&stage, "log_output = 'TABLE'").await;
    let began = Instant::now();
    set(&stage, "general_log = ON").await;
    let mut looks: Vec<String> = Vec::new();
    until("MySQL is asked", async || {
        looks = sqlx::raw_sql(LOOKED).fetch_all(&stage.db).await.unwrap().iter().map(|row| row.get(0)).collect();
        looks.len() >= LOOKS
    })
    .await;
    let took = began.elapsed();
    let asked: Vec<usize> = looks.iter().map(|look| asked_for(look)).collect();
    // What nobody had seen yet is asked for at once, for those who have just come.
    let together = &asked[asked.iter().position(|&ids| ids == PRODUCTS).expect("all are asked for")..];
    assert!(together.len() + PRODUCTS > LOOKS && together.iter().all(|&ids| ids == PRODUCTS), "{asked:?}");
    // The first one may have left before the log began.
    let least = Duration::from_millis(250) * (together.len() - 2) as u32;
    assert!(took >= least, "{} looks in {took:?}", together.len());
}

/// How many products a look asks for.
fn asked_for(look: &str) -> usize {
    look.rsplit_once("IN (").unwrap().1.split(", ").count()
}
