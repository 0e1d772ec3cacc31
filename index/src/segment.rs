//! One tantivy segment with its columns in memory, sorted once by every order.

use std::collections::HashMap;

use rayon::prelude::*;
use tantivy::SegmentReader;
use tantivy::columnar::Column;

use crate::bits::Bits;
use crate::schema::fast;

/// A column that lists are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortColumn {
    Id,
    Price,
    OpensAt,
    WishCount,
}

/// Documents of a segment by one column, then by id.
#[derive(Debug)]
pub(crate) struct Permutation {
    /// Document at each rank; `None` when they lie in this order already.
    docs: Option<Box<[u32]>>,
    /// Rank of each document.
    ranks: Option<Box<[u32]>>,
}

impl Permutation {
    fn sort(key: impl Fn(u32) -> (i64, i64) + Sync, len: u32) -> Self {
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
        let docs: Box<[u32]> = keyed.into_iter().map(|(_, _, doc)| doc).collect();
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

    /// The same set, by rank instead of by document.
    pub(crate) fn project(&self, bits: Bits, len: usize) -> Bits {
        let Some(ranks) = &self.ranks else { return bits };
        let mut projected = Bits::empty(len);
        bits.iter().for_each(|doc| projected.insert(ranks[doc as usize]));
        projected
    }
}

/// A segment ready to be searched. Arrays are indexed by document.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: Box<[i64]>,
    pub(crate) price: Box<[i64]>,
    pub(crate) opens_at: Box<[i64]>,
    pub(crate) closes_at: Box<[i64]>,
    pub(crate) wish_count: Box<[i64]>,
    /// Milliseconds from opening to closing of the longest sale.
    pub(crate) longest_sale: i64,
    by_id: Permutation,
    by_price: Permutation,
    by_opening: Permutation,
    by_wishes: Permutation,
    category: Box<[u32]>,
    category_names: Vec<String>,
    categories: HashMap<String, Bits>,
    /// `None` when nothing is deleted.
    pub(crate) alive: Option<Bits>,
}

impl Segment {
    pub(crate) fn load(reader: &SegmentReader) -> tantivy::Result<Self> {
        let len = reader.max_doc();
        let [id, price, opens_at, closes_at, wish_count] =
            [fast::ID, fast::PRICE, fast::OPENS_AT, fast::CLOSES_AT, fast::WISH_COUNT]
                .map(|name| reader.fast_fields().i64(name).map(|column| values(&column, len)));
        let (category, category_names) = categories(reader, len)?;
        let alive = reader.alive_bitset().map(|_| {
            let mut alive = Bits::empty(len as usize);
            reader.doc_ids_alive().for_each(|doc| alive.insert(doc));
            alive
        });
        let times = Times { opens_at: opens_at?, closes_at: closes_at? };
        Ok(Self::new(id?, price?, wish_count?, times, (category, category_names), alive))
    }

    fn new(
        id: Box<[i64]>,
        price: Box<[i64]>,
        wish_count: Box<[i64]>,
        Times { opens_at, closes_at }: Times,
        (category, category_names): (Box<[u32]>, Vec<String>),
        alive: Option<Bits>,
    ) -> Self {
        let by = |column: &[i64]| Permutation::sort(|doc| (column[doc as usize], id[doc as usize]), id.len() as u32);
        let ((by_id, by_price), (by_opening, by_wishes)) = rayon::join(
            || rayon::join(|| by(&id), || by(&price)),
            || rayon::join(|| by(&opens_at), || by(&wish_count)),
        );
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
            wish_count,
            longest_sale,
            by_id,
            by_price,
            by_opening,
            by_wishes,
            category,
            category_names,
            categories,
            alive,
        }
    }

    /// A segment of products that differ in id and price only.
    #[cfg(test)]
    pub(crate) fn of_prices(id: Vec<i64>, price: Vec<i64>) -> Self {
        let zeros: Box<[i64]> = vec![0; id.len()].into();
        let times = Times { opens_at: zeros.clone(), closes_at: zeros.clone() };
        let category = (vec![0; id.len()].into(), vec![String::new()]);
        Self::new(id.into(), price.into(), zeros, times, category, None)
    }

    /// Number of documents, deleted ones included.
    pub(crate) fn len(&self) -> usize {
        self.id.len()
    }

    pub(crate) fn column(&self, column: SortColumn) -> &[i64] {
        match column {
            SortColumn::Id => &self.id,
            SortColumn::Price => &self.price,
            SortColumn::OpensAt => &self.opens_at,
            SortColumn::WishCount => &self.wish_count,
        }
    }

    pub(crate) fn permutation(&self, column: SortColumn) -> &Permutation {
        match column {
            SortColumn::Id => &self.by_id,
            SortColumn::Price => &self.by_price,
            SortColumn::OpensAt => &self.by_opening,
            SortColumn::WishCount => &self.by_wishes,
        }
    }

    /// What documents are compared by: the value, then the id.
    #[inline]
    pub(crate) fn key(&self, column: SortColumn, doc: u32) -> (i64, i64) {
        (self.column(column)[doc as usize], self.id[doc as usize])
    }

    /// Number of documents, deleted ones included, whose key is below `key`.
    pub(crate) fn rank_of_key(&self, column: SortColumn, key: (i64, i64)) -> u32 {
        let permutation = self.permutation(column);
        let (mut low, mut high) = (0, self.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(column, permutation.doc(middle)) < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(crate) fn category_of(&self, doc: u32) -> &str {
        &self.category_names[self.category[doc as usize] as usize]
    }

    /// Documents of a category; `None` when the segment has none.
    pub(crate) fn in_category(&self, category: &str) -> Option<&Bits> {
        self.categories.get(category)
    }
}

struct Times {
    opens_at: Box<[i64]>,
    closes_at: Box<[i64]>,
}

fn values(column: &Column<i64>, len: u32) -> Box<[i64]> {
    let mut values = vec![0; len as usize];
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
