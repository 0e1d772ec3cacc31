//! What the binary log may look like: rotated, loaded from files, rolled back, compressed.

use sqlx::MySqlPool;

use crate::support::{Following, PACE, insert, is_mariadb, run};

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
