//! Any page of a sorted list at a cost that does not grow with its depth.
//!
//! Descending is the exact reverse of ascending, so only ascending ranks are ever selected. Three ways: sort a few
//! matches; walk the order from its nearer end, as long as that is cheap; or turn the matches into ranks and jump.

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Reverse;
use std::ops::Range;

use crate::bits::{Bits, RankedBits};
use crate::segment::{Lane, Segment, SortColumn};

/// Matches of a query within one segment.
#[derive(Debug, Clone)]
pub(crate) enum Matches {
    /// All that are not deleted.
    All,
    /// The documents, none of them deleted, and their number.
    Some(Bits, u64),
}

impl Matches {
    pub(crate) fn from_bits(bits: Bits) -> Self {
        let count = bits.count();
        Self::Some(bits, count)
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
            Matches::All => self.segment.count(),
            Matches::Some(_, count) => *count,
        }
    }

    #[inline]
    fn contains(&self, doc: u32) -> bool {
        match &self.matches {
            Matches::All => self.segment.is_alive(doc),
            Matches::Some(bits, _) => bits.contains(doc),
        }
    }

    /// Number of matches whose key is below `key`.
    fn count_below(&self, column: SortColumn, key: (i64, i64)) -> u64 {
        match &self.matches {
            Matches::All => self.segment.lanes(column).map(|lane| u64::from(present_below(lane, key))).sum(),
            Matches::Some(bits, _) => bits.iter().filter(|&doc| self.segment.key(column, doc) < key).count() as u64,
        }
    }

    fn docs(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match &self.matches {
            Matches::All => Box::new((0..self.segment.len() as u32).filter(|&doc| self.segment.is_alive(doc))),
            Matches::Some(bits, _) => Box::new(bits.iter()),
        }
    }
}

/// Number of documents present in a lane whose key is below `key`.
fn present_below(lane: Lane<'_>, key: (i64, i64)) -> u32 {
    let rank = lane.rank_of_key(key);
    lane.present().map_or(rank, |present| present.rank(rank))
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
    let documents: u64 = runs.iter().map(|run| run.segment.count()).sum();
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
        let heads = lanes(runs, column).map(|(run, lane)| (run, matching(&runs[run], lane, 0..lane.len(), &budget)));
        let page = merge(runs, column, heads, |key| key).skip(range.start as usize).take(length).collect();
        (budget.get() > 0).then_some(page)
    } else {
        let heads =
            lanes(runs, column).map(|(run, lane)| (run, matching(&runs[run], lane, (0..lane.len()).rev(), &budget)));
        let page: Vec<Place> =
            merge(runs, column, heads, Reverse).skip((total - range.end) as usize).take(length).collect();
        (budget.get() > 0).then(|| page.into_iter().rev().collect())
    }
}

/// All lanes, each with the index of its run.
fn lanes<'a>(runs: &'a [Run<'_>], column: SortColumn) -> impl Iterator<Item = (usize, Lane<'a>)> {
    runs.iter().enumerate().flat_map(move |(index, run)| run.segment.lanes(column).map(move |lane| (index, lane)))
}

/// The matching documents at these ranks of a lane, until the budget is spent.
fn matching<'a>(
    run: &'a Run<'_>,
    lane: Lane<'a>,
    ranks: impl Iterator<Item = u32> + 'a,
    budget: &'a Cell<u64>,
) -> impl Iterator<Item = u32> + 'a {
    ranks
        .take_while(|_| {
            budget.set(budget.get().saturating_sub(1));
            budget.get() > 0
        })
        .map(move |rank| lane.doc(rank))
        .filter(move |&doc| run.contains(doc) && lane.keeps(doc))
}

fn jump(runs: &[Run<'_>], column: SortColumn, range: Range<u64>) -> Vec<Place> {
    let sorted: Vec<Sorted<'_>> =
        lanes(runs, column).map(|(index, lane)| Sorted::new(index, &runs[index], column, lane)).collect();
    let starts = split(&sorted, range.start);
    let heads = sorted
        .iter()
        .zip(&starts)
        .map(|(lane, &start)| (lane.run, (start..lane.len).map(|position| lane.doc(position))));
    merge(runs, column, heads, |key| key).take((range.end - range.start) as usize).collect()
}

/// Merges sorted documents of runs. Few runs: looking at every head beats a heap.
fn merge<'a, K: Ord>(
    runs: &'a [Run<'_>],
    column: SortColumn,
    heads: impl Iterator<Item = (usize, impl Iterator<Item = u32> + 'a)>,
    compared_by: impl Fn((i64, i64)) -> K + 'a,
) -> impl Iterator<Item = Place> + 'a {
    let mut heads: Vec<_> = heads.map(|(run, docs)| (run, docs.peekable())).collect();
    std::iter::from_fn(move || {
        let (_, head) = heads
            .iter_mut()
            .enumerate()
            .filter_map(|(head, (run, docs))| {
                docs.peek().map(|&doc| (compared_by(runs[*run].segment.key(column, doc)), head))
            })
            .min()?;
        let (run, docs) = &mut heads[head];
        docs.next().map(|doc| (*run, doc))
    })
}

