//! What matches a query within one segment, and counting it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::bits::{Bits, Both};
use crate::kept::KeptSet;
use crate::postings::Postings;
use crate::segment::{Lane, Segment, SortColumn};

/// Matches of a query within one segment.
#[derive(Debug, Clone)]
pub(crate) enum Matches {
    /// All that are not deleted.
    All,
    /// These documents, none of them deleted, each once, in any order.
    Few(Vec<u32>),
    /// These documents, none of them deleted, and their number.
    Many(Bits, u64),
    /// Those of a set kept for others that are not deleted, and their number.
    Kept(Arc<KeptSet>, u64),
    /// These documents, none of them deleted, each once, by price and id.
    ByPrice(Vec<u32>),
    /// All that are not deleted at these ranks of the order by category and price.
    Priced(Range<u32>),
}

impl Matches {
    /// No document.
    pub(crate) const NONE: Self = Self::Few(Vec::new());

    /// Whether there is none for certain.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::Few(docs) if docs.is_empty())
    }
}

/// One segment's share of a list.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) matches: Matches,
}

/// Matches as a set, or as those of a set that are in another one too.
#[derive(Debug)]
pub(crate) struct Described<'a> {
    set: Cow<'a, Bits>,
    other: Option<&'a Bits>,
}

impl<'a> Described<'a> {
    pub(crate) fn both(&self) -> Both<'_> {
        Both(&self.set, self.other)
    }

    /// As one set, in a segment of so many documents.
    pub(crate) fn into_set(self, len: usize) -> Cow<'a, Bits> {
        match self.other {
            Some(other) => Cow::Owned(Bits::conjunction(len, &[&self.set, other], &[]).0),
            None => self.set,
        }
    }

    fn sets(&self) -> Vec<&Bits> {
        [&*self.set].into_iter().chain(self.other).collect()
    }
}

