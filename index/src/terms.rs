//! The terms of a product: what the tokenizers emit and queries look up.
//!
//! Field `terms` has no positions. The first letter of a term says what it is; see [`Namespace`]. Field `grams` has
//! the pairs of neighbouring units with positions: a phrase over them is an exact substring search inside tokens.

use std::sync::Arc;

use tantivy::tokenizer::{TokenStream, Tokenizer};

use crate::hangul;
use crate::lexicon::{Lexicon, MAX_WORD_UNITS};
use crate::text::{Gap, Text, Token, UnitKind};

/// Most tokens that a known word may be spread over.
pub(crate) const MAX_JOINED_TOKENS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// A unit, or a known word: inside a token, or written with spaces at its own edges.
    Word,
    /// A known word or unit at the start of the name, after the labels.
    Lead,
    /// A code as typed, without its hyphens: `ga2100`.
    Code,
    /// Letters and digits that stand side by side with a space: `ga 2100`.
    SpacedCode,
    /// The initial consonants of a token of syllables.
    Initials,
}

impl Namespace {
    fn letter(self) -> char {
        match self {
            Self::Word => 'w',
            Self::Lead => 'l',
            Self::Code => 'c',
            Self::SpacedCode => 'k',
            Self::Initials => 'i',
        }
    }

    pub(crate) fn term(self, text: &str) -> String {
        let mut term = String::with_capacity(1 + text.len());
        term.push(self.letter());
        term.push_str(text);
        term
    }
}

/// Emits the terms of field `terms`, some of them more than once.
fn emit_terms(text: &Text, opaque: &[bool], lexicon: &Lexicon, emit: &mut impl FnMut(Namespace, &str)) {
    let lead = lead_token(text);
    for (index, token) in text.tokens.iter().enumerate() {
        let lead_unit = (Some(index) == lead).then_some(token.start);
        let mut emit_word = |start: usize, word: &str| {
            emit(Namespace::Word, word);
            if Some(start) == lead_unit {
                emit(Namespace::Lead, word);
            }
        };
        for start in token.start..token.end {
            if opaque[start] {
                continue;
            }
            let unit = text.unit(start);
            emit_word(start, unit);
            for (index, part) in lexicon.latin_parts(unit).iter().enumerate() {
                // Only the first part begins where the unit does.
                emit_word(if index == 0 { start } else { usize::MAX }, part);
            }
            for end in start + 2..=token.end.min(start + MAX_WORD_UNITS) {
                if opaque[end - 1] {
                    break;
                }
                let slice = text.slice(start, end);
                if lexicon.contains(slice) {
                    emit_word(start, slice);
                }
            }
        }
        for last in joinable(text, index) {
            let end = text.tokens[last].end;
            if end - token.start > MAX_WORD_UNITS {
                break;
            }
            let joined = text.slice(token.start, end);
            if lexicon.contains(joined) {
                emit_word(token.start, joined);
            }
        }
    }
    emit_codes(text, emit);
    let mut initials = [0; MAX_WORD_UNITS * 3];
    for token in text.tokens.iter().filter(|token| has_initials(text, token)) {
        let mut length = 0;
        for c in text.slice(token.start, token.end).chars() {
            length += hangul::initial(c).encode_utf8(&mut initials[length..]).len();
        }
        emit(Namespace::Initials, std::str::from_utf8(&initials[..length]).unwrap_or_default());
    }
}

/// Whether a token is of two syllables or more, and of nothing else.
pub(crate) fn has_initials(text: &Text, token: &Token) -> bool {
    (2..=MAX_WORD_UNITS).contains(&(token.end - token.start))
        // Kana and Han characters are syllables to the units, too.
        && text.slice(token.start, token.end).chars().all(hangul::is_syllable)
}

/// The tokens after `first` that a word beginning there may reach: as far as the gaps are soft.
pub(crate) fn joinable(text: &Text, first: usize) -> impl Iterator<Item = usize> + '_ {
    let limit = text.tokens.len().min(first + MAX_JOINED_TOKENS);
    (first + 1..limit).take_while(|&next| text.tokens[next].gap != Gap::Hard)
}

fn emit_codes(text: &Text, emit: &mut impl FnMut(Namespace, &str)) {
    for stretch in text.stretches().filter(|stretch| stretch.is_code) {
        emit(Namespace::Code, text.slice(stretch.start, stretch.end));
    }
    for pair in text.tokens.windows(2) {
        if pair[1].gap == Gap::Soft && is_spaced_code(text, pair[0].end) {
            emit(Namespace::SpacedCode, text.slice(pair[0].end - 1, pair[1].start + 1));
        }
    }
}

/// Whether letters and digits, in either order, meet at the boundary before `unit`.
pub(crate) fn is_spaced_code(text: &Text, unit: usize) -> bool {
    use UnitKind::{Digits, Letters};
    unit > 0
        && unit < text.unit_count()
        && matches!((text.kind(unit - 1), text.kind(unit)), (Letters, Digits) | (Digits, Letters))
}

/// The first token of the name that is no label; of a name that is all labels, the first.
fn lead_token(text: &Text) -> Option<usize> {
    let name = &text.tokens[..text.tokens_in_first_field];
    name.iter().position(|token| !token.bracketed).or((!name.is_empty()).then_some(0))
}

/// Tokenizer of field `terms`.
#[derive(Clone)]
pub(crate) struct TermTokenizer {
    lexicon: Arc<Lexicon>,
    analysis: Analysis,
}

