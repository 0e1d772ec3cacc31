//! Generations on disk: one folder per rebuild, and a pointer that names the one in use.
//!
//! ```text
//! gen-0007/   tantivy's files, lexicon.txt, vocabulary.txt, manifest.json (written last: a folder without it was never finished)
//! gen-0008/
//! current     the text `gen-0008`, replaced by rename
//! lock        held by the one program that builds
//! removed/    a generation on its way out
//! ```

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::catalog::Opened;
use crate::fail_point;
use crate::learned;
use crate::live::{self, LiveMap, Mark};
use crate::schema::SCHEMA_VERSION;
use crate::updater;
use crate::vocabulary::Vocabulary;
use crate::{Catalog, LexiconBuilder, Updater, Writer, WriterOptions};

pub(crate) const LEXICON_FILE: &str = "lexicon.txt";
pub(crate) const VOCABULARY_FILE: &str = "vocabulary.txt";
pub(crate) const MANIFEST_FILE: &str = "manifest.json";
const POINTER_FILE: &str = "current";
const LOCK_FILE: &str = "lock";
const REMOVED_FOLDER: &str = "removed";

/// What was recorded when a generation was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of its folder, such as `gen-0007`.
    pub generation: String,
    /// Layout of the index; another one cannot be read.
    pub schema: u32,
    /// Number of products that the build wrote.
    pub documents: u64,
    /// When the build began, Unix milliseconds: what MySQL had committed by then was in it.
    pub built_at: i64,
}

/// A failure of the index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// No generation has been built yet.
    #[error("no index in {0}: run `indexer rebuild`")]
    NotBuilt(PathBuf),
    /// Another program is building.
    #[error("{0} is locked by another rebuild, rollback or gc: wait for it to end")]
    Locked(PathBuf),
    /// Another program follows MySQL with this index.
    #[error("{0} is kept up to date by another server: give each server a folder of its own (OPENRACE_INDEX_DIR)")]
    Followed(PathBuf),
    /// There is nothing to go back to.
    #[error("{0} has no generation before the one in use")]
    NoPrevious(PathBuf),
    /// The generation was built by another version of the program.
    #[error("{generation} has layout {found}, this program reads {SCHEMA_VERSION}: run `indexer rebuild`")]
    Layout {
        /// Name of the generation.
        generation: String,
        /// Its layout.
        found: u32,
    },
    /// The finished generation does not hold what was written.
    #[error("{generation} holds {found} products instead of {expected}; the index in use was left as it is")]
    Incomplete {
        /// Name of the generation.
        generation: String,
        /// Products in it.
        found: u64,
        /// Products written.
        expected: u64,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// tantivy failed.
    #[error("index: {0}")]
    Tantivy(#[from] tantivy::TantivyError),
}

impl IndexError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}

/// The folder that holds all generations.
#[derive(Debug, Clone)]
pub struct IndexHome {
    path: PathBuf,
}

