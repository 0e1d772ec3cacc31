//! Text as the index sees it: normalised, cut into tokens, tokens cut into units.
//!
//! A *unit* is what matches as a whole: one syllable of Hangul (or one kana, one Han character), one run of letters,
//! one run of digits. `갤럭시북3` has five units, `GA2100` two. A *token* is what stands between typed boundaries.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// Separates the fields of one product; a hard boundary like any other control character.
pub(crate) const FIELD_SEPARATOR: char = '\u{1f}';

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Syllable,
    Letters,
    Digits,
}

/// What stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// A hyphen between letters or digits: `GA-2100`.
    Hyphen,
    /// White space and its like: words may be written together or apart here.
    Soft,
    /// A bracket, a field's end, other punctuation: no word reaches across.
    Hard,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// First unit.
    pub(crate) start: usize,
    /// One past the last unit.
    pub(crate) end: usize,
    pub(crate) gap: Gap,
    /// Stands in brackets, as `[무료배송]` does.
    pub(crate) bracketed: bool,
}

/// All units of a text, written together, with the places where they begin.
///
/// Since tokens lie side by side without their spaces, every word, be it inside a token or across several,
/// is one slice.
#[derive(Debug, Default)]
pub(crate) struct Text {
    squeezed: String,
    /// Byte offset of each unit, and the end of the last.
    offsets: Vec<u32>,
    kinds: Vec<UnitKind>,
    pub(crate) tokens: Vec<Token>,
    /// Number of tokens before the first field separator.
    pub(crate) tokens_in_first_field: usize,
}

impl Text {
    pub(crate) fn parse(raw: &str) -> Self {
        let mut text = Self::default();
        text.set(raw);
        text
    }

    /// Replaces the content, keeping the allocations.
    pub(crate) fn set(&mut self, raw: &str) {
        self.squeezed.clear();
        self.offsets.clear();
        self.kinds.clear();
        self.tokens.clear();
        let mut cutter = Cutter::new(self);
        if raw.chars().all(is_stable) {
            cutter.run(raw.chars().map(|c| c.to_ascii_lowercase()));
        } else {
            cutter.run(normalized(raw));
        }
        let first_field = cutter.first_field;
        self.tokens_in_first_field = first_field.unwrap_or(self.tokens.len());
        self.offsets.push(self.squeezed.len() as u32);
    }

    /// The same as [`parse`](Self::parse), and for each byte of the units the range of `raw` that it comes from.
    pub(crate) fn traced(raw: &str) -> (Self, Vec<Range<usize>>) {
        let (mut text, mut sources) = (Self::default(), Vec::new());
        let mut chars = Vec::new();
        for (start, cluster) in clusters(raw) {
            chars.extend(normalized(cluster).map(|c| (c, start..start + cluster.len())));
        }
        let mut cutter = Cutter::new(&mut text);
        for (index, (c, source)) in chars.iter().enumerate() {
            cutter.take(*c, chars.get(index + 1).map(|(next, _)| next));
            sources.resize(cutter.text.squeezed.len(), source.clone());
        }
        text.tokens_in_first_field = text.tokens.len();
        text.offsets.push(text.squeezed.len() as u32);
        (text, sources)
    }

    /// The bytes of some units, in the text of all of them.
    pub(crate) fn bytes(&self, units: &Range<usize>) -> Range<usize> {
        self.offsets[units.start] as usize..self.offsets[units.end] as usize
    }

    pub(crate) fn unit_count(&self) -> usize {
        self.kinds.len()
    }

    pub(crate) fn kind(&self, unit: usize) -> UnitKind {
        self.kinds[unit]
    }

    /// The units `start..end` written together.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &str {
        &self.squeezed[self.offsets[start] as usize..self.offsets[end] as usize]
    }

    /// Whether `part` occurs anywhere when all gaps are ignored.
    pub(crate) fn contains(&self, part: &str) -> bool {
        self.squeezed.contains(part)
    }

    pub(crate) fn unit(&self, unit: usize) -> &str {
        self.slice(unit, unit + 1)
    }

    /// Maximal stretches of letters and digits, hyphens inside: model codes, sizes, Latin words and numbers.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = Stretch> + '_ {
        let mut token = 0;
        let mut unit = 0;
        std::iter::from_fn(move || {
            while unit < self.unit_count() && self.kinds[unit] == UnitKind::Syllable {
                unit += 1;
            }
            if unit == self.unit_count() {
                return None;
            }
            while self.tokens[token].end <= unit {
                token += 1;
            }
            let start = unit;
            loop {
                unit += 1;
                if unit == self.unit_count() || self.kinds[unit] == UnitKind::Syllable {
                    break;
                }
                if self.tokens[token].end == unit {
                    token += 1;
                    if self.tokens[token].gap != Gap::Hyphen {
                        break;
                    }
                }
            }
            let digits = self.kinds[start..unit].contains(&UnitKind::Digits);
            let letters = self.kinds[start..unit].contains(&UnitKind::Letters);
            Some(Stretch { start, end: unit, is_code: digits && letters })
        })
    }

    /// For each unit, whether it lies where letters and digits alternate, as in `NJ1DQ91A`: such parts mean nothing by
    /// themselves.
    pub(crate) fn opaque_units(&self, opaque: &mut Vec<bool>) {
        opaque.clear();
        for token in &self.tokens {
            for run in self.kinds[token.start..token.end].chunk_by(|a, b| is_alphanumeric(*a) == is_alphanumeric(*b)) {
                opaque.extend(run.iter().map(|kind| is_alphanumeric(*kind) && run.len() > 2));
            }
        }
    }
}

