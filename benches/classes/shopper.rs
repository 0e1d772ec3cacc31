//! What shoppers type and choose, drawn from the products of the corpus with a fixed seed.

use std::ops::Range;

use openrace::import::generate::Corpus;
use openrace_index::{Product, hangul};
use rand::seq::{IndexedRandom, index};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::corpus;

const SEED: u64 = 1;
const HOUR: i64 = 3_600_000;
/// Hours around now in which sales of the corpus open.
const HOURS: Range<i64> = -720..700;

/// One shopper after the other, each with a product in mind: so words are as common here as in the catalogue, and words,
/// category and prices fit each other.
pub(crate) struct Shopper {
    corpus: Corpus,
    pub(crate) random: ChaCha8Rng,
    pub(crate) product: Product,
}

impl Shopper {
    pub(crate) fn first() -> Self {
        let corpus = corpus::corpus();
        let product = corpus.product(1).product;
        let mut shopper = Self { corpus, random: ChaCha8Rng::seed_from_u64(SEED), product };
        shopper.next();
        shopper
    }

    pub(crate) fn next(&mut self) {
        let id = self.random.random_range(1..=corpus::size());
        self.product = self.corpus.product(id).product;
    }

    /// Any word of the name that is no code.
    pub(crate) fn word(&mut self) -> Option<String> {
        self.words(1)
    }

    /// So many words of the name, in its order, and not always next to each other.
    pub(crate) fn words(&mut self, count: usize) -> Option<String> {
        let words: Vec<&str> = words(&self.product.name).filter(|word| !is_coded(word)).collect();
        if words.len() < count {
            return None;
        }
        let mut places = index::sample(&mut self.random, words.len(), count).into_vec();
        places.sort_unstable();
        Some(places.into_iter().map(|place| words[place]).collect::<Vec<_>>().join(" "))
    }

    /// What the name begins with: mostly the brand, and what follows it.
    pub(crate) fn beginning(&mut self) -> Option<String> {
        let count = self.random.random_range(1..=2);
        let words: Vec<&str> = words(&self.product.name).take(count).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The model code, and the word that the name begins with.
    pub(crate) fn word_and_code(&mut self) -> Option<String> {
        let word = words(&self.product.name).find(|word| !is_coded(word))?;
        Some(format!("{word} {}", self.code()?))
    }

    /// The beginning of the model code, at least three of its characters.
    pub(crate) fn code_prefix(&mut self) -> Option<String> {
        let length = self.code()?.len();
        let length = self.random.random_range(3..=length);
        Some(self.code()?[..length].to_owned())
    }

    /// Two neighbouring words without the space between them.
    pub(crate) fn joined_words(&mut self) -> Option<String> {
        let words: Vec<&str> = words(&self.product.name).collect();
        words.windows(2).collect::<Vec<_>>().choose(&mut self.random).map(|pair| pair.concat())
    }

    /// A word of Hangul without its first or its last syllable.
    pub(crate) fn inner_part(&mut self) -> Option<String> {
        let word: Vec<char> = self.hangul_word(3)?.chars().collect();
        let part = if self.random.random_bool(0.5) { &word[1..] } else { &word[..word.len() - 1] };
        Some(part.iter().collect())
    }

    pub(crate) fn syllable(&mut self) -> Option<String> {
        let word: Vec<char> = self.hangul_word(1)?.chars().collect();
        word.choose(&mut self.random).map(char::to_string)
    }

    /// The initial consonants of a word.
    pub(crate) fn initials(&mut self) -> Option<String> {
        self.hangul_word(2).map(|word| hangul::initials(&word))
    }

    /// A word typed in the other layout, with two keys swapped, or with one left out.
    pub(crate) fn mistyped(&mut self) -> Option<String> {
        let mut keys: Vec<char> = hangul::keys(&self.hangul_word(3)?).chars().collect();
        let place = self.random.random_range(1..keys.len());
        match self.random.random_range(0..3) {
            0 => return Some(keys.into_iter().collect()),
            1 => keys.swap(place - 1, place),
            _ => drop(keys.remove(place)),
        }
        hangul::compose(&keys.into_iter().collect::<String>())
    }

    /// What stands there after one of the keys with which the beginning of the name is typed.
    pub(crate) fn unfinished(&mut self) -> Option<String> {
        let beginning = self.beginning()?;
        let (before, word) = beginning.rsplit_once(' ').map_or(("", &*beginning), |(before, word)| (before, word));
        let is_hangul = word.chars().all(hangul::is_syllable);
        let keys: Vec<char> = if is_hangul { hangul::keys(word) } else { word.to_owned() }.chars().collect();
        let typed: String = keys[..self.random.random_range(1..=keys.len())].iter().collect();
        let typed = if is_hangul { hangul::compose(&typed)? } else { typed };
        Some(format!("{before} {typed}").trim_start().to_owned())
    }

    /// Four syllables by chance.
    pub(crate) fn unknown_word(&mut self) -> Option<String> {
        (0..4).map(|_| char::from_u32(self.random.random_range(0xAC00..=0xD7A3))).collect()
    }

    /// From a part of the price up to a few times of it, in thousands of won.
    pub(crate) fn prices(&mut self) -> (i64, i64) {
        let price = self.product.price as f64;
        let thousands = |times: f64| ((price * times / 1000.0) as i64).max(1) * 1000;
        (thousands(self.random.random_range(0.3..0.9)), thousands(self.random.random_range(1.1..3.0)))
    }

    /// Openings within up to three days.
    pub(crate) fn openings(&mut self) -> Range<i64> {
        let first = corpus::NOW + self.random.random_range(HOURS) * HOUR;
        first..first + self.random.random_range(1..=72) * HOUR
    }

    fn code(&self) -> Option<&str> {
        words(&self.product.name).find(|word| is_coded(word) && word.is_ascii() && word.len() > 3)
    }

    fn hangul_word(&mut self, syllables: usize) -> Option<String> {
        self.word().filter(|word| word.chars().all(hangul::is_syllable) && word.chars().count() >= syllables)
    }
}

/// The words of a name, without the label that shops put before it.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let label = |(first, last): (char, char)| name.strip_prefix(first)?.split_once(last);
    let name = [('[', ']'), ('(', ')'), ('★', '★')].into_iter().find_map(label).map_or(name, |(_, rest)| rest);
    let is_between = |c: char| c.is_whitespace() || "[]()_/,★".contains(c);
    name.split(is_between).filter(|word| word.chars().any(char::is_alphabetic))
}

fn is_coded(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
}