/// The matches of one lane in its order, open to jumps.
struct Sorted<'a> {
    run: usize,
    segment: &'a Segment,
    column: SortColumn,
    lane: Lane<'a>,
    /// The matches by rank; `None` when every rank matches.
    ranks: Option<Cow<'a, RankedBits>>,
    len: u32,
}

impl<'a> Sorted<'a> {
    fn new(index: usize, run: &'a Run<'_>, column: SortColumn, lane: Lane<'a>) -> Self {
        let ranks = match &run.matches {
            Matches::All => lane.present().map(Cow::Borrowed),
            Matches::Some(bits, _) => Some(Cow::Owned(lane.project(bits).ranked())),
        };
        let len = ranks.as_ref().map_or(lane.len(), |ranks| ranks.count());
        Self { run: index, segment: run.segment, column, lane, ranks, len }
    }

    fn doc(&self, position: u32) -> u32 {
        let rank = self.ranks.as_ref().map_or(position, |ranks| ranks.select(position));
        self.lane.doc(rank)
    }

    fn key(&self, position: u32) -> (i64, i64) {
        self.segment.key(self.column, self.doc(position))
    }

    fn count_below(&self, key: (i64, i64)) -> u32 {
        let rank = self.lane.rank_of_key(key);
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

    #[derive(Debug, Clone)]
    struct Doc {
        id: i64,
        price: i64,
        matches: bool,
        alive: bool,
        wishes: i64,
    }

    /// Segments of products, with ids that no two share.
    fn any_segments() -> impl Strategy<Value = Vec<Vec<Doc>>> {
        let often = prop::bool::weighted(0.6);
        let product = (0usize..4, 0i64..12, often, prop::bool::weighted(0.9), prop_oneof![Just(0), 0i64..5]);
        prop::collection::vec(product, 1..400).prop_map(|products| {
            let mut segments = vec![Vec::new(); 4];
            for (id, (segment, price, matches, alive, wishes)) in (1..).zip(products) {
                // One segment of the four has no deletes.
                let alive = alive || segment == 0;
                segments[segment].push(Doc { id, price, matches: matches && alive, alive, wishes });
            }
            segments
        })
    }

    fn bits(docs: &[Doc], has: impl Fn(&Doc) -> bool) -> Bits {
        let mut bits = Bits::empty(docs.len());
        (0..).zip(docs).filter(|(_, doc)| has(doc)).for_each(|(number, _)| bits.insert(number));
        bits
    }

    proptest! {
        #[test]
        fn sorting_walking_and_jumping_find_the_same_page(
            segments in any_segments(), all: bool, ends in (0.0..=1.0, 0.0..=1.0), order in 0usize..3,
        ) {
            let loaded: Vec<Segment> = segments
                .iter()
                .map(|docs| {
                    let alive = docs.iter().any(|doc| !doc.alive).then(|| bits(docs, |doc| doc.alive));
                    let moved: Vec<(u32, i64)> =
                        (0..).zip(docs).filter(|(_, doc)| doc.alive).map(|(number, doc)| (number, doc.wishes)).collect();
                    let (ids, prices) = docs.iter().map(|doc| (doc.id, doc.price)).unzip();
                    Segment::of_prices(ids, prices, alive, &moved)
                })
                .collect();
            let runs: Vec<Run<'_>> = loaded
                .iter()
                .zip(&segments)
                .map(|(segment, docs)| {
                    let matches = if all { Matches::All } else { Matches::from_bits(bits(docs, |doc| doc.matches)) };
                    Run { segment, matches }
                })
                .collect();
            let column = [SortColumn::Id, SortColumn::Price, SortColumn::WishCount][order];
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
                let prices: Vec<i64> = ids.iter().map(|id| id * 7 % 1009).collect();
                Segment::of_prices(ids, prices, None, &[])
            })
            .collect();
        for prices in [0..=1009, 0..=400, 600..=1009, 500..=520] {
            let runs: Vec<Run<'_>> = segments
                .iter()
                .map(|segment| {
                    let mut bits = Bits::full(segment.len());
                    bits.retain_range(&segment.columns.price, (*prices.start(), *prices.end()));
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
