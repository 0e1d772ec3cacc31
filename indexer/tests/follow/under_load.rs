//! Many changes, one after the other or at once.

use std::time::Duration;

use futures_util::future::join_all;
use openrace_index::{Catalog, IndexHome, ProductQuery, Start};
use openrace_indexer::Pace;
use sqlx::MySqlPool;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use crate::support::{Following, PACE, Writer, insert, run};

fn priced(catalog: &Catalog, price: i64) -> Vec<i64> {
    let query = ProductQuery { min_price: Some(price), max_price: Some(price), ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 10, 0).unwrap();
    page.cards.iter().map(|card| card.id).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn each_of_many_single_changes_is_found_by_a_search(pool: MySqlPool) {
    insert(&pool, 1..=40).await;
    let pace = Pace { gather: Duration::from_millis(1), ..PACE };
    let following = Following::start(&pool, pace).await;
    let writers = (0..5).map(async |writer| {
        for round in 1..=100 {
            let (id, price) = (round % 8 * 5 + writer + 1, round * 1000 + writer);
            run(&pool, &format!("UPDATE products SET price = {price} WHERE id = {id}")).await;
            let catalog = following.until("a new price", |catalog| priced(catalog, price) == [id]).await;
            assert_eq!(catalog.documents(), 40);
        }
    });
    join_all(writers).await;
    following.equals_table().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_snapshot_that_is_taken_while_changes_come_catches_up_elsewhere(pool: MySqlPool) {
    insert(&pool, 1..=2000).await;
    let following = Following::start(&pool, PACE).await;
    let statement = |number: u64| {
        let (first, last) = (number * 37 % 1900 + 1, number * 37 % 1900 + 25);
        format!(
            "BEGIN; UPDATE products SET price = {number} WHERE id BETWEEN {first} AND {last};
             UPDATE products SET wish_count = {number} WHERE id BETWEEN {last} AND {last} + 25;
             DELETE FROM stock WHERE product_id = {first};
             INSERT IGNORE INTO stock (product_id, total, remaining, open_at, close_at)
             VALUES ({last}, 5, 5, '2026-01-01', '2026-01-02'); COMMIT"
        )
    };
    let writer = Writer::start(&pool, statement).await;
    let mut shipped = Vec::new();
    for _ in 0..5 {
        let home = IndexHome::new(following.folder.path());
        let folder = TempDir::new().unwrap();
        let there = IndexHome::new(folder.path());
        let ship = move || {
            let mut archive = Vec::new();
            home.export(&mut archive).unwrap();
            there.import(&*archive).unwrap();
        };
        spawn_blocking(ship).await.unwrap();
        shipped.push(Following::resume(folder, following.url.clone(), PACE));
    }
    writer.stop().await;
    for following in shipped.iter().chain([&following]) {
        following.equals_table().await;
    }
}
