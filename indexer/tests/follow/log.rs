//! What the binary log may look like: rotated, loaded from files, and with XA transactions.

use std::time::{Duration, Instant};

use openrace_index::Catalog;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, MySqlPool};

use crate::support::{Following, PACE, connect, insert, is_mariadb, run, schema};

/// What no other XA transaction is called.
fn name(following: &Following) -> String {
    following.folder.path().file_name().unwrap().to_string_lossy().into_owned()
}

async fn on(connection: &mut MySqlConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_log_that_is_rotated_again_and_again_is_followed_without_a_gap(pool: MySqlPool) {
    insert(&pool, 1..=20).await;
    let mut following = Following::start(&pool, PACE).await;
    for part in 0..3 {
        for round in 0..10 {
            let id = part * 5 + round % 5 + 1;
            let changes = format!(
                "UPDATE products SET price = {round} WHERE id = {id}; FLUSH BINARY LOGS;
                 UPDATE products SET wish_count = {round} WHERE id = {id}; UPDATE stock SET remaining = {} WHERE product_id = {id}",
                round % 2
            );
            run(&pool, &changes).await;
        }
        following.equals_table().await;
        // Begins in a file that is not the last one.
        let (url, folder) = (following.url.clone(), following.stop().await);
        run(&pool, "FLUSH BINARY LOGS; UPDATE products SET price = price + 1 WHERE id = 20; FLUSH BINARY LOGS").await;
        following = Following::resume(folder, url, PACE);
        following.equals_table().await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn rows_that_are_loaded_from_a_file_are_seen(pool: MySqlPool) {
    insert(&pool, 1..=300).await;
    let following = Following::start(&pool, PACE).await;
    // Where the server, not the test, may write.
    let place = "SELECT CONCAT(COALESCE(NULLIF(@@secure_file_priv, ''), @@datadir), '/', UUID())";
    let file: String = sqlx::query_scalar(place).fetch_one(&pool).await.unwrap();
    let load = format!(
        "SELECT id + 200, CONCAT('새 ', name), image, price, mall_name, category FROM products INTO OUTFILE '{file}';
         SET foreign_key_checks = 0;
         LOAD DATA INFILE '{file}' REPLACE INTO TABLE products CHARACTER SET utf8mb4
         (id, name, image, price, mall_name, category);
         SET foreign_key_checks = 1;
         INSERT IGNORE INTO stock (product_id, total, remaining, open_at, close_at)
         SELECT id, 5, 5, '2026-01-01', '2026-01-02' FROM products"
    );
    run(&pool, &load).await;
    following.until("the last row", |catalog| catalog.find(500).is_some()).await;
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 500);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_thousand_changes_that_are_rolled_back_leave_no_trace(pool: MySqlPool) {
    insert(&pool, 1..=1000).await;
    let following = Following::start(&pool, PACE).await;
    let before: Vec<_> = following.catalog().found_between(i64::MIN, i64::MAX);
    run(
        &pool,
        "BEGIN; UPDATE products SET price = price + 1, name = '잘못'; UPDATE products SET wish_count = 9;
         UPDATE stock SET remaining = 0; DELETE FROM stock WHERE product_id > 500; ROLLBACK;
         BEGIN; UPDATE products SET wish_count = 1 WHERE id = 1; SAVEPOINT here; UPDATE products SET wish_count = 9;
         UPDATE products SET price = 9; ROLLBACK TO here; COMMIT",
    )
    .await;
    following.until("the wish that was kept", |catalog| catalog.find(1).unwrap().live.wish_count == 1).await;
    following.equals_table().await;
    assert_eq!(following.catalog().found_between(i64::MIN, i64::MAX)[1..], before[1..]);
}

/// Beside a table without transactions a server writes down even what it has rolled back. MySQL refuses such a transaction
/// where all of them have global names.
#[sqlx::test(migrations = "../migrations")]
async fn an_xa_transaction_counts_when_it_is_committed(pool: MySqlPool) {
    insert(&pool, 1..=20).await;
    let following = Following::start(&pool, PACE).await;
    let [kept, undone] = ["kept", "undone"].map(|outcome| format!("'{outcome}{}'", name(&following)));
    let (mut first, mut second) = (connect(&pool).await, connect(&pool).await);
    // More changes than are told at a time.
    let rows = |row: fn(i64) -> String| (90..5_000).map(row).collect::<Vec<_>>().join(", ");
    let new_products = rows(|id| format!("({id}, '새', '', 1, '몰', '옷')"));
    let new_sales = rows(|id| format!("({id}, 5, 5, '2026-01-01', '2026-01-02')"));
    on(
        &mut first,
        &format!(
            "XA START {kept}; UPDATE products SET price = 5, name = '둘' WHERE id = 2;
             UPDATE products SET wish_count = 5 WHERE id = 3; UPDATE stock SET remaining = 0 WHERE product_id = 4;
             DELETE FROM stock WHERE product_id = 5;
             INSERT INTO products (id, name, image, price, mall_name, category) VALUES {new_products};
             INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES {new_sales};
             XA END {kept}; XA PREPARE {kept}"
        ),
    )
    .await;
    on(
        &mut second,
        &format!(
            "XA START {undone}; UPDATE products SET price = 6 WHERE id = 6;
             UPDATE products SET wish_count = 6 WHERE id = 7; DELETE FROM stock WHERE product_id = 8;
             XA END {undone}; XA PREPARE {undone}"
        ),
    )
    .await;
    // It stays between its phases for longer than a product is waited for that does not come.
    let prepared = Instant::now();
    let mut price = 100;
    while prepared.elapsed() < Duration::from_secs(3) {
        price += 1;
        run(&pool, &format!("UPDATE products SET price = {price} WHERE id = 1")).await;
        following.equals_table().await;
    }
    on(&mut first, &format!("XA COMMIT {kept}")).await;
    on(&mut second, &format!("XA ROLLBACK {undone}")).await;
    following.until("what was committed", |catalog: &Catalog| catalog.find(90).is_some()).await;
    following.equals_table().await;
    first.close().await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_follower_that_ended_between_two_phases_sees_the_second(pool: MySqlPool) {
    insert(&pool, 1..=5).await;
    let following = Following::start(&pool, PACE).await;
    let name = format!("'{}'", name(&following));
    let mut prepared = connect(&pool).await;
    let changes = format!(
        "XA START {name}; UPDATE products SET price = 50, wish_count = 50 WHERE id = 1;
         UPDATE products SET wish_count = 5 WHERE id = 2; XA END {name}; XA PREPARE {name}"
    );
    on(&mut prepared, &changes).await;
    run(&pool, "UPDATE products SET price = 30 WHERE id = 3").await;
    following.equals_table().await;
    let (url, folder) = (following.url.clone(), following.stop().await);
    let following = Following::resume(folder, url, PACE);
    run(&pool, "UPDATE products SET price = 31 WHERE id = 3").await;
    following.equals_table().await;
    on(&mut prepared, &format!("XA COMMIT {name}")).await;
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_prepared_before_a_rebuild_and_is_committed_after_it_is_not_missed(pool: MySqlPool) {
    insert(&pool, 1..=5).await;
    let mut prepared = connect(&pool).await;
    let name = format!("'{}'", schema(&pool));
    let xa = |outcome: &str| {
        format!(
            "XA START {name}; UPDATE products SET price = price + 50 WHERE id = 1; XA END {name}; XA PREPARE {name}; {outcome}"
        )
    };
    on(&mut prepared, &xa("DO 0")).await;
    let following = Following::start(&pool, PACE).await;
    on(&mut prepared, &format!("XA ROLLBACK {name}")).await;
    run(&pool, "UPDATE products SET price = 30 WHERE id = 3").await;
    following.equals_table().await;
    drop(following);
    on(&mut prepared, &xa("DO 0")).await;
    let following = Following::start(&pool, PACE).await;
    on(&mut prepared, &format!("XA COMMIT {name}")).await;
    let reason = following.lost().await;
    assert!(reason.contains("prepared before"), "{reason}");
}

/// Of a database that is large for a moment.
#[sqlx::test(migrations = "../migrations")]
async fn on_mysql_compressed_transactions_are_read(pool: MySqlPool) {
    if is_mariadb(&pool).await {
        return;
    }
    insert(&pool, 1..=5).await;
    let following = Following::start(&pool, PACE).await;
    run(
        &pool,
        "SET binlog_transaction_compression = ON; UPDATE products SET price = 7 WHERE id = 1;
         UPDATE products SET wish_count = 8 WHERE id = 2; UPDATE stock SET remaining = 0 WHERE product_id = 3",
    )
    .await;
    following.equals_table().await;
    let (url, folder) = (following.url.clone(), following.stop().await);
    let rows = (100..6_000).map(|id| format!("({id}, '새', '', 1, '몰', '옷')")).collect::<Vec<_>>().join(", ");
    run(
        &pool,
        &format!(
            "SET binlog_transaction_compression = ON; BEGIN;
             INSERT INTO products (id, name, image, price, mall_name, category) VALUES {rows};
             INSERT INTO stock (product_id, total, remaining, open_at, close_at)
             SELECT id, 5, 5, '2026-01-01', '2026-01-02' FROM products WHERE id >= 100; SAVEPOINT here;
             DELETE FROM stock WHERE product_id = 4; ROLLBACK TO here; COMMIT;
             ALTER TABLE members ADD COLUMN note INT; DELETE FROM stock WHERE product_id = 5"
        ),
    )
    .await;
    let following = Following::resume(folder, url, PACE);
    following.until("the last row", |catalog| catalog.find(5_999).is_some()).await;
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 5_904);
}
