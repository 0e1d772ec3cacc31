//! Runs the command, and writes what it reads.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use openrace_index::{Catalog, IndexHome, ProductQuery, Start};
use serde_json::Value;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, MySqlPool};
use tempfile::TempDir;

/// Inserts products with these names; their ids count from 1.
pub(crate) async fn insert(pool: &MySqlPool, names: impl IntoIterator<Item = impl AsRef<str>>) {
    for name in names {
        let product = sqlx::query(
            "INSERT INTO products (name, image, price, mall_name, category) VALUES (?, '', 1000, '몰', '신발')",
        )
        .bind(name.as_ref())
        .execute(pool)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO stock (product_id, total, remaining, open_at, close_at)
             VALUES (?, 1, 1, '2026-01-01 00:00:00.001', '2026-01-02')",
        )
        .bind(product.last_insert_id())
        .execute(pool)
        .await
        .unwrap();
    }
}

/// Several statements, on one connection.
pub(crate) async fn write(pool: &MySqlPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

pub(crate) fn url(pool: &MySqlPool) -> String {
    MySqlConnectOptions::to_url_lossy(&pool.connect_options()).to_string()
}

/// An index of what is in MySQL now.
pub(crate) fn built(pool: &MySqlPool) -> TempDir {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(folder.path(), &url(pool), &["rebuild"]).0, 0);
    folder
}

pub(crate) fn indexer(folder: &Path, database_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_indexer"));
    command.args(arguments).env("OPENRACE_INDEX_DIR", folder).env("DATABASE_URL", database_url);
    command
}

pub(crate) fn run(folder: &Path, database_url: &str, arguments: &[&str]) -> (i32, String, String) {
    outcome(&indexer(folder, database_url, arguments).output().unwrap())
}

/// Exit code, standard output, standard error.
pub(crate) fn outcome(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

pub(crate) fn json(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

pub(crate) fn total(catalog: &Catalog) -> u64 {
    catalog.search(&ProductQuery::default(), &Start::Offset(0), 10, 0).unwrap().total
}

/// Name of the generation in use.
pub(crate) fn current(folder: &Path) -> String {
    IndexHome::new(folder).current().unwrap().unwrap()
}

/// Waits for a condition of the outside world; a minute is for ever.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} never came");
        std::thread::yield_now();
    }
}
