//! Products and indexes for tests.

use std::sync::Arc;

use openrace_index::{IndexHome, LexiconBuilder, Product, WriterOptions};
use openrace_indexer::{Progress, Resources, Source, rebuild};
use tokio_util::sync::CancellationToken;

use super::NOON;

pub const HOUR: i64 = 60 * 60 * 1000;

/// A product that is on sale around noon; a test changes what it is about.
pub fn product(id: i64) -> Product {
    Product {
        id,
        name: format!("나이키 운동화 {id}"),
        image: format!("https://images.example/{id}.jpg"),
        price: 1000 * id,
        mall: "나이키공식".to_owned(),
        brand: Some("나이키".to_owned()),
        category: "신발".to_owned(),
        opens_at: NOON - 3 * HOUR,
        closes_at: NOON + 21 * HOUR,
        wish_count: 0,
        in_stock: true,
    }
}

/// Products 1 to `count`.
pub fn products(count: i64) -> Vec<Product> {
    (1..=count).map(product).collect()
}

/// Builds a generation and puts it into use.
pub fn publish(home: &IndexHome, products: &[Product], built_at: i64) {
    let rebuild = home.begin().unwrap();
    let mut lexicon = LexiconBuilder::default();
    for product in products {
        lexicon.add(&product.searchable_text());
    }
    let writer = rebuild.writer(lexicon, WriterOptions { threads: 1, memory: 20_000_000 }).unwrap();
    writer.add(products).unwrap();
    rebuild.publish(writer, built_at, None).unwrap();
}

struct Quiet;

impl Progress for Quiet {
    fn reading(&self, _: u64) {}
    fn writing(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn publishing(&self) {}
}

/// What `indexer rebuild` does with the MySQL at this address.
pub async fn build(home: &IndexHome, url: &str) {
    let source = Source::connect(url).await.unwrap();
    let resources = Resources { threads: 1, memory: 15_000_000 };
    rebuild(source, home, resources, NOON, Arc::new(Quiet), CancellationToken::new()).await.unwrap();
}
