//! Sets of documents that are kept while some of these are deleted.

use std::sync::{Mutex, PoisonError};

use crate::bits::Bits;

/// Documents of a segment, deleted ones included; and how many of them are not.
#[derive(Debug)]
pub(crate) struct KeptSet {
    pub(crate) docs: Bits,
    known: Mutex<Known>,
}

/// How many were alive when so many documents of the segment were deleted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) deleted: u64,
    pub(crate) alive: u64,
}

impl KeptSet {
    /// These documents, so many, of a segment.
    pub(crate) fn new(docs: Bits, count: u64) -> Self {
        Self { docs, known: Known { deleted: 0, alive: count }.into() }
    }

    /// How many are alive when so many documents of the segment are deleted, given how many were when fewer had been.
    pub(crate) fn count_alive(&self, deleted: u64, count: impl FnOnce(Known) -> u64) -> u64 {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let then = *known();
        if then.deleted == deleted {
            return then.alive;
        }
        let alive = count(then);
        let mut known = known();
        // An older snapshot may ask too.
        if known.deleted < deleted {
            *known = Known { deleted, alive };
        }
        alive
    }
}
