//! What the lists of a node say, beside what MySQL has. Nothing here is the index's own: plain SQL, and words between blanks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::get;
use crate::stage::{Node, Stage};

/// Words that are searched for, of all that the names have.
const WORDS: usize = 200;

/// A product as lists show it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    image: String,
    price: i64,
    mall_name: String,
    category: String,
}

/// What a list does not show, but is ordered by.
#[derive(sqlx::FromRow)]
struct Sorted {
    id: i64,
    wish_count: i64,
    open_at: i64,
}

/// What a node says otherwise than MySQL; `None` if nothing.
pub async fn disagreement(stage: &Stage, node: &Node) -> Option<String> {
    compare(stage, node).await.err()
}

async fn compare(stage: &Stage, node: &Node) -> Result<(), String> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT p.id, p.name, p.image, p.price, p.mall_name, p.category \
         FROM products p JOIN stock s ON s.product_id = p.id ORDER BY p.id DESC",
    )
    .fetch_all(&stage.db)
    .await
    .unwrap();
    are_listed(&walk(node, "").await?, &rows)?;
    are_ordered(stage, node).await?;
    are_found(node, &rows).await
}

fn are_listed(listed: &[Row], rows: &[Row]) -> Result<(), String> {
    match listed.iter().zip(rows).find(|(listed, row)| listed != row) {
        Some((listed, row)) => Err(format!("listed: {listed:?}, MySQL: {row:?}")),
        None if listed.len() != rows.len() => Err(format!("{} are listed, MySQL has {}", listed.len(), rows.len())),
        None => Ok(()),
    }
}

/// Lists in the order of values that only MySQL tells.
async fn are_ordered(stage: &Stage, node: &Node) -> Result<(), String> {
    let sorted: Vec<Sorted> = sqlx::query_as(
        "SELECT p.id, p.wish_count, TIMESTAMPDIFF(SECOND, '2000-01-01', s.open_at) AS open_at \
         FROM products p JOIN stock s ON s.product_id = p.id",
    )
    .fetch_all(&stage.db)
    .await
    .unwrap();
    for (order, value) in
        [("wishCount", (|sorted| sorted.wish_count) as fn(&Sorted) -> i64), ("eventStartTime", |sorted| sorted.open_at)]
    {
        let values: BTreeMap<i64, i64> = sorted.iter().map(|sorted| (sorted.id, value(sorted))).collect();
        let listed = walk(node, &format!("&sortBy={order}")).await?;
        let listed: Vec<Option<&i64>> = listed.iter().map(|row| values.get(&row.id)).collect();
        if listed.len() != values.len() || !listed.is_sorted() || listed.contains(&None) {
            return Err(format!("by {order}: {listed:?}"));
        }
    }
    Ok(())
}

/// Products are found by each word of their names.
async fn are_found(node: &Node, rows: &[Row]) -> Result<(), String> {
    let mut named: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for row in rows {
        for word in row.name.split(' ') {
            named.entry(word).or_default().insert(row.id);
        }
    }
    let step = named.len().div_ceil(WORDS).max(1);
    for (word, ids) in named.into_iter().step_by(step) {
        let found: BTreeSet<i64> = walk(node, &format!("&keyword={word}")).await?.iter().map(|row| row.id).collect();
        if !found.is_superset(&ids) {
            return Err(format!("{word} finds {found:?} and not all of {ids:?}"));
        }
    }
    Ok(())
}

/// Every page of a search. A node that has no index yet does not answer.
async fn walk(node: &Node, parameters: &str) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for page in 0.. {
        let path = format!("/api/products/search?size=100&page={page}{parameters}");
        let answer = get(format!("http://{}{path}", node.address())).await;
        if answer.status() != 200 {
            return Err(format!("{path} is answered with {}", answer.status()));
        }
        let answer: Value = answer.json().await.unwrap();
        rows.extend(answer["content"].as_array().unwrap().iter().map(row));
        if answer["last"] == true {
            let total = &answer["totalElements"];
            return (*total == rows.len()).then_some(rows).ok_or_else(|| format!("{path} counts {total}"));
        }
    }
    Err("a list without an end".to_owned())
}

fn row(card: &Value) -> Row {
    let text = |name: &str| card[name].as_str().unwrap().to_owned();
    Row {
        id: card["id"].as_i64().unwrap(),
        name: text("productName"),
        image: text("productImage"),
        price: card["price"].as_i64().unwrap(),
        mall_name: text("mallName"),
        category: text("category"),
    }
}
