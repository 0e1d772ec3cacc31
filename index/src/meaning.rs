//! What a keyword is taken to mean: as it is typed if that finds anything, else as it was probably meant.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::IndexError;
use crate::catalog::Catalog;
use crate::hangul;
use crate::keyword::Piece;
use crate::synonyms::{CutSynonyms, Widened};
use crate::vocabulary::Word;

/// How a keyword was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CorrectionKind {
    /// It was typed in the other keyboard layout.
    Layout,
    /// It was typed by initial consonants.
    Chosung,
    /// It was not finished.
    Completion,
    /// One key was wrong, missing, too many, or in the wrong place.
    Typo,
    /// It also means something else, which was looked for too.
    Synonym,
}

/// One change of a keyword.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Of which kind.
    pub kind: CorrectionKind,
    /// As it was typed.
    pub from: String,
    /// As it was read; the likeliest, where there are several.
    pub to: String,
}

/// What a keyword is taken to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// All of which a product must have.
    pub pieces: Vec<Piece>,
    /// In what this differs from what was typed.
    pub corrections: Vec<Correction>,
}

/// Readings of a word that are looked for at once, the commonest of them.
const MOST_READINGS: usize = 256;
/// Words that a typo may stand for, when the rest of the keyword tells which.
const MOST_MEANT: usize = 8;
/// Shorter words, in keys, have too many neighbours to tell a typo.
const SHORTEST_TYPO: usize = 4;
/// Longer keywords are taken as they are, so that reading one takes a bounded time.
const MOST_TOKENS: usize = 12;

/// A way to read a word, and what it reads.
struct Reading {
    kind: CorrectionKind,
    to: String,
    pieces: Vec<Piece>,
}

/// What keywords were taken to mean last.
pub(crate) struct Meanings(Cache<Box<str>, Read, Bytes>);

/// What a keyword was taken to mean.
#[derive(Clone)]
struct Read {
    meaning: Arc<Meaning>,
    /// Whether it is what was typed, and finds something.
    is_typed: bool,
    synonyms: Arc<CutSynonyms>,
    /// Of which [version](Catalog::texts_version).
    texts: u64,
    at: Instant,
}

/// While products change, a keyword that finds nothing as it is typed is not read anew before: reading may take a hundred
/// times as long as searching.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// Of all meanings together.
const MOST_BYTES: u64 = 16_000_000;
/// About as many keywords as that are.
const KEYWORDS: usize = 4096;

#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<Box<str>, Read> for Bytes {
    fn weight(&self, keyword: &Box<str>, Read { meaning, .. }: &Read) -> u64 {
        let corrections = meaning.corrections.iter().map(|it| size_of_val(it) + it.from.len() + it.to.len());
        (keyword.len() + corrections.sum::<usize>() + meaning.pieces.iter().map(Piece::bytes).sum::<usize>()) as u64
            + 200
    }
}

impl Default for Meanings {
    fn default() -> Self {
        Self(Cache::with_weighter(KEYWORDS, MOST_BYTES, Bytes))
    }
}

impl Catalog {
    /// Reads a keyword: as it is typed if that finds anything, else as it was probably meant; with `exact`, as it is
    /// typed and not otherwise.
    pub fn meaning(&self, keyword: &str, exact: bool) -> Result<Arc<Meaning>, IndexError> {
        Ok(self.read_keyword(keyword, exact)?.0)
    }

    /// The same, and whether it is [passing](crate::Page::is_passing).
    pub(crate) fn read_keyword(&self, keyword: &str, exact: bool) -> Result<(Arc<Meaning>, bool), IndexError> {
        if exact {
            return Ok((Arc::new(Meaning { pieces: self.pieces(keyword), corrections: Vec::new() }), false));
        }
        let (synonyms, texts, meanings) = (self.synonyms(), self.texts_version(), &self.opened().meanings.0);
        let known = meanings.get(keyword).filter(|known| Arc::ptr_eq(&known.synonyms, &synonyms));
        if let Some(known) = known.as_ref().filter(|known| known.texts == texts) {
            return Ok((Arc::clone(&known.meaning), false));
        }
        let typed = self.as_typed(keyword, &synonyms);
        let is_typed = typed.pieces.is_empty() || self.has_any(&typed.pieces)?;
        if let Some(known) = known
            && !(is_typed || known.is_typed)
            && known.at.elapsed() < READ_AGAIN
        {
            return Ok((known.meaning, true));
        }
        let meant = if is_typed { None } else { self.as_meant(keyword)? };
        let meaning: Arc<Meaning> = meant.unwrap_or(typed).into();
        let read = Read { meaning: Arc::clone(&meaning), is_typed, synonyms, texts, at: Instant::now() };
        meanings.insert(keyword.into(), read);
        Ok((meaning, false))
    }