fn is_alphanumeric(kind: UnitKind) -> bool {
    kind != UnitKind::Syllable
}

/// Letters and digits side by side; see [`Text::stretches`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Has letters as well as digits.
    pub(crate) is_code: bool,
}

struct Cutter<'a> {
    text: &'a mut Text,
    /// Kind of the unit being read, if a token is open.
    open: Option<UnitKind>,
    gap: Gap,
    depth: u32,
    previous: char,
    first_field: Option<usize>,
}

impl<'a> Cutter<'a> {
    fn new(text: &'a mut Text) -> Self {
        Cutter { text, open: None, gap: Gap::Hard, depth: 0, previous: ' ', first_field: None }
    }

    fn run(&mut self, chars: impl Iterator<Item = char>) {
        let mut chars = chars.peekable();
        while let Some(c) = chars.next() {
            self.take(c, chars.peek());
        }
    }

    fn take(&mut self, c: char, next: Option<&char>) {
        let between_digits = || self.previous.is_ascii_digit() && next.is_some_and(char::is_ascii_digit);
        match classify(c) {
            Class::Unit(kind) => self.push(kind, c),
            Class::Ignored => return,
            Class::Point if c == '.' && between_digits() => self.push(UnitKind::Digits, c),
            Class::Point if c == ',' && between_digits() => return,
            Class::Point => self.boundary(Gap::Hard),
            Class::Hyphen => self.boundary(Gap::Hyphen),
            Class::Soft => self.boundary(Gap::Soft),
            Class::Open => {
                self.boundary(Gap::Hard);
                self.depth += 1;
            }
            Class::Close => {
                self.boundary(Gap::Hard);
                self.depth = self.depth.saturating_sub(1);
            }
            Class::Hard => self.boundary(Gap::Hard),
        }
        if c == FIELD_SEPARATOR {
            self.depth = 0;
            self.first_field.get_or_insert(self.text.tokens.len());
        }
        self.previous = c;
    }

    fn push(&mut self, kind: UnitKind, c: char) {
        let unit = self.text.kinds.len();
        if self.open.is_none() {
            self.text.tokens.push(Token { start: unit, end: unit, gap: self.gap, bracketed: self.depth > 0 });
            self.gap = Gap::Hyphen;
        }
        if kind == UnitKind::Syllable || self.open != Some(kind) {
            self.text.kinds.push(kind);
            self.text.offsets.push(self.text.squeezed.len() as u32);
            if let Some(token) = self.text.tokens.last_mut() {
                token.end = unit + 1;
            }
        }
        self.text.squeezed.push(c);
        self.open = Some(kind);
    }

    /// The widest of several boundaries in a row counts; a hyphen links only when it stands alone.
    fn boundary(&mut self, gap: Gap) {
        self.gap = match (self.open.take().is_some(), self.gap, gap) {
            (true, _, gap) => gap,
            (false, Gap::Hard, _) | (false, _, Gap::Hard) => Gap::Hard,
            (false, _, _) => Gap::Soft,
        };
    }
}

enum Class {
    Unit(UnitKind),
    Ignored,
    Point,
    Hyphen,
    Soft,
    Open,
    Close,
    Hard,
}

fn classify(c: char) -> Class {
    match c {
        '가'..='힣' => Class::Unit(UnitKind::Syllable),
        'a'..='z' => Class::Unit(UnitKind::Letters),
        '0'..='9' => Class::Unit(UnitKind::Digits),
        ' ' | '_' | '·' | '&' | '~' => Class::Soft,
        '-' | '\u{2010}'..='\u{2015}' => Class::Hyphen,
        '.' | ',' => Class::Point,
        '[' | '(' | '{' | '<' | '【' | '〔' | '《' | '〈' | '「' => Class::Open,
        ']' | ')' | '}' | '>' | '】' | '〕' | '》' | '〉' | '」' => Class::Close,
        '\'' | '’' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => {
            Class::Ignored
        }
        '\u{300}'..='\u{36f}' => Class::Ignored,
        _ if c.is_whitespace() => Class::Soft,
        _ if c.is_numeric() => Class::Unit(UnitKind::Digits),
        _ if is_syllabic(c) => Class::Unit(UnitKind::Syllable),
        _ if c.is_alphabetic() => Class::Unit(UnitKind::Letters),
        _ => Class::Hard,
    }
}

