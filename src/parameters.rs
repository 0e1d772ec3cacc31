//! The query string, read strictly: a value is used as meant or refused by name, never guessed.

use std::{
    fmt::{self, Display},
    ops::RangeInclusive,
    str::FromStr,
};

use percent_encoding::percent_decode_str;

use crate::error::InvalidParameter;

/// Longest text that a parameter may hold, in characters.
pub const MAX_TEXT: usize = 200;

/// A query string, and the faults found while reading it. An empty value means absent, as web forms send it; of a repeated
/// parameter the first value counts; parameters nobody asks for are ignored.
pub struct Parameters<'a> {
    query: &'a str,
    faults: Vec<InvalidParameter>,
}

/// What is read from a query string. Faults go into `parameters`; the value is then thrown away.
pub trait FromParameters {
    /// Reads its own parameters.
    fn from_parameters(parameters: &mut Parameters<'_>) -> Self;
}

impl<A: FromParameters, B: FromParameters> FromParameters for (A, B) {
    fn from_parameters(parameters: &mut Parameters<'_>) -> Self {
        (A::from_parameters(parameters), B::from_parameters(parameters))
    }
}

impl<'a> Parameters<'a> {
    /// Reads `T` from a raw query string, or tells all that is wrong with it.
    pub fn read<T: FromParameters>(query: &'a str) -> Result<T, Vec<InvalidParameter>> {
        let mut parameters = Self { query, faults: Vec::new() };
        let value = T::from_parameters(&mut parameters);
        if parameters.faults.is_empty() { Ok(value) } else { Err(parameters.faults) }
    }

    /// A text of at most [`MAX_TEXT`] characters, without the blanks around it.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let text = self.value(name)?;
        let text = text.trim();
        if text.contains('\0') {
            return self.refuse(name, "must not contain NUL");
        }
        if text.chars().nth(MAX_TEXT).is_some() {
            return self.refuse(name, format!("must have at most {MAX_TEXT} characters"));
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A whole number within `range`.
    pub fn integer<N>(&mut self, name: &'static str, range: RangeInclusive<N>) -> Option<N>
    where
        N: FromStr + PartialOrd + Display,
    {
        let text = self.value(name)?;
        match text.trim().parse() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => self.refuse(name, format!("must be a whole number from {} to {}", range.start(), range.end())),
        }
    }

    /// One of a few words, each with its meaning.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.value(name)?;
        if let Some((_, meaning)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*meaning);
        }
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        self.refuse(name, format!("must be one of {}", words.join(", ")))
    }

    /// Notes a fault. Always `None`, so that a reader can end with it.
    pub fn refuse<T>(&mut self, name: &'static str, detail: impl fmt::Display) -> Option<T> {
        self.faults.push(InvalidParameter { parameter: name.to_owned(), detail: detail.to_string() });
        None
    }

    fn value(&mut self, name: &'static str) -> Option<String> {
        let (_, raw) = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, value)| !value.is_empty() && percent_decode_str(key).eq(name.bytes()))?;
        match percent_decode_str(&raw.replace('+', " ")).decode_utf8() {
            Ok(text) => Some(text.into_owned()),
            Err(_) => self.refuse(name, "must be UTF-8"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Sample {
        word: Option<String>,
        number: Option<u32>,
    }

    impl FromParameters for Sample {
        fn from_parameters(parameters: &mut Parameters<'_>) -> Self {
            Self { word: parameters.text("word"), number: parameters.integer("number", 1..=9) }
        }
    }

    fn read(query: &str) -> Sample {
        Parameters::read(query).unwrap()
    }

    fn faults(query: &str) -> Vec<String> {
        let faults = Parameters::read::<Sample>(query).unwrap_err();
        faults.into_iter().map(|fault| fault.parameter).collect()
    }

    #[test]
    fn an_empty_or_blank_parameter_is_absent() {
        assert_eq!(read("word=&number="), Sample { word: None, number: None });
        assert_eq!(read("word=+%20&number"), Sample { word: None, number: None });
    }

    #[test]
    fn the_first_value_of_a_repeated_parameter_counts() {
        assert_eq!(read("word=&word=a&word=b").word.as_deref(), Some("a"));
    }

    #[test]
    fn plus_and_percent_are_decoded_once() {
        assert_eq!(read("w%6Frd=%EA%B5%AC%EB%91%90+a%2Bb%2525").word.as_deref(), Some("구두 a+b%25"));
    }

    #[test]
    fn unknown_parameters_are_ignored_whatever_they_hold() {
        assert_eq!(read("other=%FF&number=3").number, Some(3));
    }

    #[test]
    fn every_fault_is_named() {
        assert_eq!(faults("word=%00&number=10"), ["word", "number"]);
        assert_eq!(faults("word=%ED%A0%80"), ["word"]);
        assert_eq!(faults(&format!("word={}", "가".repeat(MAX_TEXT + 1))), ["word"]);
        for number in ["-1", "0", "1.5", "1e0", "one", "99999999999999999999"] {
            assert_eq!(faults(&format!("number={number}")), ["number"], "{number}");
        }
    }

    #[test]
    fn a_text_of_the_greatest_length_is_taken() {
        let longest = "가".repeat(MAX_TEXT);
        assert_eq!(read(&format!("word={longest}")).word, Some(longest));
    }
}
