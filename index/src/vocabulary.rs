//! The words that somebody may have meant.
//!
//! Every word of the catalogue is known by the keys that type it (see [`crate::hangul`]), so that one lookup finds it in
//! whatever layout it was typed, one range all that begin as it does, and a look at two ranges all that are one slip away:
//! a slip leaves one end of the word as it is.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use crate::hangul;

/// Longest word that is remembered, in bytes.
const LONGEST: usize = 120;

/// What is known of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    /// In how many places of the catalogue it stood when it was learned.
    pub(crate) count: u32,
}

/// Words in three orders: by their keys, by their keys read backwards, and by their initials.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    texts: Strings,
    keys: Strings,
    initials: Strings,
    counts: Vec<u32>,
    by_end: Box<[u32]>,
    by_initials: Box<[u32]>,
}

/// Many strings in one.
#[derive(Debug, Default)]
struct Strings {
    all: String,
    ends: Vec<u32>,
}

impl Strings {
    fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len() as u32);
    }

    fn get(&self, number: u32) -> &str {
        let start = if number == 0 { 0 } else { self.ends[number as usize - 1] };
        &self.all[start as usize..self.ends[number as usize] as usize]
    }
}

/// How a word differs from what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slip {
    /// Two neighbouring keys were typed in the wrong order.
    Swapped,
    /// One key for another.
    Replaced,
    /// A key is missing, or one too many.
    Missed,
}

impl Vocabulary {
    /// Remembers these words, each with its count.
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = (&'a str, u32)>) -> Self {
        let words = words.into_iter().filter(|(text, _)| text.len() <= LONGEST);
        let mut words: Vec<(String, &str, u32)> =
            words.map(|(text, count)| (hangul::keys(text), text, count)).collect();
        words.sort_unstable();
        words.dedup_by(|a, b| a.1 == b.1);
        let mut vocabulary = Self::default();
        for (keys, text, count) in &words {
            vocabulary.keys.push(keys);
            vocabulary.texts.push(text);
            vocabulary.initials.push(&hangul::initials(text));
            vocabulary.counts.push(*count);
        }
        let mut numbers: Vec<u32> = (0..words.len() as u32).collect();
        numbers.sort_unstable_by(|&a, &b| backwards(vocabulary.keys.get(a)).cmp(backwards(vocabulary.keys.get(b))));
        vocabulary.by_end = numbers.clone().into();
        numbers.sort_unstable_by_key(|&number| vocabulary.initials.get(number));
        vocabulary.by_initials = numbers.into();
        vocabulary
    }

    /// Writes a word and its count a line.
    pub(crate) fn save(path: &Path, words: &[(&str, u32)]) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for (text, count) in words {
            writeln!(file, "{count} {text}")?;
        }
        file.into_inner()?.sync_all()
    }

    /// Reads what [`save`](Self::save) wrote; a line that is none is left out.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let words = text.lines().filter_map(|line| line.split_once(' '));
        Ok(Self::new(words.filter_map(|(count, text)| Some((text, count.parse().ok()?)))))
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.typed_by(&hangul::keys(text)).any(|word| word.text == text)
    }

    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }

    fn word(&self, number: u32) -> Word<'_> {
        Word { text: self.texts.get(number), count: self.counts[number as usize] }
    }

    /// Words that these keys type: in Hangul, and in Latin letters.
    pub(crate) fn typed_by<'a>(&'a self, keys: &'a str) -> impl Iterator<Item = Word<'a>> + 'a {
        let first = self.partition(|other| other < keys);
        (first..self.len() as u32)
            .take_while(move |&number| self.keys.get(number) == keys)
            .map(|number| self.word(number))
    }

    /// Words whose keys begin so.
    pub(crate) fn beginning_with(&self, keys: &str) -> impl Iterator<Item = Word<'_>> {
        self.range(keys).map(|number| self.word(number))
    }

    /// Words whose keys end so.
    pub(crate) fn ending_with(&self, keys: &str) -> impl Iterator<Item = Word<'_>> {
        self.end_range(keys).iter().map(|&number| self.word(number))
    }

    /// Words that have these initials, or begin with them; where a syllable was typed it must be there. The second says
    /// whether there is nothing after them.
    pub(crate) fn with_initials<'a>(&'a self, typed: &'a str) -> impl Iterator<Item = (Word<'a>, bool)> + 'a {
        let initials = hangul::initials(typed);
        let order = &self.by_initials;
        let first = order.partition_point(|&number| self.initials.get(number) < initials.as_str());
        let rest = order[first..].iter();
        let length = typed.chars().count();
        rest.map_while(move |&number| self.initials.get(number).starts_with(&initials).then(|| self.word(number)))
            .filter(move |word| typed.chars().zip(word.text.chars()).all(|(c, meant)| hangul::may_mean(c, meant)))
            .map(move |word| (word, word.text.chars().count() == length))
    }

    /// Words that differ from these keys by one slip. Digits are never slips.
    pub(crate) fn near<'a>(&'a self, keys: &str) -> Vec<(Word<'a>, Slip)> {
        let letters: Vec<char> = keys.chars().collect();
        if letters.len() < 2 {
            return Vec::new();
        }
        // Of a slip at any place, one of these is left as it was: two neighbours may be swapped, and lie in neither.
        let head: String = letters[..(letters.len() - 1) / 2].iter().collect();
        let tail: String = letters[(letters.len() - 1) / 2 + 1..].iter().collect();
        let mut near = Vec::new();
        let mut look = |number: u32| {
            let other = self.keys.get(number);
            if other.len().abs_diff(keys.len()) <= 4
                && let Some(slip) = slip(&letters, other)
            {
                near.push((number, slip));
            }
        };
        self.range(&head).for_each(&mut look);
        self.end_range(&tail).iter().copied().for_each(&mut look);
        near.sort_unstable();
        near.dedup();
        near.into_iter().map(|(number, slip)| (self.word(number), slip)).collect()
    }

    fn partition(&self, below: impl Fn(&str) -> bool) -> u32 {
        crate::bisect::partition_point(self.len() as u32, |number| below(self.keys.get(number)))
    }

    fn range(&self, prefix: &str) -> Range<u32> {
        let first = self.partition(|other| other < prefix);
        first..self.partition(|other| other < prefix || other.starts_with(prefix)).max(first)
    }

    fn end_range(&self, ending: &str) -> &[u32] {
        let below = |&number: &u32| backwards(self.keys.get(number)).lt(backwards(ending));
        let first = self.by_end.partition_point(below);
        let with = |&number: &u32| {
            let keys = self.keys.get(number);
            keys.ends_with(ending) || backwards(keys).lt(backwards(ending))
        };
        &self.by_end[first..][..self.by_end[first..].partition_point(with)]
    }
}

