//! The `indexer` command against a real MySQL: what it builds, and what it leaves when it cannot.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use openrace_index::{Catalog, IndexHome, ProductQuery, Start};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, MySqlPool};
use tempfile::TempDir;

const MIB: usize = 1 << 20;

async fn insert(pool: &MySqlPool, names: impl IntoIterator<Item = impl AsRef<str>>) {
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

fn url(pool: &MySqlPool) -> String {
    MySqlConnectOptions::to_url_lossy(&pool.connect_options()).to_string()
}

fn indexer(folder: &Path, database_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_indexer"));
    command.args(arguments).env("OPENRACE_INDEX_DIR", folder).env("DATABASE_URL", database_url);
    command
}

fn run(folder: &Path, database_url: &str, arguments: &[&str]) -> (i32, String, String) {
    outcome(&indexer(folder, database_url, arguments).output().unwrap())
}

/// Exit code, standard output, standard error.
fn outcome(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn total(catalog: &Catalog) -> u64 {
    catalog.search(&ProductQuery::default(), &Start::Offset(0), 10, 0).unwrap().total
}

/// Waits for a condition of the outside world; a minute is for ever.
fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} never came");
        std::thread::yield_now();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rebuild_shows_what_is_in_mysql(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(folder.path(), &url(&pool), &["status"]).0, 3);
    insert(&pool, ["나이키 운동화", "😀 \u{0} 4-byte"]).await;
    let (code, out, _) = run(folder.path(), &url(&pool), &["rebuild", "--json"]);
    assert_eq!(code, 0);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["generation"], &report["documents"]), (&"gen-0001".into(), &2.into()));

    insert(&pool, ["나이키 가방"]).await;
    assert_eq!(run(folder.path(), &url(&pool), &["rebuild"]).0, 0);
    let catalog = IndexHome::new(folder.path()).open().unwrap();
    let query = ProductQuery { keyword: Some("나이키".into()), ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 10, 0).unwrap();
    let names: Vec<&str> = page.cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["나이키 가방", "나이키 운동화"]);
    let (code, out, _) = run(folder.path(), &url(&pool), &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &status["generation"], &status["documents"]), (0, &"gen-0002".into(), &3.into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_empty_catalogue_is_an_index_of_nothing(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(folder.path(), &url(&pool), &["rebuild"]).0, 0);
    assert_eq!(total(&IndexHome::new(folder.path()).open().unwrap()), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_killed_rebuild_leaves_the_old_index_and_the_next_one_cleans_up(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    let home = IndexHome::new(folder.path());
    insert(&pool, ["나이키"]).await;
    assert_eq!(run(folder.path(), &url(&pool), &["rebuild"]).0, 0);

    let mut lock = pool.acquire().await.unwrap();
    sqlx::query("LOCK TABLES stock WRITE").execute(&mut *lock).await.unwrap();
    let mut stuck = indexer(folder.path(), &url(&pool), &["rebuild"]).spawn().unwrap();
    until("the second generation", || folder.path().join("gen-0002").exists());
    let (code, _, error) = run(folder.path(), &url(&pool), &["rebuild"]);
    assert_eq!(code, 5, "{error}");
    assert!(error.contains("locked"), "{error}");
    stuck.kill().unwrap();
    stuck.wait().unwrap();
    assert_eq!(home.current().unwrap().as_deref(), Some("gen-0001"));
    assert_eq!(total(&home.open().unwrap()), 1);

    sqlx::query("UNLOCK TABLES").execute(&mut *lock).await.unwrap();
    assert_eq!(run(folder.path(), &url(&pool), &["rebuild"]).0, 0);
    assert_eq!(home.current().unwrap().as_deref(), Some("gen-0003"));
    assert!(!folder.path().join("gen-0002").exists(), "the half-built folder is still there");
    assert!(folder.path().join("gen-0001").exists(), "no generation to go back to");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_interrupted_rebuild_removes_its_folder(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    insert(&pool, ["나이키"]).await;
    let mut lock = pool.acquire().await.unwrap();
    sqlx::query("LOCK TABLES stock WRITE").execute(&mut *lock).await.unwrap();
    let stuck = indexer(folder.path(), &url(&pool), &["rebuild"]).stderr(Stdio::piped()).spawn().unwrap();
    until("the first generation", || folder.path().join("gen-0001").exists());
    let interrupted = Command::new("kill").args(["-INT", &stuck.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let (code, _, error) = outcome(&stuck.wait_with_output().unwrap());
    assert_eq!(code, 130, "{error}");
    assert!(!folder.path().join("gen-0001").exists());
}

/// A limit on the size of files stands for a full disk: both fail in the middle of a write.
#[sqlx::test(migrations = "../migrations")]
async fn a_full_disk_leaves_the_old_index(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    insert(&pool, ["나이키"]).await;
    assert_eq!(run(folder.path(), &url(&pool), &["rebuild"]).0, 0);
    // Incompressible, so that no block size lets it fit.
    let noise =
        |seed: u64| (0..100).map(move |i| format!("{:016x} ", (seed * 100 + i).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let names: Vec<String> = (0..400).map(|seed| noise(seed).collect::<String>().chars().take(450).collect()).collect();
    insert(&pool, &names).await;

    let blocks = (MIB / 16 / 512).to_string();
    let full = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", &blocks, env!("CARGO_BIN_EXE_indexer"), "rebuild"])
        .env("OPENRACE_INDEX_DIR", folder.path())
        .env("DATABASE_URL", url(&pool))
        .output()
        .unwrap();
    let (code, _, error) = outcome(&full);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("too large"), "{error}");
    let home = IndexHome::new(folder.path());
    assert_eq!(total(&home.open().unwrap()), 1);
    assert!(!folder.path().join("gen-0002").exists());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_folder_that_cannot_be_written_is_named(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let (code, _, error) = run(&file.join("index"), &url(&pool), &["rebuild"]);
    assert_eq!(code, 1);
    assert!(error.contains(file.to_str().unwrap()), "{error}");
}

#[test]
fn without_mysql_the_error_says_where_it_looked_and_hides_the_password() {
    let folder = TempDir::new().unwrap();
    let (code, _, error) = run(folder.path(), "mysql://someone:secret@127.0.0.1:9/openrace", &["rebuild"]);
    assert_eq!(code, 1);
    assert!(error.contains("127.0.0.1:9") && error.contains("DATABASE_URL"), "{error}");
    assert!(!error.contains("secret"));
    assert_eq!(run(folder.path(), "not an address", &["rebuild"]).0, 1);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = TempDir::new().unwrap();
    for arguments in [&["rebuild", "--threads", "0"][..], &["rebuild", "--memory-mb", "1"], &["rebild"], &[]] {
        assert_eq!(run(folder.path(), "", arguments).0, 2, "{arguments:?}");
    }
}
