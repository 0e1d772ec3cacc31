//! Queries as shoppers type them, made from names.

use rand::{Rng, RngExt, seq::IndexedRandom};

use crate::names::Shelf;
use crate::typing::{in_korean, in_latin, initials, is_syllable};

/// One query and the product it is for.
pub(crate) struct Query {
    pub(crate) typed: String,
    /// What it means: words that the product has.
    pub(crate) meant: Vec<String>,
    /// Index of the product.
    pub(crate) wanted: usize,
}

/// Makes of the words of a name what is typed, and the words that it means; `None` if the name is of no use.
type Make = fn(&[String], &mut dyn Rng) -> Option<(String, Vec<String>)>;

/// A way to type.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    make: Make,
    /// The query has initials only, so that more products may be meant.
    initials: bool,
}

const fn class(name: &'static str, make: Make) -> Class {
    Class { name, make, initials: false }
}

pub(crate) const CLASSES: [Class; 11] = [
    class("two words", two_words),
    class("neighbouring words joined", joined),
    class("long word split by a space", split),
    class("Hangul word with one jamo wrong", wrong_jamo),
    class("Latin word, two letters swapped", swapped),
    class("Latin word, one letter missing", missing),
    class("the other keyboard layout", other_layout),
    Class { name: "초성 only", make: chosung, initials: true },
    class("last word unfinished", unfinished),
    class("last syllable without its final consonant", without_final),
    class("first six characters of a code", code),
];

/// Names that are tried for one query, since not every name is of use for every class.
const TRIES: usize = 400;

impl Shelf {
    /// Queries of a class that tell which product is wanted.
    pub(crate) fn queries<'a>(
        &'a self,
        class: &'a Class,
        queries: usize,
        random: &'a mut impl Rng,
    ) -> impl Iterator<Item = Query> + 'a {
        (0..queries).filter_map(move |_| (0..TRIES).find_map(|_| self.query(class, random)))
    }

    fn query(&self, class: &Class, random: &mut impl Rng) -> Option<Query> {
        let wanted = random.random_range(0..self.words.len());
        let (typed, meant) = (class.make)(&self.words[wanted], random)?;
        let telling = if class.initials {
            let initials: Vec<String> = typed.split(' ').map(str::to_owned).collect();
            self.are_telling_initials(&initials)
        } else {
            self.is_telling(&meant)
        };
        telling.then_some(Query { typed, meant, wanted })
    }
}

fn is_hangul(word: &str) -> bool {
    word.chars().all(is_syllable)
}

fn is_latin(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_lowercase())
}

/// Two different words, at least one of which passes; that one second.
fn pair(words: &[String], random: &mut dyn Rng, passes: impl Fn(&str) -> bool) -> Option<(String, String)> {
    let fit: Vec<&String> = words.iter().filter(|word| passes(word)).collect();
    let second = (*fit.choose(random)?).clone();
    let others: Vec<&String> = words.iter().filter(|word| **word != second && word.chars().count() > 1).collect();
    Some(((*others.choose(random)?).clone(), second))
}

fn apart(first: &str, second: &str) -> String {
    format!("{first} {second}")
}

fn two_words(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let (first, second) = pair(words, random, |word| word.chars().count() > 1)?;
    Some((apart(&first, &second), vec![first, second]))
}

fn joined(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let at = random.random_range(0..words.len().checked_sub(1).filter(|&last| last > 0)?);
    let [first, second] = [&words[at], &words[at + 1]];
    let long = first.chars().count() > 1 && second.chars().count() > 1;
    (long && is_hangul(first) && is_hangul(second))
        .then(|| (format!("{first}{second}"), vec![first.clone(), second.clone()]))
}

fn split(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let (first, second) = pair(words, random, |word| is_hangul(word) && word.chars().count() >= 4)?;
    let letters: Vec<char> = second.chars().collect();
    let at = random.random_range(2..=letters.len() - 2);
    let typed = apart(&letters[..at].iter().collect::<String>(), &letters[at..].iter().collect::<String>());
    Some((apart(&first, &typed), vec![first, second]))
}

