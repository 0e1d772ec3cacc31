//! The filters of a query, evaluated within one segment.

use std::ops::Range;

use tantivy::SegmentReader;
use tantivy::query::Weight;

use crate::bits::Bits;
use crate::segment::{Segment, SortColumn};
use crate::select::Matches;
use crate::{ProductQuery, Status};

/// Values from the first to the second, both included.
type Bounds = (i64, i64);

const UNBOUNDED: Bounds = (i64::MIN, i64::MAX);

/// A query without its keyword and order: all that is left is an exact category and ranges over columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter<'a> {
    category: Option<&'a str>,
    price: Bounds,
    opens_at: Bounds,
    closes_at: Bounds,
    in_stock: bool,
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
        Self { category: query.category.as_deref(), price, opens_at, closes_at, in_stock: query.in_stock }
    }

    /// Documents of a segment that pass, and match the keyword if there is one.
    pub(crate) fn matches(
        &self,
        segment: &Segment,
        reader: &SegmentReader,
        keyword: Option<&dyn Weight>,
    ) -> tantivy::Result<Matches> {
        let members = match self.category.map(|category| segment.columns.in_category(category)) {
            Some(None) => return Ok(Matches::Some(Bits::empty(segment.len()), 0)),
            members => members.flatten(),
        };
        let mut ranges = self.ranges(segment);
        let mut bits = match keyword {
            Some(weight) => collect(weight, reader, segment.len())?,
            None => match (cheapest_slice(segment, &mut ranges, members), members) {
                (Some(slice), _) => slice,
                (None, Some(members)) => members.clone(),
                (None, None) if ranges.is_empty() && !self.in_stock => return Ok(Matches::All),
                (None, None) => Bits::full(segment.len()),
            },
        };
        [members, segment.alive_docs()].into_iter().flatten().for_each(|other| bits.intersect(other));
        if self.in_stock {
            bits.subtract(segment.sold_out());
        }
        for range in ranges {
            bits.retain_range(range.values, range.bounds);
        }
        Ok(Matches::from_bits(bits))
    }

    fn ranges<'s>(&self, segment: &'s Segment) -> Vec<ColumnRange<'s>> {
        let columns = &segment.columns;
        let mut opens_at = self.opens_at;
        if self.closes_at.0 > i64::MIN {
            // What is still open opened at most the longest sale ago.
            opens_at.0 = opens_at.0.max(self.closes_at.0.saturating_sub(columns.longest_sale));
        }
        [
            ColumnRange { order: Some(SortColumn::Price), values: &columns.price, bounds: self.price },
            ColumnRange { order: Some(SortColumn::OpensAt), values: &columns.opens_at, bounds: opens_at },
            ColumnRange { order: None, values: &columns.closes_at, bounds: self.closes_at },
        ]
        .into_iter()
        .filter(|range| range.bounds != UNBOUNDED)
        .collect()
    }
}

/// A bounded range over a column, and the order that has it as one slice, if there is one.
struct ColumnRange<'a> {
    order: Option<SortColumn>,
    values: &'a [i64],
    bounds: Bounds,
}

impl ColumnRange<'_> {
    /// Where the range lies in its order: two binary searches.
    fn ranks(&self, segment: &Segment) -> Option<(SortColumn, Range<u32>)> {
        let order = self.order?;
        let lane = segment.settled(order);
        let start = lane.rank_of_key((self.bounds.0, i64::MIN));
        let end = lane.rank_of_key((self.bounds.1, i64::MAX));
        Some((order, start..end.max(start)))
    }
}

/// Takes out the range whose slice, or what is left when its slice is cut out, is shortest, and returns its documents;
/// `None` when all are longer than the list of `members`.
fn cheapest_slice(segment: &Segment, ranges: &mut Vec<ColumnRange<'_>>, members: Option<&Bits>) -> Option<Bits> {
    let len = segment.len() as u32;
    let shorter_side = |ranks: &Range<u32>| (ranks.len() as u32).min(len - ranks.len() as u32);
    let located = ranges.iter().enumerate().filter_map(|(index, range)| Some((index, range.ranks(segment)?)));
    let (index, (order, ranks)) = located.min_by_key(|(_, (_, ranks))| shorter_side(ranks))?;
    if members.is_some_and(|members| members.count() < u64::from(shorter_side(&ranks))) {
        return None;
    }
    ranges.remove(index);
    let lane = segment.settled(order);
    let mut bits;
    if ranks.len() as u32 <= len / 2 {
        bits = Bits::empty(segment.len());
        ranks.for_each(|rank| bits.insert(lane.doc(rank)));
    } else {
        bits = Bits::full(segment.len());
        (0..ranks.start).chain(ranks.end..len).for_each(|rank| bits.remove(lane.doc(rank)));
    }
    Some(bits)
}

/// All documents that match a query of tantivy, deleted ones included.
pub(crate) fn collect(weight: &dyn Weight, reader: &SegmentReader, len: usize) -> tantivy::Result<Bits> {
    let mut bits = Bits::empty(len);
    weight.for_each_no_score(reader, &mut |docs| docs.iter().for_each(|&doc| bits.insert(doc)))?;
    Ok(bits)
}
