//! One open generation: answers queries.

use crate::{Card, Cursor, IndexError, Manifest, ProductQuery, Start};

/// One page of a list, and the exact number of matches, from one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At most `limit` products, in the list's order.
    pub cards: Vec<Card>,
    /// Number of products that match, on all pages.
    pub total: u64,
    /// Number of matches before this page.
    pub offset: u64,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

/// One open generation of the index. Immutable; cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Catalog {
    manifest: Manifest,
}

impl Catalog {
    /// Answers one list at the moment `now` (Unix milliseconds). CPU-bound and blocking: call it on a search thread.
    pub fn search(&self, _query: &ProductQuery, _start: &Start, _limit: usize, _now: i64) -> Result<Page, IndexError> {
        Ok(Page { cards: Vec::new(), total: 0, offset: 0, next: None })
    }

    /// What was recorded when this generation was built.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}
