//! Settings that leave the follower without a log say so, and what to set; sweeps find the changes meanwhile.

use std::time::{Duration, Instant};

use openrace_index::IndexHome;
use openrace_indexer::Pace;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::server::Server;
use crate::support::{Following, LONG, PACE, build, insert, run, until};

async fn reason(following: &Following) -> String {
    let mut reason = following.seen.without_log.subscribe();
    let told = timeout(LONG, reason.wait_for(Option::is_some)).await.expect("no reason").unwrap().clone();
    told.unwrap()
}

async fn built(server: &Server) -> TempDir {
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &server.url()).await;
    folder
}

/// What is started with these options has no log to follow, for a reason that names `setting`.
async fn is_swept(options: &str, setting: &str) {
    let server = Server::start(options).await;
    insert(&server.db, 1..=5).await;
    let following = Following::resume(built(&server).await, server.url(), PACE);
    let reason = reason(&following).await;
    assert!(reason.contains(setting), "{options}: {reason}");
    run(&server.db, "UPDATE products SET price = 9 WHERE id = 2; DELETE FROM stock WHERE product_id = 3").await;
    following.becomes_equal().await;
    assert!(following.catalog().find(3).is_none());
}

#[tokio::test]
async fn a_server_without_a_log_is_swept() {
    is_swept("--skip-log-bin", "log_bin").await;
}

#[tokio::test]
async fn a_log_of_statements_is_swept() {
    is_swept("--binlog-format=STATEMENT", "binlog_format is STATEMENT, and must be ROW").await;
    is_swept("--binlog-format=MIXED", "binlog_format is MIXED, and must be ROW").await;
}

#[tokio::test]
async fn a_log_that_leaves_out_the_schema_is_swept() {
    is_swept("--binlog-do-db=other", "binlog_do_db").await;
    is_swept("--binlog-ignore-db=openrace", "binlog_ignore_db").await;
}

/// The filter looks at the session's schema, not at the table's.
#[tokio::test]
async fn what_a_session_in_a_schema_that_is_left_out_does_to_a_table_is_found_by_a_sweep() {
    let server = Server::start("--binlog-ignore-db=other").await;
    insert(&server.db, 1..=5).await;
    let pace = Pace { sweep: Duration::from_millis(100), ..PACE };
    let following = Following::resume(built(&server).await, server.url(), pace);
    following.catches_up().await;
    run(&server.db, "CREATE DATABASE other; USE other; TRUNCATE openrace.stock; USE openrace").await;
    following.becomes_equal().await;
    assert_eq!((following.catalog().documents(), *following.seen.mended.borrow()), (0, 5));
}

#[tokio::test]
async fn without_a_log_a_change_is_found_within_half_a_minute_and_some() {
    let server = Server::start("--skip-log-bin").await;
    insert(&server.db, 1..=5).await;
    let folder = built(&server).await;
    run(&server.db, "UPDATE products SET price = 9 WHERE id = 2").await;
    let following = Following::resume(folder, server.url(), Pace::default());
    following.becomes_equal().await;
    // What comes just behind a sweep waits longest.
    let changed = Instant::now();
    run(&server.db, "DELETE FROM stock WHERE product_id = 3").await;
    following.becomes_equal().await;
    assert!(changed.elapsed() < Duration::from_secs(40), "{:?}", changed.elapsed());
}

#[tokio::test]
async fn a_replica_that_does_not_log_what_it_is_told_is_swept() {
    let gtids = "--loose-gtid-mode=ON --loose-enforce-gtid-consistency=ON";
    let primary = Server::start(gtids).await;
    let silent = "--server-id=2 --loose-skip-log-slave-updates --loose-skip-log-replica-updates";
    let replica = Server::empty(&format!("{gtids} {silent}")).await;
    let (port, login) = (primary.port, ("openrace", "ofalltestservers"));
    let replicate = if replica.is_mariadb {
        format!(
            "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='{}', MASTER_PASSWORD='{}',
             MASTER_USE_GTID=slave_pos; START SLAVE",
            login.0, login.1
        )
    } else {
        format!(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={port}, SOURCE_USER='{}',
             SOURCE_PASSWORD='{}', SOURCE_AUTO_POSITION=1, SOURCE_SSL=1; START REPLICA",
            login.0, login.1
        )
    };
    run(&replica.db, &replicate).await;
    insert(&primary.db, 1..=3).await;
    let arrived =
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'openrace' AND table_name = 'stock'";
    until("the tables arrive", async || replica.one(arrived).await == "1").await;
    until("the rows arrive", async || replica.one("SELECT COUNT(*) FROM openrace.stock").await == "3").await;
    let following = Following::resume(built(&replica).await, replica.url(), PACE);
    let reason = reason(&following).await;
    assert!(reason.contains("_updates must be ON"), "{reason}");
    run(&primary.db, "UPDATE products SET price = 9 WHERE id = 2").await;
    until("the change arrives", async || replica.one("SELECT price FROM openrace.products WHERE id = 2").await == "9")
        .await;
    following.becomes_equal().await;
}

