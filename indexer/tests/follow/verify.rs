//! `indexer verify` beside a server that follows.

use std::process::{Command, Stdio};
use std::sync::PoisonError;

use sqlx::MySqlPool;
use tokio::task::spawn_blocking;

use crate::support::{Following, PACE, STARTING, connect, insert, run, until, user};

#[sqlx::test(migrations = "../migrations")]
async fn what_is_on_its_way_while_it_is_looked_at_is_no_difference(pool: MySqlPool) {
    insert(&pool, 1..=5).await;
    let following = Following::start(&pool, PACE).await;
    following.catches_up().await;
    let (drop_user, url) = user(&pool, "SELECT", "USAGE").await;
    let mut holder = connect(&pool).await;
    sqlx::raw_sql("LOCK TABLES products WRITE, stock WRITE").execute(&mut holder).await.unwrap();
    let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(env!("CARGO_BIN_EXE_indexer"));
    command.arg("verify").env("OPENRACE_INDEX_DIR", following.folder.path()).env("DATABASE_URL", url);
    let verifying = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(starting);
    // It has opened the index, and compares with that what it reads when it may.
    let waits = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()
                 AND user <> SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AND state LIKE 'Waiting for table%'";
    let waits = async || sqlx::query_scalar::<_, i64>(waits).fetch_one(&pool).await.unwrap() == 1;
    until("it waits for the table", waits).await;
    let change = "UPDATE products SET price = 9 WHERE id = 2; UNLOCK TABLES";
    sqlx::raw_sql(change).execute(&mut holder).await.unwrap();
    let verified = spawn_blocking(move || verifying.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    following.equals_table().await;
    run(&pool, &drop_user).await;
}
