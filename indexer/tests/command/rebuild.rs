//! Rebuilds: what they build, and what they leave when they cannot.

use std::process::{Command, Stdio};

use openrace_index::{IndexHome, ProductQuery, Start};
use sqlx::MySqlPool;
use tempfile::TempDir;

use crate::support::{built, current, indexer, insert, json, outcome, run, total, until, url};

const MIB: usize = 1 << 20;

#[sqlx::test(migrations = "../migrations")]
async fn a_rebuild_shows_what_is_in_mysql(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(folder.path(), &url(&pool), &["status"]).0, 3);
    insert(&pool, ["나이키 운동화", "😀 \u{0} 4-byte"]).await;
    let (code, out, _) = run(folder.path(), &url(&pool), &["rebuild", "--json"]);
    assert_eq!(code, 0);
    let report = json(&out);
    assert_eq!((&report["generation"], &report["documents"]), (&"gen-0001".into(), &2.into()));

    insert(&pool, ["나이키 가방"]).await;
    assert_eq!(run(folder.path(), &url(&pool), &["rebuild"]).0, 0);
    let catalog = IndexHome::new(folder.path()).open().unwrap();
    let query = ProductQuery { keyword: Some("나이키".into()), ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 10, 0).unwrap();
    let names: Vec<&str> = page.cards.iter().map(|card| card.name()).collect();
    assert_eq!(names, ["나이키 가방", "나이키 운동화"]);
    let (code, out, _) = run(folder.path(), &url(&pool), &["status", "--json"]);
    let status = json(&out);
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
    sqlx::raw_sql("LOCK TABLES stock WRITE").execute(&mut *lock).await.unwrap();
    let mut stuck = indexer(folder.path(), &url(&pool), &["rebuild"]).spawn().unwrap();
    until("the second generation", || folder.path().join("gen-0002").exists());
    let (code, _, error) = run(folder.path(), &url(&pool), &["rebuild"]);
    assert_eq!(code, 5, "{error}");
    assert!(error.contains("locked"), "{error}");
    stuck.kill().unwrap();
    stuck.wait().unwrap();
    assert_eq!(home.current().unwrap().as_deref(), Some("gen-0001"));
    assert_eq!(total(&home.open().unwrap()), 1);

    sqlx::raw_sql("UNLOCK TABLES").execute(&mut *lock).await.unwrap();
    assert_eq!(run(folder.path(), &url(&pool), &["rebuild"]).0, 0);
    assert_eq!(home.current().unwrap().as_deref(), Some("gen-0003"));
    assert!(!folder.path().join("gen-0002").exists(), "the half-built folder is still there");
    assert!(folder.path().join("gen-0001").exists(), "no generation to go back to");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_interrupted_rebuild_leaves_the_old_index_and_removes_its_folder(pool: MySqlPool) {
    insert(&pool, ["나이키"]).await;
    let folder = built(&pool);
    let mut lock = pool.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES stock WRITE").execute(&mut *lock).await.unwrap();
    let stuck = indexer(folder.path(), &url(&pool), &["rebuild"]).stderr(Stdio::piped()).spawn().unwrap();
    until("the second generation", || folder.path().join("gen-0002").exists());
    let interrupted = Command::new("kill").args(["-INT", &stuck.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let (code, _, error) = outcome(&stuck.wait_with_output().unwrap());
    assert_eq!(code, 130, "{error}");
    assert!(!folder.path().join("gen-0002").exists());
    assert_eq!(current(folder.path()), "gen-0001");
    assert_eq!(total(&IndexHome::new(folder.path()).open().unwrap()), 1);
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
