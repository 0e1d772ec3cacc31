//! The columns of one tantivy segment in memory, sorted once by every order.

use std::collections::HashMap;

use rayon::prelude::*;
use tantivy::SegmentReader;
use tantivy::columnar::Column;

use crate::bits::Bits;
use crate::live::{Live, LiveMap};
use crate::schema::fast;

/// Documents of a segment by one column, then by id.
#[derive(Debug)]
pub(crate) struct Permutation {
    /// Document at each rank; `None` when they lie in this order already.
    docs: Option<Box<[u32]>>,
    /// Rank of each document.
    ranks: Option<Box<[u32]>>,
}

impl Permutation {
    pub(crate) fn sort(key: impl Fn(u32) -> (i64, i64) + Sync, len: u32) -> Self {
        if (1..len).all(|doc| key(doc - 1) < key(doc)) {
            return Self { docs: None, ranks: None };
        }
        let mut keyed: Vec<(i64, i64, u32)> = (0..len)
            .map(|doc| {
                let (value, id) = key(doc);
                (value, id, doc)
            })
            .collect();
        keyed.par_sort_unstable();
        Self::of_sorted(keyed.into_iter().map(|(_, _, doc)| doc).collect())
    }

    /// All documents, in this order.
    pub(crate) fn of_sorted(docs: Box<[u32]>) -> Self {
        let mut ranks = vec![0; docs.len()].into_boxed_slice();
        for (rank, &doc) in docs.iter().enumerate() {
            ranks[doc as usize] = rank as u32;
        }
        Self { docs: Some(docs), ranks: Some(ranks) }
    }

    #[inline]
    pub(crate) fn doc(&self, rank: u32) -> u32 {
        self.docs.as_ref().map_or(rank, |docs| docs[rank as usize])
    }

    #[inline]
    pub(crate) fn rank(&self, doc: u32) -> u32 {
        self.ranks.as_ref().map_or(doc, |ranks| ranks[doc as usize])
    }

    /// The same set, by rank instead of by document.
    pub(crate) fn project(&self, bits: Bits, len: usize) -> Bits {
        let Some(ranks) = &self.ranks else { return bits };
        let mut projected = Bits::empty(len);
        bits.iter().for_each(|doc| projected.insert(ranks[doc as usize]));
        projected
    }
}

/// What never changes in a segment. Arrays are indexed by document; deleted documents keep their place.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) id: Box<[i64]>,
    pub(crate) price: Box<[i64]>,
    pub(crate) opens_at: Box<[i64]>,
    pub(crate) closes_at: Box<[i64]>,
    pub(crate) digest: Box<[u64]>,
    /// Milliseconds from opening to closing of the longest sale.
    pub(crate) longest_sale: i64,
    pub(crate) by_id: Permutation,
    pub(crate) by_price: Permutation,
    pub(crate) by_opening: Permutation,
    category: Box<[u32]>,
    category_names: Vec<String>,
    categories: HashMap<String, Bits>,
}

/// The live columns of a segment as it was loaded: what was indexed, and over it what has changed since.
pub(crate) struct LiveValues {
    pub(crate) wish_count: Box<[i64]>,
    pub(crate) sold_out: Bits,
}

impl Columns {
    pub(crate) fn load(reader: &SegmentReader, changed: &LiveMap) -> tantivy::Result<(Self, LiveValues)> {
        let len = reader.max_doc();
        let [id, price, opens_at, closes_at, wish_count, in_stock] =
            [fast::ID, fast::PRICE, fast::OPENS_AT, fast::CLOSES_AT, fast::WISH_COUNT, fast::IN_STOCK]
                .map(|name| reader.fast_fields().i64(name).map(|column| values(&column, len)));
        let digest = values(&reader.fast_fields().u64(fast::DIGEST)?, len);
        let (id, in_stock) = (id?, in_stock?);
        let mut live = LiveValues { wish_count: wish_count?, sold_out: Bits::empty(len as usize) };
        for (doc, id) in id.iter().enumerate() {
            let in_stock = match changed.get(id) {
                Some(&Live { wish_count, in_stock }) => {
                    live.wish_count[doc] = wish_count;
                    in_stock
                }
                None => in_stock[doc] != 0,
            };
            if !in_stock {
                live.sold_out.insert(doc as u32);
            }
        }
        let times = (opens_at?, closes_at?);
        Ok((Self::new(id, price?, times, digest, categories(reader, len)?), live))
    }

