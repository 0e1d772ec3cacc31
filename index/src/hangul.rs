//! Hangul as it is typed: syllables, the keys that make them, and their initial consonants.
//!
//! The keys are those of the standard keyboard (KS X 5002), each named by the letter printed beside its jamo. So what was
//! typed in the wrong layout has the same keys as what was meant, and what is not finished has keys that begin the same.

const FIRST_SYLLABLE: u32 = 0xac00;
const SYLLABLES: u32 = 11_172;
const VOWELS: u32 = 21;
const FINALS: u32 = 28;

/// Initial consonants in the order of Unicode.
const INITIALS: [char; 19] =
    ['ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ'];
const INITIAL_KEYS: [&str; 19] =
    ["r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"];
const VOWEL_KEYS: [&str; 21] =
    ["k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l"];
const FINAL_KEYS: [&str; 28] = [
    "", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt", "t", "T",
    "d", "w", "c", "z", "x", "v", "g",
];
/// Jamo that stand alone, from U+3131 on: thirty consonants, then the vowels.
const FIRST_JAMO: u32 = 0x3131;
const CONSONANT_KEYS: [&str; 30] = [
    "r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "Q", "qt", "t",
    "T", "d", "w", "W", "c", "z", "x", "v", "g",
];

/// Initial, vowel and final of a syllable, as numbers.
fn parts(c: char) -> Option<(usize, usize, usize)> {
    let number = (c as u32).checked_sub(FIRST_SYLLABLE).filter(|&number| number < SYLLABLES)?;
    let (initial, rest) = (number / (VOWELS * FINALS), number % (VOWELS * FINALS));
    Some((initial as usize, (rest / FINALS) as usize, (rest % FINALS) as usize))
}

fn jamo_keys(c: char) -> Option<&'static str> {
    let number = (c as u32).checked_sub(FIRST_JAMO)? as usize;
    let consonants = CONSONANT_KEYS.len();
    if number < consonants { Some(CONSONANT_KEYS[number]) } else { VOWEL_KEYS.get(number - consonants).copied() }
}

/// Whether a consonant stands alone here, as in `ㄴㅇㅋ`.
pub fn is_consonant(c: char) -> bool {
    ('ㄱ'..='ㅎ').contains(&c)
}

/// Whether `c` is a whole syllable.
pub fn is_syllable(c: char) -> bool {
    parts(c).is_some()
}

/// Whether `c` is a syllable or a jamo.
pub fn is_hangul(c: char) -> bool {
    parts(c).is_some() || jamo_keys(c).is_some()
}

/// Whether these keys make one vowel, or one consonant.
pub(crate) fn is_one_jamo(keys: &[char]) -> bool {
    number(&VOWEL_KEYS, keys).is_some() || number(&CONSONANT_KEYS, keys).is_some()
}

/// The keys that type `text`; what is no Hangul stays as it is.
pub fn keys(text: &str) -> String {
    let mut keys = String::with_capacity(text.len());
    for c in text.chars() {
        match (parts(c), jamo_keys(c)) {
            (Some((initial, vowel, last)), _) => {
                keys.push_str(INITIAL_KEYS[initial]);
                keys.push_str(VOWEL_KEYS[vowel]);
                keys.push_str(FINAL_KEYS[last]);
            }
            (None, Some(jamo)) => keys.push_str(jamo),
            (None, None) => keys.push(c),
        }
    }
    keys
}

/// The initial consonant of each syllable; all else as it is.
pub fn initials(text: &str) -> String {
    text.chars().map(initial).collect()
}

/// The initial consonant of a syllable; anything else as it is.
pub fn initial(c: char) -> char {
    parts(c).map_or(c, |(initial, ..)| INITIALS[initial])
}

/// Whether `c` can stand where a word has `meant`: the same, or its initial consonant.
pub(crate) fn may_mean(c: char, meant: char) -> bool {
    c == meant || parts(meant).is_some_and(|(initial, ..)| INITIALS[initial] == c)
}

/// What these keys type in the Korean layout; `None` if one of them is no letter of it.
pub fn compose(keys: &str) -> Option<String> {
    let keys: Vec<char> = keys.chars().collect();
    let shifted = keys.iter().any(char::is_ascii_lowercase);
    let typed: Vec<Jamo> = keys.into_iter().map(|key| Jamo::of(key, shifted)).collect::<Option<_>>()?;
    let mut text = String::new();
    let mut at = 0;
    while at < typed.len() {
        let (c, length) = syllable(&typed[at..]).unwrap_or_else(|| alone(&typed[at..]));
        text.push(c);
        at += length;
    }
    Some(text)
}

/// A key of the Korean layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jamo {
    Consonant(char),
    Vowel(char),
}

impl Jamo {
    /// Shift is for five double consonants and two vowels; with the caps lock on it says nothing.
    fn of(key: char, shifted: bool) -> Option<Self> {
        let doubled = shifted && "QWERTOP".contains(key);
        let key = if doubled { key } else { key.to_ascii_lowercase() };
        let is_vowel = VOWEL_KEYS.iter().any(|keys| keys.chars().eq([key]));
        let is_consonant = CONSONANT_KEYS.iter().any(|keys| keys.chars().eq([key]));
        match (is_vowel, is_consonant) {
            (true, _) => Some(Self::Vowel(key)),
            (_, true) => Some(Self::Consonant(key)),
            _ => None,
        }
    }

