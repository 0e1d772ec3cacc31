//! Text as blanks, signs and letters tell. Nothing of the engine's own text code is used: text is NFC in lower case, and
//! words end at blanks and signs.

use std::collections::{HashMap, HashSet};

use openrace_index::Product;
use unicode_normalization::UnicodeNormalization;

/// Letters and digits between two signs or blanks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) letters: Vec<char>,
    /// What stands before it.
    pub(crate) gap: Gap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing else.
    Hyphen,
    /// Or what is written for one.
    Blank,
    /// No word reaches across.
    Wall,
}

pub(crate) fn normal(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).collect()
}

pub(crate) fn between_blanks(text: &str) -> Vec<String> {
    normal(text).split_whitespace().map(str::to_owned).collect()
}

/// Words between blanks and signs. The sign in `2.5` is part of the number.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let chars: Vec<char> = normal(text).chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let mut words: Vec<Word> = Vec::new();
    let mut between = String::new();
    let mut is_open = false;
    for (at, &c) in chars.iter().enumerate() {
        if c.is_alphanumeric() {
            if !is_open {
                words.push(Word { letters: Vec::new(), gap: gap(&between) });
            }
            words.last_mut().unwrap().letters.push(c);
            (is_open, between) = (true, String::new());
        } else if !(".,".contains(c) && digit(at.checked_sub(1)) && digit(Some(at + 1))) {
            is_open = false;
            between.push(c);
        }
    }
    words
}

fn gap(between: &str) -> Gap {
    match between {
        "-" => Gap::Hyphen,
        // Signs that shops write for a blank.
        _ if !between.is_empty() && between.chars().all(|c| c.is_whitespace() || "-_·&~".contains(c)) => Gap::Blank,
        _ => Gap::Wall,
    }
}

/// Whether known words tell otherwise than blanks and signs where the words of a keyword end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    None,
    /// One is made of whole typed words: `에어 맥스`.
    Whole,
    /// One begins or ends within a typed word: `나이 키운동화`.
    Within,
}

/// The searched fields of one product.
#[derive(Debug)]
pub(crate) struct Searched {
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) between_blanks: Vec<String>,
    pub(crate) words: Vec<Word>,
}

impl Searched {
    pub(crate) fn new(product: &Product) -> Self {
        let texts = [&product.name, &product.mall, &product.category].into_iter().chain(&product.brand);
        let fields = texts.map(|text| Field { between_blanks: between_blanks(text), words: words(text) });
        Self { fields: fields.collect() }
    }
}

/// Longer words are found, but not known.
pub(crate) const LONGEST_KNOWN: usize = 12;

/// All words that the catalogue has ever written without a blank.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) words: HashSet<String>,
    /// How often each was written without a sign in it.
    counts: HashMap<String, usize>,
}

impl Known {
    pub(crate) fn of<'a>(products: impl IntoIterator<Item = &'a Product>) -> Self {
        let (mut words, mut counts) = (HashSet::new(), HashMap::new());
        for field in products.into_iter().flat_map(|product| Searched::new(product).fields) {
            words.extend(field.between_blanks.iter().map(|word| letters(word)));
            for word in &field.words {
                *counts.entry(word.letters.iter().collect()).or_insert(0) += 1;
            }
        }
        words.extend(counts.keys().cloned());
        words.remove("");
        Self { words, counts }
    }

    /// Whether this is a word that is never cut: it is written so, and begins with no commoner one.
    pub(crate) fn is_one(&self, word: &[char]) -> bool {
        let count = |letters: &[char]| self.counts.get(&letters.iter().collect::<String>()).copied().unwrap_or(0);
        let own = count(word);
        own > 0
            && word.len() <= LONGEST_KNOWN
            && word.iter().all(|letter| letter.is_alphabetic())
            && (1..word.len()).all(|end| count(&word[..end]) <= own)
    }

    /// How far words reach across the blanks and signs between those of a keyword.
    pub(crate) fn reach(&self, typed: &[Word]) -> Reach {
        let typed: Vec<String> = typed.iter().map(|word| word.letters.iter().collect()).collect();
        let joined = typed.concat();
        let mut edges = vec![0];
        typed.iter().for_each(|word| edges.push(edges[edges.len() - 1] + word.len()));
        let of_word = |word: &String| {
            let stands = |start: &usize| joined.get(*start..).is_some_and(|rest| rest.starts_with(word));
            let across = |start: &usize| edges.iter().any(|edge| (start + 1..start + word.len()).contains(edge));
            let places = (0..joined.len()).filter(stands).filter(across);
            let whole = |start| edges.contains(&start) && edges.contains(&(start + word.len()));
            let reach = places.map(|start| if whole(start) { Reach::Whole } else { Reach::Within }).max();
            let contains = typed.windows(2).any(|pair| word.contains(&pair.concat()));
            reach.unwrap_or(if contains { Reach::Whole } else { Reach::None })
        };
        self.words.iter().map(of_word).max().unwrap_or(Reach::None)
    }
}

fn letters(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).collect()
}
