//! The filters of a query, evaluated within one segment.

use std::ops::Range;
use std::sync::Arc;

use crate::bands::Below;
use crate::bits::Bits;
use crate::columns::Permutation;
use crate::kept::KeptSet;
use crate::matches::Matches;
use crate::postings::{self, Postings};
use crate::segment::{ALL_KEYS, Keys, Segment, SortColumn};
use crate::{ProductQuery, SortKey, Status};

/// Values from the first to the second, both included.
type Bounds = (i64, i64);

/// Looking at this part of the documents in the order that is wanted beats sets, which have to be sorted yet.
const SCANNED: usize = 32;

const UNBOUNDED: Bounds = (i64::MIN, i64::MAX);

/// A query without its keyword and order: all that is left is an exact category and ranges over columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter<'a> {
    category: Option<&'a str>,
    price: Bounds,
    opens_at: Bounds,
    closes_at: Bounds,
    in_stock: bool,
    /// Only an order by price is wanted of the matches.
    only_priced: bool,
}

impl<'a> Filter<'a> {
    /// Resolves the status to ranges of times, so that a sale opens without a document being rewritten.
    pub(crate) fn at(now: i64, query: &'a ProductQuery) -> Self {
        let (mut opens_at, mut closes_at) = (UNBOUNDED, UNBOUNDED);
        if let Some(opens) = &query.opens {
            opens_at = (opens.start, opens.end.saturating_sub(1));
        }
        match query.status {
            None => {}
            Some(Status::Waiting) => opens_at.0 = opens_at.0.max(now.saturating_add(1)),
            Some(Status::Open) => {
                opens_at.1 = opens_at.1.min(now);
                closes_at.0 = now.saturating_add(1);
            }
            Some(Status::Close) => {
                opens_at.1 = opens_at.1.min(now);
                closes_at.1 = now;
            }
        }
        let price = (query.min_price.unwrap_or(i64::MIN), query.max_price.unwrap_or(i64::MAX));
        let only_priced = query.order.key == SortKey::Price && !query.facets.any();
        Self { category: query.category.as_deref(), price, opens_at, closes_at, in_stock: query.in_stock, only_priced }
    }

    /// The keys that matches may have in the order of a column.
    pub(crate) fn keys(&self, column: SortColumn) -> Keys {
        match column {
            SortColumn::Price => (self.price.0, i64::MIN)..(self.price.1, i64::MAX),
            SortColumn::OpensAt => (self.opens_at.0, i64::MIN)..(self.opens_at.1, i64::MAX),
            SortColumn::Id | SortColumn::WishCount => ALL_KEYS,
        }
    }

    /// Documents of a segment that pass, and have every piece of the keyword if there is one.
    pub(crate) fn matches(&self, segment: &Segment, pieces: &[Arc<Postings>]) -> Matches {
        let columns = &segment.columns;
        let category = match self.category.map(|category| columns.category_number(category)) {
            Some(None) => return Matches::NONE,
            number => number.flatten(),
        };
        let priced = category.filter(|_| self.only_priced).map(|number| columns.priced_ranks(number, self.price));
        if let Some(priced) = &priced
            && self.is_of_category_and_price(pieces)
        {
            return Matches::Priced(priced.clone());
        }
        let ranges = self.ranges(segment);
        if pieces.is_empty() && category.is_none() && !self.in_stock && ranges.is_empty() {
            return Matches::All;
        }
        let shortest = pieces.iter().filter_map(|piece| piece.few()).min_by_key(|few| few.len());
        let narrowest = ranges.iter().min_by_key(|range| range.ranks.len());
        let suits = |doc: u32| {
            segment.is_alive(doc)
                && category.is_none_or(|number| columns.is_in_category(doc, number))
                && !(self.in_stock && segment.sold_out().contains(doc))
                && ranges.iter().all(|range| range.contains(doc))
        };
        let passes = |doc: u32| suits(doc) && pieces.iter().all(|piece| piece.contains(doc));
        let by_price = |ranks: Range<u32>| {
            let docs = ranks.map(|rank| columns.by_category_and_price.doc(rank)).filter(|&doc| passes(doc)).collect();
            if self.only_priced { Matches::ByPrice(docs) } else { Matches::Few(docs) }
        };
        if let Some(number) = category
            && columns.in_category(number).is_none()
        {
            return by_price(columns.priced_ranks(number, self.price));
        }
        match (shortest, narrowest) {
            (Some(few), narrowest) if narrowest.is_none_or(|range| few.len() <= range.ranks.len()) => {
                Matches::Few(postings::common(few, pieces).filter(|&doc| suits(doc)).collect())
            }
            (_, Some(range)) if range.ranks.len() <= Postings::most_few(segment.len()) => {
                Matches::Few(range.ranks.clone().map(|rank| range.order.doc(rank)).filter(|&doc| passes(doc)).collect())
            }
            _ => match priced.filter(|priced| priced.len() <= segment.len() / SCANNED) {
                Some(priced) => by_price(priced),
                None => self.intersect(segment, pieces, category, &ranges),
            },
        }
    }