fn backwards(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().rev()
}

/// The one slip by which `typed` became of `meant`; `None` if there is none, there are more, or it is of a digit.
fn slip(typed: &[char], meant: &str) -> Option<Slip> {
    let meant: Vec<char> = meant.chars().collect();
    let same = typed.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (typed, meant) = (&typed[same..], &meant[same..]);
    let rest = typed.iter().rev().zip(meant.iter().rev()).take_while(|(a, b)| a == b).count();
    let (typed, meant) = (&typed[..typed.len() - rest.min(typed.len())], &meant[..meant.len() - rest.min(meant.len())]);
    if typed.iter().chain(meant).any(|c| c.is_numeric()) {
        return None;
    }
    match (typed, meant) {
        ([_], []) | ([], [_]) => Some(Slip::Missed),
        ([_], [_]) => Some(Slip::Replaced),
        ([a, b], [c, d]) if a == d && b == c => Some(Slip::Swapped),
        // Two keys may make one vowel or one final consonant.
        (typed, meant) if hangul::is_one_jamo(typed) && hangul::is_one_jamo(meant) => Some(Slip::Replaced),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts<'a>(words: impl Iterator<Item = Word<'a>>) -> Vec<&'a str> {
        words.map(|word| word.text).collect()
    }

    #[test]
    fn a_word_is_found_by_its_keys_its_beginning_its_end_and_its_initials() {
        let words = Vocabulary::new([("나이키", 9), ("나이트", 2), ("nike", 5), ("에어맥스", 4), ("맥스", 1)]);
        assert_eq!(texts(words.typed_by("skdlzl")), ["나이키"]);
        assert_eq!(texts(words.typed_by(&hangul::keys("ㅜㅑㅏㄷ"))), ["nike"]);
        assert_eq!(texts(words.beginning_with("skdl")), ["나이트", "나이키"]);
        assert_eq!(texts(words.ending_with(&hangul::keys("맥스"))), ["맥스", "에어맥스"]);
        let initials: Vec<_> = words.with_initials("ㄴㅇ").map(|(word, whole)| (word.text, whole)).collect();
        assert_eq!(initials, [("나이키", false), ("나이트", false)]);
        assert_eq!(words.with_initials("나ㅇㅋ").map(|(word, _)| word.text).collect::<Vec<_>>(), ["나이키"]);
        assert!(words.with_initials("너ㅇㅋ").next().is_none());
    }

    #[test]
    fn a_slip_is_found_and_never_of_a_digit() {
        let words = Vocabulary::new([("나이키", 9), ("에어맥스", 4), ("balance", 4), ("97", 3), ("100mg", 2)]);
        for typed in ["나이카", "니이키", "나이", "나이킹", "나잌"] {
            assert_eq!(
                words.near(&hangul::keys(typed)).iter().filter(|(word, _)| word.text == "나이키").count(),
                usize::from(typed != "나이"),
                "{typed}"
            );
        }
        assert_eq!(words.near(&hangul::keys("에어맥슈")).len(), 1);
        assert_eq!(words.near(&hangul::keys("왜어맥스")).len(), 1, "ㅙ is one vowel");
        for typed in ["blaance", "balanc", "balnace", "ballance", "balanse"] {
            assert_eq!(words.near(typed).len(), 1, "{typed}");
        }
        assert!(words.near("98").is_empty() && words.near("1000mg").is_empty());
    }

    proptest! {
        #[test]
        fn every_slip_is_found(word in "[a-d]{2,8}", at in 0usize..8, kind in 0usize..4, key in "[a-d]") {
            let mut typed: Vec<char> = word.chars().collect();
            let (at, key) = (at % typed.len(), key.chars().next().unwrap());
            match kind {
                0 => drop(typed.remove(at)),
                1 => typed.insert(at, key),
                2 => typed[at] = key,
                _ if at + 1 < typed.len() => typed.swap(at, at + 1),
                _ => {}
            }
            let typed: String = typed.into_iter().collect();
            let words = Vocabulary::new([(word.as_str(), 1), ("zzzz", 1)]);
            let found: Vec<&str> = words.near(&typed).iter().map(|(word, _)| word.text).collect();
            let expected: &[&str] = if typed != word && typed.len() > 1 { &[&word] } else { &[] };
            prop_assert_eq!(found, expected);
        }
    }
}
