//! Any page of a sorted list at a cost that does not grow with its depth.
//!
//! Descending is the exact reverse of ascending, so only ascending ranks are ever selected. Three ways: sort a few
//! matches; walk the order from its nearer end, as long as that is cheap; or turn the matches into ranks and jump.

use std::cell::Cell;
use std::cmp::Reverse;
use std::ops::Range;

use crate::bits::{Bits, RankedBits};
use crate::segment::{Permutation, Segment, SortColumn};

/// Matches of a query within one segment.
#[derive(Debug, Clone)]
pub(crate) enum Matches {
    All,
    /// The documents, and their number.
    Some(Bits, u64),
}

impl Matches {
    pub(crate) fn from_bits(bits: Bits) -> Self {
        let count = bits.count();
        Self::Some(bits, count)
    }

    pub(crate) fn contains(&self, doc: u32) -> bool {
        match self {
            Self::All => true,
            Self::Some(bits, _) => bits.contains(doc),
        }
    }
}

/// One segment's share of a list.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) matches: Matches,
}

impl Run<'_> {
    pub(crate) fn count(&self) -> u64 {
        match &self.matches {
            Matches::All => self.segment.len() as u64,
            Matches::Some(_, count) => *count,
        }
    }

    /// Number of matches whose key is below `key`.
    fn count_below(&self, column: SortColumn, key: (i64, i64)) -> u64 {
        match &self.matches {
            Matches::All => u64::from(self.segment.rank_of_key(column, key)),
            Matches::Some(bits, _) => bits.iter().filter(|&doc| self.segment.key(column, doc) < key).count() as u64,
        }
    }

    fn docs(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match &self.matches {
            Matches::All => Box::new(0..self.segment.len() as u32),
            Matches::Some(bits, _) => Box::new(bits.iter()),
        }
    }
}

/// A document: index of its run, number within the segment.
pub(crate) type Place = (usize, u32);

