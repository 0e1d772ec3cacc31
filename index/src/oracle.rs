//! The rules of search read plainly: every product is looked at. Slow, and what the index is compared with.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::counts::PRICES;
use crate::facets::{Facets, MOST_MALLS, PriceBand};
use crate::hangul;
use crate::keyword::Piece;
use crate::lexicon::Lexicon;
use crate::terms::{MAX_JOINED_TOKENS, has_initials, is_spaced_code};
use crate::text::{Gap, Text};
use crate::{Catalog, Live, Product, ProductQuery, SortKey, Status};

/// A product with its text cut into units, so that many keywords can be tried on it.
#[derive(Debug)]
pub struct Document {
    id: i64,
    price: i64,
    opens_at: i64,
    closes_at: i64,
    live: Live,
    category: String,
    mall: String,
    text: Text,
    opaque: Vec<bool>,
}

impl From<&Product> for Document {
    fn from(product: &Product) -> Self {
        let text = Text::parse(&product.searchable_text());
        let mut opaque = Vec::new();
        text.opaque_units(&mut opaque);
        Self {
            id: product.id,
            price: product.price,
            opens_at: product.opens_at,
            closes_at: product.closes_at,
            live: product.live(),
            category: product.category.clone(),
            mall: product.mall.clone(),
            text,
            opaque,
        }
    }
}

/// A keyword as a predicate.
#[derive(Debug)]
pub struct Keyword {
    pieces: Vec<Piece>,
    lexicon: Arc<Lexicon>,
}

impl Keyword {
    /// Cuts a keyword as `catalog` does.
    pub fn new(catalog: &Catalog, keyword: &str) -> Self {
        Self {
            pieces: catalog.meaning(keyword, false).map(|meaning| meaning.pieces.clone()).unwrap_or_default(),
            lexicon: catalog.lexicon().clone(),
        }
    }

    /// Whether a product has all pieces; none has all of no pieces.
    pub fn matches(&self, document: &Document) -> bool {
        !self.pieces.is_empty() && self.pieces.iter().all(|piece| self.has(document, piece))
    }

    /// Whether the name, after its labels, starts with a word of the keyword.
    pub fn leads(&self, document: &Document) -> bool {
        let text = &document.text;
        let name = &text.tokens[..text.tokens_in_first_field];
        let Some(lead) = name.iter().position(|token| !token.bracketed).or((!name.is_empty()).then_some(0)) else {
            return false;
        };
        self.pieces.iter().any(|piece| match piece {
            Piece::Word(word) => {
                self.places(document, word).any(|(token, start)| token == lead && start == text.tokens[lead].start)
            }
            Piece::Any(readings) => readings.iter().any(|pieces| match pieces.first() {
                Some(Piece::Word(word)) => {
                    self.places(document, word).any(|(token, start)| token == lead && start == text.tokens[lead].start)
                }
                _ => false,
            }),
            Piece::Code(_) | Piece::Substring(_) | Piece::Initials(_) => false,
        })
    }

    /// Whether a product has the preferred reading of every piece that has several: of those by initials, and of the others.
    pub fn prefers(&self, document: &Document) -> (bool, bool) {
        let preferred = || self.pieces.iter().filter_map(Piece::preferred).flatten();
        let has_all = |initials: bool| {
            preferred()
                .filter(|piece| matches!(piece, Piece::Initials(_)) == initials)
                .all(|piece| self.has(document, piece))
        };
        (has_all(true), has_all(false))
    }

    fn has(&self, document: &Document, piece: &Piece) -> bool {
        let text = &document.text;
        match piece {
            Piece::Word(word) => self.places(document, word).next().is_some(),
            Piece::Substring(units) => {
                let wanted = units.concat();
                text.tokens.iter().any(|token| {
                    (token.start..token.end).any(|start| {
                        let end = start + units.len();
                        end <= token.end
                            && !document.opaque[start..end].contains(&true)
                            && text.slice(start, end) == wanted
                    })
                })
            }
            Piece::Any(readings) => readings.iter().any(|pieces| pieces.iter().all(|piece| self.has(document, piece))),
            Piece::Initials(initials) => text.tokens.iter().any(|token| {
                has_initials(text, token) && hangul::initials(text.slice(token.start, token.end)) == *initials
            }),
            Piece::Code(code) => {
                text.stretches()
                    .any(|stretch| stretch.is_code && text.slice(stretch.start, stretch.end).starts_with(code))
                    || text.tokens.windows(2).any(|pair| {
                        pair[1].gap == Gap::Soft
                            && is_spaced_code(text, pair[1].start)
                            && text.slice(pair[0].end - 1, pair[1].start + 1).starts_with(code)
                    })
            }
        }
    }

