//! From what was typed to what is looked up: a keyword is cut into pieces, all of which are required.
//!
//! The cut is the cheapest one: known words are cheap, unknown stretches dear, and a typed space costs little to ignore.
//! So `에어맥스`, `에어 맥스` and `에 어맥스` are one word, `삼성노트북` is two.

use crate::lexicon::{Lexicon, MAX_WORD_UNITS};
use crate::terms::{MAX_JOINED_TOKENS, is_spaced_code};
use crate::text::{Gap, Text, UnitKind};

/// One required part of a keyword.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// A known word, or one unit.
    Word(String),
    /// The beginning of a code, without hyphens.
    Code(String),
    /// Units that stand side by side within one token.
    Substring(Vec<String>),
    /// A whole token with these initial consonants.
    Initials(String),
    /// All pieces of one of these readings; the first is preferred.
    Any(Vec<Vec<Piece>>),
}

impl Piece {
    /// The reading that is preferred, of a piece that has several.
    pub(crate) fn preferred(&self) -> Option<&[Piece]> {
        match self {
            Self::Any(readings) => readings.first().map(Vec::as_slice),
            _ => None,
        }
    }

    /// Memory that it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let heap = match self {
            Self::Word(text) | Self::Code(text) | Self::Initials(text) => text.len(),
            Self::Substring(units) => units.iter().map(|unit| size_of::<String>() + unit.len()).sum(),
            Self::Any(readings) => readings.iter().flatten().map(Self::bytes).sum(),
        };
        size_of::<Self>() + heap
    }

    /// The text of a piece that was typed; `None` for several readings.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Word(text) | Self::Code(text) | Self::Initials(text) => Some(text.clone()),
            Self::Substring(units) => Some(units.concat()),
            Self::Any(_) => None,
        }
    }
}

/// Tells which codes the catalogue has.
pub(crate) trait Codes {
    /// Whether `code` is typed as one in enough products to be meant by `first` and `second` with a space between.
    fn is_code(&self, code: &str, first: &str, second: &str) -> bool;
}

/// The pieces of a keyword, in the order typed, each once. Empty when it has no letter or digit.
pub(crate) fn cut(keyword: &str, lexicon: &Lexicon, codes: &impl Codes) -> Vec<Piece> {
    let text = Text::parse(keyword);
    Cutting::new(&text, lexicon, codes).pieces()
}

const WORD: u32 = 2;
const IGNORED_SPACE: u32 = 1;
const UNKNOWN: u32 = 3;
const UNKNOWN_UNIT: u32 = 2;
/// A lone syllable cut out of a longer token is hardly ever meant.
const LONE_SYLLABLE: u32 = 6;
/// Longest substring that is looked up as one, so that the time of a cut grows with its length only.
const MAX_SUBSTRING_UNITS: usize = 64;

struct Cutting<'a, C> {
    text: &'a Text,
    lexicon: &'a Lexicon,
    codes: &'a C,
    /// For each unit, the index of its token.
    token_of: Vec<usize>,
    /// For each unit, the end of the code that begins there; 0: none.
    code_end: Vec<usize>,
    /// For each unit, the first from there on that lies inside a code.
    next_in_code: Vec<usize>,
}

impl<'a, C: Codes> Cutting<'a, C> {
    fn new(text: &'a Text, lexicon: &'a Lexicon, codes: &'a C) -> Self {
        let units = text.unit_count();
        let mut token_of = vec![0; units];
        for (index, token) in text.tokens.iter().enumerate() {
            token_of[token.start..token.end].fill(index);
        }
        let mut code_end = vec![0; units];
        let mut next_in_code = vec![usize::MAX; units + 1];
        for stretch in text.stretches().filter(|stretch| stretch.is_code) {
            code_end[stretch.start] = stretch.end;
            (stretch.start..stretch.end).for_each(|unit| next_in_code[unit] = unit);
        }
        (0..units).rev().for_each(|unit| next_in_code[unit] = next_in_code[unit].min(next_in_code[unit + 1]));
        Self { text, lexicon, codes, token_of, code_end, next_in_code }
    }