    fn key(self) -> char {
        match self {
            Self::Consonant(key) | Self::Vowel(key) => key,
        }
    }
}

/// The syllable that these keys begin with, and how many of them make it.
fn syllable(typed: &[Jamo]) -> Option<(char, usize)> {
    let [Jamo::Consonant(initial), Jamo::Vowel(vowel), ..] = *typed else { return None };
    let initial = number(&INITIAL_KEYS, &[initial])?;
    let second = typed.get(2).map(|jamo| jamo.key());
    let (vowel, mut length) = match second.and_then(|second| number(&VOWEL_KEYS, &[vowel, second])) {
        Some(both) => (both, 3),
        None => (number(&VOWEL_KEYS, &[vowel])?, 2),
    };
    // A consonant before a vowel begins the next syllable.
    let ends = |at: usize| match typed[at..] {
        [Jamo::Consonant(_), Jamo::Vowel(_), ..] | [] => None,
        [Jamo::Consonant(key), ..] => Some(key),
        [Jamo::Vowel(_), ..] => None,
    };
    let mut last = 0;
    if let Some(first) = ends(length)
        && let Some(single) = number(&FINAL_KEYS, &[first])
    {
        let both = ends(length + 1).and_then(|second| number(&FINAL_KEYS, &[first, second]));
        (last, length) = both.map_or((single, length + 1), |both| (both, length + 2));
    }
    let code = FIRST_SYLLABLE + ((initial * VOWELS as usize + vowel) * FINALS as usize + last) as u32;
    Some((char::from_u32(code)?, length))
}

/// A jamo by itself; vowels that make one are one.
fn alone(typed: &[Jamo]) -> (char, usize) {
    let jamo = |number: usize| char::from_u32(FIRST_JAMO + number as u32).unwrap_or(' ');
    let vowel = |number: usize| jamo(CONSONANT_KEYS.len() + number);
    match *typed {
        [Jamo::Vowel(first), Jamo::Vowel(second), ..] if number(&VOWEL_KEYS, &[first, second]).is_some() => {
            (vowel(number(&VOWEL_KEYS, &[first, second]).unwrap_or(0)), 2)
        }
        [Jamo::Vowel(key), ..] => (vowel(number(&VOWEL_KEYS, &[key]).unwrap_or(0)), 1),
        [Jamo::Consonant(key), ..] => (jamo(number(&CONSONANT_KEYS, &[key]).unwrap_or(0)), 1),
        [] => (' ', 1),
    }
}

fn number(table: &[&str], keys: &[char]) -> Option<usize> {
    table.iter().position(|entry| entry.chars().eq(keys.iter().copied()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPED: [(&str, &str); 9] = [
        ("skdlzl", "나이키"),
        ("dkelektm", "아디다스"),
        ("shxmqnr", "노트북"),
        ("dpdjaortm", "에어맥스"),
        ("sbqkffkstm", "뉴발란스"),
        ("zjsqjtm", "컨버스"),
        ("ekfr", "닭"),
        ("dhksEhd", "완똥"),
        ("Rkcl", "까치"),
    ];

    #[test]
    fn the_keys_of_a_word_type_it() {
        for (typed, word) in TYPED {
            assert_eq!(keys(word), typed);
            assert_eq!(compose(typed).as_deref(), Some(word));
        }
        assert_eq!(compose("SKDLZL").as_deref(), Some("나이키"), "the caps lock is on");
    }

    #[test]
    fn the_keys_of_latin_words_typed_in_the_korean_layout_are_the_words() {
        let words = [
            ("ㅜㅑㅏㄷ", "nike"),
            ("ㅣㅎ", "lg"),
            ("ㅁ양ㅁㄴ", "adidas"),
            ("메ㅔㅣㄷ", "apple"),
            ("ㅔㅕㅡㅁ", "puma"),
            ("해ㅔ개", "gopro"),
            ("ㄴ므녀ㅜㅎ", "samsung"),
            ("ㅜㄷㅈ ㅠ미뭋ㄷ", "new balance"),
        ];
        for (typed, word) in words {
            assert_eq!(keys(typed), word);
        }
    }

    #[test]
    fn fused_and_unfinished_syllables_begin_with_the_same_keys() {
        for (typed, word) in [
            ("에어맧", "에어맥스"),
            ("청바ㅈ", "청바지"),
            ("로얄캐니", "로얄캐닌"),
            ("나잌", "나이키"),
            ("낭", "나이키"),
        ] {
            assert!(keys(word).starts_with(&keys(typed)), "{typed}");
        }
    }

    #[test]
    fn initials_stand_for_syllables() {
        assert_eq!(initials("나이키 Air 97"), "ㄴㅇㅋ Air 97");
        assert!("나ㅇㅋ".chars().zip("나이키".chars()).all(|(c, meant)| may_mean(c, meant)));
        assert!(!may_mean('나', '너') && !may_mean('ㅏ', '나'));
    }

    proptest! {
        #[test]
        fn any_syllables_are_typed_by_their_keys(text in "[가-힣]{1,8}") {
            // Nothing but capitals was typed with the caps lock on.
            prop_assume!(keys(&text).chars().any(|key| key.is_ascii_lowercase()));
            prop_assert_eq!(compose(&keys(&text)), Some(text));
        }

        #[test]
        fn any_letters_compose_to_something_with_the_same_keys(letters in "[a-z]{0,12}") {
            prop_assert_eq!(keys(&compose(&letters).unwrap()), letters);
        }
    }
}
