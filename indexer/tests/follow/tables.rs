//! Tables that are changed as a whole ask for a new generation.

use openrace_index::IndexHome;
use sqlx::MySqlPool;

use crate::support::{Following, PACE, Writer, insert, run};

#[sqlx::test(migrations = "../migrations")]
async fn a_statement_that_changes_a_table_as_a_whole_is_not_missed(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    for (sql, word) in [
        ("ALTER TABLE products ADD COLUMN a INT FIRST", "ALTER"),
        // As migrations begin.
        ("-- Why it is so.\nALTER TABLE products ADD COLUMN b INT FIRST", "ALTER"),
        ("# Why it is so.\n  /*Made by a tool*/ ALTER TABLE stock ADD COLUMN c INT FIRST", "ALTER"),
        ("RENAME TABLE stock TO shelf, shelf TO stock", "RENAME"),
        ("SET foreign_key_checks = 0; TRUNCATE products; SET foreign_key_checks = 1", "TRUNCATE"),
        ("/*!50000 TRUNCATE TABLE stock */", "TRUNCATE"),
        ("SET foreign_key_checks = 0; DROP TABLE stock; SET foreign_key_checks = 1", "DROP"),
    ] {
        let following = Following::start(&pool, PACE).await;
        run(&pool, sql).await;
        let reason = following.lost().await;
        assert!(reason.contains(word), "{sql}: {reason}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_statement_that_was_logged_instead_of_its_rows_is_not_missed(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    for (sql, word) in [
        ("UPDATE products SET price = 5 WHERE id = 1", "UPDATE"),
        ("/* by a tool */ UPDATE stock SET remaining = 0 WHERE product_id = 1", "UPDATE"),
        ("BEGIN; DELETE FROM stock WHERE product_id = 2; COMMIT", "DELETE"),
        (
            "REPLACE INTO stock (product_id, total, remaining, open_at, close_at) VALUES (3, 1, 0, '2026-01-01', '2026-01-02')",
            "REPLACE",
        ),
    ] {
        let following = Following::start(&pool, PACE).await;
        run(&pool, &format!("SET binlog_format = 'STATEMENT'; {sql}; SET binlog_format = 'ROW'")).await;
        let reason = following.lost().await;
        assert!(reason.contains(word), "{sql}: {reason}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn other_tables_are_nobodys_business(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    for sql in [
        "CREATE TABLE productshelf (id INT); ALTER TABLE productshelf ADD COLUMN note INT; TRUNCATE productshelf",
        "ALTER TABLE members ADD COLUMN note INT; ANALYZE TABLE products; OPTIMIZE TABLE stock",
        "SET binlog_format = 'STATEMENT'; INSERT INTO productshelf (id) VALUES (1); SET binlog_format = 'ROW'",
        "DROP TABLE productshelf; UPDATE products SET price = 5",
    ] {
        run(&pool, sql).await;
    }
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_table_that_is_altered_under_writers_is_indexed_anew_and_followed_on(pool: MySqlPool) {
    insert(&pool, 1..=50).await;
    let following = Following::start(&pool, PACE).await;
    let mut writers = Vec::new();
    for writer in 0..4 {
        let statement = move |number: u64| {
            let id = (number * 7 + writer) % 50 + 1;
            format!("UPDATE products SET price = {number}, wish_count = {writer} WHERE id = {id}")
        };
        writers.push(Writer::start(&pool, statement).await);
    }
    run(&pool, "ALTER TABLE products ADD COLUMN note INT FIRST").await;
    assert!(following.lost().await.contains("ALTER"));
    let following = Following::start(&pool, PACE).await;
    for writer in writers {
        writer.stop().await;
    }
    following.equals_table().await;
    assert_eq!(IndexHome::new(following.folder.path()).documents().unwrap(), 50);
}