    fn pieces(&self) -> Vec<Piece> {
        let units = self.text.unit_count();
        let mut best: Vec<Option<(u32, usize)>> = vec![None; units + 1];
        best[0] = Some((0, 0));
        for start in 0..units {
            let Some((cost, _)) = best[start] else { continue };
            for (end, reached) in best.iter_mut().enumerate().take(self.furthest_end(start) + 1).skip(start + 1) {
                let Some(step) = self.cost(start, end) else { continue };
                if reached.is_none_or(|(known, _)| cost + step < known) {
                    *reached = Some((cost + step, start));
                }
            }
        }
        self.walk_back(&best)
    }

    /// The longest piece that may begin at `start`: a substring, a known word across spaces, a code.
    fn furthest_end(&self, start: usize) -> usize {
        let substring = self.text.tokens[self.token_of[start]].end.min(start + MAX_SUBSTRING_UNITS);
        let word = self.text.unit_count().min(start + MAX_WORD_UNITS);
        substring.max(word).max(self.code_end[start])
    }

    fn walk_back(&self, best: &[Option<(u32, usize)>]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut end = self.text.unit_count();
        while let (1.., Some((_, start))) = (end, best[end]) {
            self.push_reversed(start, end, &mut pieces);
            end = start;
        }
        pieces.reverse();
        let mut seen = Vec::with_capacity(pieces.len());
        pieces.retain(|piece| {
            !seen.contains(piece) && {
                seen.push(piece.clone());
                true
            }
        });
        pieces
    }

    fn push_reversed(&self, start: usize, end: usize, pieces: &mut Vec<Piece>) {
        let slice = self.text.slice(start, end);
        if self.code_end[start] == end || self.joins_code(start, end) {
            pieces.push(Piece::Code(slice.to_owned()));
        } else if let (1, parts @ [_, ..]) = (end - start, self.lexicon.latin_parts(slice)) {
            pieces.extend(parts.iter().rev().map(|part| Piece::Word(part.to_string())));
        } else if end - start == 1 || self.lexicon.contains(slice) {
            pieces.push(Piece::Word(slice.to_owned()));
        } else {
            pieces.push(Piece::Substring((start..end).map(|unit| self.text.unit(unit).to_owned()).collect()));
        }
    }

    /// Cost of reading the units `start..end` as one piece; `None` when they cannot be.
    fn cost(&self, start: usize, end: usize) -> Option<u32> {
        let spaces = (self.token_of[end - 1] - self.token_of[start]) as u32;
        if self.code_end[start] == end {
            return Some(WORD);
        }
        if self.joins_code(start, end) {
            return Some(WORD + IGNORED_SPACE);
        }
        if self.next_in_code[start] < end {
            return None;
        }
        if spaces > 0 {
            let known = self.may_join(start, end) && self.lexicon.contains(self.text.slice(start, end));
            return known.then_some(WORD + IGNORED_SPACE * spaces);
        }
        let token = &self.text.tokens[self.token_of[start]];
        let whole = token.start == start && token.end == end;
        if end - start == 1 {
            let lone = self.text.kind(start) == UnitKind::Syllable && !whole;
            return Some(if lone { LONE_SYLLABLE } else { WORD });
        }
        if self.lexicon.contains(self.text.slice(start, end)) {
            return Some(WORD);
        }
        // What is split off a token must begin a word: `삼성노트북` is read as 삼성(전자) and 노트북, while `배송나이키`
        // stays one, since no word begins with 배송.
        let begins_word = whole || self.lexicon.has_prefix(self.text.slice(start, end));
        begins_word.then_some(UNKNOWN + UNKNOWN_UNIT * (end - start) as u32)
    }

