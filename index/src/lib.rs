//! The catalogue index: products go in; exact totals and pages come out.
//!
//! No SQL, no HTTP, no async. A build learns the words of the catalogue with [`LexiconBuilder`], writes all products
//! with [`Writer`] into a new generation of [`IndexHome`] and publishes it; [`Catalog`] answers queries from it.

mod bits;
mod catalog;
mod filter;
mod generation;
mod keyword;
mod lexicon;
pub mod oracle;
mod product;
mod query;
mod schema;
mod segment;
mod select;
mod terms;
mod text;
mod writer;

pub use catalog::{Catalog, Page};
pub use generation::{IndexError, IndexHome, Manifest, Rebuild};
pub use keyword::Piece;
pub use lexicon::LexiconBuilder;
pub use product::{Card, Product};
pub use query::{Cursor, Order, ProductQuery, SortKey, Start, Status};
pub use schema::fast;
pub use writer::{Writer, WriterOptions};
