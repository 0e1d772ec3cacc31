//! Forms of the log that a server can be set to while it runs.

use openrace_index::IndexHome;
use tempfile::TempDir;

use crate::server::Server;
use crate::support::{Following, PACE, build, insert, run};

async fn followed(server: &Server) -> Following {
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &server.url()).await;
    Following::resume(folder, server.url(), PACE)
}

#[tokio::test]
async fn every_image_of_a_row_is_understood_with_and_without_names_and_checksums() {
    let server = Server::start("").await;
    run(&server.db, "ALTER TABLE products ADD COLUMN note JSON, ADD COLUMN long_text MEDIUMTEXT").await;
    insert(&server.db, 1..=20).await;
    run(
        &server.db,
        "UPDATE products SET note = JSON_OBJECT('a', 1, 'b', REPEAT('x', 300)), long_text = REPEAT('y', 300)",
    )
    .await;
    let following = followed(&server).await;
    let partial = if server.is_mariadb { "''" } else { "'PARTIAL_JSON'" };
    let mut round = 0;
    for checksum in ["NONE", "CRC32"] {
        for metadata in ["MINIMAL", "FULL"] {
            for image in ["MINIMAL", "NOBLOB", "FULL"] {
                round += 1;
                let global =
                    format!("SET GLOBAL binlog_checksum = {checksum}; SET GLOBAL binlog_row_metadata = {metadata}");
                run(&server.db, &global).await;
                let options = if server.is_mariadb {
                    format!("SET binlog_row_image = '{image}'")
                } else {
                    format!("SET binlog_row_image = '{image}', binlog_row_value_options = {partial}")
                };
                run(
                    &server.db,
                    &format!(
                        "{options}; UPDATE products SET price = {round}, note = JSON_SET(note, '$.a', {round}) WHERE id = 1;
                         UPDATE products SET wish_count = {round} WHERE id = 2; UPDATE products SET note = JSON_SET(note, '$.a', {round}), wish_count = {round} WHERE id = 3;
                         UPDATE stock SET remaining = {round} % 2 WHERE product_id = 4; DELETE FROM stock WHERE product_id = {round} + 5;
                         UPDATE products SET long_text = REPEAT('z', {round}) WHERE id = 4;
                         SET binlog_row_image = DEFAULT"
                    ),
                )
                .await;
                following.equals_table().await;
                let wishes = |id| following.catalog().find(id).unwrap().live.wish_count;
                assert_eq!([wishes(2), wishes(3)], [round, round], "{checksum} {metadata} {image}");
            }
        }
    }
    let folder = following.stop().await;
    run(&server.db, "UPDATE products SET price = 99").await;
    Following::resume(folder, server.url(), PACE).equals_table().await;
}

/// MariaDB compresses single events, for the whole server.
#[tokio::test]
async fn on_mariadb_events_that_are_compressed_from_now_on_are_not_missed() {
    let server = Server::start("").await;
    if !server.is_mariadb {
        return;
    }
    insert(&server.db, 1..=50).await;
    let following = followed(&server).await;
    run(&server.db, "UPDATE products SET wish_count = 4 WHERE id = 1").await;
    following.until("that it follows", |catalog| catalog.find(1).unwrap().live.wish_count == 4).await;
    run(
        &server.db,
        "SET GLOBAL log_bin_compress_min_len = 10; SET GLOBAL log_bin_compress = ON; UPDATE products SET price = 5",
    )
    .await;
    let reason = following.lost().await;
    assert!(reason.contains("log_bin_compress must be OFF"), "{reason}");
}

/// Such a table keeps what is rolled back in the log. MySQL takes it only where GTIDs are off.
async fn beside_a_table_without_transactions(products: i64) -> (Server, Following) {
    let server = Server::start("--loose-gtid-mode=OFF --loose-enforce-gtid-consistency=OFF").await;
    insert(&server.db, 1..=products).await;
    run(&server.db, "CREATE TABLE note (text INT) ENGINE = MyISAM").await;
    let following = followed(&server).await;
    (server, following)
}

#[tokio::test]
async fn what_a_savepoint_takes_back_takes_nothing_else_with_it() {
    let (server, following) = beside_a_table_without_transactions(5).await;
    for sql in [
        "BEGIN; UPDATE products SET price = 50 WHERE id = 1; UPDATE products SET wish_count = 5 WHERE id = 2;
         INSERT INTO note VALUES (1); SAVEPOINT here; UPDATE products SET price = 51 WHERE id = 3;
         UPDATE products SET wish_count = 51 WHERE id = 2; UPDATE stock SET remaining = 0 WHERE product_id = 4;
         INSERT INTO note VALUES (1); ROLLBACK TO here; UPDATE products SET price = 52 WHERE id = 4; COMMIT",
        "BEGIN; UPDATE products SET wish_count = 53 WHERE id = 5; UPDATE products SET price = 53 WHERE id = 5;
         INSERT INTO note VALUES (1); ROLLBACK",
        "UPDATE products SET price = 54 WHERE id = 4",
    ] {
        run(&server.db, sql).await;
    }
    following.equals_table().await;
}

/// Its changes are told in parts, the first before its end is known.
#[tokio::test]
async fn a_large_transaction_that_is_rolled_back_changes_nothing() {
    let (server, following) = beside_a_table_without_transactions(10_000).await;
    let large = "UPDATE products SET wish_count = 53; INSERT INTO note VALUES (1)";
    run(&server.db, &format!("BEGIN; {large}; ROLLBACK; UPDATE products SET wish_count = 54 WHERE id = 4")).await;
    following.until("what comes after it", |catalog| catalog.find(4).unwrap().live.wish_count == 54).await;
    following.equals_table().await;
}
