//! What is written to rows is seen, in whatever way it is written.

use std::time::Duration;

use openrace_index::{Catalog, Live, Order, ProductQuery, SortKey, Start, Status};
use openrace_indexer::Pace;
use sqlx::{Connection, MySqlPool};

use crate::support::{Following, PACE, connect, insert, run};

#[sqlx::test(migrations = "../migrations")]
async fn what_is_inserted_changed_and_deleted_is_seen(pool: MySqlPool) {
    insert(&pool, 1..=20).await;
    let following = Following::start(&pool, PACE).await;
    insert(&pool, 21..=30).await;
    following.until("an insert", |catalog| catalog.find(30).is_some()).await;
    run(&pool, "UPDATE products SET price = 777 WHERE id = 3").await;
    let dear = |catalog: &Catalog| {
        let query = ProductQuery { min_price: Some(777), ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 10, 0).unwrap().total == 1
    };
    following.until("a new price", dear).await;
    run(&pool, "BEGIN; DELETE FROM stock WHERE product_id = 4; DELETE FROM products WHERE id = 4; COMMIT").await;
    following.until("a delete", |catalog| catalog.find(4).is_none()).await;
    run(&pool, "UPDATE stock SET close_at = '2026-01-03' WHERE product_id = 5").await;
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 29);
}

