//! Which documents of a segment have a piece of a keyword, kept for the next who asks.
//!
//! A segment never changes, so what was found in it once stays true; deleted documents are left out elsewhere.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tantivy::index::SegmentId;
use tantivy::query::{Scorer, Weight};
use tantivy::{SegmentReader, TERMINATED};

use crate::bits::Bits;
use crate::kept::KeptSet;
use crate::keyword::Piece;

/// Documents that have a piece, deleted ones included.
#[derive(Debug)]
pub(crate) enum Postings {
    /// In ascending order.
    Few(Box<[u32]>),
    Many(Arc<KeptSet>),
}

/// Looking at so small a part of the documents one by one beats looking at all of them at once.
const FEW: usize = 256;

/// Looks at documents of a short list in another one, and at those of a long list.
const SEEKS: usize = 128;
const READS: usize = 1024;

impl Postings {
    /// The length of a list up to which it is better than a set, in a segment of so many documents.
    pub(crate) fn most_few(documents: usize) -> usize {
        documents / FEW
    }

    /// Asks tantivy.
    pub(crate) fn read(weight: &dyn Weight, reader: &SegmentReader) -> tantivy::Result<Self> {
        let documents = reader.max_doc() as usize;
        let (mut few, mut many) = (Vec::new(), None);
        weight.for_each_no_score(reader, &mut |docs| {
            let set = match &mut many {
                Some(set) => set,
                None if few.len() + docs.len() <= Self::most_few(documents) => return few.extend_from_slice(docs),
                None => {
                    let mut set = Bits::empty(documents);
                    few.drain(..).for_each(|doc| set.insert(doc));
                    many.insert(set)
                }
            };
            docs.iter().for_each(|&doc| set.insert(doc));
        })?;
        // A union may tell documents in any order, and more than once.
        few.sort_unstable();
        few.dedup();
        Ok(many.map_or_else(|| Self::Few(few.into()), |set| Self::of(documents, set)))
    }

    /// The documents of a set, in a segment of so many.
    fn of(documents: usize, set: Bits) -> Self {
        let count = set.count();
        match count as usize <= Self::most_few(documents) {
            true => Self::Few(set.iter().collect()),
            false => Self::many_of(set, count),
        }
    }

    /// The documents of a set, so many.
    pub(crate) fn many_of(set: Bits, count: u64) -> Self {
        Self::Many(KeptSet::new(set, count).into())
    }

    /// Documents that have all pieces of one reading, in a segment of so many.
    pub(crate) fn any(documents: usize, readings: &[Vec<Arc<Self>>]) -> Self {
        let mut set = Bits::empty(documents);
        for pieces in readings {
            match pieces.iter().filter_map(|piece| piece.few()).min_by_key(|few| few.len()) {
                Some(few) => {
                    let common = few.iter().filter(|&&doc| pieces.iter().all(|piece| piece.contains(doc)));
                    common.for_each(|&doc| set.insert(doc));
                }
                None => {
                    match &pieces.iter().filter_map(|piece| piece.many().map(|set| &set.docs)).collect::<Vec<_>>()[..] {
                        [] => {}
                        [one] => set.unite(one),
                        many => set.unite(&Bits::conjunction(documents, many, &[]).0),
                    }
                }
            }
        }
        Self::of(documents, set)
    }

    /// Documents that any of `postings` has, in a segment of so many.
    pub(crate) fn union(documents: usize, postings: &[Arc<Self>]) -> Arc<Self> {
        if let [one] = postings {
            return Arc::clone(one);
        }
        if postings.iter().any(|postings| postings.many().is_some()) {
            let each: Vec<Vec<Arc<Self>>> = postings.iter().map(|postings| vec![Arc::clone(postings)]).collect();
            return Self::any(documents, &each).into();
        }
        let mut few: Vec<u32> = postings.iter().filter_map(|postings| postings.few()).flatten().copied().collect();
        few.sort_unstable();
        few.dedup();
        Self::Few(few.into()).into()
    }

    pub(crate) fn few(&self) -> Option<&[u32]> {
        match self {
            Self::Few(docs) => Some(docs),
            Self::Many(_) => None,
        }
    }

