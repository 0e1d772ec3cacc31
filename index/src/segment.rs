//! One segment as one snapshot sees it: its columns, which documents are alive, and the live columns.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use tantivy::SegmentReader;

use crate::bisect::partition_point;
use crate::bits::{Bits, RankedBits};
use crate::cards::Cards;
use crate::columns::{Columns, OfferNames, Permutation};
use crate::counts::Counts;
use crate::kept::KeptSet;
use crate::live::{Live, LiveMap};
use crate::wishes::Wishes;

/// A column that lists are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortColumn {
    Id,
    Price,
    OpensAt,
    WishCount,
}

/// Keys of a column from the first, included, to the second, excluded.
pub(crate) type Keys = Range<(i64, i64)>;

/// Every key that a document may have.
pub(crate) const ALL_KEYS: Keys = LEAST_KEY..GREATEST_KEY;

pub(crate) const LEAST_KEY: (i64, i64) = (i64::MIN, i64::MIN);
pub(crate) const GREATEST_KEY: (i64, i64) = (i64::MAX, i64::MAX);

/// A segment ready to be searched. A clone shares everything with the original.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) columns: Arc<Columns>,
    pub(crate) cards: Arc<Cards>,
    /// `None` when nothing is deleted.
    alive: Option<Arc<Alive>>,
    wishes: Arc<Wishes>,
    sold_out: Arc<Bits>,
}

/// The documents that are not deleted, and where they lie in each order.
#[derive(Debug)]
struct Alive {
    docs: Bits,
    count: u64,
    by_id: RankedBits,
    by_price: RankedBits,
    by_opening: RankedBits,
    by_category_and_price: RankedBits,
    counts: Counts,
    /// What was deleted last, in batches, each with the number of documents that were deleted before.
    buried: Vec<(u64, Arc<[u32]>)>,
}

/// So many batches are remembered.
const MOST_BURIED: usize = 64;
/// Looking at more than this part of the documents takes longer than counting all again.
const MOST_LOOKED_AT: u64 = 64;

impl Alive {
    fn new(docs: Bits, columns: &Columns) -> Self {
        let ranked = |order: &Permutation| order.project(docs.clone(), columns.len()).ranked();
        let mut counts = Counts::all(columns);
        docs.absent(columns.len()).for_each(|doc| counts.subtract(columns, doc));
        Self {
            count: docs.count(),
            by_id: ranked(&columns.by_id),
            by_price: ranked(&columns.by_price),
            by_opening: ranked(&columns.by_opening),
            by_category_and_price: ranked(&columns.by_category_and_price),
            counts,
            buried: Vec::new(),
            docs,
        }
    }

    fn without(&self, dead: &[u32], columns: &Columns) -> Self {
        let without =
            |ranked: &RankedBits, order: &Permutation| ranked.without(dead.iter().map(|&doc| order.rank(doc)));
        let forgotten = (self.buried.len() + 1).saturating_sub(MOST_BURIED);
        let mut buried = self.buried[forgotten..].to_vec();
        buried.push((columns.len() as u64 - self.count, dead.into()));
        let (mut docs, mut counts) = (self.docs.clone(), self.counts.clone());
        for &doc in dead {
            docs.remove(doc);
            counts.subtract(columns, doc);
        }
        Self {
            count: docs.count(),
            docs,
            by_id: without(&self.by_id, &columns.by_id),
            by_price: without(&self.by_price, &columns.by_price),
            by_opening: without(&self.by_opening, &columns.by_opening),
            by_category_and_price: without(&self.by_category_and_price, &columns.by_category_and_price),
            counts,
            buried,
        }
    }
}

/// What has changed since the snapshot before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changes<'a> {
    /// Ids of documents that are deleted, whether or not newer ones take their place.
    pub(crate) deleted: &'a [i64],
    /// Live values of documents that stay.
    pub(crate) live: &'a [(i64, Live)],
}

