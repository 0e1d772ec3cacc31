//! How the matches of a query divide: exact counts under all of its filters.

use std::borrow::Cow;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tantivy::SegmentReader;
use tantivy::index::SegmentId;

use crate::bits::Bits;
use crate::catalog::Catalog;
use crate::columns::{Columns, OfferNames};
use crate::counts::{Counts, PRICES};
use crate::keyword::Piece;
use crate::matches::{Matches, Run, total};
use crate::query::FacetRequest;
use crate::segment::SortColumn;
use crate::texts::{Names, Texts};
use crate::{IndexError, Status};

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

/// How the documents of a segment divide that have all of some pieces, kept for the next who asks.
pub(crate) struct KeptCounts(Cache<(SegmentId, Vec<Piece>), Arc<Counted>, Bytes>);

/// How documents divided when so many of the segment were deleted.
#[derive(Debug)]
struct Counted {
    deleted: u64,
    counts: Counts,
}

/// Of all counts together.
const MOST_BYTES: u64 = 64_000_000;
/// About as many counts as that are.
const KEPT: usize = 4096;

#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<(SegmentId, Vec<Piece>), Arc<Counted>> for Bytes {
    fn weight(&self, (_, pieces): &(SegmentId, Vec<Piece>), counted: &Arc<Counted>) -> u64 {
        counted.counts.bytes() + pieces.iter().map(Piece::bytes).sum::<usize>() as u64 + 200
    }
}

impl Default for KeptCounts {
    fn default() -> Self {
        Self(Cache::with_weighter(KEPT, MOST_BYTES, Bytes))
    }
}

impl Catalog {
    /// How the matches of a query divide that asks for these pieces.
    pub(crate) fn facets(
        &self,
        runs: &[Run<'_>],
        pieces: &[Piece],
        wanted: FacetRequest,
        now: i64,
    ) -> Result<Facets, IndexError> {
        let mut facets = Facets::default();
        if wanted.category || wanted.mall || wanted.price {
            let counts = runs.iter().zip(self.readers()).map(|(run, (_, reader))| self.divide(run, reader, pieces));
            let counts = counts.collect::<Result<Vec<_>, _>>()?;
            let OfferNames { categories, malls } = &self.opened().names;
            let by_name = |names: &Names, texts: fn(&Columns) -> &Texts, counted: fn(&Counts) -> &[u64], most| {
                let counts = runs.iter().zip(&counts);
                names.largest(counts.map(|(run, it)| (&*texts(&run.segment.columns).shared, counted(it))), most)
            };
            if wanted.category {
                facets.categories =
                    by_name(categories, |columns| &columns.category, |counts| &counts.categories, usize::MAX);
            }
            if wanted.mall {
                facets.malls = by_name(malls, |columns| &columns.mall, |counts| &counts.malls, MOST_MALLS);
            }
            if wanted.price {
                facets.prices = prices(&counts);
            }
        }
        if wanted.status {
            facets.statuses = statuses(runs, now);
        }
        Ok(facets)
    }

    /// How the matches of one segment divide. Of many, those are counted that match, or those that do not match and have the
    /// pieces, whichever are fewer: how all divide that have the pieces is known.
    fn divide<'a>(
        &self,
        run: &'a Run<'_>,
        reader: &SegmentReader,
        pieces: &[Piece],
    ) -> Result<Cow<'a, Counts>, IndexError> {
        let (segment, columns) = (run.segment, &*run.segment.columns);
        let count = match &run.matches {
            Matches::All => return Ok(segment.counts()),
            Matches::Many(_, count) | Matches::Kept(_, count) => *count,
            _ => return Ok(Cow::Owned(Counts::of_each(columns, run.docs()))),
        };
        let postings = self.postings_of(reader, pieces)?;
        let (kept, key) = (&self.opened().facets.0, (reader.segment_id(), pieces.to_vec()));
        let known = kept.get(&key).and_then(|known| {
            if known.deleted == segment.deleted() {
                return Some(known);
            }
            let has = |doc: &u32| postings.iter().all(|postings| postings.contains(*doc));
            let mut counts = known.counts.clone();
            segment.deleted_since(known.deleted)?.filter(has).for_each(|doc| counts.subtract(columns, doc));
            let known = Arc::new(Counted { deleted: segment.deleted(), counts });
            kept.insert(key.clone(), Arc::clone(&known));
            Some(known)
        });
        if let Some(known) = known.as_ref().filter(|known| known.counts.documents() == count) {
            return Ok(Cow::Owned(known.counts.clone()));
        }
        let whole = postings.iter().filter_map(|postings| postings.many()).map(|set| &set.docs);
        let whole: Vec<&Bits> = whole.chain(segment.alive_docs()).collect();
        let matches = run.set();
        let (others, number) = Bits::conjunction(segment.len(), &whole, &[&matches]);
        if number >= count {
            return Ok(Cow::Owned(Counts::of_set(columns, &matches, count)));
        }
        let others = Counts::of_set(columns, &others, number);
        if pieces.is_empty() {
            return Ok(Cow::Owned(segment.counts().into_owned().without(&others)));
        }
        let known = known.unwrap_or_else(|| {
            let counts = Counts::of_set(columns, &matches, count).with(&others);
            let known = Arc::new(Counted { deleted: segment.deleted(), counts });
            kept.insert(key, Arc::clone(&known));
            known
        });
        Ok(Cow::Owned(known.counts.clone().without(&others)))
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
                let (until_now, segment) = ((now.saturating_add(1), i64::MIN), run.segment);
                let rank = columns.ranks(&columns.closes_at, &columns.by_closing, (i64::MIN, now)).end;
                let below = |bits: &Bits| columns.by_closing.count_below(bits, rank);
                if let Matches::Many(..) | Matches::Kept(..) = matches {
                    let set = run.set();
                    opened +=
                        segment.lanes(SortColumn::OpensAt).map(|lane| run.count_in(lane, &set, until_now)).sum::<u64>();
                    closed += below(&set);
                } else {
                    opened += run.count_below(SortColumn::OpensAt, until_now);
                    closed += segment.alive_docs().map_or(u64::from(rank), below);
                }
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

fn prices(segments: &[Cow<'_, Counts>]) -> Vec<PriceBand> {
    let from = [0].into_iter().chain(PRICES);
    let to = PRICES.into_iter().map(Some).chain([None]);
    let count = |band: usize| segments.iter().map(|counts| counts.prices[band]).sum();
    from.zip(to).enumerate().map(|(band, (from, to))| PriceBand { from, to, count: count(band) }).collect()
}