    fn may_join(&self, start: usize, end: usize) -> bool {
        let (first, last) = (self.token_of[start], self.token_of[end - 1]);
        last - first < MAX_JOINED_TOKENS
            && self.text.tokens[first + 1..=last].iter().all(|token| token.gap != Gap::Hard)
    }

    /// Whether `start..end` is a code typed with a space, as in `ga 2100`.
    fn joins_code(&self, start: usize, end: usize) -> bool {
        end - start == 2
            && self.next_in_code[start] >= end
            && self.token_of[start] != self.token_of[start + 1]
            && self.may_join(start, end)
            && is_spaced_code(self.text, start + 1)
            && self.codes.is_code(self.text.slice(start, end), self.text.unit(start), self.text.unit(start + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::LexiconBuilder;

    struct OneCode(&'static str);

    impl Codes for OneCode {
        fn is_code(&self, code: &str, _: &str, _: &str) -> bool {
            code == self.0
        }
    }

    /// Pieces in a short form: a word as it is, `~units` for a substring, `#code`.
    fn cut_with(known: &[&str], keyword: &str) -> Vec<String> {
        let mut builder = LexiconBuilder::default();
        known.iter().for_each(|word| builder.add(word));
        let lexicon = builder.finish();
        let print = |piece: Piece| match piece {
            Piece::Word(word) => word,
            Piece::Code(code) => format!("#{code}"),
            Piece::Substring(units) => format!("~{}", units.concat()),
            Piece::Any(_) | Piece::Initials(_) => unreachable!("a cut takes a keyword as it is"),
        };
        cut(keyword, &lexicon, &OneCode("ga2100")).into_iter().map(print).collect()
    }

    #[test]
    fn spacing_does_not_matter_around_known_words() {
        for keyword in ["에어맥스", "에어 맥스", "에 어맥스", "에어-맥스"] {
            assert_eq!(cut_with(&["에어맥스", "에어", "맥스"], keyword), ["에어맥스"], "{keyword}");
        }
        let long = cut_with(&["에어맥스"], "신발 가방 시계 모자 양말 우산 에어 맥스");
        assert_eq!(long.last().map(String::as_str), Some("에어맥스"), "wherever it stands");
        for keyword in ["나이키 운동화", "나이키운동화", "나이 키운동화"] {
            assert_eq!(cut_with(&["나이키", "운동화"], keyword), ["나이키", "운동화"], "{keyword}");
        }
    }

    #[test]
    fn what_is_unknown_beside_a_known_word_is_a_piece_of_its_own() {
        assert_eq!(cut_with(&["노트북", "삼성전자"], "삼성노트북"), ["~삼성", "노트북"]);
        assert_eq!(cut_with(&["나이키", "무료배송"], "배송나이키"), ["~배송나이키"]);
        assert_eq!(cut_with(&[], "없는말"), ["~없는말"]);
        assert_eq!(cut_with(&["가방", "보테가"], "보테가 방수팩"), ["보테가", "~방수팩"]);
    }

    #[test]
    fn letters_digits_and_syllables_part_and_codes_stay_whole() {
        assert_eq!(cut_with(&["에어맥스"], "나이키 에어맥스97"), ["~나이키", "에어맥스", "97"]);
        assert_eq!(cut_with(&[], "44사이즈"), ["~44사이즈"]);
        for keyword in ["GA-2100", "ga2100", "ga 2100"] {
            assert_eq!(cut_with(&[], keyword), ["#ga2100"], "{keyword}");
        }
        assert_eq!(cut_with(&[], "air 97 GA-21"), ["air", "97", "#ga21"]);
    }

    #[test]
    fn repeated_words_count_once_and_operators_are_text() {
        assert_eq!(cut_with(&["나이키"], "+나이키* \"나이키\" -나이키"), ["나이키"]);
        assert!(cut_with(&[], "()@~-<>").is_empty());
        assert_eq!(cut_with(&[], "C# 1+1"), ["c", "1"]);
    }
}
