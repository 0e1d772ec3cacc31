//! Commits that are in the log and cannot be seen yet, and events of what can be seen already.

use std::time::Duration;

use openrace_index::IndexHome;
use openrace_indexer::Pace;
use tempfile::TempDir;

use crate::server::Server;
use crate::support::{Following, PACE, build, insert, run, until};
use crate::wire::Wire;

/// Commits wait for a replica that never comes: so long, after they are in the log.
const STALL: &str = "6000";

async fn stalling() -> Server {
    let server = Server::start("").await;
    insert(&server.db, 1..=3).await;
    let on = if server.is_mariadb {
        format!(
            "SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC'; SET GLOBAL rpl_semi_sync_master_wait_no_slave = ON;
             SET GLOBAL rpl_semi_sync_master_timeout = {STALL}; SET GLOBAL rpl_semi_sync_master_enabled = ON"
        )
    } else {
        format!(
            "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'; SET GLOBAL rpl_semi_sync_source_timeout = {STALL};
             SET GLOBAL rpl_semi_sync_source_wait_no_replica = ON; SET GLOBAL rpl_semi_sync_source_enabled = ON"
        )
    };
    run(&server.db, &on).await;
    server
}

#[tokio::test]
async fn a_new_product_whose_commit_stalls_is_waited_for() {
    let server = stalling().await;
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &server.url()).await;
    let following = Following::resume(folder, server.url(), PACE);
    following.equals_table().await;
    insert(&server.db, 4..=4).await;
    following.until("the product", |catalog| catalog.find(4).is_some()).await;
    following.equals_table().await;
}

#[tokio::test]
async fn a_rebuild_waits_for_what_is_in_the_log() {
    let server = stalling().await;
    let folder = TempDir::new().unwrap();
    let (db, before) = (server.db.clone(), server.log_end().await);
    let change = tokio::spawn(async move { insert(&db, 4..=4).await });
    until("it is in the log", async || server.log_end().await != before).await;
    build(&IndexHome::new(folder.path()), &server.url()).await;
    let following = Following::resume(folder, server.url(), PACE);
    change.await.unwrap();
    following.until("the product", |catalog| catalog.find(4).is_some()).await;
    following.equals_table().await;
}

/// A sweep looks twice, three seconds apart, and finds both times that MySQL does not show what the index was told.
#[tokio::test]
async fn a_change_whose_commit_stalls_is_not_undone_by_a_sweep() {
    let server = stalling().await;
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &server.url()).await;
    let following = Following::resume(folder, server.url(), Pace { sweep: Duration::from_millis(100), ..PACE });
    following.catches_up().await;
    let db = server.db.clone();
    let change = tokio::spawn(async move { run(&db, "UPDATE products SET wish_count = 9 WHERE id = 2").await });
    following.until("it is told", |catalog| catalog.find(2).unwrap().live.wish_count == 9).await;
    change.await.unwrap();
    assert_eq!(following.catalog().find(2).unwrap().live.wish_count, 9);
    following.equals_table().await;
}

/// It has read the row again, and the change after that is in the log before it is sure.
#[tokio::test]
async fn what_an_event_on_its_way_tells_is_not_mended_by_a_sweep() {
    let server = Server::start("").await;
    insert(&server.db, 1..=3).await;
    let wire = Wire::to(server.port).await;
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &wire.plain_url()).await;
    let pace = Pace { sweep: Duration::from_millis(100), ..PACE };
    let following = Following::resume(folder, wire.plain_url(), pace);
    following.catches_up().await;
    wire.hold_after_a_look();
    let untold = "SET sql_log_bin = 0; UPDATE products SET wish_count = 4 WHERE id = 2; SET sql_log_bin = 1";
    run(&server.db, untold).await;
    wire.holds().await;
    run(&server.db, "UPDATE products SET wish_count = 9 WHERE id = 2").await;
    wire.let_go();
    following.until("it is told", |catalog| catalog.find(2).unwrap().live.wish_count == 9).await;
    following.equals_table().await;
}
