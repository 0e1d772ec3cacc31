//! The wish counts of a segment in order, while they change.
//!
//! Sorting millions of documents for each change would take too long. So the order is sorted once, and a document
//! whose count changes *moves*: out of that order, into a short sorted list beside it. When the list has become long,
//! both are merged into a new order in one pass.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::bits::{Bits, RankedBits};
use crate::columns::{Columns, Permutation};
use crate::segment::Lane;

/// More documents than this part of a segment do not stay beside its order.
const MOST_MOVED: usize = 128;
const FEW: usize = 1024;

/// Wish counts of a segment in one snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Wishes {
    settled: Arc<Settled>,
    /// Ranks of what is alive and has not moved; `None`: all.
    present: Option<Arc<RankedBits>>,
    /// Counts of the documents that have moved, all alive.
    counts: FxHashMap<u32, i64>,
    /// The same as a set; `None` when there are none.
    members: Option<Bits>,
    /// The same in order: count, id, document.
    moved: Vec<(i64, i64, u32)>,
}

#[derive(Debug)]
struct Settled {
    counts: Box<[i64]>,
    order: Permutation,
}

impl Wishes {
    pub(crate) fn new(counts: Box<[i64]>, columns: &Columns, alive: Option<&Bits>) -> Self {
        let order = Permutation::sort(|doc| (counts[doc as usize], columns.id[doc as usize]), columns.len() as u32);
        Self::settle(Settled { counts, order }, alive)
    }

    fn settle(settled: Settled, alive: Option<&Bits>) -> Self {
        let present = alive.map(|alive| Arc::new(settled.order.project(alive.clone(), settled.counts.len()).ranked()));
        Self { settled: settled.into(), present, counts: FxHashMap::default(), members: None, moved: Vec::new() }
    }

    #[inline]
    pub(crate) fn of(&self, doc: u32) -> i64 {
        match &self.members {
            Some(members) if members.contains(doc) => self.counts[&doc],
            _ => self.settled.counts[doc as usize],
        }
    }

    pub(crate) fn moved(&self) -> &[(i64, i64, u32)] {
        &self.moved
    }

    pub(crate) fn settled<'a>(&'a self, ids: &'a [i64]) -> Lane<'a> {
        let Settled { counts, order } = &*self.settled;
        Lane::Settled { ids, values: counts, order, present: self.present.as_deref(), moved: self.members.as_ref() }
    }

    /// The next snapshot, in which `dead` documents are gone and some counts have changed; `None` if it is the same.
    pub(crate) fn advance(
        &self,
        dead: &[u32],
        changed: impl Iterator<Item = (u32, i64)>,
        columns: &Columns,
        alive: Option<&Bits>,
    ) -> Option<Self> {
        let changed: Vec<(u32, i64)> = changed.filter(|&(doc, count)| self.of(doc) != count).collect();
        if dead.is_empty() && changed.is_empty() {
            return None;
        }
        let mut next = self.clone();
        let mut left: Vec<u32> = Vec::new();
        for &doc in dead {
            match next.counts.remove(&doc) {
                Some(_) => next.members.iter_mut().for_each(|members| members.remove(doc)),
                None => left.push(doc),
            }
        }
        for (doc, count) in changed {
            if next.counts.insert(doc, count).is_none() {
                next.members.get_or_insert_with(|| Bits::empty(columns.len())).insert(doc);
                left.push(doc);
            }
        }
        if next.counts.len() > (columns.len() / MOST_MOVED).max(FEW) {
            return Some(Self::settle(next.merged(columns), alive));
        }
        next.moved = next.sorted(columns);
        if !left.is_empty() {
            let ranks = left.iter().map(|&doc| next.settled.order.rank(doc));
            let present = match &next.present {
                Some(present) => present.without(ranks),
                None => Bits::full(columns.len()).ranked().without(ranks),
            };
            next.present = Some(present.into());
        }
        Some(next)
    }

    fn sorted(&self, columns: &Columns) -> Vec<(i64, i64, u32)> {
        let mut moved: Vec<_> =
            self.counts.iter().map(|(&doc, &count)| (count, columns.id[doc as usize], doc)).collect();
        moved.sort_unstable();
        moved
    }

    /// One order of all documents, deleted ones included.
    fn merged(&self, columns: &Columns) -> Settled {
        let moved = self.sorted(columns);
        let mut counts = self.settled.counts.clone();
        moved.iter().for_each(|&(count, _, doc)| counts[doc as usize] = count);
        let key = |doc: u32| (counts[doc as usize], columns.id[doc as usize]);
        let stayed = (0..columns.len() as u32).map(|rank| self.settled.order.doc(rank));
        let mut stayed = stayed.filter(|doc| !self.counts.contains_key(doc)).peekable();
        let mut docs = Vec::with_capacity(columns.len());
        for (count, id, doc) in moved {
            while let Some(before) = stayed.next_if(|&other| key(other) < (count, id)) {
                docs.push(before);
            }
            docs.push(doc);
        }
        docs.extend(stayed);
        Settled { counts, order: Permutation::of_sorted(docs.into()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every lane merged: what a list of the segment shows.
    fn listed(wishes: &Wishes, columns: &Columns) -> Vec<(i64, i64)> {
        let settled = wishes.settled(&columns.id);
        let ranks = 0..columns.len() as u32;
        let ranks = ranks.filter(|&rank| settled.present().is_none_or(|present| present.contains(rank)));
        let mut keys: Vec<_> =
            ranks.map(|rank| settled.doc(rank)).map(|doc| (wishes.of(doc), columns.id[doc as usize])).collect();
        assert!(keys.is_sorted());
        keys.extend(wishes.moved().iter().map(|&(count, id, _)| (count, id)));
        keys.sort_unstable();
        keys
    }

    proptest! {
        #[test]
        fn counts_are_in_order_whatever_changes_and_dies(
            first in prop::collection::vec(0i64..50, 1..1500),
            rounds in prop::collection::vec((prop::collection::vec((0usize..1500, 0i64..60), 0..700), prop::collection::vec(0usize..1500, 0..40)), 1..6),
        ) {
            let columns = Columns::of_prices((0..first.len() as i64).collect(), vec![0; first.len()]);
            let mut model: Vec<Option<i64>> = first.iter().copied().map(Some).collect();
            let mut alive = Bits::full(first.len());
            let mut wishes = Wishes::new(first.into(), &columns, None);
            for (changes, deaths) in rounds {
                let mut dead = Vec::new();
                for doc in deaths {
                    if doc < model.len() && model[doc].take().is_some() {
                        alive.remove(doc as u32);
                        dead.push(doc as u32);
                    }
                }
                let mut changed = FxHashMap::default();
                for (doc, count) in changes {
                    if doc < model.len() && model[doc].is_some() {
                        model[doc] = Some(count);
                        changed.insert(doc as u32, count);
                    }
                }
                if let Some(next) = wishes.advance(&dead, changed.into_iter(), &columns, Some(&alive)) {
                    wishes = next;
                }
                let mut expected: Vec<(i64, i64)> =
                    model.iter().zip(0..).filter_map(|(count, id)| Some(((*count)?, id))).collect();
                expected.sort_unstable();
                prop_assert_eq!(listed(&wishes, &columns), expected);
            }
        }
    }
}
