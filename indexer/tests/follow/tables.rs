//! Tables that are changed as a whole ask for a new generation.

use std::time::Duration;

use openrace_index::IndexHome;
use openrace_indexer::Pace;
use sqlx::MySqlPool;
use tempfile::TempDir;

use crate::support::{Following, PACE, Writer, build, insert, is_mariadb, run, schema, user};

/// One log has the events of all schemas. While a schema has a view, a follower takes every statement in the log for one that may
/// write through it. So the tests that log statements and those that make views take turns.
static STATEMENTS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[sqlx::test(migrations = "../migrations")]
async fn a_statement_that_changes_a_table_as_a_whole_is_not_missed(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let schema = schema(&pool);
    let elsewhere = format!("{}_2", &schema[..40]);
    let elsewhere_alters = format!(
        "CREATE DATABASE IF NOT EXISTS `{elsewhere}`; USE `{elsewhere}`; ALTER TABLE `{schema}`.`products` ADD COLUMN d INT FIRST;
         SET sql_mode = 'ANSI_QUOTES'; ALTER TABLE \"{schema}\".\"stock\" ADD COLUMN e INT FIRST; SET sql_mode = DEFAULT;
         DROP DATABASE `{elsewhere}`; USE `{schema}`"
    );
    for (sql, word) in [
        (elsewhere_alters.as_str(), "ALTER"),
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
async fn a_schema_that_is_dropped_is_not_missed(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    run(&pool, &format!("DROP SCHEMA `{0}`; CREATE SCHEMA `{0}`", schema(&pool))).await;
    assert!(following.lost().await.contains("DROP"));
}

/// MariaDB's own way of setting variables for one statement.
#[sqlx::test(migrations = "../migrations")]
async fn on_mariadb_what_a_statement_is_set_for_is_not_missed(pool: MySqlPool) {
    if !is_mariadb(&pool).await {
        return;
    }
    insert(&pool, 1..=3).await;
    for (sql, word) in [
        ("SET STATEMENT foreign_key_checks = 0 FOR TRUNCATE products", "SET"),
        ("SET STATEMENT lock_wait_timeout = 5, sql_mode = '' FOR ALTER TABLE stock ADD COLUMN a INT FIRST", "SET"),
    ] {
        let following = Following::start(&pool, PACE).await;
        run(&pool, sql).await;
        let reason = following.lost().await;
        assert!(reason.contains(word), "{sql}: {reason}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_statement_that_was_logged_instead_of_its_rows_is_not_missed(pool: MySqlPool) {
    let _turn = STATEMENTS.lock().await;
    insert(&pool, 1..=3).await;
    for (sql, word) in [
        ("UPDATE products SET price = 5 WHERE id = 1", "UPDATE"),
        ("/* by a tool */ UPDATE stock SET remaining = 0 WHERE product_id = 1", "UPDATE"),
        ("BEGIN; DELETE FROM stock WHERE product_id = 2; COMMIT", "DELETE"),
        (
            "INSERT INTO members (name, email, password_hash) VALUES ('a', 'a', ''); DELETE FROM stock WHERE product_id = 1",
            "DELETE",
        ),
        ("CREATE VIEW cheap AS SELECT * FROM products; UPDATE cheap SET price = 9; DROP VIEW cheap", "UPDATE"),
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

/// What makes it, writes through it, and takes it away; and how what is logged of it begins.
const INDIRECTIONS: [[&str; 4]; 3] = [
    [
        "CREATE VIEW cheap AS SELECT * FROM products",
        "UPDATE cheap SET price = price + 1 WHERE id = 1",
        "DROP VIEW cheap",
        "UPDATE",
    ],
    [
        "CREATE TRIGGER named AFTER INSERT ON members FOR EACH ROW UPDATE products SET price = price + 1 WHERE id = 2",
        "INSERT INTO members (name, email, password_hash) VALUES ('a', UUID(), '')",
        "DROP TRIGGER named",
        "INSERT",
    ],
    [
        "CREATE FUNCTION mend() RETURNS INT DETERMINISTIC MODIFIES SQL DATA
         BEGIN UPDATE products SET price = price + 1 WHERE id = 3; RETURN 1; END",
        "DO mend()",
        "DROP FUNCTION mend",
        "SELECT",
    ],
];

#[sqlx::test(migrations = "../migrations")]
async fn what_is_written_through_a_view_a_trigger_or_a_function_is_followed_by_who_may_see_it(pool: MySqlPool) {
    let _turn = STATEMENTS.lock().await;
    insert(&pool, 1..=3).await;
    let pace = Pace { sweep: Duration::from_millis(100), ..PACE };
    for [make, write, take_away, word] in INDIRECTIONS {
        run(&pool, make).await;
        for (more, sees) in [("", false), (", TRIGGER, SHOW VIEW, EXECUTE", true)] {
            let rights = format!("SELECT, INSERT, UPDATE, DELETE{more}");
            let (drop_user, url) = user(&pool, &rights, "REPLICATION SLAVE, REPLICATION CLIENT").await;
            let folder = TempDir::new().unwrap();
            build(&IndexHome::new(folder.path()), &url).await;
            let following = Following::resume(folder, url, pace);
            following.catches_up().await;
            run(&pool, &format!("SET binlog_format = 'STATEMENT'; {write}; SET binlog_format = 'ROW'")).await;
            if sees {
                let reason = following.lost().await;
                assert!(reason.contains(word), "{write}: {reason}");
            } else {
                following.becomes_equal().await;
                assert_eq!(*following.seen.mended.borrow(), 1, "{write}: only a sweep finds it");
                following.stop().await;
            }
            run(&pool, &drop_user).await;
        }
        run(&pool, take_away).await;
    }
}

/// It is a statement even where rows are logged: the file comes before it.
#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_is_loaded_by_a_statement_is_not_missed(pool: MySqlPool) {
    let _turn = STATEMENTS.lock().await;
    insert(&pool, 1..=3).await;
    let place = "SELECT CONCAT(COALESCE(NULLIF(@@secure_file_priv, ''), @@datadir), '/', UUID())";
    let file: String = sqlx::query_scalar(place).fetch_one(&pool).await.unwrap();
    let following = Following::start(&pool, PACE).await;
    let load = format!(
        "SELECT id, name, image, 77, mall_name, category FROM products INTO OUTFILE '{file}';
         SET binlog_format = 'STATEMENT', foreign_key_checks = 0;
         LOAD DATA INFILE '{file}' REPLACE INTO TABLE products CHARACTER SET utf8mb4
         (id, name, image, price, mall_name, category); SET binlog_format = 'ROW', foreign_key_checks = 1"
    );
    run(&pool, &load).await;
    assert!(following.lost().await.contains("LOAD"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_changes_no_rows_needs_no_new_generation(pool: MySqlPool) {
    let _turn = STATEMENTS.lock().await;
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    let user = format!("'u{}'@'localhost'", &schema(&pool)[40..]);
    for sql in [
        "CREATE INDEX cheap ON products (price); DROP INDEX cheap ON products; ANALYZE TABLE stock",
        "CREATE VIEW cheap AS SELECT * FROM products; DROP VIEW cheap",
        "CREATE TRIGGER named AFTER INSERT ON members FOR EACH ROW UPDATE products SET price = 8 WHERE id = 2",
        "INSERT INTO members (name, email, password_hash) VALUES ('a', 'a', ''); DROP TRIGGER named",
        "SAVEPOINT products; BEGIN; UPDATE products SET price = 6 WHERE id = 1; SAVEPOINT stock; COMMIT",
        &format!("CREATE USER {user}; GRANT SELECT ON products TO {user}; DROP USER {user}"),
    ] {
        run(&pool, sql).await;
    }
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn other_tables_are_nobodys_business(pool: MySqlPool) {
    let _turn = STATEMENTS.lock().await;
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
