//! Where a name has what was searched for, however it is spelt there.

use std::ops::Range;

use crate::hangul;
use crate::keyword::Piece;
use crate::lexicon::Lexicon;
use crate::terms::{has_initials, joinable};
use crate::text::{Text, Token};

/// Marks what pieces match.
pub(crate) struct Marks<'a> {
    pieces: &'a [Piece],
    lexicon: &'a Lexicon,
}

impl<'a> Marks<'a> {
    pub(crate) fn new(pieces: &'a [Piece], lexicon: &'a Lexicon) -> Self {
        Self { pieces, lexicon }
    }

    /// Ranges of UTF-16 code units of `name`, in order, none of which touch.
    pub(crate) fn of(&self, name: &str) -> Vec<Range<usize>> {
        let (text, sources) = Text::traced(name);
        let mut marked: Vec<Range<usize>> = Vec::new();
        let mut mark = |units: Range<usize>| {
            let bytes = text.bytes(&units);
            marked.push(sources[bytes.start].start..sources[bytes.end - 1].end);
        };
        self.pieces.iter().for_each(|piece| self.places(&text, piece, &mut mark));
        marked.sort_unstable_by_key(|range| (range.start, range.end));
        let mut joined: Vec<Range<usize>> = Vec::new();
        for range in marked {
            match joined.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        in_utf16(name, joined)
    }

    fn places(&self, text: &Text, piece: &Piece, mark: &mut impl FnMut(Range<usize>)) {
        match piece {
            Piece::Any(readings) => readings.iter().flatten().for_each(|piece| self.places(text, piece, mark)),
            Piece::Word(word) => self.word(text, word, mark),
            Piece::Substring(units) => {
                let (wanted, length) = (units.concat(), units.len());
                for token in &text.tokens {
                    let starts = token.start..(token.end + 1).saturating_sub(length);
                    starts
                        .filter(|&start| text.slice(start, start + length) == wanted)
                        .for_each(|start| mark(start..start + length));
                }
            }
            Piece::Code(code) => {
                let stretches =
                    text.stretches().filter(|stretch| text.slice(stretch.start, stretch.end).starts_with(&**code));
                stretches.for_each(|stretch| mark(stretch.start..stretch.end));
                for pair in text.tokens.windows(2) {
                    if text.slice(pair[0].end - 1, pair[1].start + 1).starts_with(&**code) {
                        mark(pair[0].end - 1..pair[1].start + 1);
                    }
                }
            }
            Piece::Initials(initials) => {
                let has = |token: &&Token| {
                    has_initials(text, token) && hangul::initials(text.slice(token.start, token.end)) == *initials
                };
                text.tokens.iter().filter(has).for_each(|token| mark(token.start..token.end));
            }
        }
    }

    fn word(&self, text: &Text, word: &str, mark: &mut impl FnMut(Range<usize>)) {
        if !text.contains(word) {
            return;
        }
        for (index, token) in text.tokens.iter().enumerate() {
            for start in token.start..token.end {
                if self.lexicon.latin_parts(text.unit(start)).iter().any(|part| **part == *word) {
                    mark(start..start + 1);
                }
                let end = (start + 1..=token.end).find(|&end| text.slice(start, end).len() >= word.len());
                end.filter(|&end| text.slice(start, end) == word).into_iter().for_each(|end| mark(start..end));
            }
            for last in joinable(text, index) {
                let whole = token.start..text.tokens[last].end;
                if text.slice(whole.start, whole.end) == word {
                    mark(whole);
                }
            }
        }
    }
}

/// Ranges of bytes as ranges of UTF-16 code units.
fn in_utf16(name: &str, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let units = |end: usize| name[..end].encode_utf16().count();
    ranges.into_iter().map(|range| units(range.start)..units(range.end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::LexiconBuilder;

    fn marked(name: &str, pieces: &[Piece]) -> Vec<String> {
        let utf16: Vec<u16> = name.encode_utf16().collect();
        let mut learned = LexiconBuilder::default();
        ["sky top sky top sky top sky top sky top", "skytop"].into_iter().for_each(|text| learned.add(text));
        let lexicon = learned.finish();
        let marks = Marks::new(pieces, &lexicon).of(name);
        marks.into_iter().map(|range| String::from_utf16(&utf16[range]).unwrap()).collect()
    }

    fn word(word: &str) -> Piece {
        Piece::Word(word.to_owned())
    }

    #[test]
    fn what_was_searched_for_is_marked_across_spaces_scripts_and_signs() {
        assert_eq!(marked("😀[무료배송] 나이키 에어 맥스 97", &[word("에어맥스"), word("97")]), ["에어 맥스", "97"]);
        assert_eq!(marked("NIKE Air Max", &[Piece::Any(vec![vec![word("나이키")], vec![word("nike")]])]), ["NIKE"]);
        assert_eq!(marked("지샥 GA-2100-1A", &[Piece::Code("ga21".to_owned())]), ["GA-2100-1A"]);
        for name in ["지샥 GA 2100", "지샥 GA 2100 블랙", "지샥 GA-2100", "지샥 GA2100"] {
            let code = name.trim_start_matches("지샥 ").trim_end_matches(" 블랙");
            assert_eq!(marked(name, &[Piece::Code("ga2100".to_owned())]), [code]);
        }
        assert_eq!(marked("우산 Skytop 3", &[word("top")]), ["Skytop"], "a compound is one with its parts");
        assert_eq!(marked("나이키 운동화", &[Piece::Initials("ㄴㅇㅋ".to_owned())]), ["나이키"]);
        let substring = |text: &str| Piece::Substring(text.chars().map(String::from).collect());
        assert_eq!(marked("경량패딩조끼", &[substring("패딩조")]), ["패딩조"]);
        assert_eq!(marked("경량패딩조끼", &[substring("패딩"), substring("딩조")]), ["패딩조"]);
        assert!(marked("", &[word("가")]).is_empty() && marked("가", &[substring("가나다")]).is_empty());
    }

    #[test]
    fn decomposed_and_full_width_names_are_marked_as_they_stand() {
        let name: String = unicode_normalization::UnicodeNormalization::nfd("나이키 ＧＡ－２１００ 5㎏").collect();
        let found = marked(&name, &[word("나이키"), Piece::Code("ga2100".to_owned()), word("kg")]);
        let composed: Vec<String> =
            found.iter().map(|text| unicode_normalization::UnicodeNormalization::nfc(&**text).collect()).collect();
        assert_eq!(composed, ["나이키", "ＧＡ－２１００", "㎏"]);
    }
}