    /// A keyword as it is typed, and what means the same.
    fn as_typed(&self, keyword: &str, synonyms: &CutSynonyms) -> Meaning {
        let (pieces, widened) = synonyms.widen(self.pieces(keyword));
        let correction = |wide: Widened| Correction { kind: CorrectionKind::Synonym, from: wide.from, to: wide.to };
        Meaning { pieces, corrections: widened.into_iter().map(correction).collect() }
    }

    fn as_meant(&self, keyword: &str) -> Result<Option<Meaning>, IndexError> {
        let tokens: Vec<&str> = keyword.split_whitespace().collect();
        if tokens.len() > MOST_TOKENS {
            return Ok(None);
        }
        if !tokens.iter().any(|token| is_initials(token))
            && let Some(reading) = self.in_other_layout(keyword, &[])?
        {
            let Reading { kind, to, pieces } = reading;
            let from = keyword.trim().to_owned();
            return Ok(Some(Meaning { pieces, corrections: vec![Correction { kind, from, to }] }));
        }
        let (mut sound, mut wrong) = (Vec::new(), Vec::new());
        for token in tokens {
            let read = self.read(token);
            match self.has_any(&read)? {
                true => sound.push((token, read)),
                false if read.is_empty() => {}
                false => wrong.push(token),
            }
        }
        if wrong.is_empty() {
            return self.one_of_them(&sound);
        }
        let mut pieces: Vec<Piece> = sound.into_iter().flat_map(|(_, read)| read).collect();
        let mut corrections = Vec::new();
        for token in wrong {
            let context = pieces.clone();
            let Some(readings) = self.readings(token, &context)? else { return Ok(None) };
            for Reading { kind, to, pieces: read } in readings {
                corrections.push(Correction { kind, from: token.to_owned(), to });
                pieces.extend(read.into_iter().filter(|piece| !context.contains(piece)));
            }
        }
        Ok((!corrections.is_empty()).then_some(Meaning { pieces, corrections }))
    }

    /// Every word is found, but not all together: one is unfinished, or a slip made another word of it. Only a commoner
    /// word is believed to have been meant.
    fn one_of_them(&self, tokens: &[(&str, Vec<Piece>)]) -> Result<Option<Meaning>, IndexError> {
        if tokens.len() < 2 {
            return Ok(None);
        }
        for (index, (token, read)) in tokens.iter().enumerate().rev() {
            let others = tokens.iter().enumerate().filter(|(other, _)| *other != index);
            let mut pieces: Vec<Piece> = others.flat_map(|(_, (_, read))| read.iter().cloned()).collect();
            let typed = normal(token);
            let unfinished =
                if index + 1 == tokens.len() { self.completions(&typed, MOST_READINGS) } else { Vec::new() };
            let own = self.total(read)?;
            let slips = self.neighbours(&typed).into_iter().filter(|(_, count)| u64::from(*count) > own);
            let slips = slips.map(|(word, _)| word).collect();
            for (kind, readings) in [(CorrectionKind::Completion, unfinished), (CorrectionKind::Typo, slips)] {
                let readings = self.found_with(&pieces, readings)?;
                let Some(to) = readings.first().cloned() else { continue };
                pieces.push(Piece::Any(readings.iter().map(|word| self.read(word)).collect()));
                // Each word as it stands, apart from the others, is no other keyword.
                let changed = (to != typed).then(|| Correction { kind, from: (*token).to_owned(), to });
                let corrections = changed.into_iter().collect();
                return Ok(Some(Meaning { pieces, corrections }));
            }
        }
        Ok(None)
    }

