//! `refresh`: catching up once.

use openrace_index::IndexHome;
use serde_json::json;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, MySqlPool};
use tempfile::TempDir;

use crate::support::{built, insert, json, run, total, url, write};

#[sqlx::test(migrations = "../migrations")]
async fn a_refresh_catches_up_once_and_counts_what_it_changed(pool: MySqlPool) {
    insert(&pool, ["하나", "둘", "셋", "넷", "다섯"]).await;
    let folder = built(&pool);
    let position = || json(&run(folder.path(), "", &["status", "--json"]).1)["position"].clone();
    let before = position();
    let changes = "BEGIN; UPDATE products SET price = 5 WHERE id = 1; UPDATE products SET wish_count = 7 WHERE id = 2;
                   UPDATE stock SET remaining = 0 WHERE product_id = 3; DELETE FROM stock WHERE product_id = 4; COMMIT";
    write(&pool, changes).await;
    let (code, out, error) = run(folder.path(), &url(&pool), &["refresh", "--json"]);
    assert_eq!((code, json(&out)), (0, json!({ "replaced": 1, "deleted": 1, "live": 2 })), "{error}");
    assert_ne!(position(), before);
    assert_eq!(run(folder.path(), &url(&pool), &["verify"]).0, 0);
    let (code, out, _) = run(folder.path(), &url(&pool), &["refresh"]);
    assert_eq!((code, out.trim()), (0, "caught up: 0 products written, 0 deleted, 0 live values changed"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refresh_that_is_too_far_behind_says_rebuild_and_leaves_the_index(pool: MySqlPool) {
    insert(&pool, ["하나"]).await;
    let folder = built(&pool);
    write(&pool, "ALTER TABLE products ADD COLUMN note INT").await;
    let (code, _, error) = run(folder.path(), &url(&pool), &["refresh"]);
    assert_eq!(code, 6, "{error}");
    assert!(error.contains("ALTER") && error.contains("indexer rebuild"), "{error}");
    assert_eq!(total(&IndexHome::new(folder.path()).open().unwrap()), 1);
    assert_eq!(run(folder.path(), &url(&pool), &["rebuild"]).0, 0);
    assert_eq!(run(folder.path(), &url(&pool), &["refresh"]).0, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_index_that_a_server_follows_with_is_neither_refreshed_nor_repaired(pool: MySqlPool) {
    insert(&pool, ["하나"]).await;
    let folder = built(&pool);
    let followed = IndexHome::new(folder.path()).update().unwrap();
    write(&pool, "SET sql_log_bin = 0; UPDATE products SET price = 5; SET sql_log_bin = 1").await;
    for command in [&["refresh"][..], &["verify", "--repair"]] {
        let (code, _, error) = run(folder.path(), &url(&pool), command);
        assert_eq!(code, 5, "{command:?}: {error}");
        assert!(error.contains("OPENRACE_INDEX_DIR"), "{error}");
    }
    assert_eq!(run(folder.path(), &url(&pool), &["verify"]).0, 4);
    drop(followed);
    let (code, _, error) = run(folder.path(), &url(&pool), &["refresh"]);
    assert_eq!(code, 0, "{error}");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_log_to_read_a_refresh_says_so_and_what_to_do_instead(pool: MySqlPool) {
    insert(&pool, ["하나"]).await;
    let folder = built(&pool);
    let name = pool.connect_options().get_database().unwrap().to_owned();
    let user = format!("r{}", &name[name.len().saturating_sub(20)..]);
    let grant = format!(
        "CREATE USER `{user}`@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON `{name}`.* TO `{user}`@'127.0.0.1'"
    );
    write(&pool, &grant).await;
    let options = pool.connect_options().as_ref().clone().username(&user).password("secret");
    let poor = MySqlConnectOptions::to_url_lossy(&options).to_string();
    write(&pool, "UPDATE products SET price = 5").await;
    let (code, _, error) = run(folder.path(), &poor, &["refresh"]);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("indexer verify --repair"), "{error}");
    assert_eq!(run(folder.path(), &poor, &["verify", "--repair"]).0, 0);
    write(&pool, &format!("DROP USER `{user}`@'127.0.0.1'")).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refresh_needs_an_index_and_mysql(pool: MySqlPool) {
    assert_eq!(run(TempDir::new().unwrap().path(), &url(&pool), &["refresh"]).0, 3);
    insert(&pool, ["하나"]).await;
    let folder = built(&pool);
    let (code, _, error) = run(folder.path(), "mysql://someone:secret@127.0.0.1:9/openrace", &["refresh"]);
    assert_eq!(code, 1);
    assert!(error.contains("127.0.0.1:9"), "{error}");
}
