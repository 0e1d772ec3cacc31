//! Any range of an order as a set of documents, without a look at every document in it.
//!
//! The ranks are cut into bands of equal width. For each boundary the set of documents below it is kept, so that a range
//! is the difference of two sets, but for the documents between its ends and the nearest boundaries.

use crate::bits::Bits;

/// Bands of a long order; each costs a bit for each document.
const BANDS: u32 = 128;
/// Narrower bands would cost more than they save.
const NARROWEST: u32 = 4096;

/// The sets of documents below the boundaries of an order.
#[derive(Debug)]
pub(crate) struct Bands {
    width: u32,
    len: u32,
    /// The documents with ranks below `(i + 1) * width`.
    below: Box<[Bits]>,
}

/// A boundary: its rank, and the documents below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Boundary<'a> {
    pub(crate) rank: u32,
    pub(crate) below: Below<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Below<'a> {
    Nothing,
    Some(&'a Bits),
    Everything,
}

impl Bands {
    /// Bands of the documents in this order.
    pub(crate) fn new(docs: &[u32]) -> Self {
        let len = docs.len() as u32;
        let width = len.div_ceil(BANDS).max(NARROWEST);
        let mut bits = Bits::empty(docs.len());
        let below = docs.chunks_exact(width as usize).map(|band| {
            band.iter().for_each(|&doc| bits.insert(doc));
            bits.clone()
        });
        Self { width, len, below: below.collect() }
    }

    /// Number of boundaries, both ends included.
    pub(crate) fn boundaries(&self) -> u32 {
        self.len.div_ceil(self.width) + 1
    }

    /// The boundary with this number, from 0.
    pub(crate) fn boundary(&self, number: u32) -> Boundary<'_> {
        let rank = number.saturating_mul(self.width).min(self.len);
        let below = match rank {
            0 => Below::Nothing,
            rank if rank == self.len => Below::Everything,
            _ => Below::Some(&self.below[number as usize - 1]),
        };
        Boundary { rank, below }
    }

    /// The last boundary that is not above `rank`.
    pub(crate) fn floor(&self, rank: u32) -> Boundary<'_> {
        if rank == self.len { self.boundary(self.boundaries() - 1) } else { self.boundary(rank / self.width) }
    }

    /// The first boundary that is not below `rank`.
    pub(crate) fn ceiling(&self, rank: u32) -> Boundary<'_> {
        self.boundary(rank.div_ceil(self.width))
    }

    /// The boundary that is nearest to `rank`.
    pub(crate) fn nearest(&self, rank: u32) -> Boundary<'_> {
        let (floor, ceiling) = (self.floor(rank), self.ceiling(rank));
        if rank - floor.rank <= ceiling.rank - rank { floor } else { ceiling }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_lies_between_its_boundaries_and_each_has_the_documents_below_it() {
        for len in [0, 1, 4095, 4096, 4097, 20_000] {
            // 7,919 is a prime: a permutation of any of these lengths.
            let docs: Vec<u32> = (0..len).map(|rank| (rank * 7919) % len.max(1)).collect();
            let bands = Bands::new(&docs);
            for rank in (0..=len).step_by(61).chain([len]) {
                let (floor, ceiling) = (bands.floor(rank), bands.ceiling(rank));
                assert!(floor.rank <= rank && rank <= ceiling.rank, "{len}: {rank}");
                let (nearest, distance) = (bands.nearest(rank), (rank - floor.rank).min(ceiling.rank - rank));
                assert_eq!(nearest.rank.abs_diff(rank), distance, "{len}: {rank}");
                for Boundary { rank, below } in [floor, ceiling, nearest] {
                    match below {
                        Below::Nothing => assert_eq!(rank, 0),
                        Below::Everything => assert_eq!(rank, len),
                        Below::Some(bits) => {
                            assert_eq!(bits.count(), u64::from(rank));
                            assert!(docs[..rank as usize].iter().all(|&doc| bits.contains(doc)));
                        }
                    }
                }
            }
        }
    }
}
