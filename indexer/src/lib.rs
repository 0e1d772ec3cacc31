//! Reads the catalogue from MySQL and writes the index.
//!
//! A rebuild reads the products once: while they stream in, worker threads learn the words of the catalogue and pack
//! the products into memory ([`Spool`]); then the spool feeds the index. See `docs/architecture.md`.

mod error;
mod rebuild;
mod source;
mod spool;

pub use error::IndexerError;
pub use rebuild::{Progress, Report, Resources, rebuild};
pub use source::Source;
pub use spool::{Spool, SpoolBuilder};
