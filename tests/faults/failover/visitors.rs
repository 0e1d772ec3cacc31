//! All who use the shop while its database fails over. Each writes down what it was told.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use openrace_load::{journal::Outcome, scribble::scribble};
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    following::get,
    shopper::{Shoppers, Wanted},
    stage::Stage,
};

const SHOPPERS: usize = 12;
const WISHERS: i64 = 6;

/// Between two visits of one shopper.
const APART: Duration = Duration::from_millis(40);

/// Order single units until they are told that it is sold out; every other one with a key. Every tenth order is cancelled.
pub async fn shop(shoppers: &Shoppers, product: i64) {
    let members = AtomicI64::new(1);
    join_all((0..SHOPPERS).map(async |place| {
        loop {
            let wanted = Wanted::one(members.fetch_add(1, Ordering::Relaxed), product);
            let wanted = if wanted.member % 2 == 0 { wanted.with_key() } else { wanted };
            match shoppers.insist(place % 2, &wanted, None).await {
                Outcome::Rejected(_) => return,
                Outcome::Confirmed(number) if wanted.member % 10 == 0 => {
                    shoppers.cancel(place % 2, &wanted, number).await;
                }
                _ => sleep(APART).await,
            }
        }
    }))
    .await;
}

/// Wish the products and take it back, each until it is done; answers what each member wishes at last.
pub async fn wish(shoppers: &Shoppers, products: &[i64], stop: &CancellationToken) -> BTreeMap<(i64, i64), bool> {
    let wished = join_all((1..=WISHERS).map(async |member| {
        let mut wished = BTreeMap::new();
        for round in 0.. {
            for product in products {
                if stop.is_cancelled() {
                    return wished;
                }
                let node = (member + round) as usize % 2;
                insist_on_wish(shoppers, node, member, *product, round % 2 == 0).await;
                wished.insert((member, *product), round % 2 == 0);
                sleep(APART).await;
            }
        }
        wished
    }))
    .await;
    wished.into_iter().flatten().collect()
}

async fn insist_on_wish(shoppers: &Shoppers, node: usize, member: i64, product: i64, wished: bool) {
    let mut ticks = interval(Duration::from_millis(100));
    let mut unclear = false;
    loop {
        ticks.tick().await;
        match shoppers.wish(node, member, product, wished).await {
            200 => return,
            // It was done, and the answer lost.
            409 if unclear && wished => return,
            404 if unclear && !wished => return,
            0 | 503 => unclear = true,
            status => panic!("member {member} was answered {status}"),
        }
    }
}

/// The table has what the members were told, and each product's count is the number of its wishes.
pub async fn assert_wishes(stage: &Stage, wished: &BTreeMap<(i64, i64), bool>) {
    let told: Vec<_> = wished.iter().filter(|(_, wished)| **wished).map(|(pair, _)| *pair).collect();
    let there: Vec<(i64, i64)> =
        sqlx::query_as("SELECT member_id, product_id FROM wishes ORDER BY member_id, product_id")
            .fetch_all(&stage.db)
            .await
            .unwrap();
    assert_eq!(there, told);
    for product in wished.keys().map(|(_, product)| *product) {
        let counts =
            "SELECT wish_count, (SELECT COUNT(*) FROM wishes WHERE product_id = p.id) FROM products p WHERE id = ?";
        let (said, counted): (i64, i64) = sqlx::query_as(counts).bind(product).fetch_one(&stage.db).await.unwrap();
        assert_eq!(said, counted, "product {product}");
    }
}

/// Look at lists and search on both nodes; each is answered. How many there were.
pub async fn search(stage: &Stage, stop: &CancellationToken) -> usize {
    let searches = join_all([0, 1].map(async |node: usize| {
        let mut ticks = interval(Duration::from_millis(25));
        let mut searches = 0;
        while !stop.is_cancelled() {
            for path in ["/api/products?size=20", "/api/products/search?keyword=나이키"] {
                let answer = get(format!("http://{}{path}", stage.nodes[node].address())).await;
                assert_eq!(answer.status(), 200, "{path} on node {node}");
                searches += 1;
            }
            ticks.tick().await;
        }
        searches
    }))
    .await;
    searches.iter().sum()
}

/// Change the catalogue in every way.
pub async fn change(stage: &Stage, seed: u64, stop: &CancellationToken) {
    let mut ticks = interval(Duration::from_millis(100));
    for round in 0.. {
        if stop.is_cancelled() {
            return;
        }
        scribble(&stage.db.connect_options(), seed * 10_000 + round, 2).await.unwrap();
        ticks.tick().await;
    }
}
