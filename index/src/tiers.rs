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
        let dividers = self.look_up(runs)?;
        Ok(self.glance(runs, &dividers, &range).unwrap_or_else(|| {
            let mut page = Vec::with_capacity(range.end.saturating_sub(range.start) as usize);
            self.collect(runs, &dividers, Tier::default(), range, &mut page);
            page
        }))
    }

    fn look_up(&self, runs: &[Run<'_>]) -> Result<Vec<Divider>, IndexError> {
        self.dividers.iter().map(|wanted| self.catalog.each_of(runs, wanted)).collect()
    }

    /// The page, if it lies in the first tier, and so near its beginning that the tier need not be known as a whole.
    fn glance(&self, runs: &[Run<'_>], dividers: &[Divider], range: &Range<u64>) -> Option<Vec<(i64, Place)>> {
        // What a short list has is found at once.
        let is_long = |divider: &Divider| divider.iter().flatten().any(|postings| postings.many().is_some());
        if dividers.is_empty() || !dividers.iter().all(is_long) {
            return None;
        }
        let is_first = |(run, doc): Place| {
            dividers.iter().all(|divider| divider[run].iter().any(|postings| postings.contains(doc)))
        };
        let first = select::first(runs, (self.column, &self.keys), self.ascending, range.end, is_first)?;
        Some(first.into_iter().skip(range.start as usize).map(|place| (0, place)).collect())
    }

    fn collect(
        &self,
        runs: &[Run<'_>],
        dividers: &[Divider],
        tier: Tier,
        range: Range<u64>,
        page: &mut Vec<(i64, Place)>,
    ) {
        let Some(divider) = dividers.get(tier.depth) else {
            let limit = (range.end - range.start) as usize;
            let places = select::page(runs, (self.column, &self.keys), self.ascending, range.start, limit);
            return page.extend(places.into_iter().map(|place| (tier.number, place)));
        };
        let divider = unions(runs, divider);
        let first = first(runs, &divider);
        let firsts = total(&first);
        if range.start < firsts {
            self.collect(&first, dividers, tier.first(), range.start..range.end.min(firsts), page);
        }
        if range.end > firsts {
            let range = range.start.saturating_sub(firsts)..range.end - firsts;
            self.collect(&rest(runs, &divider), dividers, tier.rest(), range, page);
        }
    }

    /// Number of matches that come before a page which starts after `key` in the tier with this number.
    pub(crate) fn offset_after(&self, runs: &[Run<'_>], tier: i64, key: (i64, i64)) -> Result<u64, IndexError> {
        let dividers = self.look_up(runs)?;
        let tiers = 1 << dividers.len();
        Ok(self.before(runs, &dividers, tier.clamp(0, tiers - 1), key))
    }

    fn before(&self, runs: &[Run<'_>], dividers: &[Divider], tier: i64, key: (i64, i64)) -> u64 {
        let [divider, below @ ..] = dividers else {
            return select::offset_after(runs, self.column, self.ascending, key);
        };
        let divider = unions(runs, divider);
        let first = first(runs, &divider);
        match tier >> below.len() & 1 {
            0 => self.before(&first, below, tier, key),
            _ => total(&first) + self.before(&rest(runs, &divider), below, tier, key),
        }
    }
}

/// The documents that have any of what divides matches, by run; none where nothing matches.
fn unions(runs: &[Run<'_>], divider: &Divider) -> Vec<Arc<Postings>> {
    let union = |(run, any): (&Run<'_>, &Vec<Arc<Postings>>)| {
        let any = if run.matches.is_none() { &[] } else { any.as_slice() };
        Postings::union(run.segment.len(), any)
    };
    runs.iter().zip(divider).map(union).collect()
}

/// The matches that have it.
fn first<'a>(runs: &[Run<'a>], divider: &[Arc<Postings>]) -> Vec<Run<'a>> {
    runs.iter().zip(divider).map(|(run, some)| run.among(some)).collect()
}

/// The matches that do not.
fn rest<'a>(runs: &[Run<'a>], divider: &[Arc<Postings>]) -> Vec<Run<'a>> {
    runs.iter().zip(divider).map(|(run, some)| run.without(some)).collect()
}
