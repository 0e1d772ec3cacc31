//! Words that came after a generation was built, so that they too can be meant.
//!
//! They are kept in a file of the generation, one a line. A word that is torn by a crash, or lost with the power, comes again
//! with the next product that has it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::lexicon::LexiconBuilder;
use crate::vocabulary::Vocabulary;
use crate::{IndexError, Product};

pub(crate) const LEARNED_FILE: &str = "learned.txt";
/// More would slow every commit down; a rebuild has them all.
const MOST_WORDS: usize = 100_000;

/// What is in the file.
#[derive(Debug)]
pub(crate) struct Learned {
    file: File,
    words: FxHashSet<Box<str>>,
    pub(crate) vocabulary: Arc<Vocabulary>,
}

/// Reads the words without changing anything.
pub(crate) fn read(folder: &Path) -> Result<Arc<Vocabulary>, IndexError> {
    Ok(Arc::new(vocabulary(&words(folder)?)))
}

fn words(folder: &Path) -> Result<FxHashSet<Box<str>>, IndexError> {
    let path = folder.join(LEARNED_FILE);
    match std::fs::read(&path) {
        Ok(bytes) => Ok({
            let words = String::from_utf8_lossy(&bytes);
            words.lines().filter(|word| !word.is_empty()).take(MOST_WORDS).map(Into::into).collect()
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(FxHashSet::default()),
        Err(error) => Err(IndexError::io("read", &path, error)),
    }
}

fn vocabulary(words: &FxHashSet<Box<str>>) -> Vocabulary {
    Vocabulary::new(words.iter().map(|word| (&**word, 1)))
}

impl Learned {
    pub(crate) fn open(folder: &Path) -> Result<Self, IndexError> {
        let path = folder.join(LEARNED_FILE);
        let words = words(folder)?;
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let mut file = file.map_err(|source| IndexError::io("open", &path, source))?;
        // What was torn must not become part of the next word.
        file.write_all(b"\n").map_err(|source| IndexError::io("write", &path, source))?;
        Ok(Self { file, vocabulary: vocabulary(&words).into(), words })
    }

    /// Takes in the words of these products that neither `known` nor the file has.
    pub(crate) fn learn(&mut self, products: &[Product], known: &Vocabulary) -> io::Result<()> {
        if self.words.len() >= MOST_WORDS {
            return Ok(());
        }
        let mut counted = LexiconBuilder::default();
        products.iter().for_each(|product| counted.add(&product.searchable_text()));
        let new = counted.words().into_iter().map(|(word, _)| word);
        let new: Vec<&str> = new.filter(|word| !self.words.contains(*word) && !known.contains(word)).collect();
        if new.is_empty() {
            return Ok(());
        }
        self.file.write_all(format!("{}\n", new.join("\n")).as_bytes())?;
        self.words.extend(new.into_iter().map(Into::into));
        self.vocabulary = vocabulary(&self.words).into();
        Ok(())
    }
}
