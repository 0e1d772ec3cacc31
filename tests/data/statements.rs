use std::{fs, path::Path};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, MySqlPool, SqlSafeStr};

/// The text of every checked query.
fn statements() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let files = fs::read_dir(folder).unwrap();
    let described = files.map(|file| fs::read(file.unwrap().path()).unwrap());
    let query = |text: Vec<u8>| serde_json::from_slice::<Value>(&text).unwrap()["query"].as_str().unwrap().to_owned();
    described.map(query).collect()
}

/// The queries are checked on MariaDB while compiling; MySQL must know them too.
#[sqlx::test]
async fn every_checked_query_is_one_that_this_engine_accepts(pool: MySqlPool) {
    let statements = statements();
    assert!(!statements.is_empty());
    let mut refused = Vec::new();
    for statement in statements {
        if let Err(error) = pool.prepare(AssertSqlSafe(statement.clone()).into_sql_str()).await {
            refused.push(format!("{error}: {statement}"));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
}
