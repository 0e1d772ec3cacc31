//! Any page of a sorted list at a cost that does not grow with its depth.
//!
//! Descending is the exact reverse of ascending, so only ascending ranks are ever selected. Three ways: sort a few
//! matches; walk the order from its nearer end, as long as that is cheap; or jump, first to a band of the order, by
//! counting matches below its boundaries, then within it.

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Reverse;
use std::ops::Range;

use crate::bisect::{partition_point, partition_point_near};
use crate::bits::{Bits, Both, RankedBits};
use crate::matches::{Described, Matched, Matches, Run, present_below, total};
use crate::segment::{GREATEST_KEY, Keys, LEAST_KEY, Lane, PricedRange, Segment, SortColumn};

/// A document: index of its run, number within the segment.
pub(crate) type Place = (usize, u32);

/// Number of matches that come before a page which starts after `key`, whether or not a match has that key.
pub(crate) fn offset_after(runs: &[Run<'_>], column: SortColumn, ascending: bool, key: (i64, i64)) -> u64 {
    if ascending {
        let above = (key.0, key.1.saturating_add(1));
        runs.iter().map(|run| run.count_below(column, above)).sum()
    } else {
        total(runs) - runs.iter().map(|run| run.count_below(column, key)).sum::<u64>()
    }
}

/// The matches at the positions `offset..offset + limit` of the list, fewer at its end. All matches have keys within
/// `keys`.
pub(crate) fn page(
    runs: &[Run<'_>],
    (column, keys): (SortColumn, &Keys),
    ascending: bool,
    offset: u64,
    limit: usize,
) -> Vec<Place> {
    let total = total(runs);
    let start = offset.min(total);
    let end = start.saturating_add(limit as u64).min(total);
    if ascending {
        ascending_range(runs, (column, keys), total, start..end)
    } else {
        let mut page = ascending_range(runs, (column, keys), total, total - end..total - start);
        page.reverse();
        page
    }
}

/// Below this many matches sorting them beats everything else.
const FEW: u64 = 4096;
/// A jump costs about as much as a walk over this part of the documents.
const WALK: u64 = 64;
/// A walk that takes so many times the likely steps is on a wrong way.
const LIKELY: u64 = 4;

fn ascending_range(runs: &[Run<'_>], (column, keys): (SortColumn, &Keys), total: u64, range: Range<u64>) -> Vec<Place> {
    if range.is_empty() {
        return Vec::new();
    }
    if let Some(sorted) = in_order(runs, column) {
        return take(runs, column, &sorted, range);
    }
    if total <= FEW {
        return sort_few(runs, column, range);
    }
    let sets: Vec<Described<'_>> = runs.iter().map(Run::described).collect();
    let lanes = stretches(runs, column, keys);
    let documents: u64 = lanes.iter().map(|(.., ranks)| ranks.len() as u64).sum();
    let budget = documents / WALK + FEW;
    let nearer_end = range.end.min(total - range.start);
    let passed = nearer_end.saturating_mul(documents / total + 1);
    let likely_steps = match lanes.iter().all(|(_, lane, _)| lane.is_by_document()) {
        // Each match is compared with the next of every lane.
        true => nearer_end.saturating_mul(lanes.len() as u64) + passed / WORD,
        false => passed,
    };
    // Matches may all lie at the far end, as notebooks do among the cheapest: then there is little to lose.
    let patience = budget.min(LIKELY * likely_steps + FEW);
    let walked = (likely_steps < budget).then(|| {
        let backwards = range.end > total - range.start;
        let passed = if backwards { total - range.end..total - range.start } else { range.clone() };
        let mut page = walk(runs, &sets, (column, &lanes), backwards, passed, patience, |_| true)?;
        if backwards {
            page.reverse();
        }
        Some(page)
    });
    walked.flatten().unwrap_or_else(|| {
        let sets = runs.iter().zip(sets).map(|(run, set)| set.into_set(run.segment.len()));
        jump(runs, &sets.collect::<Vec<_>>(), column, range)
    })
}

/// Looks at matches that may be in vain.
const LOOKS: u64 = 2048;

/// The first `limit` matches of those that `suit`, if they soon come.
pub(crate) fn first(
    runs: &[Run<'_>],
    (column, keys): (SortColumn, &Keys),
    ascending: bool,
    limit: u64,
    suit: impl Fn(Place) -> bool,
) -> Option<Vec<Place>> {
    if limit > LOOKS || total(runs) <= FEW {
        return None;
    }
    let sets: Vec<Described<'_>> = runs.iter().map(Run::described).collect();
    let lanes = stretches(runs, column, keys);
    let page = walk(runs, &sets, (column, &lanes), !ascending, 0..limit, LOOKS, suit)?;
    (page.len() as u64 == limit).then_some(page)
}

fn sort_few(runs: &[Run<'_>], column: SortColumn, range: Range<u64>) -> Vec<Place> {
    let mut keyed: Vec<((i64, i64), Place)> = runs
        .iter()
        .enumerate()
        .flat_map(|(index, run)| run.docs().map(move |doc| (run.segment.key(column, doc), (index, doc))))
        .collect();
    // Only the page itself need be in order.
    let (start, length) = (range.start as usize, (range.end - range.start) as usize);
    if start > 0 && start < keyed.len() {
        keyed.select_nth_unstable(start);
    }
    let rest = &mut keyed[start..];
    if length < rest.len() {
        rest.select_nth_unstable(length);
    }
    let page = &mut rest[..length];
    page.sort_unstable();
    page.iter().map(|&(_, place)| place).collect()
}

/// A lane of the run with this index, and the ranks in it where matches may lie.
type Stretch<'a> = (usize, Lane<'a>, Range<u32>);

fn stretches<'a>(runs: &'a [Run<'_>], column: SortColumn, keys: &Keys) -> Vec<Stretch<'a>> {
    lanes(runs, column)
        .map(|(run, lane)| (run, lane, lane.rank_of_key(keys.start)..lane.rank_of_key(keys.end)))
        .collect()
}

/// The matches at these positions of those that `suit`, counted from the end at which the walk begins; `None` when `budget`
/// documents were looked at in vain.
fn walk(
    runs: &[Run<'_>],
    sets: &[Described<'_>],
    (column, lanes): (SortColumn, &[Stretch<'_>]),
    backwards: bool,
    range: Range<u64>,
    budget: u64,
    suit: impl Fn(Place) -> bool,
) -> Option<Vec<Place>> {
    let budget = Cell::new(budget);
    let suit = &suit;
    let heads = lanes.iter().map(|(run, lane, ranks)| {
        let docs = matching(sets[*run].both(), *lane, (ranks.clone(), backwards), &budget);
        (*run, docs.filter(|&doc| suit((*run, doc))))
    });
    let (passed, length) = (range.start as usize, (range.end - range.start) as usize);
    let page: Vec<Place> = match backwards {
        false => merge(runs, column, heads, |key| key).skip(passed).take(length).collect(),
        true => merge(runs, column, heads, Reverse).skip(passed).take(length).collect(),
    };
    (budget.get() > 0).then_some(page)
}

/// All lanes, each with the index of its run.
fn lanes<'a>(runs: &'a [Run<'_>], column: SortColumn) -> impl Iterator<Item = (usize, Lane<'a>)> {
    runs.iter().enumerate().flat_map(move |(index, run)| run.segment.lanes(column).map(move |lane| (index, lane)))
}

/// Documents that a word of a set tells of at once.
const WORD: u64 = 64;

/// The matching documents at these ranks of a lane, perhaps backwards, until the budget is spent.
fn matching<'a>(
    set: Both<'a>,
    lane: Lane<'a>,
    (ranks, backwards): (Range<u32>, bool),
    budget: &'a Cell<u64>,
) -> Box<dyn Iterator<Item = u32> + 'a> {
    match (lane.is_by_document(), backwards) {
        (true, false) => Box::new(paid_by_word(set.between(ranks.clone()), ranks.start, budget)),
        (true, true) => Box::new(paid_by_word(set.between_backwards(ranks.clone()), ranks.end, budget)),
        (false, false) => Box::new(paid_by_rank(set, lane, ranks, budget)),
        (false, true) => Box::new(paid_by_rank(set, lane, ranks.rev(), budget)),
    }
}

fn paid_by_word<'a>(
    docs: impl Iterator<Item = u32> + 'a,
    mut last: u32,
    budget: &'a Cell<u64>,
) -> impl Iterator<Item = u32> + 'a {
    docs.take_while(move |&doc| {
        let passed = u64::from(last.abs_diff(doc));
        last = doc;
        spend(budget, 1 + passed / WORD)
    })
}

fn paid_by_rank<'a>(
    set: Both<'a>,
    lane: Lane<'a>,
    ranks: impl Iterator<Item = u32> + 'a,
    budget: &'a Cell<u64>,
) -> impl Iterator<Item = u32> + 'a {
    ranks
        .take_while(|_| spend(budget, 1))
        .map(move |rank| lane.doc(rank))
        .filter(move |&doc| set.contains(doc) && lane.keeps(doc))
}

/// Whether anything is left of the budget.
fn spend(budget: &Cell<u64>, steps: u64) -> bool {
    budget.set(budget.get().saturating_sub(steps));
    budget.get() > 0
}

/// The matches of all runs, if they lie in the order already: all documents, or those of a category by price.
fn in_order<'a>(runs: &'a [Run<'_>], column: SortColumn) -> Option<Vec<Sorted<'a>>> {
    let mut sorted = Vec::with_capacity(2 * runs.len());
    for (run, Run { segment, matches }) in runs.iter().enumerate() {
        let mut add = |len, docs| sorted.push(Sorted { run, segment, column, len, docs });
        match matches {
            Matches::All => segment.lanes(column).for_each(|lane| {
                add(lane.present().map_or(lane.len(), RankedBits::count), Docs::Present(lane));
            }),
            Matches::Priced(ranks) if column == SortColumn::Price => {
                let range = segment.priced(ranks);
                add(range.count(), Docs::Priced(range));
            }
            Matches::ByPrice(docs) if column == SortColumn::Price => add(docs.len() as u32, Docs::Listed(docs.into())),
            matches if matches.is_none() => {}
            _ => return None,
        }
    }
    Some(sorted)
}

fn jump(runs: &[Run<'_>], sets: &[Cow<'_, Bits>], column: SortColumn, range: Range<u64>) -> Vec<Place> {
    let matched: Vec<Matched<'_>> =
        lanes(runs, column).map(|(run, lane)| Matched::new(run, runs[run].segment, lane, &sets[run])).collect();
    let Some(guide) = matched.iter().max_by_key(|matched| matched.lane.len()) else { return Vec::new() };
    let cuts = guide.cuts();
    let mut counted = vec![None; cuts as usize + 1];
    let mut below = |cut: u32| {
        let count = |lane: &Matched<'_>| lane.count_below(lane.lane.rank_of_key(guide.cut(cut)));
        *counted[cut as usize].get_or_insert_with(|| matched.iter().map(count).sum::<u64>())
    };
    // Most matches lie as evenly in an order as the documents do, and a page in one part.
    let likely = u64::from(cuts) * range.start / total(runs).max(1);
    let low = partition_point_near(cuts, likely as u32, |cut| below(cut + 1) <= range.start).min(cuts - 1);
    let high = (low + 1..cuts).find(|&cut| below(cut) >= range.end).unwrap_or(cuts);
    let before = below(low);
    let (low, high) = (guide.cut(low), guide.cut(high));
    let sorted = matched.iter().map(|lane| {
        let docs = lane.within(lane.lane.rank_of_key(low)..lane.lane.rank_of_key(high));
        Sorted { run: lane.run, segment: lane.segment, column, len: docs.len() as u32, docs: Docs::Listed(docs.into()) }
    });
    take(runs, column, &sorted.collect::<Vec<_>>(), range.start - before..range.end - before)
}

/// Parts into which an order without bands is cut.
const CUTS: u32 = 128;
impl Matched<'_> {
    /// The matches at these ranks, in order.
    fn within(&self, ranks: Range<u32>) -> Vec<u32> {
        if self.lane.is_by_document() {
            return Both(&self.bits, None).between(ranks).collect();
        }
        ranks.map(|rank| self.lane.doc(rank)).filter(|&doc| self.bits.contains(doc)).collect()
    }

    /// Number of parts into which the lane is cut.
    fn cuts(&self) -> u32 {
        match self.lane {
            Lane::Settled { order, .. } => order.bands().map_or(CUTS, |bands| bands.boundaries() - 1).max(1),
            Lane::Moved(_) => 1,
        }
    }

    /// The key at which a part begins.
    fn cut(&self, number: u32) -> (i64, i64) {
        let rank = match self.lane {
            _ if number == 0 => return LEAST_KEY,
            _ if number >= self.cuts() => return GREATEST_KEY,
            Lane::Settled { order, .. } => match order.bands() {
                Some(bands) => bands.boundary(number).rank,
                None => (u64::from(number) * u64::from(self.lane.len()) / u64::from(CUTS)) as u32,
            },
            Lane::Moved(_) => 0,
        };
        self.lane.key(rank)
    }
}

/// Documents of one lane in its order, open to jumps.
struct Sorted<'a> {
    run: usize,
    segment: &'a Segment,
    column: SortColumn,
    len: u32,
    docs: Docs<'a>,
}

enum Docs<'a> {
    /// All that the lane has.
    Present(Lane<'a>),
    Priced(PricedRange<'a>),
    Listed(Cow<'a, [u32]>),
}

impl Sorted<'_> {
    fn doc(&self, position: u32) -> u32 {
        match &self.docs {
            Docs::Present(lane) => lane.doc(lane.present().map_or(position, |present| present.select(position))),
            Docs::Priced(range) => range.doc(position),
            Docs::Listed(docs) => docs[position as usize],
        }
    }

    fn key(&self, position: u32) -> (i64, i64) {
        self.segment.key(self.column, self.doc(position))
    }

    fn count_below(&self, key: (i64, i64)) -> u32 {
        match &self.docs {
            Docs::Present(lane) => present_below(*lane, key),
            Docs::Priced(range) => range.count_below(key),
            Docs::Listed(_) => partition_point(self.len, |position| self.key(position) < key),
        }
    }
}

/// A range of all lanes together.
fn take(runs: &[Run<'_>], column: SortColumn, sorted: &[Sorted<'_>], range: Range<u64>) -> Vec<Place> {
    let starts = split(sorted, range.start);
    let before = range.start - starts.iter().map(|&start| u64::from(start)).sum::<u64>();
    let heads = sorted
        .iter()
        .zip(&starts)
        .map(|(lane, &start)| (lane.run, (start..lane.len).map(|position| lane.doc(position))));
    let length = (range.end - range.start) as usize;
    merge(runs, column, heads, |key| key).skip(before as usize).take(length).collect()
}

/// Merges sorted documents of runs. Few runs: looking at every head beats a heap.
fn merge<'a, K: Ord + Copy + 'a>(
    runs: &'a [Run<'_>],
    column: SortColumn,
    heads: impl Iterator<Item = (usize, impl Iterator<Item = u32> + 'a)>,
    compared_by: impl Fn((i64, i64)) -> K + 'a,
) -> impl Iterator<Item = Place> + 'a {
    let next = move |run: usize, docs: &mut _| {
        let doc = Iterator::next(docs)?;
        Some((compared_by(runs[run].segment.key(column, doc)), doc))
    };
    let mut heads: Vec<_> = heads.map(|(run, mut docs)| (next(run, &mut docs), run, docs)).collect();
    let mut taken = None;
    std::iter::from_fn(move || {
        // Not before it is asked for: what comes after the last one may be far.
        if let Some((head, run, docs)) = taken.and_then(|taken: usize| heads.get_mut(taken)) {
            *head = next(*run, docs);
        }
        let firsts = heads.iter().enumerate();
        let (_, first) = firsts.filter_map(|(number, (head, ..))| head.map(|(key, _)| (key, number))).min()?;
        taken = Some(first);
        let (head, run, _) = &heads[first];
        head.map(|(_, doc)| (*run, doc))
    })
}

/// Passing over so many documents in order costs less than looking for them.
const PASSED: u64 = 32;

/// How many of the first matches of all runs together lie in each of them: of the first `position`, or of a few less.
///
/// Narrows a window for each run, by the place of a key of the widest in all of them. Runs mostly lie as evenly in the order as
/// each other, so a key is taken where it is likely to be the last below `position`, then where it is likely to be the first
/// above; and then one in the middle, so that the widest is halved however they lie.
fn split(runs: &[Sorted<'_>], position: u64) -> Vec<u32> {
    let mut low = vec![0; runs.len()];
    let mut high: Vec<u32> = runs.iter().map(|run| run.len).collect();
    let sum = |counts: &[u32]| counts.iter().map(|&count| u64::from(count)).sum::<u64>();
    for aim in [Aim::Below, Aim::Above, Aim::Middle].into_iter().cycle() {
        let (first, open) = (sum(&low), sum(&high) - sum(&low));
        let Some(widest) = (0..runs.len()).max_by_key(|&run| high[run] - low[run]).filter(|_| open > PASSED) else {
            break;
        };
        let width = high[widest] - low[widest];
        let likely = (u64::from(width) * (position - first) / open) as u32;
        let scatter = 2 * width.isqrt();
        let away = match aim {
            Aim::Below => likely.saturating_sub(scatter),
            Aim::Above => likely.saturating_add(scatter),
            Aim::Middle => width / 2,
        };
        let pivot = runs[widest].key(low[widest] + away.min(width - 1));
        let below: Vec<u32> = runs.iter().map(|run| run.count_below(pivot)).collect();
        // Keys are unique, so the pivot itself is the next after `below`.
        if sum(&below) < position {
            for (run, &count) in below.iter().enumerate() {
                low[run] = low[run].max(count + u32::from(run == widest)).min(high[run]);
            }
        } else {
            for (run, &count) in below.iter().enumerate() {
                high[run] = high[run].min(count).max(low[run]);
            }
        }
    }
    low
}

/// Where in the widest window a key is taken from.
#[derive(Clone, Copy)]
enum Aim {
    Below,
    Above,
    Middle,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::ALL_KEYS;

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

    fn many(docs: Bits) -> Matches {
        let count = docs.count();
        Matches::Many(docs, count)
    }

    proptest! {
        #[test]
        fn sorting_walking_and_jumping_find_the_same_page(
            segments in any_segments(), all in prop_oneof![Just(0u8), Just(15), 0u8..16], ends in (0.0..=1.0, 0.0..=1.0), order in 0usize..3,
            patience in 0u64..500,
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
                .zip(0..)
                .map(|((segment, docs), index)| {
                    let matches = if all >> index & 1 == 1 { Matches::All } else { many(bits(docs, |doc| doc.matches)) };
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
            let described: Vec<Described<'_>> = runs.iter().map(Run::described).collect();
            let whole: Vec<_> = lanes(&runs, column).map(|(run, lane)| (run, lane, 0..lane.len())).collect();
            let walk = |backwards, passed| walk(&runs, &described, (column, &whole), backwards, passed, u64::MAX, |_| true);
            prop_assert_eq!(&walk(false, range.clone()).unwrap(), &sorted);
            let mut backwards = walk(true, total - range.end..total - range.start).unwrap();
            backwards.reverse();
            prop_assert_eq!(&backwards, &sorted);
            let suits = |(run, doc): Place| !(run as u32 + doc).is_multiple_of(3);
            let suitable: Vec<Place> = sort_few(&runs, column, 0..total).into_iter().filter(|&place| suits(place)).collect();
            for budget in [1, patience, u64::MAX] {
                let found = super::walk(&runs, &described, (column, &whole), false, 0..range.end, budget, suits);
                let expected = &suitable[..suitable.len().min(range.end as usize)];
                prop_assert!(found.as_ref().map_or(budget < u64::MAX, |found| found == expected), "{found:?} {expected:?}");
            }
            let jumped = match in_order(&runs, column) {
                Some(sorted) => take(&runs, column, &sorted, range.clone()),
                None if range.is_empty() => Vec::new(),
                None => jump(&runs, &runs.iter().map(Run::set).collect::<Vec<_>>(), column, range.clone()),
            };
            prop_assert_eq!(&jumped, &sorted);
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
                    let mut bits = Bits::empty(segment.len());
                    let within = (0..).zip(&segment.columns.price).filter(|&(_, price)| prices.contains(price));
                    within.for_each(|(doc, _)| bits.insert(doc));
                    Run { segment, matches: many(bits) }
                })
                .collect();
            let total = total(&runs);
            let sorted = sort_few(&runs, SortColumn::Price, 0..total);
            for offset in [0, 1, 19, total / 3, total / 2, total - 20, total - 1, total, total + 1] {
                let expected: Vec<Place> = sorted.iter().copied().skip(offset as usize).take(20).collect();
                let found = |keys: &Keys, ascending| page(&runs, (SortColumn::Price, keys), ascending, offset, 20);
                let within = (*prices.start(), i64::MIN)..(*prices.end(), i64::MAX);
                assert_eq!(found(&ALL_KEYS, true), expected, "{prices:?} at {offset}");
                assert_eq!(found(&within, true), expected, "{prices:?} at {offset}");
                let reversed: Vec<Place> = sorted.iter().rev().copied().skip(offset as usize).take(20).collect();
                assert_eq!(found(&ALL_KEYS, false), reversed, "{prices:?} at {offset}");
                assert_eq!(found(&within, false), reversed, "{prices:?} at {offset}");
            }
        }
    }
}
