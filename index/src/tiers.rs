//! The order of a list beyond its column: relevance divides the matches into tiers, each in the order of the column.
//!
//! Each divider splits every tier in two: those that have something, then the others. A tier is known by the way to it, a bit
//! for each divider. Matches are divided no further than a page needs.

use std::ops::Range;

use crate::IndexError;
use crate::catalog::Catalog;
use crate::matches::{Run, total};
use crate::postings::Wanted;
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
        let mut page = Vec::with_capacity(range.end.saturating_sub(range.start) as usize);
        self.collect(runs, Tier::default(), range, &mut page)?;
        Ok(page)
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
        let first = self.catalog.among(runs, divider)?;
        let firsts = total(&first);
        if range.start < firsts {
            self.collect(&first, tier.first(), range.start..range.end.min(firsts), page)?;
        }
        if range.end > firsts {
            let range = range.start.saturating_sub(firsts)..range.end - firsts;
            self.collect(&without(runs, &first), tier.rest(), range, page)?;
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
        let first = self.catalog.among(runs, divider)?;
        let below = self.dividers.len() - at.depth - 1;
        match tier >> below & 1 {
            0 => self.before(&first, at.first(), tier, key),
            _ => Ok(total(&first) + self.before(&without(runs, &first), at.rest(), tier, key)?),
        }
    }
}

fn without<'a>(runs: &[Run<'a>], first: &[Run<'a>]) -> Vec<Run<'a>> {
    let rest = |(run, first): (&Run<'a>, &Run<'a>)| Run {
        segment: run.segment,
        matches: run.matches.without(run.segment.len(), &first.matches),
    };
    runs.iter().zip(first).map(rest).collect()
}
