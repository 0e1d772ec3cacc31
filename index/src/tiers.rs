//! The order of a list beyond its column: relevance divides the matches into tiers, each in the order of the column.
//!
//! Each divider splits every tier in two: those that have something, then the others. A tier is known by the way to it, a bit
//! for each divider. Matches are divided no further than a page needs.

use std::ops::Range;
use std::sync::Arc;

use crate::IndexError;
use crate::catalog::Catalog;
use crate::matches::{Run, total};
use crate::postings::{Postings, Wanted};
use crate::segment::{Keys, SortColumn};
use crate::select::{self, Place};

/// In what order matches come.
pub(crate) struct Ranking<'a> {
    pub(crate) catalog: &'a Catalog,
    /// The weightiest first; who has any of what one names comes before who has not. None of them is empty.
    pub(crate) dividers: Vec<Vec<Wanted>>,
    pub(crate) column: SortColumn,
    pub(crate) ascending: bool,
    /// The keys of all matches lie within these.
    pub(crate) keys: Keys,
}

/// For each run, the documents that have each of what one divider names.
type Divider = Vec<Vec<Arc<Postings>>>;

/// A tier: the dividers on the way to it, and on which side of each it lies.
#[derive(Debug, Clone, Copy, Default)]
struct Tier {
    depth: usize,
    number: i64,
}

impl Tier {
    fn first(self) -> Self {
        Self { depth: self.depth + 1, number: 2 * self.number }
    }

    fn rest(self) -> Self {
        Self { depth: self.depth + 1, number: 2 * self.number + 1 }
    }
}

impl Ranking<'_> {
    /// The matches at these positions, each with the number of its tier.
    pub(crate) fn page(&self, runs: &[Run<'_>], range: Range<u64>) -> Result<Vec<(i64, Place)>, IndexError> {
        if let Some(page) = self.glance(runs, &range)? {
            return Ok(page);
        }
        let mut page = Vec::with_capacity(range.end.saturating_sub(range.start) as usize);
        self.collect(runs, Tier::default(), range, &mut page)?;
        Ok(page)
    }

    /// The page, if it lies in the first tier, and so near its beginning that the tier need not be known as a whole.
    fn glance(&self, runs: &[Run<'_>], range: &Range<u64>) -> Result<Option<Vec<(i64, Place)>>, IndexError> {
        let dividers = self.dividers.iter().map(|wanted| self.catalog.each_of(runs, wanted));
        let dividers = dividers.collect::<Result<Vec<_>, _>>()?;
        // What a short list has is found at once.
        let is_long = |divider: &Divider| divider.iter().flatten().any(|postings| postings.many().is_some());
        if dividers.is_empty() || !dividers.iter().all(is_long) {
            return Ok(None);
        }
        let is_first = |(run, doc): Place| {
            dividers.iter().all(|divider| divider[run].iter().any(|postings| postings.contains(doc)))
        };
        let first = select::first(runs, (self.column, &self.keys), self.ascending, range.end, is_first);
        let page = |first: Vec<Place>| first.into_iter().skip(range.start as usize).map(|place| (0, place)).collect();
        Ok(first.map(page))
    }

    fn collect(
        &self,
        runs: &[Run<'_>],
        tier: Tier,
        range: Range<u64>,
        page: &mut Vec<(i64, Place)>,
    ) -> Result<(), IndexError> {
        let Some(divider) = self.dividers.get(tier.depth) else {
            let limit = (range.end - range.start) as usize;
            let places = select::page(runs, (self.column, &self.keys), self.ascending, range.start, limit);
            page.extend(places.into_iter().map(|place| (tier.number, place)));
            return Ok(());
        };
        let divider = unions(runs, self.catalog.each_of(runs, divider)?);
        let first = first(runs, &divider);
        let firsts = total(&first);
        if range.start < firsts {
            self.collect(&first, tier.first(), range.start..range.end.min(firsts), page)?;
        }
        if range.end > firsts {
            let range = range.start.saturating_sub(firsts)..range.end - firsts;
            self.collect(&rest(runs, &divider), tier.rest(), range, page)?;
        }
        Ok(())
    }

    /// Number of matches that come before a page which starts after `key` in the tier with this number.
    pub(crate) fn offset_after(&self, runs: &[Run<'_>], tier: i64, key: (i64, i64)) -> Result<u64, IndexError> {
        let tiers = 1 << self.dividers.len();
        self.before(runs, Tier::default(), tier.clamp(0, tiers - 1), key)
    }

    fn before(&self, runs: &[Run<'_>], at: Tier, tier: i64, key: (i64, i64)) -> Result<u64, IndexError> {
        let Some(divider) = self.dividers.get(at.depth) else {
            return Ok(select::offset_after(runs, self.column, self.ascending, key));
        };
        let divider = unions(runs, self.catalog.each_of(runs, divider)?);
        let first = first(runs, &divider);
        let below = self.dividers.len() - at.depth - 1;
        match tier >> below & 1 {
            0 => self.before(&first, at.first(), tier, key),
            _ => Ok(total(&first) + self.before(&rest(runs, &divider), at.rest(), tier, key)?),
        }
    }
}

/// The documents that have any of what divides matches, by run.
fn unions(runs: &[Run<'_>], divider: Divider) -> Vec<Arc<Postings>> {
    runs.iter().zip(divider).map(|(run, any)| Postings::union(run.segment.len(), &any)).collect()
}

/// The matches that have it.
fn first<'a>(runs: &[Run<'a>], divider: &[Arc<Postings>]) -> Vec<Run<'a>> {
    runs.iter().zip(divider).map(|(run, some)| run.among(some)).collect()
}

/// The matches that do not.
fn rest<'a>(runs: &[Run<'a>], divider: &[Arc<Postings>]) -> Vec<Run<'a>> {
    runs.iter().zip(divider).map(|(run, some)| run.without(some)).collect()
}
