//! `status`, `rollback` and `gc`: which generations there are, and which is in use.

use std::path::Path;

use openrace_index::IndexHome;
use serde_json::json;
use sqlx::MySqlPool;
use tempfile::TempDir;

use crate::support::{built, current, insert, json, run, url, write};

fn rebuild(folder: &Path, pool: &MySqlPool) {
    assert_eq!(run(folder, &url(pool), &["rebuild"]).0, 0);
}

fn generations(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("gen-")).collect();
    names.sort_unstable();
    names
}

#[sqlx::test(migrations = "../migrations")]
async fn status_tells_what_is_in_use_and_up_to_where_it_has_followed(pool: MySqlPool) {
    insert(&pool, ["하나", "둘"]).await;
    let folder = built(&pool);
    write(&pool, "UPDATE products SET wish_count = 3 WHERE id = 1").await;
    assert_eq!(run(folder.path(), &url(&pool), &["refresh"]).0, 0);
    let (code, out, _) = run(folder.path(), "", &["status", "--json"]);
    let status = json(&out);
    assert_eq!((code, &status["generation"], &status["documents"]), (0, &json!("gen-0001"), &json!(2)));
    let file = status["position"]["file"].as_str().unwrap();
    let offset = status["position"]["offset"].as_u64().unwrap();
    assert!(file.starts_with("binlog.") && offset > 0 && status["bytes"].as_u64().unwrap() > 0, "{status}");
    let (code, out, _) = run(folder.path(), "", &["status"]);
    assert_eq!(code, 0);
    for line in ["generation  gen-0001", "products    2", &format!("followed to {file}:{offset}")] {
        assert!(out.lines().any(|shown| shown == line), "{line}: {out}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rollback_goes_back_one_generation_which_then_catches_up(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(folder.path(), "", &["rollback"]).0, 3);
    insert(&pool, ["하나"]).await;
    rebuild(folder.path(), &pool);
    let (code, _, error) = run(folder.path(), "", &["rollback"]);
    assert_eq!(code, 1);
    assert!(error.contains("no generation before"), "{error}");
    assert_eq!(current(folder.path()), "gen-0001");

    write(&pool, "UPDATE products SET price = 5").await;
    rebuild(folder.path(), &pool);
    let (code, out, _) = run(folder.path(), "", &["rollback", "--json"]);
    assert_eq!((code, json(&out)), (0, json!({ "generation": "gen-0001" })));
    assert_eq!(run(folder.path(), &url(&pool), &["verify", "--quiet"]).0, 4);
    assert_eq!(run(folder.path(), &url(&pool), &["refresh"]).0, 0);
    assert_eq!(run(folder.path(), &url(&pool), &["verify"]).0, 0);
    assert_eq!(run(folder.path(), "", &["rollback"]).0, 1);
    assert_eq!(current(folder.path()), "gen-0001");
}

#[sqlx::test(migrations = "../migrations")]
async fn gc_keeps_what_is_in_use_the_one_before_and_what_is_followed(pool: MySqlPool) {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(folder.path(), "", &["gc"]).0, 3);
    insert(&pool, ["하나"]).await;
    rebuild(folder.path(), &pool);
    let followed = IndexHome::new(folder.path()).update().unwrap();
    rebuild(folder.path(), &pool);
    rebuild(folder.path(), &pool);
    let (code, out, _) = run(folder.path(), "", &["gc"]);
    assert_eq!((code, out.trim()), (0, "nothing to remove"));
    assert_eq!(generations(folder.path()), ["gen-0001", "gen-0002", "gen-0003"]);
    drop(followed);
    let (code, out, _) = run(folder.path(), "", &["gc", "--json"]);
    assert_eq!((code, json(&out)), (0, json!({ "removed": ["gen-0001"] })));

    assert_eq!(run(folder.path(), "", &["rollback"]).0, 0);
    std::fs::create_dir(folder.path().join("gen-0004")).unwrap();
    let (code, out, _) = run(folder.path(), "", &["gc"]);
    assert_eq!(code, 0);
    assert!(out.contains("gen-0003") && out.contains("gen-0004"), "{out}");
    assert_eq!(generations(folder.path()), ["gen-0002"]);
    assert_eq!(run(folder.path(), &url(&pool), &["verify"]).0, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn neither_rollback_nor_gc_interferes_with_a_rebuild(pool: MySqlPool) {
    insert(&pool, ["하나"]).await;
    let folder = built(&pool);
    rebuild(folder.path(), &pool);
    let home = IndexHome::new(folder.path());
    let under_way = home.begin().unwrap();
    for command in ["rollback", "gc"] {
        let (code, _, error) = run(folder.path(), "", &[command]);
        assert_eq!(code, 5, "{error}");
        assert!(error.contains("locked"), "{error}");
    }
    drop(under_way);
    assert_eq!(current(folder.path()), "gen-0002");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_index_of_another_version_is_not_read_and_is_built_anew(pool: MySqlPool) {
    insert(&pool, ["하나"]).await;
    let folder = built(&pool);
    let manifest = folder.path().join("gen-0001/manifest.json");
    let mut other: serde_json::Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    other["schema"] = 0.into();
    std::fs::write(&manifest, other.to_string()).unwrap();
    for command in ["status", "verify", "refresh"] {
        let (code, out, error) = run(folder.path(), &url(&pool), &[command]);
        assert_eq!((code, out.as_str()), (3, ""), "{command}");
        assert!(error.contains("layout 0") && error.contains("indexer rebuild"), "{error}");
    }
    rebuild(folder.path(), &pool);
    assert_eq!(run(folder.path(), &url(&pool), &["verify"]).0, 0);
}
