//! The columns of one tantivy segment in memory, sorted once by every order.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use tantivy::SegmentReader;
use tantivy::columnar::Column;

use crate::bands::{Bands, Below};
use crate::bisect::partition_point;
use crate::bits::Bits;
use crate::kept::KeptSet;
use crate::live::{Live, LiveMap};
use crate::postings::Postings;
use crate::schema::fast;
use crate::texts::{Names, Offers, Texts};

/// Documents of a segment by one column, then by id.
#[derive(Debug)]
pub(crate) struct Permutation {
    /// `None` when they lie in this order already.
    shuffled: Option<Shuffled>,
}

#[derive(Debug)]
struct Shuffled {
    /// Document at each rank.
    docs: Box<[u32]>,
    /// Rank of each document.
    ranks: Box<[u32]>,
    bands: Option<Bands>,
}

impl Permutation {
    pub(crate) fn sort(key: impl Fn(u32) -> (i64, i64) + Sync, len: u32) -> Self {
        if (1..len).all(|doc| key(doc - 1) < key(doc)) {
            return Self { shuffled: None };
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
        let bands = Bands::new(&docs);
        Self::of(docs, Some(bands))
    }

    /// The documents by the numbers that they have in `texts`, and in this order where these are the same.
    fn within(&self, texts: &Texts) -> Self {
        let mut next: Vec<usize> = texts.starts().map(|start| start as usize).collect();
        let mut docs = vec![0; texts.numbers.len()].into_boxed_slice();
        for doc in (0..docs.len() as u32).map(|rank| self.doc(rank)) {
            let place = &mut next[texts.numbers[doc as usize] as usize];
            docs[*place] = doc;
            *place += 1;
        }
        Self::of(docs, None)
    }

    fn of(docs: Box<[u32]>, bands: Option<Bands>) -> Self {
        let mut ranks = vec![0; docs.len()].into_boxed_slice();
        for (rank, &doc) in docs.iter().enumerate() {
            ranks[doc as usize] = rank as u32;
        }
        Self { shuffled: Some(Shuffled { docs, ranks, bands }) }
    }

    #[inline]
    pub(crate) fn doc(&self, rank: u32) -> u32 {
        self.shuffled.as_ref().map_or(rank, |shuffled| shuffled.docs[rank as usize])
    }

    #[inline]
    pub(crate) fn rank(&self, doc: u32) -> u32 {
        self.shuffled.as_ref().map_or(doc, |shuffled| shuffled.ranks[doc as usize])
    }

    /// Whether they lie in this order already.
    pub(crate) fn is_by_document(&self) -> bool {
        self.shuffled.is_none()
    }

    /// `None` when the documents lie in this order, so that a range of ranks is one of documents.
    pub(crate) fn bands(&self) -> Option<&Bands> {
        self.shuffled.as_ref()?.bands.as_ref()
    }

    /// How many of `docs` have a lower rank.
    pub(crate) fn count_below(&self, docs: &Bits, rank: u32) -> u64 {
        let among = |ranks: Range<u32>| ranks.filter(|&rank| docs.contains(self.doc(rank))).count() as u64;
        let Some(bands) = self.bands() else { return docs.count_below(rank) };
        let boundary = bands.nearest(rank);
        let below = match boundary.below {
            Below::Nothing => 0,
            Below::Some(below) => docs.count_common(below),
            Below::Everything => docs.count(),
        };
        below + among(boundary.rank..rank) - among(rank..boundary.rank)
    }

    /// The same set, by rank instead of by document.
    pub(crate) fn project(&self, bits: Bits, len: usize) -> Bits {
        let Some(shuffled) = &self.shuffled else { return bits };
        let mut projected = Bits::empty(len);
        bits.iter().for_each(|doc| projected.insert(shuffled.ranks[doc as usize]));
        projected
    }
}

/// The names that all segments share.
#[derive(Debug, Default)]
pub(crate) struct OfferNames {
    pub(crate) categories: Names,
    pub(crate) malls: Names,
}

/// What never changes in a segment. Arrays are indexed by document; deleted documents keep their place.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) id: Box<[i64]>,
    pub(crate) price: Box<[i64]>,
    pub(crate) opens_at: Box<[i64]>,
    pub(crate) closes_at: Box<[i64]>,
    pub(crate) digest: Box<[u64]>,
    pub(crate) by_id: Permutation,
    pub(crate) by_price: Permutation,
    pub(crate) by_opening: Permutation,
    pub(crate) by_closing: Permutation,
    pub(crate) by_category_and_price: Permutation,
    pub(crate) category: Texts,
    pub(crate) mall: Texts,
    pub(crate) offers: Offers,
    /// The documents of each category, by its number; `None` of a small one, which is a short stretch of the order by
    /// category and price.
    in_category: Vec<Option<Arc<KeptSet>>>,
    /// Whether a sale closes before it opens.
    pub(crate) has_backward_sales: bool,
}

/// The live columns of a segment as it was loaded: what was indexed, and over it what has changed since.
pub(crate) struct LiveValues {
    pub(crate) wish_count: Box<[i64]>,
    pub(crate) sold_out: Bits,
}

