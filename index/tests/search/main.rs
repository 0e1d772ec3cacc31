//! What a search finds, in which order, and how much of it there is.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

mod hostile;
mod keywords;
mod scan;
#[path = "../support/mod.rs"]
mod support;
mod times;

use openrace_index::{Catalog, Product};
use tempfile::TempDir;

fn build(products: &[Product], threads: usize) -> (TempDir, Catalog) {
    let texts = products.iter().map(Product::searchable_text);
    let (folder, home) = support::build(products, support::words(texts), threads);
    (folder, home.open().unwrap())
}
