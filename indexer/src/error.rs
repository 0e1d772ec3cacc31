//! What can go wrong, and what to do about it.

use openrace_index::IndexError;

/// A failure of the indexer. The index in use stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum IndexerError {
    /// The address of the database cannot be read.
    #[error("DATABASE_URL is not of the form mysql://user:password@host:port/openrace: {0}")]
    Address(#[source] sqlx::Error),
    /// Nothing answers there, or it refuses.
    #[error("cannot connect to MySQL at {server}: {source}; is it running? Set DATABASE_URL if it is elsewhere")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What went wrong.
        source: sqlx::Error,
    },
    /// Reading stopped half-way.
    #[error("cannot read products after id {after}: {source}")]
    Read {
        /// Last id that was read.
        after: i64,
        /// What went wrong.
        source: sqlx::Error,
    },
    /// MySQL refused, or is gone.
    #[error("MySQL: {0}")]
    MySql(#[from] sqlx::Error),
    /// The index could not be written.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// What was packed cannot be read any more: the memory is broken.
    #[error("cannot unpack products: {0}")]
    Unpack(#[from] lz4_flex::block::DecompressError),
    /// What was packed is no text any more: the memory is broken.
    #[error("cannot unpack products: {0}")]
    Text(#[from] std::string::FromUtf8Error),
    /// The caller asked to stop.
    #[error("interrupted; the index in use was left as it is")]
    Cancelled,
    /// A worker thread panicked.
    #[error("a worker of the rebuild failed; its panic is in the log")]
    Worker,
}