impl Columns {
    pub(crate) fn load(
        reader: &SegmentReader,
        changed: &LiveMap,
        names: &OfferNames,
    ) -> tantivy::Result<(Self, LiveValues)> {
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
        let texts =
            (Texts::load(reader, fast::CATEGORY, &names.categories)?, Texts::load(reader, fast::MALL, &names.malls)?);
        Ok((Self::new(id, price?, times, digest, texts), live))
    }

    fn new(
        id: Box<[i64]>,
        price: Box<[i64]>,
        (opens_at, closes_at): (Box<[i64]>, Box<[i64]>),
        digest: Box<[u64]>,
        (category, mall): (Texts, Texts),
    ) -> Self {
        let by = |column: &[i64]| Permutation::sort(|doc| (column[doc as usize], id[doc as usize]), id.len() as u32);
        let ((by_id, by_closing), (by_price, by_opening)) =
            rayon::join(|| rayon::join(|| by(&id), || by(&closes_at)), || rayon::join(|| by(&price), || by(&opens_at)));
        let large = |&count: &u64| (count > Postings::most_few(id.len()) as u64).then(|| Bits::empty(id.len()));
        let mut in_category: Vec<Option<Bits>> = category.counts.iter().map(large).collect();
        for (doc, &number) in category.numbers.iter().enumerate() {
            if let Some(docs) = &mut in_category[number as usize] {
                docs.insert(doc as u32);
            }
        }
        let kept = |(docs, &count): (Option<Bits>, &u64)| docs.map(|docs| KeptSet::new(docs, count).into());
        let in_category = in_category.into_iter().zip(&category.counts).map(kept).collect();
        let (by_category_and_price, offers) =
            rayon::join(|| by_price.within(&category), || Offers::new(&category, &mall));
        let has_backward_sales = opens_at.iter().zip(&closes_at).any(|(opens, closes)| opens > closes);
        Self {
            id,
            price,
            opens_at,
            closes_at,
            digest,
            by_id,
            by_price,
            by_opening,
            by_closing,
            by_category_and_price,
            category,
            mall,
            offers,
            in_category,
            has_backward_sales,
        }
    }

    /// Columns of products that differ in id and price only.
    #[cfg(test)]
    pub(crate) fn of_prices(id: Vec<i64>, price: Vec<i64>) -> Self {
        let zeros: Box<[i64]> = vec![0; id.len()].into();
        let digest = vec![0; id.len()].into();
        let texts = || Texts::new(vec![0; id.len()].into(), vec![String::new()], &Names::default());
        let texts = (texts(), texts());
        Self::new(id.into(), price.into(), (zeros.clone(), zeros), digest, texts)
    }

    /// Number of documents, deleted ones included.
    pub(crate) fn len(&self) -> usize {
        self.id.len()
    }

    /// The documents with this id: at most one that is alive.
    pub(crate) fn docs_of(&self, id: i64) -> impl Iterator<Item = u32> + '_ {
        let low = partition_point(self.len() as u32, |rank| self.id[self.by_id.doc(rank) as usize] < id);
        (low..self.len() as u32).map(|rank| self.by_id.doc(rank)).take_while(move |&doc| self.id[doc as usize] == id)
    }

    /// The ranks that values from `low` to `high`, both included, have in the order of their column.
    pub(crate) fn ranks(&self, values: &[i64], order: &Permutation, (low, high): (i64, i64)) -> Range<u32> {
        let below = |key: (i64, i64)| {
            partition_point(self.len() as u32, |rank| {
                let doc = order.doc(rank) as usize;
                (values[doc], self.id[doc]) < key
            })
        };
        let start = below((low, i64::MIN));
        start..below((high, i64::MAX)).max(start)
    }

    /// The number by which [`is_in_category`](Self::is_in_category) knows a category; `None` when the segment has none.
    pub(crate) fn category_number(&self, category: &str) -> Option<u32> {
        let number = self.category.names.binary_search_by(|name| name.as_str().cmp(category));
        number.ok().map(|number| number as u32)
    }

    /// The ranks that the documents of a category with prices from `low` to `high`, both included, have in the order by
    /// category and price.
    pub(crate) fn priced_ranks(&self, number: u32, (low, high): (i64, i64)) -> Range<u32> {
        let start = self.category.starts().nth(number as usize).unwrap_or(0) as u32;
        let count = self.category.counts[number as usize] as u32;
        let price = |rank: u32| self.price[self.by_category_and_price.doc(start + rank) as usize];
        let below = partition_point(count, |rank| price(rank) < low);
        let within = partition_point(count, |rank| price(rank) <= high).max(below);
        start + below..start + within
    }

    #[inline]
    pub(crate) fn is_in_category(&self, doc: u32, number: u32) -> bool {
        self.category.numbers[doc as usize] == number
    }

    /// The documents of the category with this number, unless they are few.
    pub(crate) fn in_category(&self, number: u32) -> Option<&Arc<KeptSet>> {
        self.in_category[number as usize].as_ref()
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
