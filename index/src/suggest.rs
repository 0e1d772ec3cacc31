//! What a shopper may be about to type.

use rustc_hash::FxHashSet;

use crate::IndexError;
use crate::catalog::Catalog;
use crate::hangul;
use crate::meaning::{commonest, is_hangul, normal, other_layout};
use crate::postings::Postings;
use crate::vocabulary::{Vocabulary, Word};

/// Where a suggestion comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuggestionKind {
    /// Others have searched for it.
    Query,
    /// The catalogue has the word.
    Word,
}

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The whole keyword.
    pub text: String,
    /// Where it comes from.
    pub kind: SuggestionKind,
}

/// Keywords that are searched for often.
#[derive(Debug, Default)]
pub struct PopularQueries(Vocabulary);

impl PopularQueries {
    /// Remembers these, each with how often it was searched for.
    pub fn new<'a>(queries: impl IntoIterator<Item = (&'a str, u32)>) -> Self {
        Self(Vocabulary::new(queries))
    }

    fn beginning_with(&self, typed: &str) -> Vec<String> {
        commonest(self.0.beginning_with(&hangul::keys(typed)), MOST_QUERIES)
    }
}

const MOST_QUERIES: usize = 5;
/// Words of which those that go with the rest of the keyword are suggested.
const TRIED: usize = 40;

impl Catalog {
    /// Keywords that begin as what was typed, in whatever layout and however far, at most `limit`: what others search for,
    /// then words of the catalogue, the commonest first. What was typed before the last word goes with each of them.
    pub fn suggest(&self, typed: &str, popular: &PopularQueries, limit: usize) -> Result<Vec<Suggestion>, IndexError> {
        let typed = typed.trim_start();
        let head_end = typed.trim_end_matches(|c: char| !c.is_whitespace()).len();
        let (head, last) = typed.split_at(head_end);
        let head = head.trim();
        let mut suggestions: Vec<Suggestion> = Vec::new();
        let mut suggest = |text: String, kind| {
            if suggestions.len() < limit && suggestions.iter().all(|known| known.text != text) {
                suggestions.push(Suggestion { text, kind });
            }
            suggestions.len() < limit
        };
        if !typed.is_empty() {
            popular.beginning_with(typed).into_iter().all(|text| suggest(text, SuggestionKind::Query));
        }
        let context = if head.is_empty() { Vec::new() } else { self.meaning(head, false)?.pieces.clone() };
        let products = self.having(&context)?;
        if !context.is_empty() && products.iter().all(Postings::is_empty) {
            return Ok(suggestions);
        }
        for word in self.words_from(last) {
            if !context.is_empty() && !self.go_with(&products, &self.pieces(&word))? {
                continue;
            }
            if !suggest([head, &word].join(" ").trim_start().to_owned(), SuggestionKind::Word) {
                break;
            }
        }
        Ok(suggestions)
    }

    /// Words that may become of what was typed of one, each once, the likeliest first.
    fn words_from(&self, last: &str) -> Vec<String> {
        let typed = normal(last);
        if typed.is_empty() {
            return Vec::new();
        }
        let mut words = self.words_beginning(&typed);
        if typed.chars().any(hangul::is_consonant) {
            let with_initials = self.vocabularies().flat_map(|known| known.with_initials(&typed));
            words.extend(commonest(with_initials.map(|(word, _)| word), TRIED));
        }
        let keys = hangul::keys(&typed);
        if typed.chars().count() > 1 {
            let ending = self.vocabularies().flat_map(|known| known.ending_with(&keys));
            words.extend(commonest(ending.filter(|word| is_hangul(word.text) == is_hangul(&typed)), TRIED));
        }
        if words.is_empty()
            && let Some(other) = other_layout(last)
        {
            words = self.words_beginning(&other);
        }
        if words.is_empty() {
            let near = self.vocabularies().flat_map(|known| known.near(&keys));
            words = commonest(near.map(|(word, _)| word), TRIED);
        }
        let mut known = FxHashSet::default();
        words.retain(|word| known.insert(word.clone()));
        words
    }

    fn words_beginning(&self, typed: &str) -> Vec<String> {
        let keys = hangul::keys(typed);
        let same_script = |word: &Word<'_>| is_hangul(word.text) == is_hangul(typed);
        commonest(self.vocabularies().flat_map(|known| known.beginning_with(&keys)).filter(same_script), TRIED)
    }

    /// Parts of a keyword without which something is found, each with how much, when all together find nothing.
    pub fn offers(&self, keyword: &str) -> Result<Vec<(String, u64)>, IndexError> {
        let tokens: Vec<&str> = keyword.split_whitespace().take(MOST_OFFERED).collect();
        let mut offers = Vec::new();
        if tokens.len() > 1 {
            for left_out in (0..tokens.len()).rev() {
                let kept = tokens.iter().enumerate().filter(|(index, _)| *index != left_out);
                let kept: Vec<&str> = kept.map(|(_, token)| *token).collect();
                self.offer(&kept.join(" "), &mut offers)?;
            }
            if offers.is_empty() && tokens.len() > 2 {
                for token in tokens {
                    self.offer(token, &mut offers)?;
                }
            }
        }
        Ok(offers)
    }

    fn offer(&self, keyword: &str, offers: &mut Vec<(String, u64)>) -> Result<(), IndexError> {
        let total = self.total(&self.meaning(keyword, false)?.pieces)?;
        if total > 0 && offers.iter().all(|(known, _)| known != keyword) {
            offers.push((keyword.to_owned(), total));
        }
        Ok(())
    }
}

/// Words of a long keyword that are looked at for offers.
const MOST_OFFERED: usize = 8;
