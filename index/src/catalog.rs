//! One snapshot of a generation: answers queries.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use rayon::prelude::*;
use tantivy::directory::error::OpenReadError;
use tantivy::index::{SegmentComponent, SegmentId};
use tantivy::{Index, IndexReader, Searcher, SegmentReader, TantivyError};

use crate::cards::Cards;
use crate::columns::OfferNames;
use crate::facets::{Facets, KeptCounts};
use crate::filter::Filter;
use crate::highlight::Marks;
use crate::lexicon::Lexicon;
use crate::live::LiveMap;
use crate::matches::{self, Matches, Run};
use crate::meaning::Meanings;
use crate::postings::PostingsCache;
use crate::schema::Fields;
use crate::segment::{ALL_KEYS, Segment, SortColumn};
use crate::select::{self, Place};
use crate::synonyms::CutSynonyms;
use crate::tiers::Ranking;
use crate::vocabulary::Vocabulary;
use crate::{Card, Correction, Cursor, IndexError, Live, Manifest, Order, ProductQuery, SortKey, Start, Synonyms};

/// One page of a list, and the exact number of matches, from one snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// At most `limit` products, in the list's order.
    pub cards: Vec<Card>,
    /// Number of products that match, on all pages.
    pub total: u64,
    /// Number of matches before this page.
    pub offset: u64,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
    /// How the keyword was changed, if it was.
    pub corrections: Vec<Correction>,
    /// Parts of the keyword, each with how many products they find, when the whole finds none.
    pub offers: Vec<(String, u64)>,
    /// How the matches divide, if that was asked for.
    pub facets: Option<Facets>,
    /// Whether the keyword was read a moment ago, and products have changed since: it may soon be taken otherwise.
    pub is_passing: bool,
}

impl Page {
    /// Memory that it takes, about.
    pub fn bytes(&self) -> u64 {
        let cards = self.cards.iter().map(Card::bytes);
        let facets = self.facets.iter().flat_map(|facets| facets.categories.iter().chain(&facets.malls));
        let counts = facets.chain(&self.offers).map(|named| size_of_val(named) + named.0.len());
        let bands = self.facets.iter().map(|facets| size_of_val(&*facets.statuses) + size_of_val(&*facets.prices));
        let corrections = self.corrections.iter().map(|it| size_of_val(it) + it.from.len() + it.to.len());
        (size_of::<Self>()
            + bands.sum::<usize>()
            + cards.sum::<usize>()
            + counts.sum::<usize>()
            + corrections.sum::<usize>()) as u64
    }
}

/// One snapshot of a generation. Immutable; cheap to share behind an `Arc`.
pub struct Catalog {
    opened: Arc<Opened>,
    searcher: Searcher,
    segments: Vec<Segment>,
    /// Words that came after the build.
    learned: Arc<Vocabulary>,
    texts_version: u64,
}

/// A generation's folder, opened: what all its snapshots share.
pub(crate) struct Opened {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) index: Index,
    pub(crate) fields: Fields,
    pub(crate) lexicon: Arc<Lexicon>,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) postings: PostingsCache,
    pub(crate) facets: KeptCounts,
    pub(crate) names: OfferNames,
    pub(crate) meanings: Meanings,
    pub(crate) synonyms: RwLock<(Option<SystemTime>, Arc<CutSynonyms>)>,
}

