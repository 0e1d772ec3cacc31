//! One snapshot of a generation: answers queries.

use std::fmt;
use std::ops::Bound;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use tantivy::index::SegmentId;
use tantivy::query::{BooleanQuery, EmptyQuery, EnableScoring, PhraseQuery, Query, RangeQuery, TermQuery, Weight};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, Index, IndexReader, Searcher, SegmentReader, TantivyDocument};

use crate::bits::Bits;
use crate::filter::{Filter, collect};
use crate::keyword::{self, Codes, Piece};
use crate::lexicon::Lexicon;
use crate::live::LiveMap;
use crate::schema::Fields;
use crate::segment::{Segment, SortColumn};
use crate::select::{self, Matches, Place, Run};
use crate::terms::Namespace;
use crate::{Card, Cursor, IndexError, Live, Manifest, Order, ProductQuery, SortKey, Start};

/// One page of a list, and the exact number of matches, from one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At most `limit` products, in the list's order.
    pub cards: Vec<Card>,
    /// Number of products that match, on all pages.
    pub total: u64,
    /// Number of matches before this page.
    pub offset: u64,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

/// One snapshot of a generation. Immutable; cheap to share behind an `Arc`.
pub struct Catalog {
    opened: Arc<Opened>,
    searcher: Searcher,
    segments: Vec<Segment>,
}

/// A generation's folder, opened: what all its snapshots share.
pub(crate) struct Opened {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) index: Index,
    pub(crate) fields: Fields,
    lexicon: Arc<Lexicon>,
}

impl Opened {
    pub(crate) fn new(folder: &Path, manifest: Manifest) -> Result<Self, IndexError> {
        let lexicon = Lexicon::load(&folder.join(crate::generation::LEXICON_FILE))
            .map_err(|source| IndexError::io("read the lexicon of", folder, source))?;
        let lexicon = Arc::new(lexicon);
        let mut index = Index::open_in_dir(folder)?;
        index.set_tokenizers(Fields::tokenizers(lexicon.clone()));
        Ok(Self { folder: folder.to_owned(), manifest, index, fields: Fields::new(), lexicon })
    }

    pub(crate) fn reader(&self) -> tantivy::Result<IndexReader> {
        self.index.reader_builder().reload_policy(tantivy::ReloadPolicy::Manual).try_into()
    }
}

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

/// Tier of a document in the order of relevance; smaller is better.
const LEAD: i64 = 0;
const MENTION: i64 = 1;

impl Catalog {
    pub(crate) fn load(opened: Arc<Opened>, searcher: Searcher, changed: &LiveMap) -> Result<Self, IndexError> {
        let readers = searcher.segment_readers().par_iter();
        let segments =
            readers.map(|reader| Segment::load(reader, changed)).collect::<tantivy::Result<Vec<Segment>>>()?;
        Ok(Self::new(opened, searcher, segments))
    }

