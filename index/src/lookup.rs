//! From pieces to the documents that have them.

use std::ops::Bound;
use std::sync::{Arc, LazyLock};

use tantivy::SegmentReader;
use tantivy::query::{BooleanQuery, EmptyQuery, EnableScoring, PhraseQuery, Query, RangeQuery, TermQuery};
use tantivy::schema::IndexRecordOption;

use crate::catalog::Catalog;
use crate::filter::Filter;
use crate::keyword::{self, Codes, Piece};
use crate::matches::{self, Matches, Run};
use crate::postings::{self, Postings, Wanted};
use crate::segment::Segment;
use crate::terms::Namespace;
use crate::{IndexError, ProductQuery};

static EVERYTHING: LazyLock<ProductQuery> = LazyLock::new(ProductQuery::default);

impl Catalog {
    /// The parts into which a keyword is cut, all of which a product must have.
    pub fn pieces(&self, keyword: &str) -> Vec<Piece> {
        keyword::cut(keyword, &self.opened().lexicon, self)
    }

    /// The keyword, as it is understood, as a query of tantivy without the other filters; `EmptyQuery` when it has no
    /// letter or digit.
    pub fn keyword_query(&self, keyword: &str) -> Result<Box<dyn Query>, IndexError> {
        Ok(self.lower(&self.meaning(keyword, false)?.pieces))
    }

    /// The category filter as a query of tantivy.
    pub fn category_query(&self, category: &str) -> Box<dyn Query> {
        Box::new(TermQuery::new(self.opened().fields.category(category), IndexRecordOption::Basic))
    }

