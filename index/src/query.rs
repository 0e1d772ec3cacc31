//! A search as a value: checked, printable, independent of HTTP and of how it is executed.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Where a product's sale stands at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Not yet open: `now < opens_at`.
    Waiting,
    /// On sale: `opens_at <= now < closes_at`.
    Open,
    /// Over: `closes_at <= now`, and not waiting.
    Close,
}

impl Status {
    /// Status at `now` of a sale with these times, all in Unix milliseconds.
    pub fn at(now: i64, opens_at: i64, closes_at: i64) -> Self {
        if now < opens_at {
            Self::Waiting
        } else if now < closes_at {
            Self::Open
        } else {
            Self::Close
        }
    }
}

/// What a list is sorted by; every key ends in id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SortKey {
    /// Primary key.
    Id,
    /// Price in won.
    Price,
    /// Opening of the sale.
    EventStartTime,
    /// Number of wishes.
    WishCount,
    /// Products whose name starts with a word of the keyword first, then the others; newest first in both.
    /// Without a keyword: newest first.
    Relevance,
}

/// A strict total order: descending is the exact reverse of ascending, ties included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order {
    /// What is compared before id.
    pub key: SortKey,
    /// Smallest first. `Relevance` ignores it.
    pub ascending: bool,
}

impl Order {
    /// Largest id first.
    pub const NEWEST: Self = Self { key: SortKey::Id, ascending: false };
    /// Best match first.
    pub const RELEVANCE: Self = Self { key: SortKey::Relevance, ascending: false };
}

/// Filters and order of one list. The default is the whole catalogue, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductQuery {
    /// Text as typed. All of its words are required; a text without a letter or digit matches nothing.
    pub keyword: Option<String>,
    /// Take the keyword as it is typed: no correction, no synonym.
    pub exact: bool,
    /// Exact category.
    pub category: Option<String>,
    /// Sale status at the moment of the query.
    pub status: Option<Status>,
    /// Lowest price, inclusive.
    pub min_price: Option<i64>,
    /// Highest price, inclusive.
    pub max_price: Option<i64>,
    /// Openings from start (inclusive) to end (exclusive), Unix milliseconds.
    pub opens: Option<Range<i64>>,
    /// Only products with units left.
    pub in_stock: bool,
    /// Order of the list.
    pub order: Order,
    /// What of the matches is to be counted apart.
    pub facets: FacetRequest,
    /// Whether cards say where their name has what was searched for.
    pub highlight: bool,
}

impl ProductQuery {
    /// Whether its answer changes when a sale opens or closes.
    pub fn depends_on_time(&self) -> bool {
        self.status.is_some() || self.facets.status
    }
}

/// What of the matches is counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FacetRequest {
    /// Each category.
    pub category: bool,
    /// WAITING, OPEN and CLOSE.
    pub status: bool,
    /// Bands of prices.
    pub price: bool,
    /// The malls with the most matches.
    pub mall: bool,
}

impl FacetRequest {
    /// Whether anything is.
    pub fn any(self) -> bool {
        self.category || self.status || self.price || self.mall
    }
}

impl Default for ProductQuery {
    fn default() -> Self {
        Self {
            keyword: None,
            exact: false,
            category: None,
            status: None,
            min_price: None,
            max_price: None,
            opens: None,
            in_stock: false,
            order: Order::NEWEST,
            facets: FacetRequest::default(),
            highlight: false,
        }
    }
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Start {
    /// After this many products of the list.
    Offset(u64),
    /// After this product of the list, whether or not it still exists.
    After(Cursor),
}

/// Place of one product in a list: its sort key, then its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// Value of the sort key; for relevance its tier (0 is best).
    pub key: i64,
    /// Primary key.
    pub id: i64,
}