    pub(crate) fn new(opened: Arc<Opened>, searcher: Searcher, segments: Vec<Segment>) -> Self {
        Self { opened, searcher, segments }
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

    /// The product with this id.
    pub fn find(&self, id: i64) -> Option<Found> {
        self.segments.iter().find_map(|segment| Some(found(segment, segment.find(id)?)))
    }

    /// The products with ids above `after` and up to `last`, in the order of their ids.
    pub fn found_between(&self, after: i64, last: i64) -> Vec<Found> {
        let runs: Vec<Run<'_>> = self.segments.iter().map(|segment| Run { segment, matches: Matches::All }).collect();
        let offset = |id| select::offset_after(&runs, SortColumn::Id, true, (id, id));
        let (start, end) = (offset(after), offset(last));
        let places = select::page(&runs, SortColumn::Id, true, start, end.saturating_sub(start) as usize);
        places.into_iter().map(|(run, doc)| found(&self.segments[run], doc)).collect()
    }

    /// Answers one list at the moment `now` (Unix milliseconds). CPU-bound and blocking: call it on a search thread.
    pub fn search(&self, query: &ProductQuery, start: &Start, limit: usize, now: i64) -> Result<Page, IndexError> {
        let pieces = query.keyword.as_deref().map(|keyword| self.pieces(keyword));
        let runs = self.runs(query, pieces.as_deref(), now)?;
        let tiers = match (query.order.key, pieces) {
            (SortKey::Relevance, Some(pieces)) => self.tiers(runs, &pieces)?,
            _ => vec![runs],
        };
        let (column, ascending) = sort_column(query.order);
        let totals: Vec<u64> = tiers.iter().map(|runs| select::total(runs)).collect();
        let total = totals.iter().sum();
        let offset = match start {
            Start::Offset(offset) => *offset,
            Start::After(cursor) => offset_after(&tiers, query.order, *cursor),
        };
        let mut places: Vec<(i64, Place)> = Vec::with_capacity(limit);
        let mut skipped = 0;
        for (tier, (runs, tier_total)) in tiers.iter().zip(totals).enumerate() {
            let rest = offset.saturating_sub(skipped);
            let wanted = limit - places.len();
            places.extend(
                select::page(runs, column, ascending, rest, wanted).into_iter().map(|place| (tier as i64, place)),
            );
            skipped += tier_total.min(rest);
        }
        let next = match places.last() {
            Some(&(tier, place)) if offset.saturating_add(places.len() as u64) < total => {
                Some(self.cursor(query.order, tier, place))
            }
            _ => None,
        };
        let cards = places.iter().map(|&(_, place)| self.card(place)).collect::<Result<_, _>>()?;
        Ok(Page { cards, total, offset, next })
    }

    /// What was recorded when this generation was built.
    pub fn manifest(&self) -> &Manifest {
        &self.opened.manifest
    }

    /// The parts into which a keyword is cut, all of which a product must have.
    pub fn pieces(&self, keyword: &str) -> Vec<Piece> {
        keyword::cut(keyword, &self.opened.lexicon, self)
    }

    /// The keyword as a query of tantivy, without the other filters; `EmptyQuery` when it has no letter or digit.
    pub fn keyword_query(&self, keyword: &str) -> Box<dyn Query> {
        self.lower(&self.pieces(keyword))
    }

    /// The category filter as a query of tantivy.
    pub fn category_query(&self, category: &str) -> Box<dyn Query> {
        Box::new(TermQuery::new(self.opened.fields.category(category), IndexRecordOption::Basic))
    }

    /// The searcher below, for comparison with tantivy's own collectors.
    pub fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    pub(crate) fn lexicon(&self) -> &Arc<Lexicon> {
        &self.opened.lexicon
    }

    fn runs(&self, query: &ProductQuery, pieces: Option<&[Piece]>, now: i64) -> Result<Vec<Run<'_>>, IndexError> {
        let filter = Filter::at(now, query);
        let keyword = pieces.map(|pieces| self.weight(&*self.lower(pieces))).transpose()?;
        self.segments
            .iter()
            .zip(self.searcher.segment_readers())
            .map(|(segment, reader)| Ok(Run { segment, matches: filter.matches(segment, reader, keyword.as_deref())? }))
            .collect()
    }

    /// Divides matches into those whose name starts with a word of the keyword and the others.
    fn tiers<'a>(&'a self, runs: Vec<Run<'a>>, pieces: &[Piece]) -> Result<Vec<Vec<Run<'a>>>, IndexError> {
        let leads = pieces.iter().filter_map(|piece| match piece {
            Piece::Word(word) => Some(self.term_query(Namespace::Lead, word)),
            Piece::Code(_) | Piece::Substring(_) => None,
        });
        let lead = self.weight(&BooleanQuery::union(leads.collect()))?;
        let (mut leading, mut others) = (Vec::with_capacity(runs.len()), Vec::with_capacity(runs.len()));
        for (run, reader) in runs.into_iter().zip(self.searcher.segment_readers()) {
            let Run { segment, matches: Matches::Some(mut rest, count) } = run else {
                others.push(run);
                continue;
            };
            let mut first = Bits::empty(segment.len());
            if count > 0 {
                first = collect(&*lead, reader, segment.len())?;
                first.intersect(&rest);
                rest.subtract(&first);
            }
            leading.push(Run { segment, matches: Matches::from_bits(first) });
            others.push(Run { segment, matches: Matches::from_bits(rest) });
        }
        Ok(vec![leading, others])
    }