/// Number of matches in all runs.
pub(crate) fn total(runs: &[Run<'_>]) -> u64 {
    runs.iter().map(Run::count).sum()
}

/// Number of matches that come before a page which starts after `key`, whether or not a match has that key.
pub(crate) fn offset_after(runs: &[Run<'_>], column: SortColumn, ascending: bool, key: (i64, i64)) -> u64 {
    if ascending {
        let above = (key.0, key.1.saturating_add(1));
        runs.iter().map(|run| run.count_below(column, above)).sum()
    } else {
        total(runs) - runs.iter().map(|run| run.count_below(column, key)).sum::<u64>()
    }
}

/// The matches at the positions `offset..offset + limit` of the list, fewer at its end.
pub(crate) fn page(runs: &[Run<'_>], column: SortColumn, ascending: bool, offset: u64, limit: usize) -> Vec<Place> {
    let total = total(runs);
    let start = offset.min(total);
    let end = start.saturating_add(limit as u64).min(total);
    if ascending {
        ascending_range(runs, column, total, start..end)
    } else {
        let mut page = ascending_range(runs, column, total, total - end..total - start);
        page.reverse();
        page
    }
}

/// Below this many matches sorting them beats everything else.
const FEW: u64 = 4096;

fn ascending_range(runs: &[Run<'_>], column: SortColumn, total: u64, range: Range<u64>) -> Vec<Place> {
    if range.is_empty() {
        return Vec::new();
    }
    if total <= FEW {
        return sort_few(runs, column, range);
    }
    let documents: u64 = runs.iter().map(|run| run.segment.len() as u64).sum();
    let all = total == documents;
    let nearer_end = range.end.min(total - range.start);
    // A step of a walk reads memory at random, as does turning one match into its rank.
    let walk_steps = nearer_end.saturating_mul(documents / total + 1);
    let walked = (!all && walk_steps < total).then(|| walk(runs, column, total, range.clone(), total)).flatten();
    walked.unwrap_or_else(|| jump(runs, column, range))
}

fn sort_few(runs: &[Run<'_>], column: SortColumn, range: Range<u64>) -> Vec<Place> {
    let mut keyed: Vec<((i64, i64), Place)> = runs
        .iter()
        .enumerate()
        .flat_map(|(index, run)| run.docs().map(move |doc| (run.segment.key(column, doc), (index, doc))))
        .collect();
    keyed.sort_unstable();
    keyed[range.start as usize..range.end as usize].iter().map(|&(_, place)| place).collect()
}

/// `None` when `budget` documents were looked at in vain: matches may all lie at the far end, as notebooks do among the
/// cheapest.
fn walk(runs: &[Run<'_>], column: SortColumn, total: u64, range: Range<u64>, budget: u64) -> Option<Vec<Place>> {
    let budget = Cell::new(budget);
    let length = (range.end - range.start) as usize;
    if range.end <= total - range.start {
        let heads = runs.iter().map(|run| matching_ranks(run, column, 0..run.segment.len() as u32, &budget));
        let page = merge(runs, column, heads, |key| key).skip(range.start as usize).take(length).collect();
        (budget.get() > 0).then_some(page)
    } else {
        let heads = runs.iter().map(|run| matching_ranks(run, column, (0..run.segment.len() as u32).rev(), &budget));
        let page: Vec<Place> =
            merge(runs, column, heads, Reverse).skip((total - range.end) as usize).take(length).collect();
        (budget.get() > 0).then(|| page.into_iter().rev().collect())
    }
}

/// The matching documents at these ranks of the order, until the budget is spent.
fn matching_ranks<'a>(
    run: &'a Run<'_>,
    column: SortColumn,
    ranks: impl Iterator<Item = u32> + 'a,
    budget: &'a Cell<u64>,
) -> impl Iterator<Item = u32> + 'a {
    let permutation = run.segment.permutation(column);
    ranks
        .take_while(|_| {
            budget.set(budget.get().saturating_sub(1));
            budget.get() > 0
        })
        .map(|rank| permutation.doc(rank))
        .filter(|&doc| run.matches.contains(doc))
}

fn jump(runs: &[Run<'_>], column: SortColumn, range: Range<u64>) -> Vec<Place> {
    let sorted: Vec<Sorted<'_>> = runs.iter().map(|run| Sorted::new(run, column)).collect();
    let starts = split(&sorted, range.start);
    let heads = sorted.iter().zip(&starts).map(|(run, &start)| (start..run.len).map(|position| run.doc(position)));
    merge(runs, column, heads, |key| key).take((range.end - range.start) as usize).collect()
}

/// Merges sorted runs. Few runs: looking at every head beats a heap.
fn merge<'a, K: Ord>(
    runs: &'a [Run<'_>],
    column: SortColumn,
    heads: impl Iterator<Item = impl Iterator<Item = u32> + 'a>,
    compared_by: impl Fn((i64, i64)) -> K + 'a,
) -> impl Iterator<Item = Place> + 'a {
    let mut heads: Vec<_> = heads.map(Iterator::peekable).collect();
    std::iter::from_fn(move || {
        let (_, run) = heads
            .iter_mut()
            .enumerate()
            .filter_map(|(run, head)| head.peek().map(|&doc| (compared_by(runs[run].segment.key(column, doc)), run)))
            .min()?;
        heads[run].next().map(|doc| (run, doc))
    })
}

/// The matches of one run in the order of a column, open to jumps.
struct Sorted<'a> {
    segment: &'a Segment,
    column: SortColumn,
    permutation: &'a Permutation,
    /// The matches by rank; `None` when all documents match.
    ranks: Option<RankedBits>,
    len: u32,
}

impl<'a> Sorted<'a> {
    fn new(run: &'a Run<'_>, column: SortColumn) -> Self {
        let segment = run.segment;
        let permutation = segment.permutation(column);
        let ranks = match &run.matches {
            Matches::All => None,
            Matches::Some(bits, _) => Some(permutation.project(bits.clone(), segment.len()).ranked()),
        };
        Self { segment, column, permutation, ranks, len: run.count() as u32 }
    }

    fn doc(&self, position: u32) -> u32 {
        let rank = self.ranks.as_ref().map_or(position, |ranks| ranks.select(position));
        self.permutation.doc(rank)
    }

    fn key(&self, position: u32) -> (i64, i64) {
        self.segment.key(self.column, self.doc(position))
    }

    fn count_below(&self, key: (i64, i64)) -> u32 {
        let rank = self.segment.rank_of_key(self.column, key);
        self.ranks.as_ref().map_or(rank, |ranks| ranks.rank(rank))
    }
}

/// How many of the first `position` matches of all runs together lie in each of them.
///
/// Narrows a window per run, halving the widest each round, until the windows are empty.
fn split(runs: &[Sorted<'_>], position: u64) -> Vec<u32> {
    let mut low = vec![0; runs.len()];
    let mut high: Vec<u32> = runs.iter().map(|run| run.len).collect();
    loop {
        let widest = (0..runs.len()).max_by_key(|&run| high[run] - low[run]);
        let Some(widest) = widest.filter(|&run| high[run] > low[run]) else { return low };
        let pivot = runs[widest].key(low[widest] + (high[widest] - low[widest]) / 2);
        let below: Vec<u32> = runs.iter().map(|run| run.count_below(pivot)).collect();
        // Keys are unique, so the pivot itself is the next after `below`.
        if below.iter().map(|&count| u64::from(count)).sum::<u64>() < position {
            for (run, &count) in below.iter().enumerate() {
                low[run] = low[run].max(count + u32::from(run == widest)).min(high[run]);
            }
        } else {
            for (run, &count) in below.iter().enumerate() {
                high[run] = high[run].min(count).max(low[run]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Segments of (id, price, matches), with ids that no two share.
    fn any_segments() -> impl Strategy<Value = Vec<Vec<(i64, i64, bool)>>> {
        let product = (0usize..4, 0i64..12, prop::bool::weighted(0.6));
        prop::collection::vec(product, 1..400).prop_map(|products| {
            let mut segments = vec![Vec::new(); 4];
            for (id, (segment, price, matches)) in (1..).zip(products) {
                segments[segment].push((id, price, matches));
            }
            segments
        })
    }

    proptest! {
        #[test]
        fn sorting_walking_and_jumping_find_the_same_page(
            segments in any_segments(), all: bool, ends in (0.0..=1.0, 0.0..=1.0), by_id: bool,
        ) {
            let loaded: Vec<Segment> = segments
                .iter()
                .map(|products| Segment::of_prices(
                    products.iter().map(|product| product.0).collect(),
                    products.iter().map(|product| product.1).collect(),
                ))
                .collect();
            let runs: Vec<Run<'_>> = loaded
                .iter()
                .zip(&segments)
                .map(|(segment, products)| {
                    let mut bits = Bits::empty(products.len());
                    let matching = products.iter().enumerate().filter(|(_, product)| product.2);
                    matching.for_each(|(doc, _)| bits.insert(doc as u32));
                    let matches = if all { Matches::All } else { Matches::from_bits(bits) };
                    Run { segment, matches }
                })
                .collect();
            let column = if by_id { SortColumn::Id } else { SortColumn::Price };
            let total = total(&runs);
            let (first, last): (f64, f64) = ends;
            let position = |fraction: f64| (fraction * total as f64) as u64;
            let range = position(first.min(last))..position(first.max(last));
            let sorted = sort_few(&runs, column, range.clone());
            prop_assert_eq!(sorted.len() as u64, range.end - range.start);
            let walked = walk(&runs, column, total, range.clone(), u64::MAX);
            prop_assert_eq!(walked.as_ref(), Some(&sorted));
            prop_assert_eq!(&jump(&runs, column, range.clone()), &sorted);
            if let Some(&(run, doc)) = sorted.last() {
                let key = runs[run].segment.key(column, doc);
                prop_assert_eq!(offset_after(&runs, column, true, key), range.end);
                prop_assert_eq!(offset_after(&runs, column, false, key), total - range.end + 1);
            }
        }
    }

    /// Matches that lie together at one end of the order deceive the estimate of a walk.
    #[test]
    fn a_page_is_the_same_however_the_matches_lie_in_the_order() {
        let segments: Vec<Segment> = (0..3)
            .map(|segment| {
                let ids: Vec<i64> = (0..20_000).map(|id| id * 3 + segment).collect();
                Segment::of_prices(ids.clone(), ids.iter().map(|id| id * 7 % 1009).collect())
            })
            .collect();
        for prices in [0..=1009, 0..=400, 600..=1009, 500..=520] {
            let runs: Vec<Run<'_>> = segments
                .iter()
                .map(|segment| {
                    let mut bits = Bits::full(segment.len());
                    bits.retain_range(&segment.price, (*prices.start(), *prices.end()));
                    Run { segment, matches: Matches::from_bits(bits) }
                })
                .collect();
            let total = total(&runs);
            let sorted = sort_few(&runs, SortColumn::Price, 0..total);
            for offset in [0, 1, 19, total / 3, total / 2, total - 20, total - 1, total, total + 1] {
                let expected: Vec<Place> = sorted.iter().copied().skip(offset as usize).take(20).collect();
                assert_eq!(page(&runs, SortColumn::Price, true, offset, 20), expected, "{prices:?} at {offset}");
                let reversed: Vec<Place> = sorted.iter().rev().copied().skip(offset as usize).take(20).collect();
                assert_eq!(page(&runs, SortColumn::Price, false, offset, 20), reversed, "{prices:?} at {offset}");
            }
        }
    }
}