fn wrong_jamo(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let (first, second) = pair(words, random, |word| is_hangul(word) && word.chars().count() >= 3)?;
    let mut letters: Vec<char> = second.chars().collect();
    let at = random.random_range(0..letters.len());
    // Initials are 588 apart, vowels 28.
    let number = letters[at] as u32 - 0xac00;
    let (initial, vowel, last) = (number / 588, number / 28 % 21, number % 28);
    let other = match random.random_range(0..3) {
        0 => (random.random_range(0..19), vowel, last),
        1 => (initial, random.random_range(0..21), last),
        _ => (initial, vowel, if last > 0 { random.random_range(1..28) } else { 0 }),
    };
    letters[at] = char::from_u32(0xac00 + other.0 * 588 + other.1 * 28 + other.2)?;
    let typed: String = letters.into_iter().collect();
    (typed != second).then(|| (apart(&first, &typed), vec![first, second]))
}

fn long_latin(words: &[String], random: &mut dyn Rng) -> Option<(String, String)> {
    pair(words, random, |word| is_latin(word) && word.len() >= 5)
}

fn swapped(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let (first, second) = long_latin(words, random)?;
    let mut letters: Vec<char> = second.chars().collect();
    let at = random.random_range(0..letters.len() - 1);
    letters.swap(at, at + 1);
    let typed: String = letters.into_iter().collect();
    (typed != second).then(|| (apart(&first, &typed), vec![first, second]))
}

fn missing(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let (first, second) = long_latin(words, random)?;
    let mut typed = second.clone();
    typed.remove(random.random_range(0..second.len()));
    Some((apart(&first, &typed), vec![first, second]))
}

fn other_layout(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let (first, second) = pair(words, random, |word| is_hangul(word) || is_latin(word))?;
    let type_it = |word: &str| match is_latin(word) {
        true => Some(in_korean(word)),
        false => is_hangul(word).then(|| in_latin(word)),
    };
    let typed = apart(&type_it(&first)?, &type_it(&second)?);
    Some((typed, vec![first, second]))
}

fn chosung(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let fit: Vec<&String> = words.iter().filter(|word| is_hangul(word) && word.chars().count() > 1).collect();
    let count = fit.len().min(3);
    let chosen: Vec<String> = fit.sample(random, count).map(|word| (*word).clone()).collect();
    (chosen.len() > 1).then(|| (chosen.iter().map(|word| initials(word)).collect::<Vec<_>>().join(" "), chosen))
}

fn unfinished(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let (first, second) = pair(words, random, |word| is_hangul(word) && word.chars().count() >= 3)?;
    let letters: Vec<char> = second.chars().collect();
    let kept: String = letters[..letters.len() - 1].iter().collect();
    let last = if random.random_bool(0.5) { initials(&second).chars().last() } else { None };
    Some((apart(&first, &(kept + &last.map(String::from).unwrap_or_default())), vec![first, second]))
}

fn without_final(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let has_final = |word: &str| word.chars().last().is_some_and(|c| !(c as u32 - 0xac00).is_multiple_of(28));
    let (first, second) = pair(words, random, |word| is_hangul(word) && word.chars().count() >= 3 && has_final(word))?;
    let mut letters: Vec<char> = second.chars().collect();
    let last = letters.pop()? as u32 - 0xac00;
    letters.push(char::from_u32(0xac00 + last - last % 28)?);
    Some((apart(&first, &letters.into_iter().collect::<String>()), vec![first, second]))
}

fn code(words: &[String], random: &mut dyn Rng) -> Option<(String, Vec<String>)> {
    let is_code = |word: &str| {
        word.len() >= 7
            && word.chars().all(|c| c.is_ascii_alphanumeric())
            && word.chars().any(|c| c.is_ascii_digit())
            && word[..6].chars().any(|c| c.is_ascii_alphabetic())
            && word[..6].chars().any(|c| c.is_ascii_digit())
    };
    let codes: Vec<&String> = words.iter().filter(|word| is_code(word)).collect();
    let code = codes.choose(random)?;
    Some((code[..6].to_owned(), vec![code[..6].to_owned()]))
}
