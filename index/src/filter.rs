//! The filters of a query, evaluated within one segment.

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
        Self { category: query.category.as_deref(), price, opens_at, closes_at }
    }

    /// Documents of a segment that pass, and match the keyword if there is one.
    pub(crate) fn matches(
        &self,
        segment: &Segment,
        reader: &SegmentReader,
        keyword: Option<&dyn Weight>,
    ) -> tantivy::Result<Matches> {
        let members = match self.category.map(|category| segment.in_category(category)) {
            Some(None) => return Ok(Matches::Some(Bits::empty(segment.len()), 0)),
            members => members.flatten(),
        };
        let found = match keyword {
            Some(weight) => Some(collect(weight, reader, segment.len())?),
            None => self.narrow_slice(segment, members.map_or(segment.len() as u64, Bits::count)),
        };
        let ranges = self.ranges(segment);
        let mut bits = match (found, members) {
            (Some(mut bits), Some(members)) => {
                bits.intersect(members);
                bits
            }
            (Some(bits), None) => bits,
            (None, Some(members)) => members.clone(),
            (None, None) if ranges.is_empty() && segment.alive.is_none() => return Ok(Matches::All),
            (None, None) => Bits::full(segment.len()),
        };
        for (column, bounds) in ranges {
            bits.retain_range(column, bounds);
        }
        if let Some(alive) = &segment.alive {
            bits.intersect(alive);
        }
        Ok(Matches::from_bits(bits))
    }

    fn ranges<'s>(&self, segment: &'s Segment) -> Vec<(&'s [i64], Bounds)> {
        [(&*segment.price, self.price), (&*segment.opens_at, self.opens_at), (&*segment.closes_at, self.closes_at)]
            .into_iter()
            .filter(|(_, bounds)| *bounds != UNBOUNDED)
            .collect()
    }

    /// The narrower of the price and the opening range as a slice of its sort order, if that is far below `others`:
    /// its exact length is two binary searches away, and reading it beats scanning a column.
    fn narrow_slice(&self, segment: &Segment, others: u64) -> Option<Bits> {
        let slices = [(SortColumn::Price, self.price), (SortColumn::OpensAt, self.opens_at)];
        let (column, ranks) = slices
            .into_iter()
            .filter(|(_, bounds)| *bounds != UNBOUNDED)
            .map(|(column, (low, high))| {
                let start = segment.rank_of_key(column, (low, i64::MIN));
                let end = segment.rank_of_key(column, (high, i64::MAX));
                (column, start..end.max(start))
            })
            .min_by_key(|(_, ranks)| ranks.len())?;
        if ranks.len() as u64 > others / 8 {
            return None;
        }
        let permutation = segment.permutation(column);
        let mut bits = Bits::empty(segment.len());
        ranks.for_each(|rank| bits.insert(permutation.doc(rank)));
        Some(bits)
    }
}

/// All documents that match a query of tantivy, deleted ones included.
pub(crate) fn collect(weight: &dyn Weight, reader: &SegmentReader, len: usize) -> tantivy::Result<Bits> {
    let mut bits = Bits::empty(len);
    weight.for_each_no_score(reader, &mut |docs| docs.iter().for_each(|&doc| bits.insert(doc)))?;
    Ok(bits)
}