impl Opened {
    pub(crate) fn new(folder: &Path, manifest: Manifest) -> Result<Self, IndexError> {
        let lexicon = Lexicon::load(&folder.join(crate::generation::LEXICON_FILE))
            .map_err(|source| IndexError::io("read the lexicon of", folder, source))?;
        let lexicon = Arc::new(lexicon);
        let vocabulary = Vocabulary::load(&folder.join(crate::generation::VOCABULARY_FILE))
            .map_err(|source| IndexError::io("read the vocabulary of", folder, source))?;
        let mut index = Index::open_in_dir(folder)?;
        let fields = Fields::new();
        index.set_tokenizers(Fields::tokenizers(lexicon.clone()));
        index.register_plugin(fields.cards_plugin());
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
            index,
            fields,
            lexicon,
            vocabulary,
            postings: PostingsCache::default(),
            facets: KeptCounts::default(),
            names: OfferNames::default(),
            meanings: Meanings::default(),
            synonyms: RwLock::default(),
        })
    }

    pub(crate) fn reader(&self) -> tantivy::Result<IndexReader> {
        self.index.reader_builder().reload_policy(tantivy::ReloadPolicy::Manual).try_into()
    }

    /// What the reader has, and the cards of its segments. tantivy itself takes a segment without its file of positions for one
    /// that has none. A file that is open stays; of those that are not, a merge may take
    /// one away after the reader has looked: then it looks again.
    pub(crate) fn searcher(&self, reader: &IndexReader) -> tantivy::Result<(Searcher, Vec<Cards>)> {
        let mut tries = 0;
        loop {
            let searcher = reader.searcher();
            let open = |reader: &SegmentReader| {
                reader.open_read(SegmentComponent::Positions)?;
                Cards::open(reader)
            };
            let cards = searcher.segment_readers().iter().map(open).collect::<tantivy::Result<Vec<_>>>();
            match cards {
                Err(TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(_))) if tries < TRIES => {
                    tries += 1;
                    reader.reload()?;
                }
                cards => return Ok((searcher, cards?)),
            }
        }
    }
}

/// How often a merge may come in between.
const TRIES: usize = 100;

/// A product as the index has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Primary key.
    pub id: i64,
    /// [`Product::digest`](crate::Product::digest) of what was indexed.
    pub digest: u64,
    /// The live values.
    pub live: Live,
}

impl Catalog {
    pub(crate) fn load(
        opened: Arc<Opened>,
        (searcher, cards): (Searcher, Vec<Cards>),
        changed: &LiveMap,
        learned: Arc<Vocabulary>,
    ) -> Result<Self, IndexError> {
        let readers = searcher.segment_readers().par_iter().zip(cards);
        let segments = readers.map(|(reader, cards)| Segment::load(reader, cards, changed, &opened.names));
        let segments = segments.collect::<tantivy::Result<Vec<Segment>>>()?;
        let catalog = Self::new(opened, searcher, segments, learned, 0);
        catalog.set_synonyms(None, &Synonyms::default());
        if let Err(error) = catalog.refresh_synonyms() {
            tracing::warn!(%error, "the synonyms that were shipped are used");
        }
        Ok(catalog)
    }

    pub(crate) fn new(
        opened: Arc<Opened>,
        searcher: Searcher,
        segments: Vec<Segment>,
        learned: Arc<Vocabulary>,
        texts_version: u64,
    ) -> Self {
        Self { opened, searcher, segments, learned, texts_version }
    }

