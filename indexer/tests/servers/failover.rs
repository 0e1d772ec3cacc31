//! A replica takes the place of its primary: the index goes on by the names of transactions, or is built anew.

use openrace_index::IndexHome;
use openrace_indexer::Position;
use sqlx::Connection;
use tempfile::TempDir;

use crate::server::{Server, url};
use crate::support::{Following, PACE, build, connect, insert, run, until};
use crate::wire::Wire;

/// What MySQL 8.4 does not do by itself, and MariaDB neither.
const OPTIONS: &str =
    "--loose-gtid-mode=ON --loose-enforce-gtid-consistency=ON --loose-log-slave-updates --loose-log-replica-updates";

struct Pair {
    primary: Server,
    replica: Server,
    wire: Wire,
}

impl Pair {
    /// A primary, and a replica that has all of it.
    async fn start() -> Self {
        let primary = Server::start(OPTIONS).await;
        let replica = Server::empty(&format!("{OPTIONS} --server-id=2 --read-only=ON")).await;
        let (user, password) = ("openrace", "ofalltestservers");
        let (port, host) = (primary.port, "127.0.0.1");
        let replicate = if replica.is_mariadb {
            format!(
                "CHANGE MASTER TO MASTER_HOST='{host}', MASTER_PORT={port}, MASTER_USER='{user}',
                 MASTER_PASSWORD='{password}', MASTER_USE_GTID=slave_pos; START SLAVE"
            )
        } else {
            format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST='{host}', SOURCE_PORT={port}, SOURCE_USER='{user}',
                 SOURCE_PASSWORD='{password}', SOURCE_AUTO_POSITION=1, SOURCE_SSL=1; START REPLICA"
            )
        };
        run(&replica.db, &replicate).await;
        let wire = Wire::to(primary.port).await;
        let pair = Self { primary, replica, wire };
        pair.in_step().await;
        pair
    }

    fn url(&self) -> String {
        url(self.wire.port)
    }

    /// Waits until the replica has all that the primary has.
    async fn in_step(&self) {
        let all = if self.primary.is_mariadb { "@@GLOBAL.gtid_binlog_pos" } else { "@@GLOBAL.gtid_executed" };
        let has = self.primary.one(&format!("SELECT {all}")).await;
        until("the replica is in step", async || self.replica.one(&format!("SELECT {all}")).await == has).await;
    }

    /// From now on the replica misses what the primary does.
    async fn part(&self) {
        let stop = if self.replica.is_mariadb { "STOP SLAVE" } else { "STOP REPLICA" };
        run(&self.replica.db, stop).await;
    }

    /// The primary dies, and the replica takes its place.
    async fn fail_over(&self) {
        self.primary.kill();
        let reset = if self.replica.is_mariadb { "RESET SLAVE ALL" } else { "RESET REPLICA ALL" };
        self.part().await;
        run(&self.replica.db, &format!("{reset}; SET GLOBAL read_only = OFF")).await;
        self.wire.lead_to(self.replica.port);
    }

    async fn follow(&self) -> Following {
        let folder = TempDir::new().unwrap();
        build(&IndexHome::new(folder.path()), &self.url()).await;
        Following::resume(folder, self.url(), PACE)
    }
}

#[tokio::test]
async fn a_new_primary_that_has_all_is_followed_on() {
    let pair = Pair::start().await;
    insert(&pair.primary.db, 1..=50).await;
    let following = pair.follow().await;
    run(&pair.primary.db, "UPDATE products SET price = 5, wish_count = 3 WHERE id < 20; FLUSH BINARY LOGS").await;
    run(
        &pair.primary.db,
        "DELETE FROM stock WHERE product_id = 7; UPDATE stock SET remaining = 0 WHERE product_id = 8",
    )
    .await;
    following.equals_table().await;
    // What was written and not told is told by the new one.
    let (wire, folder) = (pair.url(), following.stop().await);
    run(&pair.primary.db, "UPDATE products SET price = 6 WHERE id = 30; DELETE FROM stock WHERE product_id = 31").await;
    pair.in_step().await;
    pair.fail_over().await;
    let following = Following::resume(folder, wire.clone(), PACE);
    following.catches_up().await;
    following.equals_table().await;
    run(
        &pair.replica.db,
        "UPDATE products SET wish_count = 9 WHERE id = 40; UPDATE products SET price = 9 WHERE id = 41",
    )
    .await;
    insert(&pair.replica.db, 51..=60).await;
    following.until("what the new primary has", |catalog| catalog.find(60).is_some()).await;
    following.equals_table().await;
    // And by places in its own files from then on.
    let folder = following.stop().await;
    run(&pair.replica.db, "FLUSH BINARY LOGS; UPDATE products SET price = 10 WHERE id = 42").await;
    let following = Following::resume(folder, wire, PACE);
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 58);
}

#[tokio::test]
async fn a_follower_that_runs_goes_on_when_the_primary_dies() {
    let pair = Pair::start().await;
    insert(&pair.primary.db, 1..=20).await;
    let following = pair.follow().await;
    for round in 1..=20 {
        run(&pair.primary.db, &format!("UPDATE products SET price = {round}, wish_count = {round} WHERE id = {round}"))
            .await;
    }
    pair.in_step().await;
    pair.fail_over().await;
    for round in 1..=20 {
        run(&pair.replica.db, &format!("UPDATE products SET wish_count = 100 + {round} WHERE id = {round}")).await;
    }
    following.until("what came last", |catalog| catalog.find(20).unwrap().live.wish_count == 120).await;
    following.equals_table().await;
}

