//! Many changes, one after the other or at once, and searches over HTTP.

use futures_util::future::join_all;

use super::{build, each_index_has_followed, followed, priced, write};
use crate::{seeds::is_long, stage::Stage, wait::until};

const WRITERS: usize = 8;

/// Sets prices that no other product has, and searches for each.
async fn write_and_search(stage: &Stage, writer: usize, changes: usize) {
    for change in 0..changes {
        let (id, price) = (writer + 1, 1_000_000 + change * WRITERS + writer);
        write(stage, &format!("UPDATE products SET price = {price} WHERE id = {id}")).await;
        let node = &stage.nodes[change % 2];
        until("a search finds it", async || {
            let found = priced(node, price).await;
            found.as_array().unwrap().len() == 1 && found[0]["id"] == id
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_single_change_is_found_by_a_search() {
    let stage = followed().await;
    let changes = if is_long() { 10_000 } else { 100 };
    let add = "INSERT IGNORE INTO products (id, name, image, price, mall_name, category) VALUES (?, '이름', '', 1, '몰', '옷')";
    let add_stock = "INSERT IGNORE INTO stock (product_id, total, remaining, open_at, close_at) \
                     VALUES (?, 5, 5, '2026-01-01', '2026-01-02')";
    for id in 1..=WRITERS as i64 {
        sqlx::query(add).bind(id).execute(&stage.db).await.unwrap();
        sqlx::query(add_stock).bind(id).execute(&stage.db).await.unwrap();
    }
    join_all((0..WRITERS).map(|writer| write_and_search(&stage, writer, changes / WRITERS))).await;
    each_index_has_followed(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_transaction_of_very_many_rows_is_applied_whole() {
    let stage = Stage::set().await;
    build(&stage).await;
    let rows = if is_long() { 100_000 } else { 10_000 };
    let values = |row: fn(i64) -> String| (1..=rows).map(row).collect::<Vec<_>>().join(",");
    let insert = format!(
        "BEGIN; INSERT INTO products (id, name, image, price, mall_name, category) VALUES {};
         INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES {}; COMMIT",
        values(|id| format!("({id}, '나이키 {id}', '', {id}, '몰', '신발')")),
        values(|id| format!("({id}, 5, 5, '2026-01-01', '2026-01-02')")),
    );
    write(&stage, &insert).await;
    each_index_has_followed(&stage).await;
    write(&stage, "BEGIN; UPDATE products SET price = price + 1; DELETE FROM stock WHERE product_id % 3 = 0; COMMIT")
        .await;
    each_index_has_followed(&stage).await;
}
