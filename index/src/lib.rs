//! The catalogue index: products go in; exact totals and pages come out.
//!
//! No SQL, no HTTP, no async. See `docs/architecture.md`.

mod catalog;
mod generation;
mod product;
mod keyword;
mod lexicon;
mod query;
mod schema;
mod terms;
mod text;

pub use catalog::{Catalog, Page};
pub use generation::{IndexError, IndexHome, Manifest};
pub use product::{Card, Product};
pub use keyword::Piece;
pub use lexicon::LexiconBuilder;
pub use schema::fast;
pub use query::{Cursor, Order, ProductQuery, SortKey, Start, Status};