    pub(crate) fn many(&self) -> Option<&Arc<KeptSet>> {
        match self {
            Self::Few(_) => None,
            Self::Many(set) => Some(set),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.few().is_some_and(<[u32]>::is_empty)
    }

    /// Whether all of `others` have one of these documents, as far as some looks at them tell.
    pub(crate) fn soon_meet(&self, others: &mut [Box<dyn Scorer>]) -> bool {
        let has = |docs: &mut Box<dyn Scorer>, doc| docs.doc() == doc || docs.doc() < doc && docs.seek(doc) == doc;
        match self {
            Self::Few(few) => {
                let newest = &few[few.len().saturating_sub(SEEKS)..];
                newest.iter().any(|&doc| others.iter_mut().all(|docs| has(docs, doc)))
            }
            Self::Many(set) => {
                others.sort_by_key(|docs| docs.size_hint());
                let Some((rarest, others)) = others.split_first_mut() else { return false };
                for _ in 0..READS {
                    match rarest.doc() {
                        TERMINATED => return false,
                        doc if set.docs.contains(doc) && others.iter_mut().all(|docs| has(docs, doc)) => return true,
                        _ => rarest.advance(),
                    };
                }
                false
            }
        }
    }

    #[inline]
    pub(crate) fn contains(&self, doc: u32) -> bool {
        match self {
            Self::Few(docs) => docs.binary_search(&doc).is_ok(),
            Self::Many(set) => set.docs.contains(doc),
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Few(docs) => size_of_val(&**docs) as u64,
            Self::Many(set) => set.docs.bytes(),
        }
    }
}

/// Those of a short list that all of `pieces` have; the list is of one of them.
pub(crate) fn common<'a>(shortest: &'a [u32], pieces: &'a [Arc<Postings>]) -> impl Iterator<Item = u32> + 'a {
    let others = || pieces.iter().filter(|piece| piece.few().is_none_or(|few| !std::ptr::eq(few, shortest)));
    let sets: Vec<&Bits> = others().filter_map(|piece| piece.many()).map(|set| &set.docs).collect();
    let mut lists: Vec<&[u32]> = others().filter_map(|piece| piece.few()).collect();
    shortest.iter().copied().filter(move |&doc| {
        sets.iter().all(|set| set.contains(doc))
            && lists.iter_mut().all(|list| {
                *list = from(list, doc);
                list.first() == Some(&doc)
            })
    })
}

/// Whether all of `pieces` have one document in common that is among `alive`, if there is such a set.
pub(crate) fn meet(pieces: &[Arc<Postings>], alive: Option<&Bits>) -> bool {
    match pieces.iter().filter_map(|piece| piece.few()).min_by_key(|few| few.len()) {
        Some(few) => common(few, pieces).any(|doc| alive.is_none_or(|alive| alive.contains(doc))),
        None => {
            let sets = pieces.iter().filter_map(|piece| piece.many()).map(|set| &set.docs);
            Bits::meet(&sets.chain(alive).collect::<Vec<_>>())
        }
    }
}

/// The part of a list that begins with `doc` or what follows it, found the sooner the nearer it is.
fn from(list: &[u32], doc: u32) -> &[u32] {
    let mut reach = 1;
    while reach < list.len() && list[reach] < doc {
        reach *= 2;
    }
    let beyond = list.len().min(reach + 1);
    &list[list[..beyond].partition_point(|&other| other < doc)..]
}

/// What is looked up in a segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Wanted {
    /// The piece, anywhere.
    Piece(Piece),
    /// One of the words, at the beginning of the name.
    Lead(Vec<String>),
}

/// The postings that were asked for last.
pub(crate) struct PostingsCache(Cache<(SegmentId, Wanted), Arc<Postings>, Bytes>);

/// Of all postings together.
const MOST_BYTES: u64 = 400_000_000;
/// About as many lists as that are.
const LISTS: usize = 10_000;

#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<(SegmentId, Wanted), Arc<Postings>> for Bytes {
    fn weight(&self, (_, wanted): &(SegmentId, Wanted), postings: &Arc<Postings>) -> u64 {
        let key = match wanted {
            Wanted::Piece(piece) => piece.bytes(),
            Wanted::Lead(words) => words.iter().map(|word| size_of::<String>() + word.len()).sum(),
        };
        // The place in the cache costs something too.
        postings.bytes() + key as u64 + 200
    }
}

impl Default for PostingsCache {
    fn default() -> Self {
        Self(Cache::with_weighter(LISTS, MOST_BYTES, Bytes))
    }
}

impl PostingsCache {
    /// What is there, or what `read` finds.
    pub(crate) fn get(
        &self,
        segment: SegmentId,
        wanted: Wanted,
        read: impl FnOnce(&Wanted) -> tantivy::Result<Postings>,
    ) -> tantivy::Result<Arc<Postings>> {
        let key = (segment, wanted);
        if let Some(postings) = self.0.get(&key) {
            return Ok(postings);
        }
        let postings = Arc::new(read(&key.1)?);
        self.0.insert(key, Arc::clone(&postings));
        Ok(postings)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_lists_and_sets_have_in_common_is_in_each_of_them(
            docs in proptest::collection::vec((proptest::collection::btree_set(0u32..400, 1..300), any::<bool>()), 1..4),
            shortest in proptest::collection::btree_set(0u32..400, 0..60),
        ) {
            let few = |docs: &std::collections::BTreeSet<u32>| Postings::Few(docs.iter().copied().collect());
            let many = |docs: &std::collections::BTreeSet<u32>| {
                let mut set = Bits::empty(400);
                docs.iter().for_each(|&doc| set.insert(doc));
                let count = set.count();
                Postings::many_of(set, count)
            };
            let others = docs.iter().map(|(docs, short)| if *short { few(docs) } else { many(docs) });
            let pieces: Vec<Arc<Postings>> = others.chain([few(&shortest)]).map(Arc::new).collect();
            let expected = shortest.iter().copied().filter(|doc| docs.iter().all(|(docs, _)| docs.contains(doc)));
            let list = pieces.last().and_then(|piece| piece.few()).unwrap();
            prop_assert_eq!(common(list, &pieces).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }
    }
}
