//! What fingers do to type Korean. The tables are its own: the engine's are measured here, so they cannot be the measure.

/// The rows of the Korean keyboard (KS X 5002), from left to right, in both layouts; last, what shift adds.
const KEYBOARD: [(&str, &str); 4] = [
    ("qwertyuiop", "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ"),
    ("asdfghjkl", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ"),
    ("zxcvbnm", "ㅋㅌㅊㅍㅠㅜㅡ"),
    ("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ"),
];
/// Letters that take two keys, each before these.
const JOINED: &str = "ㄳㄱㅅ ㄵㄴㅈ ㄶㄴㅎ ㄺㄹㄱ ㄻㄹㅁ ㄼㄹㅂ ㄽㄹㅅ ㄾㄹㅌ ㄿㄹㅍ ㅀㄹㅎ ㅄㅂㅅ ㅘㅗㅏ ㅙㅗㅐ ㅚㅗㅣ ㅝㅜㅓ ㅞㅜㅔ ㅟㅜㅣ ㅢㅡㅣ";

/// Letters of syllables in the order of Unicode.
const INITIALS: &str = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const VOWELS: &str = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ";
const FINALS: &str = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";

pub(crate) fn is_syllable(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Initial, vowel and final, if any, of a syllable.
fn letters(syllable: char) -> impl Iterator<Item = char> {
    let number = (syllable as usize) - ('가' as usize);
    let last = (number % 28).checked_sub(1).and_then(|last| FINALS.chars().nth(last));
    let first = [INITIALS.chars().nth(number / 588), VOWELS.chars().nth(number / 28 % 21)];
    first.into_iter().flatten().chain(last)
}

/// The initial consonants of syllables; all else as it is.
pub(crate) fn initials(text: &str) -> String {
    text.chars().map(|c| if is_syllable(c) { letters(c).next().unwrap_or(c) } else { c }).collect()
}

/// What comes out when a word of syllables is typed in the Latin layout.
pub(crate) fn in_latin(word: &str) -> String {
    let letters = word.chars().flat_map(letters);
    letters.flat_map(keys_of).filter_map(|letter| across(letter, |(latin, korean)| (korean, latin))).collect()
}

/// What comes out when a word of Latin letters is typed in the Korean layout.
pub(crate) fn in_korean(word: &str) -> String {
    let typed: Vec<char> = word.chars().filter_map(|letter| across(letter, |rows| rows)).collect();
    let (mut text, mut at) = (String::new(), 0);
    while at < typed.len() {
        let (c, keys) = syllable(&typed[at..]).unwrap_or_else(|| alone(&typed[at..]));
        text.push(c);
        at += keys;
    }
    text
}

/// The letter on the same key in the other layout.
fn across(letter: char, way: fn((&'static str, &'static str)) -> (&'static str, &'static str)) -> Option<char> {
    let mut keys = KEYBOARD.into_iter().map(way).flat_map(|(from, to)| from.chars().zip(to.chars()));
    keys.find(|&(from, _)| from == letter).map(|(_, to)| to)
}

/// The letters on the keys that a letter takes.
fn keys_of(letter: char) -> impl Iterator<Item = char> {
    let joined = JOINED.split(' ').find_map(|joined| joined.strip_prefix(letter));
    joined.into_iter().flat_map(str::chars).chain(joined.is_none().then_some(letter))
}

/// The letter that two make.
fn joined(first: char, second: char) -> Option<char> {
    let keys = [first, second].iter().collect::<String>();
    JOINED.split(' ').find_map(|joined| joined.strip_suffix(&*keys))?.chars().next()
}

fn is_vowel(letter: Option<&char>) -> bool {
    letter.is_some_and(|&letter| VOWELS.contains(letter))
}

/// The syllable that typed letters begin with, and how many of them make it.
fn syllable(typed: &[char]) -> Option<(char, usize)> {
    let initial = place(INITIALS, typed[0])?;
    let mut vowel = *typed.get(1).filter(|&letter| is_vowel(Some(letter)))?;
    let mut keys = 2;
    if let Some(both) = typed.get(2).and_then(|&second| joined(vowel, second)) {
        (vowel, keys) = (both, 3);
    }
    // A consonant before a vowel begins the next syllable.
    let closing =
        |at: usize| typed.get(at).copied().filter(|_| !is_vowel(typed.get(at)) && !is_vowel(typed.get(at + 1)));
    let mut last = 0;
    if let Some(first) = closing(keys)
        && let Some(single) = place(FINALS, first)
    {
        (last, keys) = (single + 1, keys + 1);
        let both = closing(keys).and_then(|second| place(FINALS, joined(first, second)?));
        if let Some(both) = both {
            (last, keys) = (both + 1, keys + 1);
        }
    }
    let number = (initial * 21 + place(VOWELS, vowel)?) * 28 + last;
    Some((char::from_u32('가' as u32 + number as u32)?, keys))
}

/// A letter that is in no syllable; two vowels that make one are one.
fn alone(typed: &[char]) -> (char, usize) {
    let both = typed.get(1).filter(|_| is_vowel(typed.first())).and_then(|&second| joined(typed[0], second));
    both.map_or((typed[0], 1), |both| (both, 2))
}

fn place(letters: &str, letter: char) -> Option<usize> {
    letters.chars().position(|known| known == letter)
}