#[sqlx::test(migrations = "../migrations")]
async fn wishes_and_the_last_unit_are_seen_without_a_new_document(pool: MySqlPool) {
    insert(&pool, 1..=20).await;
    let following = Following::start(&pool, PACE).await;
    let before = following.catalog().segment_counts();
    run(&pool, "UPDATE products SET wish_count = id * 7 % 11").await;
    run(&pool, "UPDATE stock SET remaining = 0 WHERE product_id % 2 = 0").await;
    let wished = Live { wish_count: 20 * 7 % 11, in_stock: false };
    let catalog = following.until("a sold out product", |catalog| catalog.find(20).unwrap().live == wished).await;
    assert_eq!(catalog.segment_counts(), before);
    let order = Order { key: SortKey::WishCount, ascending: false };
    let query = ProductQuery { in_stock: true, order, ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 3, 0).unwrap();
    // 3·7, 14·7 … modulo 11: the odd ones with 10, 9 and 8 wishes are 3, 17 and 9.
    let mut expected: Vec<(i64, i64)> = (1..=20).step_by(2).map(|id| (id * 7 % 11, id)).collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(page.total, 10);
    let ids: Vec<i64> = page.cards.iter().map(|card| card.id).collect();
    assert_eq!(ids, expected[..3].iter().map(|&(_, id)| id).collect::<Vec<_>>());
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_transaction_counts_when_it_is_committed_however_late(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    let mut late = connect(&pool).await;
    let mut late = late.begin().await.unwrap();
    sqlx::query("UPDATE products SET price = 111 WHERE id = 1").execute(&mut *late).await.unwrap();
    run(&pool, "UPDATE products SET price = 222 WHERE id = 2").await;
    let second = ProductQuery { min_price: Some(222), max_price: Some(222), ..ProductQuery::default() };
    let seen = |catalog: &Catalog| catalog.search(&second, &Start::Offset(0), 1, 0).unwrap().total == 1;
    following.until("the second", seen).await;
    late.commit().await.unwrap();
    let mut undone = connect(&pool).await;
    let mut undone = undone.begin().await.unwrap();
    sqlx::query("UPDATE products SET price = 333, name = 'never'").execute(&mut *undone).await.unwrap();
    undone.rollback().await.unwrap();
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_row_that_is_locked_for_long_keeps_nothing_else_waiting(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    let mut holder = connect(&pool).await;
    let mut holder = holder.begin().await.unwrap();
    // Its commit is told first, then somebody else holds it.
    run(&pool, "UPDATE products SET price = 111 WHERE id = 1").await;
    sqlx::query("SELECT id FROM products WHERE id = 1 FOR UPDATE").execute(&mut *holder).await.unwrap();
    run(&pool, "UPDATE products SET price = 222 WHERE id = 2").await;
    following.equals_table().await;
    sqlx::query("UPDATE products SET price = 333 WHERE id = 1").execute(&mut *holder).await.unwrap();
    holder.commit().await.unwrap();
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_product_without_a_stock_is_not_listed_until_it_has_one(pool: MySqlPool) {
    insert(&pool, 1..=1).await;
    let following = Following::start(&pool, PACE).await;
    run(
        &pool,
        "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (2, '이름', '', 1, '몰', '옷')",
    )
    .await;
    run(&pool, "UPDATE products SET price = 5 WHERE id = 1").await;
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 1);
    run(&pool, "INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES (2, 5, 5, '2026-01-01', '2026-01-02')").await;
    following.until("the product", |catalog| catalog.find(2).is_some()).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn every_way_of_writing_is_understood(pool: MySqlPool) {
    insert(&pool, 1..=50).await;
    let following = Following::start(&pool, PACE).await;
    for sql in [
        "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (7, '덮은 이름', '', 1, '몰', '옷')
         ON DUPLICATE KEY UPDATE name = VALUES(name), category = VALUES(category)",
        "BEGIN; DELETE FROM stock WHERE product_id = 8; DELETE FROM products WHERE id = 8;
         INSERT INTO products (id, name, image, price, mall_name, category) VALUES (8, '다시', '', 1, '몰', '옷');
         INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES (8, 0, 0, '2026-01-01', '2026-01-02');
         COMMIT",
        "REPLACE INTO stock (product_id, total, remaining, open_at, close_at) VALUES (9, 0, 0, '2026-02-01', '2026-02-02')",
        "BEGIN; UPDATE stock SET close_at = '2026-03-03' WHERE product_id = 10; ROLLBACK",
        "SET foreign_key_checks = 0; UPDATE products SET id = 1000 WHERE id = 11; UPDATE stock SET product_id = 1000 WHERE product_id = 11",
        "DELETE FROM stock WHERE product_id = 12",
        "UPDATE products SET brand = NULL, mall_name = '몰몰' WHERE id = 13",
        "UPDATE products SET name = '이모지 😀 四' WHERE id = 14",
        "SET binlog_row_image = 'MINIMAL'; UPDATE products SET price = 14 WHERE id = 15;
         UPDATE products SET wish_count = 15 WHERE id = 15; UPDATE stock SET remaining = 0 WHERE product_id = 15;
         DELETE FROM stock WHERE product_id = 16; SET binlog_row_image = 'FULL'",
    ] {
        run(&pool, sql).await;
    }
    following.equals_table().await;
    assert!(following.catalog().find(1000).is_some());
    assert_eq!(following.catalog().documents(), 48);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_large_transaction_is_applied_whole(pool: MySqlPool) {
    insert(&pool, 1..=10).await;
    let following = Following::start(&pool, PACE).await;
    insert(&pool, 11..=20_000).await;
    following.equals_table().await;
    run(&pool, "BEGIN; DELETE FROM stock WHERE product_id % 3 = 0; UPDATE products SET price = price + 1; COMMIT")
        .await;
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn rows_that_break_the_rules_of_the_schema_are_indexed_and_stop_nothing(pool: MySqlPool) {
    insert(&pool, 1..=6).await;
    run(
        &pool,
        "ALTER TABLE products MODIFY name VARCHAR(500) NULL, MODIFY mall_name VARCHAR(100) NULL, MODIFY price BIGINT NULL,
             MODIFY wish_count BIGINT NULL, DROP CONSTRAINT products_price;
         ALTER TABLE stock MODIFY open_at DATETIME(3) NULL, MODIFY remaining INT NULL, DROP CONSTRAINT stock_sale",
    )
    .await;
    let following = Following::start(&pool, PACE).await;
    run(
        &pool,
        "SET sql_mode = ''; UPDATE products SET name = NULL, mall_name = NULL WHERE id = 1;
         UPDATE products SET price = -5 WHERE id = 2; UPDATE products SET price = NULL WHERE id = 3;
         UPDATE products SET wish_count = NULL WHERE id = 4; UPDATE stock SET remaining = NULL WHERE product_id = 4;
         UPDATE stock SET open_at = NULL WHERE product_id = 5; UPDATE stock SET open_at = '2027-01-01' WHERE product_id = 6;
         UPDATE stock SET close_at = '0000-00-00' WHERE product_id = 1",
    )
    .await;
    following.equals_table().await;
    let catalog = following.catalog();
    let list = |query: ProductQuery| {
        let page = catalog.search(&query, &Start::Offset(0), 10, 1_780_000_000_000).unwrap();
        page.cards.iter().map(|card| card.id).collect::<Vec<_>>()
    };
    assert_eq!(list(ProductQuery { max_price: Some(-1), ..ProductQuery::default() }), [2]);
    assert_eq!(list(ProductQuery { min_price: Some(0), max_price: Some(0), ..ProductQuery::default() }), [3]);
    assert_eq!(list(ProductQuery { status: Some(Status::Waiting), ..ProductQuery::default() }), [6, 5]);
    assert_eq!(catalog.find(4).unwrap().live, Live { wish_count: 0, in_stock: false });
    insert(&pool, 7..=7).await;
    following.until("what comes after", |catalog| catalog.find(7).is_some()).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn live_values_do_not_go_back_while_a_replay_tells_them_again(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, Pace { gather: Duration::from_millis(1), ..PACE }).await;
    // A change is told of a row that is held: so the position is held.
    let mut holder = connect(&pool).await;
    let mut holder = holder.begin().await.unwrap();
    sqlx::query("SELECT id FROM products WHERE id = 1 FOR UPDATE").execute(&mut *holder).await.unwrap();
    run(&pool, "UPDATE stock SET close_at = '2026-03-03' WHERE product_id = 1").await;
    run(&pool, "UPDATE products SET price = 112 WHERE id = 2").await;
    let wishes = (1..=2_000).map(|wishes| {
        format!("UPDATE products SET wish_count = {wishes} WHERE id = 3; UPDATE stock SET remaining = {} WHERE product_id = 2", wishes % 2)
    });
    run(&pool, &wishes.collect::<Vec<_>>().join("; ")).await;
    let all = |catalog: &Catalog| {
        catalog.find(3).unwrap().live.wish_count == 2_000 && !catalog.find(2).unwrap().live.in_stock
    };
    following.until("the last wish", all).await;
    following.equals_table().await;
    let (url, folder) = (following.url.clone(), following.stop().await);
    let following = Following::resume(folder, url, Pace { gather: Duration::from_millis(1), ..PACE });
    run(&pool, "UPDATE products SET price = 113 WHERE id = 2").await;
    following.equals_table().await;
    let shown: Vec<(i64, bool)> = (following.seen.history.lock().unwrap().iter())
        .map(|catalog| (catalog.find(3).unwrap().live.wish_count, catalog.find(2).unwrap().live.in_stock))
        .collect();
    assert!(shown.iter().all(|&shown| shown == (2_000, false)), "{shown:?}");
    holder.rollback().await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn ids_from_the_least_to_the_greatest_are_listed_followed_and_swept(pool: MySqlPool) {
    const IDS: [i64; 5] = [i64::MIN, -5, 0, 7, i64::MAX];
    let write = |sql: &str| format!("SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO'); {sql}");
    let row = |id: i64| {
        format!(
            "INSERT INTO products (id, name, image, price, mall_name, category) VALUES ({id}, '끝', '', 1, '몰', '옷');
             INSERT INTO stock (product_id, total, remaining, open_at, close_at)
             VALUES ({id}, 5, 5, '2026-01-01', '2026-01-02')"
        )
    };
    let rows = IDS.map(row).join("; ");
    run(&pool, &write(&rows)).await;
    let following = Following::start(&pool, Pace { sweep: Duration::from_millis(100), ..PACE }).await;
    assert_eq!(following.catalog().documents(), 5);
    run(&pool, "UPDATE products SET price = 2; UPDATE stock SET remaining = 0 WHERE product_id < 0").await;
    following.equals_table().await;
    run(&pool, "SET sql_log_bin = 0; UPDATE products SET price = 3, wish_count = 4; SET sql_log_bin = 1").await;
    let swept = |catalog: &Catalog| IDS.iter().all(|&id| catalog.find(id).unwrap().live.wish_count == 4);
    following.until("all that the sweep has to find", swept).await;
    following.becomes_equal().await;
    run(
        &pool,
        "SET sql_log_bin = 0, foreign_key_checks = 0; DELETE FROM products; DELETE FROM stock; SET sql_log_bin = 1",
    )
    .await;
    following.until("that all are gone", |catalog| catalog.documents() == 0).await;
}
