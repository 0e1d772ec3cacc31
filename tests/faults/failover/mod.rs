//! Another server becomes the primary while orders, wishes, changes and searches go on. With a MySQL it is one of a group behind
//! Router, with a MariaDB the replica behind HAProxy. `FAILOVERS=20` plays each kind so often.

mod cluster;
mod visitors;

use std::{sync::Arc, time::Duration};

use openrace_load::{journal::Outcome, scribble::scribble};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::cluster::{Cluster, Failover};
use crate::{
    following::{each_index_equals_the_table, follow, home},
    seeds::setting,
    shopper::Shoppers,
    stage::{Plan, Sale, Stage, Topology},
    wait::until,
};

/// From when a server writes again until an order is confirmed.
const SOON: Duration = Duration::from_secs(5);
const UNITS: i32 = 1500;
/// `scribble` keeps to lower ones.
const FIRST_PRODUCT: i64 = 1001;
/// Orders before anything happens.
const BEFORE: i64 = 100;

async fn stage_on_a_cluster() -> Stage {
    let stage = Stage::on(Topology::Cluster, [Plan::default(); 2]).await;
    stage.skip_to(FIRST_PRODUCT);
    scribble(&stage.db.connect_options(), 1, 100).await.unwrap();
    follow(&stage).await;
    stage
}

/// Plays one failover under load, and asserts every rule.
async fn play(shoppers: &Shoppers, failover: Failover, seed: u64) {
    let stage = &shoppers.stage;
    let cluster = Cluster::of(&stage.services).await;
    stage.clear();
    let generations = generations(stage);
    let product = stage.put_on_sale(Sale::of(UNITS)).await;
    let wished = [stage.put_on_sale(Sale::of(1)).await, stage.put_on_sale(Sale::of(1)).await];
    let stop = CancellationToken::new();
    let fail_over = async {
        until("orders are confirmed", async || confirmed_since(stage, 0) >= BEFORE).await;
        let begun = Instant::now();
        let writes = cluster.suffer(failover).await;
        let since = stage.clock.now();
        until("orders go on", async || confirmed_since(stage, since) > 0).await;
        let (away, later) = (writes - begun, writes.elapsed());
        assert!(later < SOON, "an order was confirmed {later:?} after a server wrote again");
        cluster.heal().await;
        stop.cancel();
        (away, later)
    };
    let searches = visitors::search(stage, &stop);
    let wishes = visitors::wish(shoppers, &wished, &stop);
    let changes = visitors::change(stage, seed, &stop);
    let orders = visitors::shop(shoppers, product);
    let ((away, later), searches, wishes, (), ()) = tokio::join!(fail_over, searches, wishes, changes, orders);
    println!("{failover:?} {seed}: written again after {away:?}, an order {later:?} later, {searches} searches");
    visitors::assert_wishes(stage, &wishes).await;
    shoppers.buy_up().await;
    each_index_equals_the_table(stage).await;
    // A primary that dies may have told of changes that no other server has: then an index is built anew.
    if matches!(failover, Failover::Maintenance | Failover::Switch) {
        assert_eq!(self::generations(stage), generations, "the log of the new primary tells all that is needed");
    }
    sqlx::query("DELETE FROM wishes").execute(&stage.db).await.unwrap();
}

fn generations(stage: &Stage) -> [Option<String>; 2] {
    [0, 1].map(|node| home(stage, node).current().unwrap())
}

fn confirmed_since(stage: &Stage, since: i64) -> i64 {
    let entries = stage.journal.since(0);
    let confirmed = |outcome: &Outcome| matches!(outcome, Outcome::Confirmed(_));
    entries.iter().filter(|entry| confirmed(&entry.outcome) && entry.answered >= Some(since)).count() as i64
}

async fn play_each(failover: Failover) {
    let shoppers = Shoppers::on(Arc::new(stage_on_a_cluster().await));
    for seed in 1..=setting("FAILOVERS", 1) {
        play(&shoppers, failover, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_is_killed_loses_and_doubles_nothing() {
    play_each(Failover::Kill).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_only_reads_for_a_while_loses_and_doubles_nothing() {
    play_each(Failover::Maintenance).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_is_cut_off_loses_and_doubles_nothing() {
    play_each(Failover::Cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_of_the_primary_loses_and_doubles_nothing() {
    play_each(Failover::Switch).await;
}