    /// Whether nothing else is asked for.
    fn is_of_category_and_price(&self, pieces: &[Arc<Postings>]) -> bool {
        pieces.is_empty() && !self.in_stock && self.opens_at == UNBOUNDED && self.closes_at == UNBOUNDED
    }

    /// The same, when every condition lets many documents pass.
    fn intersect(
        &self,
        segment: &Segment,
        pieces: &[Arc<Postings>],
        category: Option<u32>,
        ranges: &[ColumnRange<'_>],
    ) -> Matches {
        let members = category.and_then(|number| segment.columns.in_category(number));
        let kept: Vec<&Arc<KeptSet>> = pieces.iter().filter_map(|piece| piece.many()).chain(members).collect();
        if let ([kept], false, []) = (&kept[..], self.in_stock, ranges) {
            return Matches::Kept(Arc::clone(kept), segment.count_alive(kept));
        }
        let mut all: Vec<&Bits> = kept.iter().map(|kept| &kept.docs).chain(segment.alive_docs()).collect();
        let mut none: Vec<&Bits> = self.in_stock.then(|| segment.sold_out()).into_iter().collect();
        let mut beyond = Vec::new();
        for range in ranges {
            let Some(bands) = range.order.bands() else { continue };
            let (floor, ceiling) = (bands.floor(range.ranks.start), bands.ceiling(range.ranks.end));
            if let Below::Some(below) = floor.below {
                none.push(below);
            }
            if let Below::Some(below) = ceiling.below {
                all.push(below);
            }
            beyond.extend([(range, floor.rank..range.ranks.start), (range, range.ranks.end..ceiling.rank)]);
        }
        let (mut bits, mut count) = Bits::conjunction(segment.len(), &all, &none);
        for (range, ranks) in beyond {
            count -= ranks.map(|rank| u64::from(bits.take(range.order.doc(rank)))).sum::<u64>();
        }
        for range in ranges.iter().filter(|range| range.order.bands().is_none()) {
            bits.retain_between(range.ranks.clone());
            count = bits.count();
        }
        Matches::Many(bits, count)
    }

    fn ranges<'s>(&self, segment: &'s Segment) -> Vec<ColumnRange<'s>> {
        let columns = &*segment.columns;
        let columns_and_bounds = [
            (&columns.price, &columns.by_price, self.price),
            (&columns.opens_at, &columns.by_opening, self.opens_at),
            (&columns.closes_at, &columns.by_closing, self.closes_at),
        ];
        let bounded = columns_and_bounds.into_iter().filter(|(.., bounds)| *bounds != UNBOUNDED);
        let located = bounded.map(|(values, order, bounds)| ColumnRange {
            values,
            order,
            bounds,
            ranks: columns.ranks(values, order, bounds),
        });
        located.collect()
    }
}

/// A bounded range over a column, and where it lies in the order of that column.
struct ColumnRange<'a> {
    values: &'a [i64],
    bounds: Bounds,
    order: &'a Permutation,
    ranks: Range<u32>,
}

impl ColumnRange<'_> {
    #[inline]
    fn contains(&self, doc: u32) -> bool {
        let value = self.values[doc as usize];
        self.bounds.0 <= value && value <= self.bounds.1
    }
}
