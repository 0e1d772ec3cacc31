//! Lists that are walked page by page while others write.

use std::collections::BTreeMap;
use std::time::Duration;

use openrace_index::{Order, ProductQuery, SortKey, Start};
use openrace_indexer::Pace;
use sqlx::MySqlPool;
use tokio::time::timeout;

use crate::support::{Following, LONG, PACE, Writer, insert, run};

const PRODUCTS: i64 = 150;
const PAGE: usize = 10;

/// Nobody writes to these.
fn is_left_alone(id: i64) -> bool {
    id <= PRODUCTS && id % 3 == 0
}

/// Moves, takes away, puts back and adds the others.
fn disturb(number: u64) -> String {
    let number = number as i64;
    let mut id = number * 31 % PRODUCTS + 1;
    id += i64::from(is_left_alone(id));
    let other = (id + 3) % PRODUCTS;
    // Few: a walk by id must end.
    let new = PRODUCTS + 1 + number % 30;
    format!(
        "UPDATE products SET price = {}, wish_count = {} WHERE id = {id};
         DELETE FROM stock WHERE product_id = {other} AND product_id % 3 <> 0;
         INSERT IGNORE INTO stock (product_id, total, remaining, open_at, close_at)
         SELECT id, 5, 5, TIMESTAMPADD(MINUTE, {}, '2026-01-01'), '2027-01-01' FROM products
         WHERE id <= {PRODUCTS} AND id % 7 = {};
         DELETE FROM stock WHERE product_id = {new}; DELETE FROM products WHERE id = {new};
         INSERT INTO products (id, name, image, price, mall_name, category, wish_count)
         VALUES ({new}, '운동화 새것', '', {}, '몰', '신발', {});
         INSERT INTO stock (product_id, total, remaining, open_at, close_at)
         VALUES ({new}, 5, 5, '2026-02-01', '2027-01-01')",
        number * 13 % 400,
        number * 17 % 40,
        number * 11 % 500,
        number % 7,
        number * 19 % 400,
        number * 23 % 40,
    )
}

/// Each page is of the newest snapshot by then.
async fn walk(following: &Following, query: &ProductQuery) -> Vec<i64> {
    let mut newest = following.seen.newest.subscribe();
    let (mut start, mut met) = (Start::Offset(0), Vec::new());
    loop {
        assert!(timeout(LONG, newest.changed()).await.is_ok(), "nothing new is shown");
        let catalog = newest.borrow_and_update().clone().unwrap();
        let page = catalog.search(query, &start, PAGE, 0).unwrap();
        met.extend(page.cards.iter().map(|card| card.id));
        match page.next {
            Some(cursor) => start = Start::After(cursor),
            None => return met,
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_walk_meets_what_is_left_alone_once_and_in_order_whatever_others_write(pool: MySqlPool) {
    insert(&pool, 1..=PRODUCTS).await;
    run(
        &pool,
        "UPDATE products SET price = id * 7 % 400, wish_count = id * 11 % 40,
             name = IF(id % 2 = 0, CONCAT('운동화 ', id), CONCAT('나이키 운동화 ', id));
         UPDATE stock SET close_at = '2027-01-01', open_at = TIMESTAMPADD(MINUTE, product_id * 5 % 500, '2026-01-01')",
    )
    .await;
    let following = Following::start(&pool, Pace { gather: Duration::from_millis(5), ..PACE }).await;
    let writer = Writer::start(&pool, disturb).await;
    let keyed = |key: SortKey, id: i64| match key {
        SortKey::Price => id * 7 % 400,
        SortKey::WishCount => id * 11 % 40,
        SortKey::EventStartTime => id * 5 % 500,
        // Names that begin with the word come first, and the newest of each.
        SortKey::Relevance => i64::from(id % 2 == 0),
        SortKey::Id => 0,
    };
    let orders = [SortKey::Id, SortKey::Price, SortKey::WishCount, SortKey::EventStartTime]
        .into_iter()
        .flat_map(|key| [true, false].map(|ascending| (Order { key, ascending }, None)));
    let by_keyword =
        [Order::RELEVANCE, Order { key: SortKey::Price, ascending: true }].map(|order| (order, Some("운동화")));
    for (order, keyword) in orders.chain(by_keyword) {
        let query = ProductQuery { keyword: keyword.map(str::to_owned), order, ..ProductQuery::default() };
        let met = walk(&following, &query).await;
        let mut expected: Vec<i64> = (1..=PRODUCTS).filter(|&id| is_left_alone(id)).collect();
        expected.sort_unstable_by_key(|&id| (keyed(order.key, id), id));
        if !order.ascending {
            expected.reverse();
        }
        let left_alone: Vec<i64> = met.iter().copied().filter(|&id| is_left_alone(id)).collect();
        assert_eq!(left_alone, expected, "{order:?} {keyword:?}");
        // What has no other place to go is never met again.
        if matches!(order.key, SortKey::Id | SortKey::Relevance) {
            let mut times: BTreeMap<i64, usize> = BTreeMap::new();
            met.iter().for_each(|&id| *times.entry(id).or_default() += 1);
            assert!(times.values().all(|&times| times == 1), "{order:?}: {times:?}");
        }
    }
    assert!(writer.stop().await > 100);
    following.equals_table().await;
}