    pub(crate) fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The segments, each with its reader.
    pub(crate) fn readers(&self) -> impl Iterator<Item = (&Segment, &SegmentReader)> {
        self.segments.iter().zip(self.searcher.segment_readers())
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = (SegmentId, &Segment)> {
        self.searcher.segment_readers().iter().map(SegmentReader::segment_id).zip(&self.segments)
    }

    /// Number of products.
    pub fn documents(&self) -> u64 {
        self.segments.iter().map(Segment::count).sum()
    }

    /// Number of segments, and of deleted documents in them.
    pub fn segment_counts(&self) -> (u64, u64) {
        let places: u64 = self.segments.iter().map(|segment| segment.len() as u64).sum();
        (self.segments.len() as u64, places - self.documents())
    }

    /// The time around `now`, Unix milliseconds, in which no sale opens or closes: any moment of it has the same answers.
    pub fn still_time(&self, now: i64) -> Range<i64> {
        let all_time = i64::MIN..i64::MAX;
        self.segments.iter().fold(all_time, |still, segment| {
            let turns = segment.still_time(now);
            still.start.max(turns.start)..still.end.min(turns.end)
        })
    }

    /// The product with this id.
    pub fn find(&self, id: i64) -> Option<Found> {
        self.segments.iter().find_map(|segment| Some(found(segment, segment.find(id)?)))
    }

    /// The product with this id as lists show it.
    pub fn find_card(&self, id: i64) -> Result<Option<Card>, IndexError> {
        let place = self.segments.iter().enumerate().find_map(|(run, segment)| Some((run, segment.find(id)?)));
        place.map(|place| self.card(place)).transpose()
    }

    /// The products with ids from `first` to `last`, both included, in the order of their ids.
    pub fn found_between(&self, first: i64, last: i64) -> Vec<Found> {
        let runs: Vec<Run<'_>> = self.segments.iter().map(|segment| Run { segment, matches: Matches::All }).collect();
        let offset = |id| select::offset_after(&runs, SortColumn::Id, true, (id, id));
        let start = first.checked_sub(1).map_or(0, offset);
        let end = if last == i64::MAX { matches::total(&runs) } else { offset(last) };
        let order = (SortColumn::Id, &ALL_KEYS);
        let places = select::page(&runs, order, true, start, end.saturating_sub(start) as usize);
        places.into_iter().map(|(run, doc)| found(&self.segments[run], doc)).collect()
    }

    /// Answers one list at the moment `now` (Unix milliseconds). CPU-bound and blocking: call it on a search thread.
    pub fn search(&self, query: &ProductQuery, start: &Start, limit: usize, now: i64) -> Result<Page, IndexError> {
        let read = query.keyword.as_deref().map(|keyword| self.read_keyword(keyword, query.exact)).transpose()?;
        let (meaning, is_passing) = read.map_or((None, false), |(meaning, is_passing)| (Some(meaning), is_passing));
        let pieces = meaning.as_ref().map(|meaning| meaning.pieces.as_slice());
        let runs = self.runs(query, pieces, now)?;
        let facets = || self.facets(&runs, pieces.unwrap_or_default(), query.facets, now);
        let facets = query.facets.any().then(facets).transpose()?;
        let (column, ascending) = sort_column(query.order);
        let dividers = match (query.order.key, &meaning) {
            (SortKey::Relevance, Some(meaning)) => Self::dividers(&meaning.pieces),
            _ => Vec::new(),
        };
        let ranking = Ranking { catalog: self, dividers, column, ascending, keys: Filter::at(now, query).keys(column) };
        let total = matches::total(&runs);
        let offset = match start {
            Start::Offset(offset) => *offset,
            Start::After(Cursor { key, id }) => {
                let (tier, key) = match query.order.key {
                    SortKey::Id => (0, *id),
                    SortKey::Relevance => (*key, *id),
                    SortKey::Price | SortKey::EventStartTime | SortKey::WishCount => (0, *key),
                };
                ranking.offset_after(&runs, tier, (key, *id))?
            }
        };
        let (first, last) = (offset.min(total), offset.saturating_add(limit as u64).min(total));
        let places = ranking.page(&runs, first..last)?;
        let next = match places.last() {
            Some(&(tier, place)) if offset.saturating_add(places.len() as u64) < total => {
                Some(self.cursor(query.order, tier, place))
            }
            _ => None,
        };
        let mut cards = places.iter().map(|&(_, place)| self.card(place)).collect::<Result<Vec<Card>, _>>()?;
        if let (true, Some(meaning)) = (query.highlight, &meaning) {
            let marks = Marks::new(&meaning.pieces, &self.opened.lexicon);
            cards.iter_mut().for_each(|card| card.highlights = marks.of(card.name()));
        }
        let offers = match &query.keyword {
            Some(keyword) if total == 0 && !query.exact => self.offers(keyword)?,
            _ => Vec::new(),
        };
        let corrections = meaning.map(|meaning| meaning.corrections.clone()).unwrap_or_default();
        Ok(Page { cards, total, offset, next, corrections, offers, facets, is_passing })
    }

    /// Tells snapshots apart that may differ in what products are called.
    pub(crate) fn texts_version(&self) -> u64 {
        self.texts_version
    }

    pub(crate) fn vocabularies(&self) -> impl Iterator<Item = &Vocabulary> {
        [&self.opened.vocabulary, &*self.learned].into_iter()
    }

    /// What was recorded when this generation was built.
    pub fn manifest(&self) -> &Manifest {
        &self.opened.manifest
    }

    /// The searcher below, for comparison with tantivy's own collectors.
    pub fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    pub(crate) fn lexicon(&self) -> &Arc<Lexicon> {
        &self.opened.lexicon
    }

    fn cursor(&self, order: Order, tier: i64, (run, doc): Place) -> Cursor {
        let segment = &self.segments[run];
        let key = match order.key {
            SortKey::Relevance => tier,
            _ => segment.key(sort_column(order).0, doc).0,
        };
        Cursor { key, id: segment.columns.id[doc as usize] }
    }

    fn card(&self, (run, doc): Place) -> Result<Card, IndexError> {
        let Segment { columns, cards, .. } = &self.segments[run];
        let (name, image) = cards.of(doc)?;
        let texts = [name, image, columns.mall.of(doc), columns.category.of(doc)];
        Ok(Card::new(columns.id[doc as usize], columns.price[doc as usize], texts))
    }
}

fn found(segment: &Segment, doc: u32) -> Found {
    let columns = &segment.columns;
    Found { id: columns.id[doc as usize], digest: columns.digest[doc as usize], live: segment.live(doc) }
}

fn sort_column(order: Order) -> (SortColumn, bool) {
    match order.key {
        SortKey::Id => (SortColumn::Id, order.ascending),
        SortKey::Price => (SortColumn::Price, order.ascending),
        SortKey::EventStartTime => (SortColumn::OpensAt, order.ascending),
        SortKey::WishCount => (SortColumn::WishCount, order.ascending),
        SortKey::Relevance => (SortColumn::Id, false),
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("manifest", self.manifest()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, IndexHome, LexiconBuilder, Product, WriterOptions};

    #[test]
    fn what_a_merge_has_taken_away_since_the_reader_looked_is_looked_for_anew() {
        let folder = tempfile::tempdir().unwrap();
        let home = IndexHome::new(folder.path());
        let rebuild = home.begin().unwrap();
        let options = WriterOptions { threads: 1, memory: 15_000_000 };
        let writer = rebuild.writer(LexiconBuilder::default(), options).unwrap();
        rebuild.publish(writer, 0, None).unwrap();
        let product = |id| Product {
            id,
            name: format!("나이키 {id}"),
            image: String::new(),
            price: id,
            mall: String::new(),
            brand: None,
            category: String::new(),
            opens_at: 0,
            closes_at: 0,
            wish_count: 0,
            in_stock: true,
        };
        let mut updater = home.update().unwrap();
        let mut commit = |id| updater.apply(Batch { replaced: vec![product(id)], ..Batch::default() }, None).unwrap();
        commit(1);
        let opened = Opened::new(&folder.path().join("gen-0001"), home.manifest().unwrap()).unwrap();
        let reader = opened.reader().unwrap();
        (2..=50).for_each(|id| assert_eq!(commit(id).replaced, 1));
        // Waits for the merges that are under way.
        drop(updater);
        assert!(reader.searcher().segment_readers().iter().any(|reader| Cards::open(reader).is_err()));
        let (searcher, cards) = opened.searcher(&reader).unwrap();
        assert_eq!((searcher.num_docs(), cards.len()), (50, searcher.segment_readers().len()));
    }
}