impl Run<'_> {
    /// The matches, by document.
    pub(crate) fn into_postings(self) -> Postings {
        match self.matches {
            Matches::Many(docs, count) => Postings::many_of(docs, count),
            Matches::Kept(_, count) => Postings::many_of(self.set().into_owned(), count),
            _ => {
                let mut docs: Vec<u32> = self.docs().collect();
                docs.sort_unstable();
                Postings::Few(docs.into())
            }
        }
    }

    pub(crate) fn count(&self) -> u64 {
        match &self.matches {
            Matches::All => self.segment.count(),
            Matches::Few(docs) | Matches::ByPrice(docs) => docs.len() as u64,
            Matches::Many(_, count) | Matches::Kept(_, count) => *count,
            Matches::Priced(ranks) => u64::from(self.segment.priced(ranks).count()),
        }
    }

    /// Number of matches whose key is below `key`.
    pub(crate) fn count_below(&self, column: SortColumn, key: (i64, i64)) -> u64 {
        match &self.matches {
            Matches::All => self.segment.lanes(column).map(|lane| u64::from(present_below(lane, key))).sum(),
            Matches::Few(docs) | Matches::ByPrice(docs) => {
                docs.iter().filter(|&&doc| self.segment.key(column, doc) < key).count() as u64
            }
            Matches::Many(..) | Matches::Kept(..) => {
                let set = self.set();
                self.segment.lanes(column).map(|lane| self.count_in(lane, &set, key)).sum()
            }
            Matches::Priced(ranks) if column == SortColumn::Price => {
                u64::from(self.segment.priced(ranks).count_below(key))
            }
            Matches::Priced(_) => self.docs().filter(|&doc| self.segment.key(column, doc) < key).count() as u64,
        }
    }

    /// Number of matches in a lane whose key is below `key`, given all matches as a set.
    pub(crate) fn count_in(&self, lane: Lane<'_>, set: &Bits, key: (i64, i64)) -> u64 {
        Matched::new(0, self.segment, lane, set).count_below(lane.rank_of_key(key))
    }

    pub(crate) fn docs(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match &self.matches {
            Matches::All => Box::new((0..self.segment.len() as u32).filter(|&doc| self.segment.is_alive(doc))),
            Matches::Few(docs) | Matches::ByPrice(docs) => Box::new(docs.iter().copied()),
            Matches::Many(bits, _) => Box::new(bits.iter()),
            Matches::Kept(kept, _) => {
                Box::new(Both(&kept.docs, self.segment.alive_docs()).between(0..self.segment.len() as u32))
            }
            Matches::Priced(ranks) => Box::new(self.segment.priced(ranks).docs()),
        }
    }

    /// The matches as a set.
    pub(crate) fn set(&self) -> Cow<'_, Bits> {
        self.described().into_set(self.segment.len())
    }

    /// The same, without a set being written for those of one that is kept.
    pub(crate) fn described(&self) -> Described<'_> {
        let set = match (&self.matches, self.segment.alive_docs()) {
            (Matches::Kept(kept, _), alive) => return Described { set: Cow::Borrowed(&kept.docs), other: alive },
            (Matches::Many(bits, _), _) => Cow::Borrowed(bits),
            (Matches::All, Some(alive)) => Cow::Borrowed(alive),
            (Matches::All, None) => Cow::Owned(Bits::full(self.segment.len())),
            (Matches::Few(_) | Matches::ByPrice(_) | Matches::Priced(_), _) => {
                let mut set = Bits::empty(self.segment.len());
                self.docs().for_each(|doc| set.insert(doc));
                Cow::Owned(set)
            }
        };
        Described { set, other: None }
    }

    /// Those that `some` has.
    pub(crate) fn among(&self, some: &Postings) -> Self {
        let matches = match (&self.matches, some) {
            (Matches::Few(docs), some) => {
                Matches::Few(docs.iter().copied().filter(|&doc| some.contains(doc)).collect())
            }
            (Matches::Many(..) | Matches::Kept(..), Postings::Many(some)) => {
                let docs = self.described();
                let sets: Vec<&Bits> = docs.sets().into_iter().chain([&some.docs]).collect();
                let (both, count) = Bits::conjunction(self.segment.len(), &sets, &[]);
                Matches::Many(both, count)
            }
            (Matches::Many(..) | Matches::Kept(..), Postings::Few(some)) => {
                let docs = self.described();
                Matches::Few(some.iter().copied().filter(|&doc| docs.both().contains(doc)).collect())
            }
            // Only lists by price are matched so, and these have no tiers.
            (Matches::All | Matches::ByPrice(_) | Matches::Priced(_), _) => Matches::NONE,
        };
        Run { segment: self.segment, matches }
    }

    /// Those that `some` does not have.
    pub(crate) fn without(&self, some: &Postings) -> Self {
        let matches = match (&self.matches, some) {
            (Matches::Few(docs), some) => {
                Matches::Few(docs.iter().copied().filter(|&doc| !some.contains(doc)).collect())
            }
            (Matches::Many(..) | Matches::Kept(..), Postings::Many(some)) => {
                let (rest, count) = Bits::conjunction(self.segment.len(), &self.described().sets(), &[&some.docs]);
                Matches::Many(rest, count)
            }
            (Matches::Many(..) | Matches::Kept(..), Postings::Few(some)) => {
                let mut rest = self.set().into_owned();
                let taken = some.iter().map(|&doc| u64::from(rest.take(doc))).sum::<u64>();
                Matches::Many(rest, self.count() - taken)
            }
            (matches @ (Matches::All | Matches::ByPrice(_) | Matches::Priced(_)), _) => matches.clone(),
        };
        Run { segment: self.segment, matches }
    }
}

/// Number of matches in all runs.
pub(crate) fn total(runs: &[Run<'_>]) -> u64 {
    runs.iter().map(Run::count).sum()
}

/// Number of documents present in a lane whose key is below `key`.
pub(crate) fn present_below(lane: Lane<'_>, key: (i64, i64)) -> u32 {
    let rank = lane.rank_of_key(key);
    lane.present().map_or(rank, |present| present.rank(rank))
}

/// The matches of one lane, as a set.
pub(crate) struct Matched<'a> {
    pub(crate) run: usize,
    pub(crate) segment: &'a Segment,
    pub(crate) lane: Lane<'a>,
    pub(crate) bits: Cow<'a, Bits>,
}

impl<'a> Matched<'a> {
    pub(crate) fn new(run: usize, segment: &'a Segment, lane: Lane<'a>, set: &'a Bits) -> Self {
        let bits = match lane {
            Lane::Settled { moved: Some(moved), .. } => {
                let mut bits = Bits::clone(set);
                bits.subtract(moved);
                Cow::Owned(bits)
            }
            _ => Cow::Borrowed(set),
        };
        Self { run, segment, lane, bits }
    }

    /// Number of matches with a lower rank.
    pub(crate) fn count_below(&self, rank: u32) -> u64 {
        match self.lane {
            Lane::Settled { order, .. } => order.count_below(&self.bits, rank),
            Lane::Moved(docs) => {
                docs[..rank as usize].iter().filter(|(.., doc)| self.bits.contains(*doc)).count() as u64
            }
        }
    }
}
