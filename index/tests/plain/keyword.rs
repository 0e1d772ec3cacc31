//! What a keyword must find, and what it must not, told from blanks, signs and letters alone.

use crate::words::{Field, Gap, Known, LONGEST_KNOWN, Reach, Searched, Word, between_blanks, normal, words};

/// A keyword as it is typed.
#[derive(Debug)]
pub(crate) struct Typed {
    between_blanks: Vec<String>,
    /// Between signs and blanks, each with the most stretches of a product that it may be made of.
    parts: Vec<(Vec<char>, usize)>,
    reach: Reach,
}

impl Typed {
    /// Reads a keyword for an index that was built with some of the known words.
    pub(crate) fn new(keyword: &str, known: &Known, built: &Known) -> Self {
        let mut between_blanks = between_blanks(keyword);
        // Signs alone ask for nothing.
        between_blanks.retain(|word| word.chars().any(char::is_alphanumeric));
        let mut parts: Vec<Vec<char>> = Vec::new();
        let words = words(keyword);
        let reach = known.reach(&words);
        for word in words {
            match parts.last_mut() {
                // `GA-2100` is `GA2100`.
                Some(last) if word.gap == Gap::Hyphen && make_code(last, &word.letters) => {
                    last.extend(word.letters);
                }
                _ => parts.push(word.letters),
            }
        }
        let most = |part: Vec<char>| {
            let letters = part.len();
            let numbers = part.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).count() / 2;
            let most = if built.is_one(&part) { 1 } else { letters.div_ceil(2) + numbers };
            (part, if reach > Reach::None { letters } else { most })
        };
        let parts = parts.into_iter().map(most).collect();
        Self { between_blanks, parts, reach }
    }

    /// Whether the product has to be found: it has each typed word between blanks; side by side, where a known word may be
    /// read instead. Nothing has to be where that takes a typed word apart.
    pub(crate) fn must_find(&self, product: &Searched) -> bool {
        let typed = &self.between_blanks;
        let holds = |word: &String| product.fields.iter().any(|field| field.between_blanks.contains(word));
        let side_by_side = |field: &Field| field.between_blanks.windows(typed.len()).any(|words| words == typed);
        !typed.is_empty()
            && match self.reach {
                Reach::None => typed.iter().all(holds),
                Reach::Whole => product.fields.iter().any(side_by_side),
                Reach::Within => false,
            }
    }

    /// Whether the product may be found when nothing was corrected: each typed word stands in it. A known word stands there
    /// as a whole; others in stretches of two letters on average, numbers aside, since `삼성노트북` means 삼성 and 노트북.
    /// Where known words reach across blanks and signs, only letters, numbers and codes tell.
    pub(crate) fn may_find(&self, product: &Searched, known: &Known) -> bool {
        let stands = |(part, most): &(Vec<char>, usize)| {
            fewest_stretches(part, product, known).is_some_and(|count| count <= *most)
        };
        !self.parts.is_empty() && self.parts.iter().all(stands)
    }

    /// Whether the name, after its labels, certainly starts with a typed word that was `known` when the index was built,
    /// or certainly not; `None` where that needs more than a look.
    pub(crate) fn leads(&self, name: &str, known: &Known) -> Option<bool> {
        let mut name = normal(name);
        while let Some((label, rest)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            // Where this label ends is told by counting.
            if label.contains('[') {
                return None;
            }
            name = rest.trim_start().to_owned();
        }
        let first = name.split_whitespace().next()?;
        let is_known = first.chars().count() <= LONGEST_KNOWN && known.words.contains(first);
        let is_typed = is_known && self.between_blanks.iter().any(|word| word == first);
        let begins = |c: char| self.between_blanks.iter().any(|word| word.contains(c));
        match first.chars().all(char::is_alphabetic) {
            true if is_typed && self.reach == Reach::None => Some(true),
            true if first.chars().next().is_some_and(|c| !begins(c)) => Some(false),
            _ => None,
        }
    }
}

/// Letters as well as digits: a model code, a size with its unit.
fn is_code(part: &[char]) -> bool {
    let has = |wanted: fn(&char) -> bool| part.iter().any(wanted);
    has(char::is_ascii_digit) && has(char::is_ascii_lowercase) && part.iter().all(char::is_ascii)
}

/// Whether Latin letters and digits meet where these are written together.
fn make_code(before: &[char], after: &[char]) -> bool {
    let is_latin = |c: &&char| c.is_ascii_alphanumeric();
    let meeting = before.iter().rev().take_while(is_latin).chain(after.iter().take_while(is_latin));
    is_code(&meeting.copied().collect::<Vec<char>>())
}

/// The least number of stretches of the product's text that make `part`. Numbers and codes are not cut.
fn fewest_stretches(part: &[char], product: &Searched, known: &Known) -> Option<usize> {
    let mut fewest = vec![None; part.len() + 1];
    fewest[0] = Some(0);
    let may_cut = |at: usize| {
        let [before, after] = [part[at - 1], part[at]];
        !(before.is_ascii_digit() && after.is_ascii_alphanumeric()
            || after.is_ascii_digit() && before.is_ascii_alphanumeric())
    };
    for end in 1..=part.len() {
        for start in 0..end {
            let Some(count) = fewest[start] else { continue };
            let cut = (start == 0 || may_cut(start)) && (end == part.len() || may_cut(end));
            if cut && fewest[end].is_none_or(|least| count + 1 < least) && occurs(&part[start..end], product, known) {
                fewest[end] = Some(count + 1);
            }
        }
    }
    fewest[part.len()]
}

fn occurs(part: &[char], product: &Searched, known: &Known) -> bool {
    product.fields.iter().any(|field| {
        (0..field.words.len()).any(|word| {
            (0..field.words[word].letters.len()).any(|at| occurs_at(part, &field.words[word..], at))
                || stands_apart(part, &field.words[word..], known)
        })
    })
}

/// Whether `part` stands within the first word, at this letter. No number stands within another, but a code may be
/// unfinished.
fn occurs_at(part: &[char], words: &[Word], at: usize) -> bool {
    let letters = &words[0].letters;
    let digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    letters[at..].starts_with(part)
        && !(part[0].is_ascii_digit() && digit(at.checked_sub(1)))
        && (is_code(part) || !(part[part.len() - 1].is_ascii_digit() && digit(Some(at + part.len()))))
}

/// Whether the first words, written together, are `part`, a known word; or a code in them begins with it.
fn stands_apart(part: &[char], words: &[Word], known: &Known) -> bool {
    let mut joined: Vec<char> = words[0].letters.clone();
    let first = joined.len();
    for word in words[1..].iter().take_while(|word| word.gap != Gap::Wall) {
        joined.extend(&word.letters);
        let begins_code = |at: usize| at == 0 || !joined[at - 1].is_ascii_alphanumeric();
        let is_begun = |at: usize| begins_code(at) && joined[at..].starts_with(part);
        if is_code(part) && (0..first).any(is_begun)
            || joined == part && known.words.contains(&part.iter().collect::<String>())
        {
            return true;
        }
    }
    false
}
