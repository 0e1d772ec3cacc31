//! The catalogue index: products go in; exact totals and pages come out.
//!
//! No SQL, no HTTP, no async. A build learns the words of the catalogue with [`LexiconBuilder`], writes all products
//! with [`Writer`] into a new generation of [`IndexHome`] and publishes it; [`Updater`] keeps it up to date; a [`Catalog`]
//! is one snapshot and answers queries.
#![forbid(unsafe_code)]

mod background;
mod bands;
mod bisect;
mod bits;
mod cards;
mod catalog;
mod columns;
mod counts;
mod delete;
mod facets;
#[doc(hidden)]
pub mod fail_point;
mod filter;
mod generation;
pub mod hangul;
mod highlight;
mod kept;
mod keyword;
mod learned;
mod lexicon;
mod live;
mod lookup;
mod matches;
mod meaning;
mod merge;
pub mod oracle;
mod postings;
mod product;
mod query;
mod schema;
mod segment;
mod select;
mod snapshot;
mod suggest;
mod synonyms;
mod terms;
mod text;
mod texts;
mod tiers;
mod updater;
mod vocabulary;
mod wishes;
mod writer;

pub use catalog::{Catalog, Found, Page};
pub use facets::{Facets, MOST_MALLS, PriceBand};
pub use generation::{IndexError, IndexHome, Manifest, Rebuild};
pub use keyword::Piece;
pub use lexicon::LexiconBuilder;
pub use live::Live;
pub use meaning::{Correction, CorrectionKind, Meaning};
pub use product::{Card, Product};
pub use query::{Cursor, FacetRequest, Order, ProductQuery, SortKey, Start, Status};
pub use schema::fast;
pub use suggest::{PopularQueries, Suggestion, SuggestionKind};
pub use synonyms::{SynonymError, Synonyms};
pub use updater::{Applied, Batch, Updater};
pub use writer::{Writer, WriterOptions};
