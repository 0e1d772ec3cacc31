//! How the matches of a query divide: exact counts under all of its filters.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::Status;
use crate::bits::Bits;
use crate::columns::Texts;
use crate::query::FacetRequest;
use crate::segment::SortColumn;
use crate::select::{Matches, Run, count_ranks_below, total};

/// Counts of matches; those that were not asked for are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Categories that have any, the largest first.
    pub categories: Vec<(String, u64)>,
    /// All three, in the order of their times.
    pub statuses: Vec<(Status, u64)>,
    /// All bands, the cheapest first.
    pub prices: Vec<PriceBand>,
    /// The malls that have most, at most [`MOST_MALLS`].
    pub malls: Vec<(String, u64)>,
}

/// Matches with prices from `from` (included) to `to` (excluded), in won.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceBand {
    /// 0 in the first.
    pub from: i64,
    /// `None` in the last.
    pub to: Option<i64>,
    /// Number of matches.
    pub count: u64,
}

/// Most malls that are told.
pub const MOST_MALLS: usize = 20;
/// Where one band of prices ends and the next begins.
pub(crate) const PRICES: [i64; 7] = [10_000, 30_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];
/// Documents that are counted one by one in the time in which as many bits are counted at once.
const BITS_FOR_ONE: u64 = 40;

impl Facets {
    pub(crate) fn count(runs: &[Run<'_>], wanted: FacetRequest, now: i64) -> Self {
        let mut facets = Self::default();
        if wanted.category {
            facets.categories = largest(runs, |run| &run.segment.columns.category, by_category, usize::MAX);
        }
        if wanted.mall {
            facets.malls = largest(
                runs,
                |run| &run.segment.columns.mall,
                |run| one_by_one(run, &run.segment.columns.mall),
                MOST_MALLS,
            );
        }
        if wanted.status {
            facets.statuses = statuses(runs, now);
        }
        if wanted.price {
            facets.prices = prices(runs);
        }
        facets
    }
}

/// The texts with the most matches in all runs together.
fn largest<'a>(
    runs: &'a [Run<'a>],
    texts: impl Fn(&'a Run<'a>) -> &'a Texts,
    count: impl Fn(&Run<'_>) -> Vec<u64>,
    most: usize,
) -> Vec<(String, u64)> {
    let mut sums: FxHashMap<&str, u64> = FxHashMap::default();
    for run in runs {
        let names = texts(run).names.iter();
        for (name, count) in names.zip(count(run)).filter(|(_, count)| *count > 0) {
            *sums.entry(name).or_default() += count;
        }
    }
    let mut sums: Vec<(&str, u64)> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|&(name, count)| (Reverse(count), name));
    sums.truncate(most);
    sums.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

fn by_category(run: &Run<'_>) -> Vec<u64> {
    let columns = &run.segment.columns;
    let categories = columns.category.names.len() as u64;
    match &run.matches {
        Matches::Many(bits, count) if categories * run.segment.len() as u64 / BITS_FOR_ONE < *count => {
            (0..categories as u32).map(|number| bits.count_common(columns.in_category(number))).collect()
        }
        _ => one_by_one(run, &columns.category),
    }
}

fn one_by_one(run: &Run<'_>, texts: &Texts) -> Vec<u64> {
    let mut counts = vec![0; texts.names.len()];
    let mut add = |doc: u32| counts[texts.numbers[doc as usize] as usize] += 1;
    match &run.matches {
        Matches::Few(docs) => docs.iter().copied().for_each(&mut add),
        Matches::Many(bits, _) => bits.iter().for_each(&mut add),
        Matches::All => match run.segment.alive_docs() {
            None => counts.clone_from(&texts.counts),
            Some(alive) => alive.iter().for_each(&mut add),
        },
    }
    counts
}

fn statuses(runs: &[Run<'_>], now: i64) -> Vec<(Status, u64)> {
    let (mut opened, mut closed) = (0, 0);
    for run in runs {
        let columns = &run.segment.columns;
        let docs: Box<dyn Iterator<Item = u32>> = match &run.matches {
            Matches::Few(docs) => Box::new(docs.iter().copied()),
            // What closes before it opens is neither open nor closed until it has opened.
            _ if columns.has_backward_sales => Box::new(run.docs()),
            matches => {
                opened += run.count_below(SortColumn::OpensAt, (now.saturating_add(1), i64::MIN));
                let rank = columns.ranks(&columns.closes_at, &columns.by_closing, (i64::MIN, now)).end;
                let below = |bits: &Bits| count_ranks_below(bits, &columns.by_closing, rank);
                closed += match matches {
                    Matches::Many(bits, _) => below(bits),
                    _ => run.segment.alive_docs().map_or(u64::from(rank), below),
                };
                continue;
            }
        };
        for doc in docs.map(|doc| doc as usize).filter(|&doc| columns.opens_at[doc] <= now) {
            opened += 1;
            closed += u64::from(columns.closes_at[doc] <= now);
        }
    }
    vec![(Status::Waiting, total(runs) - opened), (Status::Open, opened - closed), (Status::Close, closed)]
}

fn prices(runs: &[Run<'_>]) -> Vec<PriceBand> {
    let below =
        |price: i64| -> u64 { runs.iter().map(|run| run.count_below(SortColumn::Price, (price, i64::MIN))).sum() };
    let (mut from, mut before) = (0, 0);
    let mut bands = Vec::with_capacity(PRICES.len() + 1);
    for to in PRICES {
        let until = below(to);
        bands.push(PriceBand { from, to: Some(to), count: until - before });
        (from, before) = (to, until);
    }
    bands.push(PriceBand { from, to: None, count: total(runs) - before });
    bands
}
