//! All products of a rebuild in memory, packed to about a third of their size.

use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};
use openrace_index::{LexiconBuilder, Product};

use crate::IndexerError;

/// Products that wait for the second pass, in the order of their batches.
#[derive(Debug, Default)]
pub struct Spool {
    batches: Vec<Batch>,
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

    /// Unpacks batch after batch, and frees each when it has been taken.
    pub fn drain(self, mut take: impl FnMut(&[Product<&str>]) -> Result<(), IndexerError>) -> Result<(), IndexerError> {
        for batch in self.batches {
            let texts = String::from_utf8(decompress_size_prepended(&batch.texts)?)?;
            take(&batch.numbers.iter().map(|numbers| numbers.product(&texts)).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// Products with their texts written together and compressed, so that unpacking allocates nothing per product.
#[derive(Debug)]
struct Batch {
    texts: Vec<u8>,
    numbers: Vec<Numbers>,
}

/// All of a product but its texts; of those, the end of each within the texts of its batch.
#[derive(Debug)]
struct Numbers {
    id: i64,
    price: i64,
    opens_at: i64,
    closes_at: i64,
    wish_count: i64,
    start: u32,
    ends: [u32; 5],
    has_brand: bool,
    in_stock: bool,
}

impl Numbers {
    fn append(product: &Product, texts: &mut String) -> Self {
        let start = texts.len() as u32;
        let brand = product.brand.as_deref().unwrap_or_default();
        let ends = [&product.name, &product.image, &product.mall, &product.category, brand].map(|text| {
            texts.push_str(text);
            texts.len() as u32
        });
        let &Product { id, price, opens_at, closes_at, wish_count, in_stock, .. } = product;
        let has_brand = product.brand.is_some();
        Self { id, price, opens_at, closes_at, wish_count, in_stock, start, ends, has_brand }
    }

    fn product<'a>(&self, texts: &'a str) -> Product<&'a str> {
        let mut start = self.start as usize;
        let [name, image, mall, category, brand] = self.ends.map(|end| {
            let text = &texts[start..end as usize];
            start = end as usize;
            text
        });
        let &Self { id, price, opens_at, closes_at, wish_count, in_stock, .. } = self;
        let brand = self.has_brand.then_some(brand);
        Product { id, name, image, price, mall, brand, category, opens_at, closes_at, wish_count, in_stock }
    }
}

/// One worker's share of the first pass: the words it learned, the batches it packed.
#[derive(Debug, Default)]
pub struct SpoolBuilder {
    lexicon: LexiconBuilder,
    batches: Vec<(usize, Batch)>,
    products: u64,
    texts: String,
}

impl SpoolBuilder {
    /// Learns from a batch of less than 4 GB of text and packs it; `sequence` is its place among all batches.
    pub fn add(&mut self, sequence: usize, products: &[Product]) {
        self.texts.clear();
        let numbers = products
            .iter()
            .map(|product| {
                self.lexicon.add(&product.searchable_text());
                Numbers::append(product, &mut self.texts)
            })
            .collect();
        self.batches.push((sequence, Batch { texts: compress_prepend_size(self.texts.as_bytes()), numbers }));
        self.products += products.len() as u64;
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
        let batches = batches.into_iter().map(|(_, batch)| batch).collect();
        (lexicon, Spool { batches, products })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_come_back_in_order_whoever_packed_them() {
        let name = |id| format!("나이키 {id}");
        let brand = |id| (id % 3 == 0).then(|| format!("brand {id}"));
        let product = |id| Product {
            id,
            name: name(id),
            image: String::new(),
            price: id * 10,
            mall: "몰".into(),
            brand: brand(id),
            category: "신발".into(),
            opens_at: -id,
            closes_at: id,
            wish_count: 0,
            in_stock: id % 2 == 0,
        };
        let mut workers = [SpoolBuilder::default(), SpoolBuilder::default()];
        for (sequence, ids) in [(2, 20..30), (0, 0..10), (1, 10..20)] {
            workers[sequence % 2].add(sequence, &ids.map(product).collect::<Vec<_>>());
        }
        let (_, spool) = SpoolBuilder::finish(workers);
        assert_eq!(spool.len(), 30);
        let mut next = 0..30;
        spool
            .drain(|batch| {
                for unpacked in batch {
                    let expected = product(next.next().unwrap());
                    assert_eq!((unpacked.name, unpacked.brand), (expected.name.as_str(), expected.brand.as_deref()));
                    assert_eq!((unpacked.mall, unpacked.category, unpacked.image), ("몰", "신발", ""));
                    let numbers = (unpacked.price, unpacked.opens_at, unpacked.closes_at, unpacked.wish_count);
                    assert_eq!(numbers, (expected.price, expected.opens_at, expected.closes_at, 0));
                    assert_eq!(unpacked.in_stock, expected.in_stock);
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(next, 30..30);
    }
}