impl Segment {
    /// Loads the columns; `changed` are the live values that are newer than the index.
    pub(crate) fn load(
        reader: &SegmentReader,
        cards: Cards,
        changed: &LiveMap,
        names: &OfferNames,
    ) -> tantivy::Result<Self> {
        let (columns, live) = Columns::load(reader, changed, names)?;
        let alive = reader.has_deletes().then(|| Arc::new(Alive::new(alive_docs(reader), &columns)));
        let wishes = Wishes::new(live.wish_count, &columns, alive.as_ref().map(|alive| &alive.docs));
        Ok(Self {
            columns: columns.into(),
            cards: cards.into(),
            alive,
            wishes: wishes.into(),
            sold_out: live.sold_out.into(),
        })
    }

    /// The same segment after a commit.
    pub(crate) fn advance(&self, reader: &SegmentReader, changes: Changes<'_>) -> Self {
        let mut next = self.clone();
        let dead = match u64::from(reader.num_docs()) == self.count() {
            true => Vec::new(),
            false => next.bury(reader, changes.deleted),
        };
        let live = changes.live.iter().filter_map(|&(id, live)| Some((next.find(id)?, live)));
        let live: Vec<(u32, Live)> = live.collect();
        if !live.is_empty() {
            let mut sold_out = Bits::clone(&next.sold_out);
            live.iter().for_each(|&(doc, live)| match live.in_stock {
                true => sold_out.remove(doc),
                false => sold_out.insert(doc),
            });
            next.sold_out = sold_out.into();
        }
        let wishes = live.iter().map(|&(doc, live)| (doc, live.wish_count));
        if let Some(wishes) = self.wishes.advance(&dead, wishes, &next.columns, next.alive_docs()) {
            next.wishes = wishes.into();
        }
        next
    }

    /// Takes out what the reader has deleted, and returns it.
    fn bury(&mut self, reader: &SegmentReader, candidates: &[i64]) -> Vec<u32> {
        let deleted = |doc: &u32| reader.is_deleted(*doc) && self.is_alive(*doc);
        let docs = candidates.iter().flat_map(|&id| self.columns.docs_of(id));
        let mut dead: Vec<u32> = docs.filter(deleted).collect();
        if self.count() - dead.len() as u64 != u64::from(reader.num_docs()) {
            dead = (0..self.columns.len() as u32).filter(deleted).collect();
        }
        let alive = match &self.alive {
            Some(alive) => alive.without(&dead, &self.columns),
            None => Alive::new(alive_docs(reader), &self.columns),
        };
        self.alive = Some(alive.into());
        dead
    }

    /// A segment of products that differ in id, price and wishes only; some may be deleted, some wishes change later.
    #[cfg(test)]
    pub(crate) fn of_prices(id: Vec<i64>, price: Vec<i64>, alive: Option<Bits>, moved: &[(u32, i64)]) -> Self {
        let columns = Columns::of_prices(id, price);
        let wishes = Wishes::new(vec![0; columns.len()].into(), &columns, alive.as_ref());
        let wishes = wishes.advance(&[], moved.iter().copied(), &columns, alive.as_ref()).unwrap_or(wishes);
        let alive = alive.map(|docs| Arc::new(Alive::new(docs, &columns)));
        let sold_out = Bits::empty(columns.len()).into();
        Self { columns: columns.into(), cards: Cards::none().into(), alive, wishes: wishes.into(), sold_out }
    }

    /// Number of documents, deleted ones included.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Number of documents that are not deleted.
    pub(crate) fn count(&self) -> u64 {
        self.alive.as_ref().map_or(self.len() as u64, |alive| alive.count)
    }