    /// Whether any product has all of these; none has none.
    pub(crate) fn has_any(&self, pieces: &[Piece]) -> Result<bool, IndexError> {
        for (segment, reader) in self.readers().filter(|_| !pieces.is_empty()) {
            if postings::meet(&self.postings_of(reader, pieces)?, segment.alive_docs()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Number of products that have all of these; 0 for none.
    pub(crate) fn total(&self, pieces: &[Piece]) -> Result<u64, IndexError> {
        Ok(matches::total(&self.runs(&EVERYTHING, Some(pieces), 0)?))
    }

    pub(crate) fn runs(
        &self,
        query: &ProductQuery,
        pieces: Option<&[Piece]>,
        now: i64,
    ) -> Result<Vec<Run<'_>>, IndexError> {
        let (filter, wanted) = (Filter::at(now, query), pieces.map(all_of));
        self.readers().map(|at| self.run(at, &filter, wanted.as_deref())).collect()
    }

    fn run<'a>(
        &'a self,
        (segment, reader): (&'a Segment, &SegmentReader),
        filter: &Filter<'_>,
        wanted: Option<&[Wanted]>,
    ) -> Result<Run<'a>, IndexError> {
        let matches = match wanted {
            Some([]) => Matches::NONE,
            wanted => filter.matches(segment, &self.postings(reader, wanted.unwrap_or_default())?),
        };
        Ok(Run { segment, matches })
    }

    /// The products that have all of these, by segment; none for none.
    pub(crate) fn having(&self, pieces: &[Piece]) -> Result<Vec<Postings>, IndexError> {
        let runs = self.runs(&EVERYTHING, Some(pieces), 0)?;
        Ok(runs.into_iter().map(Run::into_postings).collect())
    }

    /// Whether some of `products`, by segment, are soon found to have all of `pieces` too. What goes with one in hundreds of them may
    /// be missed: that takes a time that does not grow.
    pub(crate) fn go_with(&self, products: &[Postings], pieces: &[Piece]) -> Result<bool, IndexError> {
        let scoring = || EnableScoring::disabled_from_searcher(self.searcher());
        let weights = pieces.iter().map(|piece| self.lower_piece(piece).weight(scoring()));
        let weights = weights.collect::<tantivy::Result<Vec<_>>>()?;
        for (products, reader) in products.iter().zip(self.searcher().segment_readers()) {
            if !products.is_empty() {
                let docs = weights.iter().map(|weight| weight.scorer(reader, 1.0));
                if products.soon_meet(&mut docs.collect::<tantivy::Result<Vec<_>>>()?) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The documents of a segment that have each of these.
    pub(crate) fn postings_of(&self, reader: &SegmentReader, pieces: &[Piece]) -> tantivy::Result<Vec<Arc<Postings>>> {
        self.postings(reader, &all_of(pieces))
    }

    /// The same for all that is looked up.
    fn postings(&self, reader: &SegmentReader, wanted: &[Wanted]) -> tantivy::Result<Vec<Arc<Postings>>> {
        let read = |wanted: &Wanted| {
            let query = match wanted {
                Wanted::Piece(Piece::Any(readings)) => {
                    let readings = readings.iter().map(|pieces| self.postings(reader, &all_of(pieces)));
                    let readings = readings.collect::<tantivy::Result<Vec<_>>>()?;
                    return Ok(Postings::any(reader.max_doc() as usize, &readings));
                }
                Wanted::Piece(piece) => self.lower_piece(piece),
                Wanted::Lead(words) => {
                    let words = words.iter().map(|word| self.term_query(Namespace::Lead, word));
                    Box::new(BooleanQuery::union(words.collect()))
                }
            };
            Postings::read(&*query.weight(EnableScoring::disabled_from_searcher(self.searcher()))?, reader)
        };
        wanted.iter().map(|wanted| self.opened().postings.get(reader.segment_id(), wanted.clone(), read)).collect()
    }

    /// What relevance divides matches by: first come those that have the initials as words of their own, then those whose name
    /// starts with a word of the keyword, then those that have the preferred reading of every piece.
    pub(crate) fn dividers(pieces: &[Piece]) -> Vec<Vec<Wanted>> {
        let preferred = pieces.iter().filter_map(Piece::preferred).flatten().cloned();
        let (initials, preferred): (Vec<Piece>, Vec<Piece>) =
            preferred.partition(|piece| matches!(piece, Piece::Initials(_)));
        let together = |pieces: Vec<Piece>| match pieces.is_empty() {
            true => Vec::new(),
            false => vec![Wanted::Piece(Piece::Any(vec![pieces]))],
        };
        let leads = pieces.iter().filter_map(lead).collect();
        let dividers = [together(initials), leads, together(preferred)];
        dividers.into_iter().filter(|wanted: &Vec<Wanted>| !wanted.is_empty()).collect()
    }

    /// The documents that have each of `wanted`, by run; nothing where nothing matches.
    pub(crate) fn each_of(&self, runs: &[Run<'_>], wanted: &[Wanted]) -> Result<Vec<Vec<Arc<Postings>>>, IndexError> {
        let each = |(run, reader): (&Run<'_>, &SegmentReader)| match run.matches.is_none() {
            true => Ok(Vec::new()),
            false => Ok(self.postings(reader, wanted)?),
        };
        runs.iter().zip(self.searcher().segment_readers()).map(each).collect()
    }

    fn term_query(&self, namespace: Namespace, text: &str) -> Box<dyn Query> {
        Box::new(TermQuery::new(self.opened().fields.term(&namespace.term(text)), IndexRecordOption::Basic))
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
            Piece::Initials(initials) => self.term_query(Namespace::Initials, initials),
            Piece::Code(code) => Box::new(BooleanQuery::union(vec![
                self.prefix_query(Namespace::Code, code),
                self.prefix_query(Namespace::SpacedCode, code),
            ])),
            Piece::Substring(units) => {
                let mut grams: Vec<_> =
                    units.windows(2).map(|pair| self.opened().fields.gram(&pair.concat())).collect();
                match grams.len() {
                    1 => Box::new(TermQuery::new(grams.remove(0), IndexRecordOption::Basic)),
                    _ => Box::new(PhraseQuery::new(grams)),
                }
            }
            Piece::Any(readings) => {
                Box::new(BooleanQuery::union(readings.iter().map(|pieces| self.lower(pieces)).collect()))
            }
        }
    }

    fn prefix_query(&self, namespace: Namespace, prefix: &str) -> Box<dyn Query> {
        let first = namespace.term(prefix);
        let last = format!("{first}{}", char::MAX);
        Box::new(RangeQuery::new(
            Bound::Included(self.opened().fields.term(&first)),
            Bound::Excluded(self.opened().fields.term(&last)),
        ))
    }
}

fn all_of(pieces: &[Piece]) -> Vec<Wanted> {
    pieces.iter().cloned().map(Wanted::Piece).collect()
}

/// What the name of a product starts with that has this piece there.
fn lead(piece: &Piece) -> Option<Wanted> {
    let first = |piece: &Piece| match piece {
        Piece::Word(word) => Some(word.clone()),
        _ => None,
    };
    let words: Vec<String> = match piece {
        Piece::Any(readings) => readings.iter().filter_map(|pieces| first(pieces.first()?)).collect(),
        piece => first(piece).into_iter().collect(),
    };
    (!words.is_empty()).then_some(Wanted::Lead(words))
}

impl Codes for Catalog {
    fn is_code(&self, code: &str, first: &str, second: &str) -> bool {
        // A term dictionary that cannot be read fails the search itself, with its error.
        let count = |namespace: Namespace, text: &str| {
            self.searcher().doc_freq(&self.opened().fields.term(&namespace.term(text))).unwrap_or(0)
        };
        let typed = count(Namespace::Code, code);
        typed > 0 && typed * CODE_RATIO >= count(Namespace::Word, first).min(count(Namespace::Word, second))
    }
}

/// Letters and digits typed apart are a code when the code is at least this fraction of its rarer part.
const CODE_RATIO: u64 = 5;