impl IndexHome {
    /// Names the folder; it need not exist yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Name of the generation in use, cheap enough to poll; `None` before the first build.
    pub fn current(&self) -> Result<Option<String>, IndexError> {
        let pointer = self.path.join(POINTER_FILE);
        match fs::read(&pointer) {
            // Garbage names no generation, like one that is gone: a rebuild replaces it.
            Ok(name) => Ok(Some(String::from_utf8_lossy(&name).trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(IndexError::io("read", &pointer, error)),
        }
    }

    /// What was recorded of the generation in use.
    pub fn manifest(&self) -> Result<Manifest, IndexError> {
        let generation = self.current()?.ok_or_else(|| IndexError::NotBuilt(self.path.clone()))?;
        let path = self.path.join(&generation).join(MANIFEST_FILE);
        let manifest: Manifest = fs::read(&path)
            .and_then(|json| serde_json::from_slice(&json).map_err(io::Error::from))
            .map_err(|source| IndexError::io("read", &path, source))?;
        if manifest.schema != SCHEMA_VERSION {
            return Err(IndexError::Layout { generation, found: manifest.schema });
        }
        Ok(manifest)
    }

    /// Opens the generation in use and loads its columns (about a second per 5M products).
    pub fn open(&self) -> Result<Catalog, IndexError> {
        let (opened, live, _) = self.opened()?;
        let searcher = opened.searcher(&opened.reader()?)?;
        let learned = learned::read(&opened.folder)?;
        Catalog::load(opened.into(), searcher, &live, learned)
    }

    fn opened(&self) -> Result<(Opened, LiveMap, Mark), IndexError> {
        let manifest = self.manifest()?;
        let folder = self.path.join(&manifest.generation);
        let (live, mark) = live::read(&folder)?;
        Ok((Opened::new(&folder, manifest)?, live, mark))
    }

    /// Up to where the generation in use has followed, as its updater was told; `None` if it never has.
    pub fn position(&self) -> Result<Option<String>, IndexError> {
        let (opened, _, mark) = self.opened()?;
        updater::position(&opened, mark)
    }

    /// Opens the generation in use for changes. Only one program can, at a time.
    pub fn update(&self) -> Result<Updater, IndexError> {
        let manifest = self.manifest()?;
        Updater::open(&self.path.join(&manifest.generation), manifest)
    }

    /// Number of products in the generation in use.
    pub fn documents(&self) -> Result<u64, IndexError> {
        let (opened, ..) = self.opened()?;
        Ok(opened.index.searchable_segment_metas()?.iter().map(|segment| u64::from(segment.num_docs())).sum())
    }

    /// Puts the generation before the one in use back into use, and names it.
    pub fn roll_back(&self) -> Result<String, IndexError> {
        let _lock = self.lock()?;
        let current = self.current()?.ok_or_else(|| IndexError::NotBuilt(self.path.clone()))?;
        let before = |name: &String| number(name) < number(&current) && self.is_complete(name);
        let previous = self.generations()?.into_iter().filter(before).max_by_key(|name| number(name));
        let previous = previous.ok_or_else(|| IndexError::NoPrevious(self.path.clone()))?;
        self.point_to(&previous)?;
        Ok(previous)
    }

    /// Removes every generation but the one in use, the one before it, and those that a server still follows with;
    /// names what it removed.
    pub fn collect_garbage(&self) -> Result<Vec<String>, IndexError> {
        let _lock = self.lock()?;
        let current = self.current()?.ok_or_else(|| IndexError::NotBuilt(self.path.clone()))?;
        let mut old = self.generations()?;
        let before = |name: &&String| number(name) < number(&current) && self.is_complete(name);
        let previous = old.iter().filter(before).max_by_key(|name| number(name)).cloned();
        old.retain(|name| *name != current && Some(name) != previous.as_ref() && !self.is_followed(name));
        old.iter().try_for_each(|name| self.remove(name))?;
        Ok(old)
    }

    fn is_complete(&self, generation: &str) -> bool {
        self.path.join(generation).join(MANIFEST_FILE).exists()
    }

    /// Whether some program has it open for changes.
    fn is_followed(&self, generation: &str) -> bool {
        let Ok(index) = tantivy::Index::open_in_dir(self.path.join(generation)) else { return false };
        tantivy::Directory::acquire_lock(index.directory(), &tantivy::directory::INDEX_WRITER_LOCK).is_err()
    }

    fn point_to(&self, generation: &str) -> Result<(), IndexError> {
        let pointer = self.path.join(POINTER_FILE);
        replace(&pointer, generation.as_bytes()).map_err(|source| IndexError::io("write", &pointer, source))
    }

    /// Bytes of all files of the generation in use.
    pub fn size(&self) -> Result<u64, IndexError> {
        let folder = self.path.join(self.manifest()?.generation);
        let sum = || {
            let sizes = fs::read_dir(&folder)?.map(|entry| match entry?.metadata() {
                // A merge has taken it away.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
                file => Ok(file?.len()),
            });
            sizes.sum::<io::Result<u64>>()
        };
        sum().map_err(|source| IndexError::io("list", &folder, source))
    }

    /// Starts a new generation under the folder's lock, and removes what killed builds left behind.
    pub fn begin(&self) -> Result<Rebuild, IndexError> {
        let lock = self.lock()?;
        let generations = self.generations()?;
        let number = generations.iter().filter_map(|name| number(name)).max().unwrap_or(0) + 1;
        for unfinished in generations.iter().filter(|name| !self.is_complete(name)) {
            self.remove(unfinished)?;
        }
        let generation = format!("gen-{number:04}");
        let folder = self.path.join(&generation);
        fs::create_dir(&folder).map_err(|source| IndexError::io("create", &folder, source))?;
        Ok(Rebuild { home: self.clone(), generation, _lock: lock })
    }

    fn lock(&self) -> Result<File, IndexError> {
        fs::create_dir_all(&self.path).map_err(|source| IndexError::io("create", &self.path, source))?;
        let lock_path = self.path.join(LOCK_FILE);
        let lock = File::create(&lock_path).map_err(|source| IndexError::io("create", &lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(IndexError::Locked(self.path.clone())),
            Err(TryLockError::Error(source)) => Err(IndexError::io("lock", &lock_path, source)),
        }
    }

    fn generations(&self) -> Result<Vec<String>, IndexError> {
        let names = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(&self.path)? {
                names.extend(entry?.file_name().into_string().ok().filter(|name| number(name).is_some()));
            }
            Ok(names)
        };
        names().map_err(|source| IndexError::io("list", &self.path, source))
    }

    /// Renames the folder first: tantivy does not wait for all of its threads when one fails, and a file created during
    /// the removal would keep the folder.
    fn remove(&self, generation: &str) -> Result<(), IndexError> {
        let (folder, removed) = (self.path.join(generation), self.path.join(REMOVED_FOLDER));
        let remove = || {
            if removed.exists() {
                fs::remove_dir_all(&removed)?;
            }
            fs::rename(&folder, &removed)?;
            fs::remove_dir_all(&removed)
        };
        remove().map_err(|source| IndexError::io("remove", &folder, source))
    }
}

fn number(generation: &str) -> Option<u32> {
    generation.strip_prefix("gen-")?.parse().ok()
}

/// A generation under construction. Dropped before [`Rebuild::publish`], it removes its folder.
#[derive(Debug)]
pub struct Rebuild {
    home: IndexHome,
    generation: String,
    _lock: File,
}

impl Rebuild {
    /// Opens the new generation for writing, with the words learned in the first pass.
    pub fn writer(&self, lexicon: LexiconBuilder, options: WriterOptions) -> Result<Writer, IndexError> {
        let folder = self.folder();
        Vocabulary::save(&folder.join(VOCABULARY_FILE), &lexicon.words())
            .map_err(|source| IndexError::io("write the vocabulary of", &folder, source))?;
        let lexicon = lexicon.finish();
        lexicon
            .save(&folder.join(LEXICON_FILE))
            .map_err(|source| IndexError::io("write the lexicon of", &folder, source))?;
        Writer::create(&folder, lexicon, options)
    }

    /// Verifies what was written, puts it into use, and keeps one generation to go back to. All changes up to
    /// `position`, if known, are in it.
    pub fn publish(self, writer: Writer, built_at: i64, position: Option<String>) -> Result<Manifest, IndexError> {
        let payload = updater::first_payload(position).map_err(io::Error::from);
        let payload = payload.map_err(|source| IndexError::io("write the position of", &self.folder(), source))?;
        let expected = writer.finish(&payload)?;
        let manifest =
            Manifest { generation: self.generation.clone(), schema: SCHEMA_VERSION, documents: expected, built_at };
        let found = tantivy::Index::open_in_dir(self.folder())?.reader()?.searcher().num_docs();
        if found != expected {
            return Err(IndexError::Incomplete { generation: self.generation.clone(), found, expected });
        }
        self.put_into_use(&manifest)?;
        Ok(manifest)
    }

    fn put_into_use(&self, manifest: &Manifest) -> Result<(), IndexError> {
        let json = serde_json::to_vec_pretty(manifest).map_err(io::Error::from);
        let manifest_path = self.folder().join(MANIFEST_FILE);
        fail_point::pass("rebuild_before_manifest");
        json.and_then(|json| replace(&manifest_path, &json))
            .map_err(|source| IndexError::io("write", &manifest_path, source))?;
        let previous = self.home.current()?;
        fail_point::pass("rebuild_before_pointer");
        self.home.point_to(&self.generation)?;
        fail_point::pass("rebuild_after_pointer");
        if let Err(error) = self.remove_all_but(previous.as_deref()) {
            tracing::warn!(%error, "an old generation stays until the next rebuild");
        }
        Ok(())
    }

    fn remove_all_but(&self, previous: Option<&str>) -> Result<(), IndexError> {
        let generations = self.home.generations()?;
        // What a server still follows with is removed after the next rebuild.
        let kept = |name: &str| name == self.generation || Some(name) == previous || self.home.is_followed(name);
        generations.iter().filter(|name| !kept(name)).try_for_each(|name| self.home.remove(name))
    }

    /// Puts a folder that was filled otherwise into use, as `manifest` describes it.
    pub(crate) fn adopt(self, manifest: Manifest) -> Result<Manifest, IndexError> {
        tantivy::Index::open_in_dir(self.folder())?.reader()?;
        let manifest = Manifest { generation: self.generation.clone(), ..manifest };
        self.put_into_use(&manifest)?;
        Ok(manifest)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.home.path.join(&self.generation)
    }
}

impl Drop for Rebuild {
    fn drop(&mut self) {
        // The pointer decides, since publishing may fail after it was replaced.
        let in_use = self.home.current().map_or(true, |current| current.as_ref() == Some(&self.generation));
        if !in_use && let Err(error) = self.home.remove(&self.generation) {
            tracing::warn!(%error, "an unfinished generation stays until the next rebuild");
        }
    }
}

/// Replaces a file such that a reader, or a crash, sees the old content or the new.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