    /// How the documents that are not deleted divide.
    pub(crate) fn counts(&self) -> Cow<'_, Counts> {
        match &self.alive {
            Some(alive) => Cow::Borrowed(&alive.counts),
            None => Cow::Owned(Counts::all(&self.columns)),
        }
    }

    /// The documents that are not deleted; `None` when none is.
    pub(crate) fn alive_docs(&self) -> Option<&Bits> {
        self.alive.as_ref().map(|alive| &alive.docs)
    }

    /// Number of documents that are deleted.
    pub(crate) fn deleted(&self) -> u64 {
        self.len() as u64 - self.count()
    }

    /// What was deleted since so many documents were, if that is remembered, and not too much to be looked at one by one.
    pub(crate) fn deleted_since(&self, deleted: u64) -> Option<impl Iterator<Item = u32>> {
        if self.deleted().saturating_sub(deleted) > self.len() as u64 / MOST_LOOKED_AT {
            return None;
        }
        let buried = &self.alive.as_ref()?.buried;
        let first = buried.iter().position(|(before, _)| *before == deleted)?;
        Some(buried[first..].iter().flat_map(|(_, docs)| docs.iter().copied()))
    }

    /// How many of a set that is kept are not deleted.
    pub(crate) fn count_alive(&self, kept: &KeptSet) -> u64 {
        kept.count_alive(self.deleted(), |then| match (self.deleted_since(then.deleted), self.alive_docs()) {
            (Some(deleted), _) => then.alive - deleted.filter(|&doc| kept.docs.contains(doc)).count() as u64,
            (None, Some(alive)) => kept.docs.count_common(alive),
            (None, None) => kept.docs.count(),
        })
    }

    #[inline]
    pub(crate) fn is_alive(&self, doc: u32) -> bool {
        self.alive.as_ref().is_none_or(|alive| alive.docs.contains(doc))
    }

    /// Documents that are sold out, some of them deleted.
    pub(crate) fn sold_out(&self) -> &Bits {
        &self.sold_out
    }

    /// The time around `now` in which no sale opens or closes; those of deleted documents count too.
    pub(crate) fn still_time(&self, now: i64) -> Range<i64> {
        let columns = &*self.columns;
        let orders = [(&columns.opens_at, &columns.by_opening), (&columns.closes_at, &columns.by_closing)];
        let turns = orders.map(|(times, order)| {
            let passed = columns.ranks(times, order, (i64::MIN, now)).end;
            let at = |rank: u32| times[order.doc(rank) as usize];
            let last = passed.checked_sub(1).map_or(i64::MIN, at);
            last..if passed < columns.len() as u32 { at(passed) } else { i64::MAX }
        });
        let [openings, closings] = turns;
        openings.start.max(closings.start)..openings.end.min(closings.end)
    }

    /// The document with this id, unless it is deleted.
    pub(crate) fn find(&self, id: i64) -> Option<u32> {
        self.columns.docs_of(id).find(|&doc| self.is_alive(doc))
    }

    pub(crate) fn live(&self, doc: u32) -> Live {
        Live { wish_count: self.wishes.of(doc), in_stock: !self.sold_out.contains(doc) }
    }

    /// What documents are compared by: the value, then the id.
    #[inline]
    pub(crate) fn key(&self, column: SortColumn, doc: u32) -> (i64, i64) {
        let id = self.columns.id[doc as usize];
        match column {
            SortColumn::Id => (id, id),
            SortColumn::Price => (self.columns.price[doc as usize], id),
            SortColumn::OpensAt => (self.columns.opens_at[doc as usize], id),
            SortColumn::WishCount => (self.wishes.of(doc), id),
        }
    }

    /// These ranks of the order by category and price, all of one category.
    pub(crate) fn priced(&self, ranks: &Range<u32>) -> PricedRange<'_> {
        let alive = self.alive.as_deref().map(|alive| &alive.by_category_and_price);
        PricedRange { columns: &self.columns, alive, ranks: (ranks.start, ranks.end) }
    }

    /// The documents in the order of a column. Each that is alive is present in exactly one lane.
    pub(crate) fn lanes(&self, column: SortColumn) -> impl Iterator<Item = Lane<'_>> {
        let settled = self.settled(column);
        let moved = (column == SortColumn::WishCount).then(|| self.wishes.moved()).filter(|moved| !moved.is_empty());
        [Some(settled), moved.map(Lane::Moved)].into_iter().flatten()
    }

    /// The lane that has every document.
    pub(crate) fn settled(&self, column: SortColumn) -> Lane<'_> {
        let Columns { id, price, opens_at, by_id, by_price, by_opening, .. } = &*self.columns;
        let alive = self.alive.as_deref();
        let lane = |values, order, present| Lane::Settled { ids: id, values, order, present, moved: None };
        match column {
            SortColumn::Id => lane(id, by_id, alive.map(|alive| &alive.by_id)),
            SortColumn::Price => lane(price, by_price, alive.map(|alive| &alive.by_price)),
            SortColumn::OpensAt => lane(opens_at, by_opening, alive.map(|alive| &alive.by_opening)),
            SortColumn::WishCount => self.wishes.settled(id),
        }
    }
}

