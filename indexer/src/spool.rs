//! All products of a rebuild in memory, packed to about a quarter of their size.

use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};
use openrace_index::{LexiconBuilder, Product};

use crate::IndexerError;

/// Products that wait for the second pass, in the order of their batches.
#[derive(Debug, Default)]
pub struct Spool {
    batches: Vec<Vec<u8>>,
    products: u64,
}

impl Spool {
    /// Number of products.
    pub fn len(&self) -> u64 {
        self.products
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.products == 0
    }

    /// Unpacks batch after batch, and frees each.
    pub fn into_batches(self) -> impl Iterator<Item = Result<Vec<Product>, IndexerError>> {
        self.batches.into_iter().map(|packed| Ok(postcard::from_bytes(&decompress_size_prepended(&packed)?)?))
    }
}

/// One worker's share of the first pass: the words it learned, the batches it packed.
#[derive(Debug, Default)]
pub struct SpoolBuilder {
    lexicon: LexiconBuilder,
    batches: Vec<(usize, Vec<u8>)>,
    products: u64,
    serialized: Vec<u8>,
}

impl SpoolBuilder {
    /// Learns from a batch and packs it; `sequence` is its place among all batches.
    pub fn add(&mut self, sequence: usize, products: &[Product]) -> Result<(), IndexerError> {
        products.iter().for_each(|product| self.lexicon.add(&product.searchable_text()));
        self.serialized.clear();
        self.serialized = postcard::to_extend(products, std::mem::take(&mut self.serialized))?;
        self.batches.push((sequence, compress_prepend_size(&self.serialized)));
        self.products += products.len() as u64;
        Ok(())
    }

    /// Puts the shares of all workers together.
    pub fn finish(workers: impl IntoIterator<Item = Self>) -> (LexiconBuilder, Spool) {
        let mut lexicon = LexiconBuilder::default();
        let mut batches = Vec::new();
        let mut products = 0;
        for worker in workers {
            lexicon.merge(worker.lexicon);
            batches.extend(worker.batches);
            products += worker.products;
        }
        batches.sort_unstable_by_key(|(sequence, _)| *sequence);
        let batches = batches.into_iter().map(|(_, packed)| packed).collect();
        (lexicon, Spool { batches, products })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_come_back_in_order_whoever_packed_them() {
        let product = |id| Product {
            id,
            name: format!("나이키 {id}"),
            image: String::new(),
            price: id * 10,
            mall: "몰".into(),
            brand: None,
            category: "신발".into(),
            opens_at: -id,
            closes_at: id,
            wish_count: 0,
        };
        let mut workers = [SpoolBuilder::default(), SpoolBuilder::default()];
        for (sequence, ids) in [(2, 20..30), (0, 0..10), (1, 10..20)] {
            let products: Vec<Product> = ids.map(product).collect();
            workers[sequence % 2].add(sequence, &products).unwrap();
        }
        let (_, spool) = SpoolBuilder::finish(workers);
        assert_eq!(spool.len(), 30);
        let unpacked: Vec<Product> = spool.into_batches().flat_map(Result::unwrap).collect();
        assert_eq!(unpacked, (0..30).map(product).collect::<Vec<_>>());
    }
}
