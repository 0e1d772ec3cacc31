//! Generations on disk: one folder per rebuild, and a pointer that names the one in use.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Catalog;

/// What was recorded when a generation was built.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of its folder, such as `gen-0007`.
    pub generation: String,
    /// Number of products.
    pub documents: u64,
    /// When the build finished, Unix milliseconds.
    pub built_at: i64,
}

/// A failure of the index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// No generation has been built yet.
    #[error("no index in {0}: run `indexer rebuild`")]
    NotBuilt(PathBuf),
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

    /// Name of the generation in use, cheap enough to poll; `None` before the first build.
    pub fn current(&self) -> Result<Option<String>, IndexError> {
        Ok(None)
    }

    /// Opens the generation in use and loads its columns (about a second per 5M products).
    pub fn open(&self) -> Result<Catalog, IndexError> {
        Err(IndexError::NotBuilt(self.path.clone()))
    }
}