/// Scripts written without spaces between words, and jamo that stand alone.
fn is_syllabic(c: char) -> bool {
    is_jamo(c)
        || matches!(c, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn is_jamo(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97f}' | '\u{d7b0}'..='\u{d7ff}')
}

/// Stretches of a text that are normalised apart from each other, each with where it starts: a character and what
/// composes with it.
fn clusters(raw: &str) -> impl Iterator<Item = (usize, &str)> {
    let composes = |c: char| {
        canonical_combining_class(c) > 0 || matches!(c, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}' | 'ﾞ' | 'ﾟ')
    };
    let starts = raw.char_indices().filter(move |&(_, c)| !composes(c)).map(|(start, _)| start);
    let starts: Vec<usize> = std::iter::once(0).chain(starts.filter(|&start| start > 0)).chain([raw.len()]).collect();
    let pairs: Vec<(usize, usize)> = starts.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.into_iter().map(move |(start, end)| (start, &raw[start..end]))
}

/// Whether normalisation leaves a text of such characters as it is, but for the case of ASCII letters.
fn is_stable(c: char) -> bool {
    matches!(c, '가'..='힣') || c.is_ascii()
}

/// Composed, compatibility forms folded, lower case. Typed jamo (`ㄴㅇㅋ`) stay what they are: NFKC would turn them
/// into conjoining ones and merge them with their neighbours.
fn normalized(raw: &str) -> impl Iterator<Item = char> + '_ {
    raw.nfc()
        .flat_map(|c| {
            let kept = is_jamo(c).then_some(c);
            let folded = (!is_jamo(c)).then_some(c).into_iter().nfkc();
            kept.into_iter().chain(folded)
        })
        .nfc()
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(raw: &str) -> Vec<String> {
        let text = Text::parse(raw);
        text.tokens.iter().map(|token| text.slice(token.start, token.end).to_owned()).collect()
    }

    fn units(raw: &str) -> Vec<String> {
        let text = Text::parse(raw);
        (0..text.unit_count()).map(|unit| text.unit(unit).to_owned()).collect()
    }

    #[test]
    fn a_unit_is_a_syllable_a_run_of_letters_or_a_run_of_digits() {
        assert_eq!(
            units("갤럭시북3 GA2100 Café 2.5㎏ 1,000원"),
            ["갤", "럭", "시", "북", "3", "ga", "2100", "café", "2.5", "kg", "1000", "원"]
        );
    }

    #[test]
    fn composed_decomposed_full_width_and_zero_width_spellings_are_one() {
        let nfd: String = "나이키 에어맥스".nfd().collect();
        assert_eq!(tokens(&nfd), ["나이키", "에어맥스"]);
        assert_eq!(tokens("ＧＡ－２１００"), tokens("GA-2100"));
        assert_eq!(tokens("나\u{200b}이\u{feff}키"), ["나이키"]);
        assert_eq!(tokens("㈜삼성"), tokens("(주)삼성"));
        assert_eq!(tokens("ｶﾞﾝﾀﾞﾑ"), tokens("ガンダム"));
    }

    #[test]
    fn typed_jamo_stay_apart() {
        assert_eq!(units("ㄴㅇㅋㅏ"), ["ㄴ", "ㅇ", "ㅋ", "ㅏ"]);
    }

    #[test]
    fn brackets_and_field_ends_are_hard_spaces_soft_and_lone_hyphens_link() {
        let text = Text::parse("[무료배송]나이키 에어 - 맥스 GA-2100\u{1f}몰");
        let gaps: Vec<Gap> = text.tokens.iter().map(|token| token.gap).collect();
        use Gap::{Hard, Hyphen, Soft};
        assert_eq!(gaps, [Hard, Hard, Soft, Soft, Soft, Hyphen, Hard]);
        assert!(text.tokens[0].bracketed && !text.tokens[1].bracketed);
        assert_eq!(text.tokens_in_first_field, 6);
    }

    #[test]
    fn a_code_has_letters_and_digits_and_is_opaque_where_they_alternate() {
        let text = Text::parse("지샥 GA-2100-1A1 nike 97 128GB");
        let stretches: Vec<(&str, bool)> =
            text.stretches().map(|stretch| (text.slice(stretch.start, stretch.end), stretch.is_code)).collect();
        assert_eq!(stretches, [("ga21001a1", true), ("nike", false), ("97", false), ("128gb", true)]);
        let mut opaque = Vec::new();
        text.opaque_units(&mut opaque);
        let clear: Vec<&str> =
            (0..text.unit_count()).filter(|&unit| !opaque[unit]).map(|unit| text.unit(unit)).collect();
        assert_eq!(clear, ["지", "샥", "ga", "2100", "nike", "97", "128", "gb"]);
    }

    #[test]
    fn text_without_letters_has_no_tokens() {
        for raw in ["", "  ", "+-()\"~<>@%\\", "😀🎉", "\u{0}\u{1f}"] {
            assert!(tokens(raw).is_empty(), "{raw:?}");
        }
    }
}
