//! Products to search for, and a plain look at their names.

use std::path::Path;

use anyhow::Context;
use jiff::{civil::date, tz::TimeZone};
use openrace::import::generate::Corpus;
use openrace_index::Product;
use serde::Deserialize;

use crate::typing::initials;

/// Products that no other program generates.
const SEED: u64 = 20_261_124;
const PRODUCTS: i64 = 20_000;

/// Generated products.
pub(crate) fn generated() -> Vec<Product> {
    let zone = TimeZone::fixed(jiff::tz::offset(9));
    let corpus = Corpus::new(SEED, 60, date(2026, 11, 24), &zone).unwrap();
    (1..=PRODUCTS).map(|id| corpus.product(id).product).collect()
}

#[derive(Deserialize)]
struct Row {
    product_name: String,
    #[serde(default)]
    mall_name: String,
    #[serde(default)]
    category: String,
}

/// The products of a CSV file.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Product>> {
    let mut reader = csv::Reader::from_path(file).with_context(|| format!("read {}", file.display()))?;
    let rows = (1..).zip(reader.deserialize::<Row>());
    let products = rows.map(|(id, row)| {
        let row = row.with_context(|| format!("{}, product {id}", file.display()))?;
        Ok(Product {
            id,
            name: row.product_name,
            image: String::new(),
            price: 0,
            mall: row.mall_name,
            brand: None,
            category: row.category,
            opens_at: 0,
            closes_at: 1,
            wish_count: 0,
            in_stock: true,
        })
    });
    products.collect()
}

/// Names as a plain look sees them.
pub(crate) struct Shelf {
    /// All text of a product in lower case, without spaces and signs.
    squeezed: Vec<String>,
    /// The initials of its words.
    initials: Vec<Vec<String>>,
    /// The words of its name, in their order.
    pub(crate) words: Vec<Vec<String>>,
}

impl Shelf {
    pub(crate) fn new(products: &[Product]) -> Self {
        let text = |product: &Product| product.searchable_text();
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            words.map(str::to_lowercase).collect()
        };
        Self {
            squeezed: products.iter().map(|product| squeeze(&text(product))).collect(),
            initials: products
                .iter()
                .map(|product| words(&text(product)).iter().map(|word| initials(word)).collect())
                .collect(),
            words: products.iter().map(|product| words(&product.name)).collect(),
        }
    }

    /// Whether a product has all of these somewhere.
    pub(crate) fn has_all(&self, product: usize, meant: &[String]) -> bool {
        meant.iter().all(|word| self.squeezed[product].contains(&squeeze(word)))
    }

    /// Whether at most ten products have all of these.
    pub(crate) fn is_telling(&self, meant: &[String]) -> bool {
        (0..self.squeezed.len()).filter(|&product| self.has_all(product, meant)).take(11).count() <= 10
    }

    /// Whether at most ten products have words with all of these initials.
    pub(crate) fn are_telling_initials(&self, initials: &[String]) -> bool {
        let has = |words: &&Vec<String>| initials.iter().all(|wanted| words.contains(wanted));
        self.initials.iter().filter(has).take(11).count() <= 10
    }
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
