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

/// 50 confirmed orders of product 1 by members 0 and 1.
async fn write_orders(pool: &MySqlPool) {
    for id in 1..=50 {
        sqlx::query(
            "INSERT INTO orders (order_no, member_id, product_id, quantity, unit_price, status, admitted_at) \
             VALUES (UNHEX(LPAD(?, 32, '0')), ?, 1, 2, 900, 'CONFIRMED', UTC_TIMESTAMP(3))",
        )
        .bind(id)
        .bind(id % 2)
        .execute(pool)
        .await
        .unwrap();
    }
}

#[sqlx::test]
async fn a_list_of_orders_is_walked_on_its_narrow_key(pool: MySqlPool) {
    write_orders(&pool).await;
    let list = |query: &String| query.contains("FROM (SELECT id FROM orders WHERE member_id = ? AND id < ?");
    let statement = statements().into_iter().find(list).unwrap();
    // Member, id, rows and offset, in their order.
    let statement = [1, 40, 3, 5].iter().fold(statement, |text, value| text.replacen('?', &value.to_string(), 1));
    let steps = plan(&pool, &statement).await;
    let extra = step_on(&steps, "orders_of_member");
    assert!(extra.contains("Using index") && !extra.contains("filesort"), "{steps:?}");
}

#[sqlx::test]
async fn what_a_member_holds_of_a_product_is_counted_on_its_key_alone(pool: MySqlPool) {
    write_orders(&pool).await;
    let held = |query: &String| query.contains("SUM(o.quantity)") && query.contains("FORCE INDEX (orders_of_buyer)");
    let statement = statements().into_iter().find(held).unwrap();
    let steps = plan(&pool, &statement.replacen('?', "'[[1, 1]]'", 1)).await;
    let extra = step_on(&steps, "orders_of_buyer");
    assert!(extra.split("; ").any(|word| word == "Using index"), "{steps:?}");
}

/// Key and further words of each step.
type Steps = Vec<(Option<String>, Option<String>)>;

async fn plan(pool: &MySqlPool, statement: &str) -> Steps {
    // MariaDB knows this form alone, and skips the comment.
    let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN /*!80032 FORMAT = TRADITIONAL */ {statement}")));
    plan.fetch_all(pool).await.unwrap().iter().map(|step| (step.get("key"), step.get("Extra"))).collect()
}

fn step_on(steps: &Steps, key: &str) -> String {
    let step = steps.iter().find(|(used, _)| used.as_deref() == Some(key));
    step.and_then(|(_, extra)| extra.clone()).unwrap_or_default()
}