    fn read(&self, text: &str) -> Vec<Piece> {
        self.synonyms().widen(self.pieces(text)).0
    }

    /// The first way to read `token` that finds something together with `context`.
    fn readings(&self, token: &str, context: &[Piece]) -> Result<Option<Vec<Reading>>, IndexError> {
        let typed = normal(token);
        // Consonants alone may be keys of Latin letters too, but are hardly ever meant so.
        let whole = match is_initials(token) {
            true => self.of_word(&typed, context)?.or(self.in_other_layout(token, context)?),
            false => self
                .in_other_layout(token, context)?
                .map_or_else(|| self.of_word(&typed, context), |it| Ok(Some(it)))?,
        };
        if let Some(reading) = whole {
            return Ok(Some(vec![reading]));
        }
        // Several words written together, some of them wrong.
        let pieces = self.pieces(token);
        if pieces.len() < 2 {
            return Ok(None);
        }
        let mut readings = Vec::new();
        let (mut sound, mut wrong) = (Vec::new(), Vec::new());
        for piece in self.synonyms().widen(pieces).0 {
            match self.has_any(std::slice::from_ref(&piece))? {
                true => sound.push(piece),
                false => wrong.push(piece),
            }
        }
        let mut context = [context, &sound].concat();
        for piece in wrong {
            let Some(text) = piece.text() else { return Ok(None) };
            let Some(reading) = self.of_word(&text, &context)? else { return Ok(None) };
            context.extend(reading.pieces.iter().cloned());
            readings.push(reading);
        }
        if let Some(first) = readings.first_mut() {
            first.pieces.splice(0..0, sound);
        }
        Ok((!readings.is_empty()).then_some(readings))
    }

    fn of_word(&self, typed: &str, context: &[Piece]) -> Result<Option<Reading>, IndexError> {
        if !self.may_find(context)? {
            return Ok(None);
        }
        let mut kinds = [CorrectionKind::Chosung, CorrectionKind::Completion, CorrectionKind::Typo];
        if is_unfinished(typed) {
            kinds.swap(0, 1);
        }
        for kind in kinds {
            let readings = match kind {
                CorrectionKind::Chosung => self.by_initials(typed),
                CorrectionKind::Completion => self.completions(typed, MOST_READINGS),
                // The rest of the keyword tells which was meant.
                _ => self.found_with(context, self.neighbours(typed).into_iter().map(|(word, _)| word).collect())?,
            };
            let Some(to) = readings.first().cloned() else { continue };
            let mut pieces: Vec<Vec<Piece>> = readings.iter().map(|word| self.read(word)).collect();
            if kind == CorrectionKind::Chosung && is_initials(typed) {
                // A word of its own is likelier meant than the same within another.
                pieces.insert(0, vec![Piece::Initials(typed.to_owned())]);
            }
            let pieces = if pieces.len() == 1 { pieces.remove(0) } else { vec![Piece::Any(pieces)] };
            if self.has_any(&[context, &pieces].concat())? {
                return Ok(Some(Reading { kind, to, pieces }));
            }
        }
        Ok(None)
    }

    fn in_other_layout(&self, typed: &str, context: &[Piece]) -> Result<Option<Reading>, IndexError> {
        let Some(to) = other_layout(typed) else { return Ok(None) };
        let pieces = self.read(&to);
        let found = !pieces.is_empty() && self.has_any(&[context, &pieces].concat())?;
        Ok(found.then_some(Reading { kind: CorrectionKind::Layout, to, pieces }))
    }

    fn by_initials(&self, typed: &str) -> Vec<String> {
        let is_pattern = |c| hangul::is_consonant(c) || hangul::is_syllable(c);
        if !typed.chars().any(hangul::is_consonant) || !typed.chars().all(is_pattern) {
            return Vec::new();
        }
        let found = || self.vocabularies().flat_map(|words| words.with_initials(typed));
        let whole = commonest(found().filter(|(_, whole)| *whole).map(|(word, _)| word), MOST_READINGS);
        if whole.is_empty() { commonest(found().map(|(word, _)| word), MOST_READINGS) } else { whole }
    }

