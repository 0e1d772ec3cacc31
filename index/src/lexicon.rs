//! The words of the catalogue, learned from its own tokens.
//!
//! A word is *known* when the catalogue writes it as one token and it is not merely two commoner words written
//! together: `에어맥스` is known, `나이키운동화` is `나이키` and `운동화`. Known words are found across a typed space and
//! have a posting list of their own; a query is cut into them.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::text::{Text, UnitKind};

/// Longest known word, in units.
pub(crate) const MAX_WORD_UNITS: usize = 12;
/// Most known words that are kept, the commonest first.
const MAX_WORDS: usize = 1 << 20;
/// A token is two words when both are at least this many times as common.
const COMPOUND_RATIO: u64 = 5;

/// Known words, and Latin compounds with the place where they divide.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    words: FxHashSet<Box<str>>,
    /// The same in order.
    sorted: Box<[Box<str>]>,
    /// `nikeair` → `nike`, `air`. Hangul compounds need no entry: their parts are found inside them anyway.
    latin_compounds: FxHashMap<Box<str>, Vec<Box<str>>>,
}

impl Lexicon {
    pub(crate) fn contains(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Whether some known word starts with `prefix`.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        let first = self.sorted.partition_point(|word| **word < *prefix);
        self.sorted.get(first).is_some_and(|word| word.starts_with(prefix))
    }

    /// The words of a Latin compound; none of any other unit.
    pub(crate) fn latin_parts(&self, unit: &str) -> &[Box<str>] {
        self.latin_compounds.get(unit).map_or(&[], Vec::as_slice)
    }

    /// Writes one entry a line, in order; spaces divide a compound.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let mut lines: Vec<String> = self.sorted.iter().map(|word| word.to_string()).collect();
        lines.extend(self.latin_compounds.values().map(|parts| parts.join(" ")));
        lines.sort_unstable();
        let mut file = BufWriter::new(fs::File::create(path)?);
        for line in lines {
            writeln!(file, "{line}")?;
        }
        file.into_inner()?.sync_all()
    }

    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        let mut words: Vec<Box<str>> = Vec::new();
        let mut latin_compounds = FxHashMap::default();
        for line in fs::read_to_string(path)?.lines() {
            let parts: Vec<Box<str>> = line.split(' ').map(Into::into).collect();
            if parts.len() == 1 {
                words.extend(parts);
            } else {
                latin_compounds.insert(parts.concat().into(), parts);
            }
        }
        Ok(Self::new(words, latin_compounds))
    }

    fn new(mut words: Vec<Box<str>>, latin_compounds: FxHashMap<Box<str>, Vec<Box<str>>>) -> Self {
        words.sort_unstable();
        Self { words: words.iter().cloned().collect(), sorted: words.into(), latin_compounds }
    }
}

/// Counts tokens; the first of the two passes of a build. One per thread, then [`LexiconBuilder::merge`].
#[derive(Debug, Default)]
pub struct LexiconBuilder {
    counts: FxHashMap<Box<str>, Count>,
    text: Text,
    opaque: Vec<bool>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    tokens: u64,
    shape: Shape,
}

/// What may be done with a token; a function of its text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Digits: never a word to learn, but a part of others.
    Number,
    /// One run of letters.
    Latin,
    /// Has a syllable.
    Syllabic,
}