#[tokio::test]
async fn a_log_that_becomes_one_of_statements_is_noticed() {
    let server = Server::start("").await;
    insert(&server.db, 1..=5).await;
    let following = Following::resume(built(&server).await, server.url(), PACE);
    following.catches_up().await;
    run(&server.db, "SET GLOBAL binlog_format = 'STATEMENT'").await;
    let reason = reason(&following).await;
    assert!(reason.contains("binlog_format is STATEMENT"), "{reason}");
    run(&server.db, "UPDATE products SET price = 9 WHERE id = 2").await;
    following.becomes_equal().await;
}

#[tokio::test]
async fn a_rotation_alone_needs_no_new_generation() {
    // Nothing but the file tells where to go on.
    let server = Server::start("--loose-gtid-mode=OFF --loose-enforce-gtid-consistency=OFF").await;
    insert(&server.db, 1..=5).await;
    let following = Following::resume(built(&server).await, server.url(), PACE);
    following.equals_table().await;
    run(&server.db, "FLUSH BINARY LOGS; FLUSH BINARY LOGS").await;
    let (newest, _) = server.log_end().await;
    let home = IndexHome::new(following.folder.path());
    until("the newest file is kept", async || home.position().unwrap().unwrap().contains(&newest)).await;
    let folder = following.stop().await;
    run(&server.db, &format!("PURGE BINARY LOGS TO '{newest}'; UPDATE products SET price = 7 WHERE id = 1")).await;
    Following::resume(folder, server.url(), PACE).equals_table().await;
}

#[tokio::test]
async fn names_in_small_letters_mean_the_same() {
    let server = Server::start("--lower-case-table-names=1").await;
    insert(&server.db, 1..=5).await;
    let url = format!("{}OpenRace", server.url().trim_end_matches("openrace"));
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &url).await;
    let following = Following::resume(folder, url, PACE);
    run(&server.db, "UPDATE OpenRace.Products SET price = 9 WHERE id = 2; DELETE FROM STOCK WHERE product_id = 3")
        .await;
    following.equals_table().await;
    run(&server.db, "ALTER TABLE OPENRACE.Products ADD COLUMN note INT FIRST").await;
    assert!(following.lost().await.contains("ALTER"));
}

/// Rows that stay locked are looked at again at a bounded pace, however much is written beside them.
#[tokio::test]
async fn rows_that_stay_locked_are_not_read_for_every_event() {
    let server = Server::start("").await;
    insert(&server.db, 1..=6_000).await;
    let following = Following::resume(built(&server).await, server.url(), PACE);
    let mut holder = server.db.begin().await.unwrap();
    sqlx::query("SELECT id FROM products WHERE id <= 5900 FOR UPDATE").execute(&mut *holder).await.unwrap();
    run(&server.db, "UPDATE stock SET close_at = '2026-03-03' WHERE product_id <= 5900").await;
    following.equals_table().await;
    let selects = async || {
        let query = "SHOW GLOBAL STATUS LIKE 'Com_select'";
        let (_, count): (String, String) = sqlx::query_as(query).fetch_one(&server.db).await.unwrap();
        count.parse::<u64>().unwrap()
    };
    let before = selects().await;
    for wishes in 1..=1_000 {
        let wish = format!("UPDATE products SET wish_count = {wishes} WHERE id = {}", 5_951 + wishes % 49);
        run(&server.db, &wish).await;
    }
    following
        .until("the last wish", |catalog| catalog.find(5_951 + 1_000 % 49).unwrap().live.wish_count == 1_000)
        .await;
    let read = selects().await - before;
    assert!(read < 1_000, "{read} statements");
    holder.rollback().await.unwrap();
}
