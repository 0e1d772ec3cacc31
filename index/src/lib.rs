//! The catalogue index: products go in; exact totals and pages come out.
//!
//! No SQL, no HTTP, no async. A build learns the words of the catalogue with [`LexiconBuilder`], writes all products
//! with [`Writer`] into a new generation of [`IndexHome`] and publishes it; [`Updater`] keeps it up to date; a [`Catalog`]
//! is one snapshot and answers queries.

mod background;
mod bits;
mod catalog;
mod columns;
mod delete;
#[doc(hidden)]
pub mod fail_point;
mod filter;
mod generation;
mod keyword;
mod lexicon;
mod live;
mod merge;
pub mod oracle;
mod product;
mod query;
mod schema;
mod segment;
mod select;
mod snapshot;
mod terms;
mod text;
mod updater;
mod wishes;
mod writer;

pub use catalog::{Catalog, Found, Page};
pub use generation::{IndexError, IndexHome, Manifest, Rebuild};
pub use keyword::Piece;
pub use lexicon::LexiconBuilder;
pub use live::Live;
pub use product::{Card, Product};
pub use query::{Cursor, Order, ProductQuery, SortKey, Start, Status};
pub use schema::fast;
pub use updater::{Applied, Batch, Updater};
pub use writer::{Writer, WriterOptions};
