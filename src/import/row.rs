//! One product with its sale, on its way into MySQL.

use openrace_index::Product;

/// A product and its stock: one row of `products`, one of `stock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueRow {
    /// The product; id 0 leaves the id to MySQL.
    pub product: Product,
    /// Units the sale started with.
    pub total: u32,
    /// Units still to be sold, at most `total`.
    pub remaining: u32,
    /// Units one member may buy; `None`: no limit.
    pub per_member_limit: Option<u32>,
}