    fn weight(&self, query: &dyn Query) -> tantivy::Result<Box<dyn Weight>> {
        query.weight(EnableScoring::disabled_from_searcher(&self.searcher))
    }

    fn term_query(&self, namespace: Namespace, text: &str) -> Box<dyn Query> {
        Box::new(TermQuery::new(self.opened.fields.term(&namespace.term(text)), IndexRecordOption::Basic))
    }

    fn lower(&self, pieces: &[Piece]) -> Box<dyn Query> {
        let mut queries: Vec<Box<dyn Query>> = pieces.iter().map(|piece| self.lower_piece(piece)).collect();
        match queries.len() {
            0 => Box::new(EmptyQuery),
            1 => queries.remove(0),
            _ => Box::new(BooleanQuery::intersection(queries)),
        }
    }

    fn lower_piece(&self, piece: &Piece) -> Box<dyn Query> {
        match piece {
            Piece::Word(word) => self.term_query(Namespace::Word, word),
            Piece::Code(code) => Box::new(BooleanQuery::union(vec![
                self.prefix_query(Namespace::Code, code),
                self.prefix_query(Namespace::SpacedCode, code),
            ])),
            Piece::Substring(units) => {
                let mut grams: Vec<_> = units.windows(2).map(|pair| self.opened.fields.gram(&pair.concat())).collect();
                match grams.len() {
                    1 => Box::new(TermQuery::new(grams.remove(0), IndexRecordOption::Basic)),
                    _ => Box::new(PhraseQuery::new(grams)),
                }
            }
        }
    }

    fn prefix_query(&self, namespace: Namespace, prefix: &str) -> Box<dyn Query> {
        let first = namespace.term(prefix);
        let last = format!("{first}{}", char::MAX);
        Box::new(RangeQuery::new(
            Bound::Included(self.opened.fields.term(&first)),
            Bound::Excluded(self.opened.fields.term(&last)),
        ))
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
        let segment = &self.segments[run];
        let stored: TantivyDocument = self.searcher.doc(DocAddress::new(run as u32, doc))?;
        let mut card = Card {
            id: segment.columns.id[doc as usize],
            name: String::new(),
            image: String::new(),
            price: segment.columns.price[doc as usize],
            mall: String::new(),
            category: segment.columns.category_of(doc).to_owned(),
        };
        for (field, text) in [
            (self.opened.fields.name, &mut card.name),
            (self.opened.fields.image, &mut card.image),
            (self.opened.fields.mall, &mut card.mall),
        ] {
            if let Some(stored) = stored.get_first(field).and_then(|value| value.as_str()) {
                text.push_str(stored);
            }
        }
        Ok(card)
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

fn offset_after(tiers: &[Vec<Run<'_>>], order: Order, cursor: Cursor) -> u64 {
    let (column, ascending) = sort_column(order);
    let key = match order.key {
        SortKey::Id | SortKey::Relevance => (cursor.id, cursor.id),
        SortKey::Price | SortKey::EventStartTime | SortKey::WishCount => (cursor.key, cursor.id),
    };
    let current = match order.key {
        SortKey::Relevance if tiers.len() > 1 => cursor.key.clamp(LEAD, MENTION) as usize,
        _ => 0,
    };
    let before: u64 = tiers[..current].iter().map(|runs| select::total(runs)).sum();
    before + select::offset_after(&tiers[current], column, ascending, key)
}

impl Codes for Catalog {
    fn is_code(&self, code: &str, first: &str, second: &str) -> bool {
        // A term dictionary that cannot be read fails the search itself, with its error.
        let count = |namespace: Namespace, text: &str| {
            self.searcher.doc_freq(&self.opened.fields.term(&namespace.term(text))).unwrap_or(0)
        };
        let typed = count(Namespace::Code, code);
        typed > 0 && typed * CODE_RATIO >= count(Namespace::Word, first).min(count(Namespace::Word, second))
    }
}

/// Letters and digits typed apart are a code when the code is at least this fraction of its rarer part.
const CODE_RATIO: u64 = 5;

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("manifest", self.manifest()).finish_non_exhaustive()
    }
}
