//! An index of some products.

use openrace_index::{IndexHome, LexiconBuilder, Product, WriterOptions};
use tempfile::TempDir;

/// When indexes are built and queries are asked, Unix milliseconds.
pub(crate) const NOW: i64 = 1_000_000;

/// Builds with as many commits' worth of segments as `threads` gives. The position of the index is `start`.
pub(crate) fn build(products: &[Product], words: LexiconBuilder, threads: usize) -> (TempDir, IndexHome) {
    let folder = TempDir::new().unwrap();
    let home = IndexHome::new(folder.path());
    rebuild(&home, products, words, threads);
    (folder, home)
}

/// The same, beside what is there.
pub(crate) fn rebuild(home: &IndexHome, products: &[Product], words: LexiconBuilder, threads: usize) {
    let rebuild = home.begin().unwrap();
    let writer = rebuild.writer(words, WriterOptions { threads, memory: threads * 15_000_000 }).unwrap();
    writer.add(products).unwrap();
    rebuild.publish(writer, NOW, Some("start".to_owned())).unwrap();
}

/// The words of these texts.
pub(crate) fn words<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> LexiconBuilder {
    let mut words = LexiconBuilder::default();
    texts.into_iter().for_each(|text| words.add(text.as_ref()));
    words
}

/// A product of which nothing but the name matters.
pub(crate) fn product(id: i64, name: &str) -> Product {
    Product {
        id,
        name: name.into(),
        image: format!("/{id}.jpg"),
        price: 1000,
        mall: String::new(),
        brand: None,
        category: "기타".into(),
        opens_at: NOW,
        closes_at: NOW + 1,
        wish_count: 0,
        in_stock: true,
    }
}
