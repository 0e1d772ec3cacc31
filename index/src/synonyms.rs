//! Words that mean the same, as operators list them.

use std::sync::{Arc, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

use rustc_hash::FxHashMap;

use crate::IndexError;
use crate::catalog::Catalog;
use crate::keyword::Piece;

/// In the folder of the index, where an operator puts it.
const SYNONYMS_FILE: &str = "synonyms.txt";

/// Used unless operators have a list of their own.
const SHIPPED: &str = include_str!("synonyms.txt");

/// Groups of expressions that mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synonyms {
    groups: Vec<Vec<String>>,
}

/// A line that is no group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the synonyms must be like `nike = 나이키`")]
pub struct SynonymError {
    line: usize,
}

impl Default for Synonyms {
    fn default() -> Self {
        Self::parse(SHIPPED).unwrap_or(Self { groups: Vec::new() })
    }
}

impl Synonyms {
    /// Reads one group a line, its members divided by `=`; what follows `#` is a remark.
    pub fn parse(text: &str) -> Result<Self, SynonymError> {
        let mut groups = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let members: Vec<String> = line.split('=').map(|member| member.trim().to_owned()).collect();
            if members.len() < 2 || members.iter().any(String::is_empty) {
                return Err(SynonymError { line: number });
            }
            groups.push(members);
        }
        Ok(Self { groups })
    }
}

/// The same, cut as one generation cuts keywords.
#[derive(Debug, Default)]
pub(crate) struct CutSynonyms {
    groups: Vec<Vec<Member>>,
    /// Group and member by the first piece of the member.
    by_first: FxHashMap<Piece, Vec<(usize, usize)>>,
}

#[derive(Debug)]
struct Member {
    text: String,
    pieces: Vec<Piece>,
}

/// A word that was read as others too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Widened {
    pub(crate) from: String,
    pub(crate) to: String,
}

impl CutSynonyms {
    pub(crate) fn new(synonyms: &Synonyms, cut: impl Fn(&str) -> Vec<Piece>) -> Self {
        let mut all = Self::default();
        for group in &synonyms.groups {
            let members = group.iter().map(|text| Member { text: text.clone(), pieces: cut(text) });
            let members: Vec<Member> = members.filter(|member| !member.pieces.is_empty()).collect();
            for (number, member) in members.iter().enumerate() {
                let at = (all.groups.len(), number);
                all.by_first.entry(member.pieces[0].clone()).or_default().push(at);
            }
            all.groups.push(members);
        }
        all
    }

    /// Every member that stands among `pieces` becomes a choice among its group, itself first.
    pub(crate) fn widen(&self, pieces: Vec<Piece>) -> (Vec<Piece>, Vec<Widened>) {
        let (mut wide, mut widened) = (Vec::with_capacity(pieces.len()), Vec::new());
        let mut rest = pieces.as_slice();
        while let [first, after @ ..] = rest {
            let members = self.by_first.get(first).into_iter().flatten();
            let standing = members.filter(|&&(group, member)| rest.starts_with(&self.groups[group][member].pieces));
            match standing.max_by_key(|&&(group, member)| self.groups[group][member].pieces.len()) {
                None => {
                    wide.push(first.clone());
                    rest = after;
                }
                Some(&(group, member)) => {
                    let typed = &self.groups[group][member];
                    let others = self.groups[group].iter().filter(|other| other.pieces != typed.pieces);
                    let others: Vec<&Member> = others.collect();
                    let readings = [typed].into_iter().chain(others.iter().copied());
                    wide.push(Piece::Any(readings.map(|member| member.pieces.clone()).collect()));
                    widened.extend(
                        others.first().map(|other| Widened { from: typed.text.clone(), to: other.text.clone() }),
                    );
                    rest = &rest[typed.pieces.len()..];
                }
            }
        }
        (wide, widened)
    }
}

impl Catalog {
    /// Reads `synonyms.txt` in the folder of the index if it has changed, and tells whether it had. Without the file those
    /// that are shipped are used; after an error those that were.
    pub fn refresh_synonyms(&self) -> Result<bool, IndexError> {
        let path = self.opened().folder.with_file_name(SYNONYMS_FILE);
        let failed = |source| IndexError::io("read", &path, source);
        let changed_at = match fs::metadata(&path).and_then(|file| file.modified()) {
            Ok(at) => Some(at),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        if self.opened().synonyms.read().unwrap_or_else(PoisonError::into_inner).0 == changed_at {
            return Ok(false);
        }
        let synonyms = match changed_at {
            None => Synonyms::default(),
            Some(_) => {
                let text = fs::read_to_string(&path).map_err(failed)?;
                Synonyms::parse(&text).map_err(|error| failed(io::Error::other(error)))?
            }
        };
        self.set_synonyms(changed_at, &synonyms);
        Ok(true)
    }

    pub(crate) fn set_synonyms(&self, changed_at: Option<SystemTime>, synonyms: &Synonyms) {
        let cut = CutSynonyms::new(synonyms, |text| self.pieces(text));
        *self.opened().synonyms.write().unwrap_or_else(PoisonError::into_inner) = (changed_at, Arc::new(cut));
    }

    pub(crate) fn synonyms(&self) -> Arc<CutSynonyms> {
        Arc::clone(&self.opened().synonyms.read().unwrap_or_else(PoisonError::into_inner).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Piece> {
        text.split(' ').map(|word| Piece::Word(word.to_owned())).collect()
    }

    #[test]
    fn the_longest_member_that_stands_there_becomes_a_choice_with_itself_first() {
        let synonyms = Synonyms::parse("face = 얼굴\nthe north face = 노스페이스 # a brand\n\n").unwrap();
        let cut = CutSynonyms::new(&synonyms, words);
        let (wide, widened) = cut.widen(words("red the north face 97"));
        let choice = Piece::Any(vec![words("the north face"), words("노스페이스")]);
        assert_eq!(wide, [words("red"), vec![choice], words("97")].concat());
        assert_eq!(widened, [Widened { from: "the north face".into(), to: "노스페이스".into() }]);
    }

    #[test]
    fn a_line_that_is_no_group_is_named() {
        assert_eq!(
            Synonyms::parse("a = b\n\nnike\n").unwrap_err().to_string(),
            "line 3 of the synonyms must be like `nike = 나이키`"
        );
        assert!(Synonyms::parse("a = ").is_err());
        assert!(!Synonyms::default().groups.is_empty());
    }
}
