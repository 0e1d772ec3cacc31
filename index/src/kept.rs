//! Sets of documents that are kept while some of these are deleted.

use std::sync::{Mutex, PoisonError};

use crate::bits::Bits;

/// Documents of a segment, deleted ones included; and how many of them are not.
#[derive(Debug)]
pub(crate) struct KeptSet {
    pub(crate) docs: Bits,
    /// How many were alive when so many documents of the segment were deleted.
    alive: Mutex<(u64, u64)>,
}

impl KeptSet {
    /// These documents, so many, of a segment.
    pub(crate) fn new(docs: Bits, count: u64) -> Self {
        Self { docs, alive: (0, count).into() }
    }

    /// How many are alive when so many documents of the segment are deleted, given how many were when fewer had been.
    pub(crate) fn count_alive(&self, deleted: u64, count: impl FnOnce((u64, u64)) -> u64) -> u64 {
        let known = *self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 == deleted {
            return known.1;
        }
        let alive = count(known);
        let mut known = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        *known = (*known).max((deleted, alive));
        alive
    }
}