    fn new(
        id: Box<[i64]>,
        price: Box<[i64]>,
        (opens_at, closes_at): (Box<[i64]>, Box<[i64]>),
        digest: Box<[u64]>,
        (category, category_names): (Box<[u32]>, Vec<String>),
    ) -> Self {
        let by = |column: &[i64]| Permutation::sort(|doc| (column[doc as usize], id[doc as usize]), id.len() as u32);
        let (by_id, (by_price, by_opening)) = rayon::join(|| by(&id), || rayon::join(|| by(&price), || by(&opens_at)));
        let lengths = opens_at.iter().zip(&closes_at).map(|(opens, closes)| closes.saturating_sub(*opens));
        let longest_sale = lengths.max().unwrap_or(0);
        let mut bitmaps = vec![Bits::empty(id.len()); category_names.len()];
        for (doc, &ordinal) in category.iter().enumerate() {
            bitmaps[ordinal as usize].insert(doc as u32);
        }
        let categories = category_names.iter().cloned().zip(bitmaps).collect();
        Self {
            id,
            price,
            opens_at,
            closes_at,
            digest,
            longest_sale,
            by_id,
            by_price,
            by_opening,
            category,
            category_names,
            categories,
        }
    }

    /// Columns of products that differ in id and price only.
    #[cfg(test)]
    pub(crate) fn of_prices(id: Vec<i64>, price: Vec<i64>) -> Self {
        let zeros: Box<[i64]> = vec![0; id.len()].into();
        let digest = vec![0; id.len()].into();
        let category = (vec![0; id.len()].into(), vec![String::new()]);
        Self::new(id.into(), price.into(), (zeros.clone(), zeros), digest, category)
    }

    /// Number of documents, deleted ones included.
    pub(crate) fn len(&self) -> usize {
        self.id.len()
    }

    /// The documents with this id: at most one that is alive.
    pub(crate) fn docs_of(&self, id: i64) -> impl Iterator<Item = u32> + '_ {
        let (mut low, mut high) = (0, self.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.id[self.by_id.doc(middle) as usize] < id {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..self.len() as u32).map(|rank| self.by_id.doc(rank)).take_while(move |&doc| self.id[doc as usize] == id)
    }

    pub(crate) fn category_of(&self, doc: u32) -> &str {
        &self.category_names[self.category[doc as usize] as usize]
    }

    /// Documents of a category; `None` when the segment has none.
    pub(crate) fn in_category(&self, category: &str) -> Option<&Bits> {
        self.categories.get(category)
    }
}

fn values<T: Copy + Default + PartialOrd + std::fmt::Debug + Send + Sync + 'static>(
    column: &Column<T>,
    len: u32,
) -> Box<[T]> {
    let mut values = vec![T::default(); len as usize];
    column.values.get_range(0, &mut values);
    values.into()
}

/// Category ordinal of each document, and the names of the ordinals.
fn categories(reader: &SegmentReader, len: u32) -> tantivy::Result<(Box<[u32]>, Vec<String>)> {
    let Some(column) = reader.fast_fields().str(fast::CATEGORY)? else {
        return Ok((vec![0; len as usize].into(), vec![String::new()]));
    };
    let mut names = vec![String::new(); column.num_terms()];
    for (ordinal, name) in names.iter_mut().enumerate() {
        column.ord_to_str(ordinal as u64, name)?;
    }
    let ordinals = (0..len).map(|doc| column.term_ords(doc).next().unwrap_or(0) as u32).collect();
    Ok((ordinals, names))
}