impl LexiconBuilder {
    /// Counts the tokens of one text, such as [`crate::Product::searchable_text`].
    pub fn add(&mut self, raw: &str) {
        self.text.set(raw);
        self.text.opaque_units(&mut self.opaque);
        for token in &self.text.tokens {
            if token.end - token.start > MAX_WORD_UNITS || self.opaque[token.start..token.end].contains(&true) {
                continue;
            }
            let Some(shape) = Shape::of(&self.text, token.start, token.end) else { continue };
            let word = self.text.slice(token.start, token.end);
            match self.counts.get_mut(word) {
                Some(count) => count.tokens += 1,
                None => {
                    self.counts.insert(word.into(), Count { tokens: 1, shape });
                }
            }
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: Self) {
        for (word, count) in other.counts {
            self.counts.entry(word).or_insert(Count { tokens: 0, ..count }).tokens += count.tokens;
        }
    }

    /// All words that were counted, compounds too, each with how often; the commonest, when there are too many.
    pub(crate) fn words(&self) -> Vec<(&str, u32)> {
        let learned = self.counts.iter().filter(|(_, count)| count.shape != Shape::Number);
        let mut words: Vec<(&str, u32)> =
            learned.map(|(word, count)| (&**word, u32::try_from(count.tokens).unwrap_or(u32::MAX))).collect();
        words.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        words.truncate(MAX_WORDS);
        words
    }

    pub(crate) fn finish(self) -> Lexicon {
        let mut latin_compounds = FxHashMap::default();
        let mut words: Vec<(&str, u64)> = Vec::new();
        for (word, &Count { tokens, shape }) in &self.counts {
            match shape {
                Shape::Number => {}
                Shape::Latin => {
                    let parts = self.latin_split(word, tokens);
                    if parts.len() == 1 {
                        words.push((word, tokens));
                    } else {
                        latin_compounds.insert(word.clone(), parts);
                    }
                }
                Shape::Syllabic if self.is_compound(word, tokens) => {}
                Shape::Syllabic => words.push((word, tokens)),
            }
        }
        if words.len() > MAX_WORDS {
            words.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
            words.truncate(MAX_WORDS);
        }
        Lexicon::new(words.into_iter().map(|(word, _)| word.into()).collect(), latin_compounds)
    }

    fn is_commoner(&self, part: &str, than: u64) -> bool {
        self.counts.get(part).is_some_and(|count| count.tokens >= COMPOUND_RATIO * than)
    }

    /// The word itself, or the words it is made of, none of which is a compound. Ends, since parts are shorter.
    fn latin_split(&self, word: &str, tokens: u64) -> Vec<Box<str>> {
        let is_part = |part: &str| part.len() >= 2 && self.is_commoner(part, tokens);
        let mut splits = word.char_indices().map(|(at, _)| word.split_at(at));
        match splits.find(|(first, second)| is_part(first) && is_part(second)) {
            None => vec![word.into()],
            Some((first, second)) => {
                [first, second].into_iter().flat_map(|part| self.latin_split(part, self.counts[part].tokens)).collect()
            }
        }
    }

    /// Whether commoner words cover a token from end to end. A part is two units or more, or one of letters or digits.
    fn is_compound(&self, word: &str, tokens: u64) -> bool {
        let text = Text::parse(word);
        let units = text.unit_count();
        let mut covered = vec![false; units + 1];
        covered[0] = true;
        for end in 1..=units {
            covered[end] = (0..end).any(|start| {
                covered[start]
                    && end - start < units
                    && (end - start > 1 || text.kind(start) != UnitKind::Syllable)
                    && self.is_commoner(text.slice(start, end), tokens)
            });
        }
        covered[units]
    }
}

impl Shape {
    /// `None` for what is not learned: one syllable, one letter, a code such as `128gb`.
    fn of(text: &Text, start: usize, end: usize) -> Option<Self> {
        let has = |kind| (start..end).any(|unit| text.kind(unit) == kind);
        match (has(UnitKind::Syllable), has(UnitKind::Letters), has(UnitKind::Digits)) {
            (true, _, _) if end - start > 1 => Some(Self::Syllabic),
            (false, true, false) if text.slice(start, end).len() > 1 => Some(Self::Latin),
            (false, false, true) => Some(Self::Number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(texts: &[(&str, usize)]) -> Lexicon {
        let mut builder = LexiconBuilder::default();
        for (text, times) in texts {
            (0..*times).for_each(|_| builder.add(text));
        }
        builder.finish()
    }

    #[test]
    fn two_commoner_words_written_together_are_not_one_word() {
        let lexicon = learn(&[("나이키 운동화", 50), ("나이키운동화", 3), ("에어맥스", 10), ("에어 맥스", 12)]);
        assert!(lexicon.contains("나이키") && lexicon.contains("운동화"));
        assert!(!lexicon.contains("나이키운동화"));
        assert!(lexicon.contains("에어맥스"));
    }

    #[test]
    fn a_latin_compound_knows_its_parts() {
        let counted = [("nike air max", 500), ("airmax", 50), ("nikeairmax", 3), ("newbalance", 9), ("new balance", 9)];
        let lexicon = learn(&counted);
        let parts: Vec<&str> = lexicon.latin_parts("nikeairmax").iter().map(|part| &**part).collect();
        assert_eq!(parts, ["nike", "air", "max"]);
        assert!(lexicon.contains("newbalance"));
    }

    #[test]
    fn codes_numbers_and_single_syllables_are_not_learned() {
        let lexicon = learn(&[("128GB NJ1DQ91A 97 티 x GA-2100", 5)]);
        for word in ["128gb", "nj1dq91a", "97", "티", "x", "2100"] {
            assert!(!lexicon.contains(word), "{word}");
        }
        assert!(lexicon.contains("ga"));
    }

    #[test]
    fn only_words_that_cover_all_of_it_take_a_compound_apart() {
        let lexicon = learn(&[("노트북 사이즈 44", 50), ("삼성노트북 44사이즈 노트북사이즈", 10)]);
        assert!(lexicon.contains("삼성노트북"), "삼성 alone is no word");
        assert!(!lexicon.contains("44사이즈"), "a number is a part too");
        assert!(!lexicon.contains("노트북사이즈"), "each part is five times as common");
        assert!(learn(&[("노트북 사이즈", 39), ("노트북사이즈", 10)]).contains("노트북사이즈"), "each is less common");
    }

    #[test]
    fn what_is_longer_than_any_word_is_not_learned() {
        let [longest, longer] = [MAX_WORD_UNITS, MAX_WORD_UNITS + 1].map(|units| "가".repeat(units));
        let lexicon = learn(&[(&longest, 5), (&longer, 5)]);
        assert!(lexicon.contains(&longest) && !lexicon.contains(&longer));
    }

    #[test]
    fn what_several_threads_have_counted_is_what_one_would_have() {
        let texts = ["나이키 운동화", "나이키운동화", "nike air", "nikeair 운동화 나이키", "97 나이키"];
        let mut parts = [LexiconBuilder::default(), LexiconBuilder::default()];
        (0..).zip(texts).for_each(|(number, text)| parts[number % 2].add(text));
        let [mut merged, second] = parts;
        merged.merge(second);
        let mut whole = LexiconBuilder::default();
        texts.into_iter().for_each(|text| whole.add(text));
        assert_eq!(merged.words(), whole.words());
        assert_eq!(merged.finish().words, whole.finish().words);
    }

    #[test]
    fn a_saved_lexicon_loads_equal() {
        let lexicon = learn(&[("nike air", 50), ("nikeair", 3), ("에어맥스", 10)]);
        let file = tempfile::NamedTempFile::new().unwrap();
        lexicon.save(file.path()).unwrap();
        let loaded = Lexicon::load(file.path()).unwrap();
        assert_eq!(loaded.words, lexicon.words);
        assert_eq!(loaded.latin_compounds, lexicon.latin_compounds);
    }
}
