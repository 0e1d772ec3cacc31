//! How the matches of a query divide: exact counts under all of its filters.

use std::borrow::Cow;
use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::Status;
use crate::bits::Bits;
use crate::columns::{Columns, Counts, Texts};
use crate::matches::{Matches, Run, count_ranks_below, total};
use crate::query::FacetRequest;
use crate::segment::SortColumn;

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
impl Facets {
    pub(crate) fn count(runs: &[Run<'_>], wanted: FacetRequest, now: i64) -> Self {
        let mut facets = Self::default();
        if wanted.category || wanted.mall {
            let counts: Vec<Cow<'_, Counts>> = runs.iter().map(counts).collect();
            let by_name = |texts: fn(&Columns) -> &Texts, counted: fn(&Counts) -> &[u64], most| {
                let named = runs
                    .iter()
                    .zip(&counts)
                    .map(|(run, counts)| (texts(&run.segment.columns).names.as_slice(), counted(counts)));
                largest(named, most)
            };
            if wanted.category {
                facets.categories = by_name(|columns| &columns.category, |counts| &counts.categories, usize::MAX);
            }
            if wanted.mall {
                facets.malls = by_name(|columns| &columns.mall, |counts| &counts.malls, MOST_MALLS);
            }
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

/// The names with the most matches in all segments together, given the names of each and their counts.
fn largest<'a>(segments: impl Iterator<Item = (&'a [String], &'a [u64])>, most: usize) -> Vec<(String, u64)> {
    let mut sums: FxHashMap<&str, u64> = FxHashMap::default();
    for (names, counts) in segments {
        for (name, count) in names.iter().zip(counts).filter(|(_, count)| **count > 0) {
            *sums.entry(name).or_default() += count;
        }
    }
    let mut sums: Vec<(&str, u64)> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|&(name, count)| (Reverse(count), name));
    sums.truncate(most);
    sums.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

/// How many matches of one segment are in each category and of each mall.
fn counts<'a>(run: &'a Run<'_>) -> Cow<'a, Counts> {
    let columns = &*run.segment.columns;
    match &run.matches {
        Matches::All => run.segment.counts(),
        // Looks at one number of each document instead of two.
        Matches::Many(bits, count) if *count > columns.offers.len() => {
            let mut counts = Counts::none(columns);
            for (count, &(category, mall)) in columns.offers.count(bits).into_iter().zip(&columns.offers.pairs) {
                counts.categories[category as usize] += u64::from(count);
                counts.malls[mall as usize] += u64::from(count);
            }
            Cow::Owned(counts)
        }
        _ => {
            let mut counts = Counts::none(columns);
            run.docs().for_each(|doc| counts.add(columns, doc));
            Cow::Owned(counts)
        }
    }
}

fn statuses(runs: &[Run<'_>], now: i64) -> Vec<(Status, u64)> {
    let (mut opened, mut closed) = (0, 0);
    for run in runs {
        let columns = &run.segment.columns;
        let docs: Box<dyn Iterator<Item = u32>> = match &run.matches {
            Matches::Few(_) | Matches::ByPrice(_) | Matches::Priced(_) => run.docs(),
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