    fn completions(&self, typed: &str, most: usize) -> Vec<String> {
        let keys = hangul::keys(typed);
        let wanted = |word: &Word<'_>| is_hangul(word.text) == is_hangul(typed);
        if keys.len() < 3 || typed.ends_with(|c: char| c.is_numeric()) {
            return Vec::new();
        }
        commonest(self.vocabularies().flat_map(|words| words.beginning_with(&keys)).filter(wanted), most)
    }

    /// Words that are one slip away, the commonest first, each with its count.
    fn neighbours(&self, typed: &str) -> Vec<(String, u32)> {
        let keys = hangul::keys(typed);
        if keys.chars().count() < SHORTEST_TYPO {
            return Vec::new();
        }
        let near = self.vocabularies().flat_map(|words| words.near(&keys)).map(|(word, _)| word);
        let near = near.filter(|word| is_hangul(word.text) == is_hangul(typed));
        commonest_with_counts(near, MOST_READINGS)
    }

    /// Whether anything more can be found together with `context`.
    fn may_find(&self, context: &[Piece]) -> Result<bool, IndexError> {
        Ok(context.is_empty() || self.has_any(context)?)
    }

    /// Those that are found together with `context`; without one, the first alone.
    fn found_with(&self, context: &[Piece], readings: Vec<String>) -> Result<Vec<String>, IndexError> {
        let most = if context.is_empty() { 1 } else { MOST_MEANT };
        let mut found = Vec::new();
        if !self.may_find(context)? {
            return Ok(found);
        }
        for reading in readings {
            if self.has_any(&[context, &self.read(&reading)].concat())? {
                found.push(reading);
                if found.len() == most {
                    break;
                }
            }
        }
        Ok(found)
    }
}

/// Each once, the commonest first, at most `most`.
pub(crate) fn commonest<'a>(words: impl Iterator<Item = Word<'a>>, most: usize) -> Vec<String> {
    commonest_with_counts(words, most).into_iter().map(|(text, _)| text).collect()
}

fn commonest_with_counts<'a>(words: impl Iterator<Item = Word<'a>>, most: usize) -> Vec<(String, u32)> {
    let mut words: Vec<Word<'_>> = words.collect();
    let by_count = |a: &Word<'_>, b: &Word<'_>| b.count.cmp(&a.count).then(a.text.cmp(b.text));
    // A word may be there twice.
    if words.len() > 2 * most {
        words.select_nth_unstable_by(2 * most, by_count);
        words.truncate(2 * most);
    }
    words.sort_unstable_by(by_count);
    words.dedup_by(|a, b| a.text == b.text);
    words.truncate(most);
    words.into_iter().map(|word| (word.text.to_owned(), word.count)).collect()
}

fn is_initials(token: &str) -> bool {
    token.chars().all(hangul::is_consonant)
}

/// Whether it ends in a consonant that has no vowel yet, and in no other place.
fn is_unfinished(typed: &str) -> bool {
    let before = typed.trim_end_matches(hangul::is_consonant);
    !before.is_empty() && before.chars().all(hangul::is_syllable) && typed.chars().count() == before.chars().count() + 1
}

pub(crate) fn is_hangul(text: &str) -> bool {
    text.chars().any(hangul::is_hangul)
}

pub(crate) fn normal(token: &str) -> String {
    let text = crate::text::Text::parse(token);
    text.slice(0, text.unit_count()).to_owned()
}

/// What would have come in the other keyboard layout; `None` where nothing would be different, or no words come.
pub(crate) fn other_layout(typed: &str) -> Option<String> {
    if is_hangul(typed) {
        return Some(hangul::keys(typed).to_lowercase());
    }
    let mut other = String::new();
    let mut changed = false;
    for run in typed.split_inclusive(|c: char| !c.is_ascii_alphabetic()) {
        let letters = run.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
        let composed = hangul::compose(letters)?;
        changed |= !letters.is_empty();
        // Jamo that no syllable takes up are no words.
        if !composed.chars().all(hangul::is_syllable) {
            return None;
        }
        other.push_str(&composed);
        other.push_str(&run[letters.len()..]);
    }
    changed.then_some(other)
}