    /// Token and unit of each place where a word begins: inside a token, or, if known, as several whole tokens.
    fn places<'a>(&'a self, document: &'a Document, word: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        let text = &document.text;
        let known = self.lexicon.contains(word);
        // Wherever a word is found, its letters stand side by side once the gaps are gone.
        let tokens = if text.contains(word) { text.tokens.as_slice() } else { &[] };
        tokens.iter().enumerate().flat_map(move |(index, token)| {
            let inside = (token.start..token.end).flat_map(move |start| {
                let whole = (start + 1..=token.end)
                    .any(|end| !document.opaque[start..end].contains(&true) && text.slice(start, end) == word);
                let parts = self.lexicon.latin_parts(text.unit(start));
                let part = parts.iter().position(|part| **part == *word).filter(|_| !document.opaque[start]);
                // All parts of a compound but the first begin inside the unit, where no token begins.
                let part = part.map(|part| if part == 0 { start } else { usize::MAX });
                let place = if whole { Some(start) } else { part };
                place.map(|start| (index, start))
            });
            let joined = (index + 1..text.tokens.len().min(index + MAX_JOINED_TOKENS)).any(|last| {
                known
                    && text.tokens[index + 1..=last].iter().all(|token| token.gap != Gap::Hard)
                    && text.slice(token.start, text.tokens[last].end) == word
            });
            inside.chain(joined.then_some((index, token.start)))
        })
    }
}

/// The products that pass all filters and match the keyword, if there is one.
pub fn matches<'a>(
    documents: impl Iterator<Item = &'a Document>,
    query: &ProductQuery,
    keyword: Option<&Keyword>,
    now: i64,
) -> impl Iterator<Item = &'a Document> {
    documents
        .filter(move |document| passes(document, query, now) && keyword.is_none_or(|keyword| keyword.matches(document)))
}

/// How the matches divide.
pub fn facets<'a>(
    documents: impl Iterator<Item = &'a Document>,
    query: &ProductQuery,
    keyword: Option<&Keyword>,
    now: i64,
) -> Facets {
    let found: Vec<&Document> = matches(documents, query, keyword, now).collect();
    let counted = |text: fn(&Document) -> &str| {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        found.iter().for_each(|document| *counts.entry(text(document)).or_default() += 1);
        let mut counts: Vec<(String, u64)> = counts.into_iter().map(|(text, count)| (text.to_owned(), count)).collect();
        // Those of the same size stay in the order of their texts.
        counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        counts
    };
    let among = |holds: &dyn Fn(&Document) -> bool| found.iter().filter(|document| holds(document)).count() as u64;
    let statuses = [Status::Waiting, Status::Open, Status::Close];
    let statuses = statuses
        .map(|status| (status, among(&|document| Status::at(now, document.opens_at, document.closes_at) == status)));
    let ends = PRICES.into_iter().map(Some).chain([None]);
    let bands = [0].into_iter().chain(PRICES).zip(ends);
    let band = |(from, to): (i64, Option<i64>)| {
        // Below zero is cheap, too.
        let above = |price: i64| from == 0 || price >= from;
        PriceBand {
            from,
            to,
            count: among(&|document| above(document.price) && to.is_none_or(|to| document.price < to)),
        }
    };
    let mut malls = counted(|document| &document.mall);
    malls.truncate(MOST_MALLS);
    Facets {
        categories: counted(|document| &document.category),
        statuses: statuses.into(),
        prices: bands.map(band).collect(),
        malls,
    }
}

/// Ids of the matches in order; the whole list.
pub fn search<'a>(
    documents: impl Iterator<Item = &'a Document>,
    query: &ProductQuery,
    keyword: Option<&Keyword>,
    now: i64,
) -> Vec<i64> {
    let found = matches(documents, query, keyword, now).map(|document| {
        let value = match query.order.key {
            SortKey::Id | SortKey::Relevance => document.id,
            SortKey::Price => document.price,
            SortKey::EventStartTime => document.opens_at,
            SortKey::WishCount => document.live.wish_count,
        };
        let by_relevance = query.order.key == SortKey::Relevance;
        let leads = by_relevance && keyword.is_some_and(|keyword| keyword.leads(document));
        let (initials, preferred) = match keyword.filter(|_| by_relevance) {
            Some(keyword) => keyword.prefers(document),
            None => (true, true),
        };
        ((initials, leads, preferred, value, document.id), document.id)
    });
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    if !query.order.ascending || query.order.key == SortKey::Relevance {
        found.reverse();
    }
    found.into_iter().map(|(_, id)| id).collect()
}

fn passes(document: &Document, query: &ProductQuery, now: i64) -> bool {
    query.category.as_ref().is_none_or(|category| *category == document.category)
        && query.status.is_none_or(|status| status == Status::at(now, document.opens_at, document.closes_at))
        && query.min_price.is_none_or(|price| document.price >= price)
        && query.max_price.is_none_or(|price| document.price <= price)
        && (!query.in_stock || document.live.in_stock)
        && query.opens.as_ref().is_none_or(|opens| opens.contains(&document.opens_at))
}