#[tokio::test]
async fn a_primary_that_becomes_read_only_is_left() {
    let pair = Pair::start().await;
    insert(&pair.primary.db, 1..=5).await;
    let following = pair.follow().await;
    following.catches_up().await;
    run(&pair.primary.db, "SET GLOBAL read_only = ON").await;
    pair.in_step().await;
    pair.part().await;
    run(&pair.replica.db, "SET GLOBAL read_only = OFF; UPDATE products SET price = 7, wish_count = 7 WHERE id = 2")
        .await;
    pair.wire.lead_new_to(pair.replica.port);
    following.until("the new primary's wishes", |catalog| catalog.find(2).unwrap().live.wish_count == 7).await;
    following.equals_table().await;
}

#[tokio::test]
async fn a_new_primary_that_lacks_what_the_index_has_asks_for_a_new_generation() {
    let pair = Pair::start().await;
    insert(&pair.primary.db, 1..=5).await;
    let following = pair.follow().await;
    following.equals_table().await;
    pair.in_step().await;
    pair.part().await;
    run(&pair.primary.db, "UPDATE products SET price = 666 WHERE id = 1").await;
    following.equals_table().await;
    pair.fail_over().await;
    run(&pair.replica.db, "UPDATE products SET price = 6 WHERE id = 2").await;
    let reason = following.lost().await;
    assert!(reason.contains("has what this MySQL has not"), "{reason}");
}

/// Rows are read as they are, so the index may show what the position does not count yet.
#[tokio::test]
async fn what_the_index_shows_beyond_its_position_is_missed_on_a_new_primary() {
    let pair = Pair::start().await;
    insert(&pair.primary.db, 1..=5).await;
    let following = pair.follow().await;
    following.equals_table().await;
    pair.in_step().await;
    // A row that is held keeps the position where it is.
    let mut holder = connect(&pair.primary.db).await;
    let mut holder = holder.begin().await.unwrap();
    sqlx::query("SELECT id FROM products WHERE id = 1 FOR UPDATE").execute(&mut *holder).await.unwrap();
    run(&pair.primary.db, "UPDATE stock SET close_at = '2026-03-03' WHERE product_id = 1").await;
    following.equals_table().await;
    pair.in_step().await;
    pair.part().await;
    run(&pair.primary.db, "UPDATE products SET price = 666 WHERE id = 2").await;
    following.equals_table().await;
    let folder = following.stop().await;
    let kept = IndexHome::new(folder.path()).position().unwrap().unwrap();
    let kept: Position = serde_json::from_str(&kept).unwrap();
    assert_ne!(kept.gtids, kept.seen);
    pair.fail_over().await;
    let reason = Following::resume(folder, pair.url(), PACE).lost().await;
    assert!(reason.contains("has what this MySQL has not"), "{reason}");
}

#[tokio::test]
async fn a_new_primary_that_has_purged_what_the_index_lacks_asks_for_a_new_generation() {
    let pair = Pair::start().await;
    insert(&pair.primary.db, 1..=5).await;
    let following = pair.follow().await;
    following.equals_table().await;
    let folder = following.stop().await;
    run(&pair.primary.db, "UPDATE products SET price = 6 WHERE id = 2").await;
    pair.in_step().await;
    pair.replica.purge().await;
    pair.fail_over().await;
    let reason = Following::resume(folder, pair.url(), PACE).lost().await;
    assert!(reason.contains("purged") || reason.contains("not in the master's binlog"), "{reason}");
}

#[tokio::test]
async fn a_server_that_has_purged_only_what_the_index_has_is_followed_on() {
    let server = Server::start(OPTIONS).await;
    insert(&server.db, 1..=5).await;
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &server.url()).await;
    server.purge().await;
    let following = Following::resume(folder, server.url(), PACE);
    following.catches_up().await;
    run(&server.db, "UPDATE products SET price = 6 WHERE id = 2").await;
    following.equals_table().await;
    let folder = following.stop().await;
    run(&server.db, "UPDATE products SET price = 7 WHERE id = 2").await;
    server.purge().await;
    let reason = Following::resume(folder, server.url(), PACE).lost().await;
    assert!(!reason.is_empty());
}

/// Names of transactions may have a part of the user's own there.
#[tokio::test]
async fn on_mysql_a_new_primary_is_followed_on_by_tagged_names() {
    let pair = Pair::start().await;
    if pair.primary.is_mariadb {
        return;
    }
    insert(&pair.primary.db, 1..=5).await;
    let following = pair.follow().await;
    let tagged = |price: i64| {
        format!(
            "SET gtid_next = 'AUTOMATIC:app'; UPDATE products SET price = {price} WHERE id = 2;
             UPDATE products SET wish_count = {price} WHERE id = 3; SET gtid_next = 'AUTOMATIC'"
        )
    };
    run(&pair.primary.db, &tagged(7)).await;
    following.equals_table().await;
    pair.in_step().await;
    pair.fail_over().await;
    run(&pair.replica.db, &tagged(8)).await;
    following.until("the new primary's wishes", |catalog| catalog.find(3).unwrap().live.wish_count == 8).await;
    following.equals_table().await;
    let kept = IndexHome::new(following.stop().await.path()).position().unwrap().unwrap();
    let kept: Position = serde_json::from_str(&kept).unwrap();
    // Each server has named two transactions; what the position counts is not only what the server says it has.
    let gtids = kept.gtids.unwrap().to_string();
    assert!(gtids.contains(":app:1-4") || gtids.matches(":app:1-2").count() == 2, "{gtids}");
}