impl TermTokenizer {
    pub(crate) fn new(lexicon: Arc<Lexicon>) -> Self {
        Self { lexicon, analysis: Analysis::default() }
    }
}

impl Tokenizer for TermTokenizer {
    type TokenStream<'a> = Emitted<'a>;

    fn token_stream<'a>(&'a mut self, raw: &'a str) -> Emitted<'a> {
        let Analysis { text, opaque, emitted } = self.analysis.set(raw);
        emit_terms(text, opaque, &self.lexicon, &mut |namespace, word| {
            emitted.terms.push(namespace.letter());
            emitted.terms.push_str(word);
            emitted.ends.push((emitted.terms.len() as u32, 0));
        });
        emitted.stream()
    }
}

/// Tokenizer of field `grams`.
#[derive(Clone, Default)]
pub(crate) struct GramTokenizer {
    analysis: Analysis,
}

impl Tokenizer for GramTokenizer {
    type TokenStream<'a> = Emitted<'a>;

    fn token_stream<'a>(&'a mut self, raw: &'a str) -> Emitted<'a> {
        let Analysis { text, opaque, emitted } = self.analysis.set(raw);
        for (index, token) in text.tokens.iter().enumerate() {
            for unit in token.start..token.end - 1 {
                if !opaque[unit] && !opaque[unit + 1] {
                    emitted.terms.push_str(text.slice(unit, unit + 2));
                    // One more for each token, so that no phrase reaches from one into the next.
                    emitted.ends.push((emitted.terms.len() as u32, (unit + index) as u32));
                }
            }
        }
        emitted.stream()
    }
}

/// What a tokenizer keeps from text to text, for the sake of its allocations.
#[derive(Default)]
struct Analysis {
    text: Text,
    opaque: Vec<bool>,
    emitted: Terms,
}

impl Analysis {
    fn set(&mut self, raw: &str) -> &mut Self {
        self.text.set(raw);
        self.text.opaque_units(&mut self.opaque);
        self.emitted.terms.clear();
        self.emitted.ends.clear();
        self
    }
}

/// A tokenizer is cloned for each thread; what it read last is nobody else's.
impl Clone for Analysis {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Terms in one buffer: the end and the position of each.
#[derive(Default)]
struct Terms {
    terms: String,
    ends: Vec<(u32, u32)>,
    token: tantivy::tokenizer::Token,
}

impl Terms {
    fn stream(&mut self) -> Emitted<'_> {
        Emitted { terms: &self.terms, ends: self.ends.iter(), start: 0, token: &mut self.token }
    }
}

pub(crate) struct Emitted<'a> {
    terms: &'a str,
    ends: std::slice::Iter<'a, (u32, u32)>,
    start: usize,
    token: &'a mut tantivy::tokenizer::Token,
}

impl TokenStream for Emitted<'_> {
    fn advance(&mut self) -> bool {
        let Some(&(end, position)) = self.ends.next() else { return false };
        self.token.text.clear();
        self.token.text.push_str(&self.terms[self.start..end as usize]);
        self.token.position = position as usize;
        self.start = end as usize;
        true
    }

    fn token(&self) -> &tantivy::tokenizer::Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut tantivy::tokenizer::Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::LexiconBuilder;

    fn terms(raw: &str, known: &[&str]) -> Vec<String> {
        let mut builder = LexiconBuilder::default();
        known.iter().for_each(|word| builder.add(word));
        let mut tokenizer = TermTokenizer::new(Arc::new(builder.finish()));
        collect(tokenizer.token_stream(raw))
    }

    fn collect(mut stream: Emitted<'_>) -> Vec<String> {
        let mut terms = Vec::new();
        stream.process(&mut |token| terms.push(token.text.clone()));
        terms
    }

    #[test]
    fn a_known_word_is_found_inside_a_token_and_across_soft_gaps_at_token_edges() {
        assert!(terms("경량패딩조끼", &["패딩"]).contains(&"w패딩".to_owned()));
        assert!(terms("나이키 에어 맥스 95", &["에어맥스"]).contains(&"w에어맥스".to_owned()));
        assert!(!terms("보테가 방수팩", &["가방"]).contains(&"w가방".to_owned()));
        assert!(!terms("[에어]맥스", &["에어맥스"]).contains(&"w에어맥스".to_owned()));
    }

    #[test]
    fn the_lead_follows_the_labels() {
        let terms = terms("[무료배송] 나이키 운동화\u{1f}신발몰", &["나이키", "무료배송", "운동화"]);
        let leads: Vec<&String> = terms.iter().filter(|term| term.starts_with('l')).collect();
        assert_eq!(leads, ["l나", "l나이키"]);
    }

    #[test]
    fn a_code_is_one_term_whatever_its_hyphens() {
        for raw in ["GA-2100", "ga2100", "ＧＡ－２１００"] {
            assert!(terms(raw, &[]).contains(&"cga2100".to_owned()), "{raw}");
        }
        assert!(terms("ga 2100", &[]).contains(&"kga2100".to_owned()));
        assert_eq!(terms("NJ1DQ91A", &[]), ["cnj1dq91a"]);
    }

    #[test]
    fn grams_leave_a_hole_between_tokens() {
        let mut tokenizer = GramTokenizer::default();
        let mut stream = tokenizer.token_stream("에어 맥스97");
        let mut grams = Vec::new();
        stream.process(&mut |token| grams.push((token.text.clone(), token.position)));
        assert_eq!(grams, [("에어".to_owned(), 0), ("맥스".to_owned(), 3), ("스97".to_owned(), 4)]);
    }
}