fn alive_docs(reader: &SegmentReader) -> Bits {
    let mut alive = Bits::empty(reader.max_doc() as usize);
    reader.doc_ids_alive().for_each(|doc| alive.insert(doc));
    alive
}

/// Documents of a segment in one order, by rank.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lane<'a> {
    /// All documents in an order that was sorted once.
    Settled {
        ids: &'a [i64],
        values: &'a [i64],
        order: &'a Permutation,
        /// Ranks of documents that are alive and have not moved; `None`: all.
        present: Option<&'a RankedBits>,
        /// Documents that are in the other lane.
        moved: Option<&'a Bits>,
    },
    /// Value, id and document of those whose value has changed since.
    Moved(&'a [(i64, i64, u32)]),
}

impl<'a> Lane<'a> {
    /// Number of ranks.
    pub(crate) fn len(&self) -> u32 {
        match self {
            Self::Settled { ids, .. } => ids.len() as u32,
            Self::Moved(docs) => docs.len() as u32,
        }
    }

    #[inline]
    pub(crate) fn doc(&self, rank: u32) -> u32 {
        match self {
            Self::Settled { order, .. } => order.doc(rank),
            Self::Moved(docs) => docs[rank as usize].2,
        }
    }

    #[inline]
    pub(crate) fn key(&self, rank: u32) -> (i64, i64) {
        match self {
            Self::Settled { ids, values, order, .. } => {
                let doc = order.doc(rank) as usize;
                (values[doc], ids[doc])
            }
            Self::Moved(docs) => (docs[rank as usize].0, docs[rank as usize].1),
        }
    }

    /// Number of ranks whose key is below `key`.
    pub(crate) fn rank_of_key(&self, key: (i64, i64)) -> u32 {
        partition_point(self.len(), |rank| self.key(rank) < key)
    }

    /// Ranks of all documents that are present; `None`: every rank.
    pub(crate) fn present(&self) -> Option<&'a RankedBits> {
        match self {
            Self::Settled { present, .. } => *present,
            Self::Moved(_) => None,
        }
    }

    /// Whether the ranks are the numbers of the documents.
    pub(crate) fn is_by_document(&self) -> bool {
        matches!(self, Self::Settled { order, moved: None, .. } if order.is_by_document())
    }

    /// Whether a document that is alive is in this lane, given that it has a rank in it.
    #[inline]
    pub(crate) fn keeps(&self, doc: u32) -> bool {
        match self {
            Self::Settled { moved: Some(moved), .. } => !moved.contains(doc),
            _ => true,
        }
    }
}

/// The documents of one category that are alive, cheapest first, or those of them within a range of prices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PricedRange<'a> {
    columns: &'a Columns,
    /// By rank; `None`: all.
    alive: Option<&'a RankedBits>,
    ranks: (u32, u32),
}

impl<'a> PricedRange<'a> {
    /// How many documents that are alive have lower ranks.
    fn alive_below(&self, rank: u32) -> u32 {
        self.alive.map_or(rank, |alive| alive.rank(rank))
    }

    pub(crate) fn count(&self) -> u32 {
        self.alive_below(self.ranks.1) - self.alive_below(self.ranks.0)
    }

    pub(crate) fn doc(&self, position: u32) -> u32 {
        let place = self.alive_below(self.ranks.0) + position;
        self.columns.by_category_and_price.doc(self.alive.map_or(place, |alive| alive.select(place)))
    }

    pub(crate) fn docs(self) -> impl Iterator<Item = u32> + 'a {
        (0..self.count()).map(move |position| self.doc(position))
    }

    /// Number of documents whose price and id are below `key`.
    pub(crate) fn count_below(&self, key: (i64, i64)) -> u32 {
        let (start, end) = self.ranks;
        let below = partition_point(end - start, |rank| {
            let doc = self.columns.by_category_and_price.doc(start + rank) as usize;
            (self.columns.price[doc], self.columns.id[doc]) < key
        });
        self.alive_below(start + below) - self.alive_below(start)
    }
}
