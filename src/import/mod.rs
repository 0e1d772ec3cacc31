//! Catalogue data in: generated, or from a file.

mod bulk;
pub mod file;
pub mod generate;
mod lock;
mod row;

pub(crate) use bulk::insert_new;
pub use row::CatalogueRow;
