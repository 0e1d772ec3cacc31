use std::{fs, path::Path};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, MySqlPool, Row, SqlSafeStr};

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

#[sqlx::test]
async fn a_list_of_orders_is_walked_on_its_narrow_key(pool: MySqlPool) {
    for id in 1..=50 {
        sqlx::query(
            "INSERT INTO orders (order_no, member_id, product_id, quantity, unit_price, status, admitted_at) \
             VALUES (UNHEX(LPAD(?, 32, '0')), ?, 1, 2, 900, 'CONFIRMED', UTC_TIMESTAMP(3))",
        )
        .bind(id)
        .bind(id % 2)
        .execute(&pool)
        .await
        .unwrap();
    }
    let list = |query: &String| query.contains("FROM (SELECT id FROM orders WHERE member_id = ? AND id < ?");
    let statement = statements().into_iter().find(list).unwrap();
    // Member, id, rows and offset, in their order.
    let statement = [1, 40, 3, 5].iter().fold(statement, |text, value| text.replacen('?', &value.to_string(), 1));
    // MariaDB knows this form alone, and skips the comment.
    let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN /*!80032 FORMAT = TRADITIONAL */ {statement}")));
    let steps: Vec<(Option<String>, Option<String>)> =
        plan.fetch_all(&pool).await.unwrap().iter().map(|step| (step.get("key"), step.get("Extra"))).collect();
    let narrow = steps.iter().find(|(key, _)| key.as_deref() == Some("orders_of_member"));
    let extra = narrow.and_then(|(_, extra)| extra.clone()).unwrap_or_default();
    assert!(extra.contains("Using index") && !extra.contains("filesort"), "{steps:?}");
}
