//! Weighted draws of a position.

use rand::{Rng, RngExt};

/// Draws positions with given weights.
pub(super) struct Ranking {
    /// Sum of the weights up to and including each position.
    bounds: Vec<f64>,
}

impl Ranking {
    /// One position per weight; at least one.
    pub(super) fn new(weights: impl IntoIterator<Item = f64>) -> Ranking {
        let bounds = weights.into_iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Ranking { bounds: bounds.collect() }
    }

    /// Position `n` (from 1) is drawn in proportion to `1 / n`.
    pub(super) fn zipf(positions: usize) -> Ranking {
        Ranking::new((1..=positions).map(|n| 1.0 / n as f64))
    }

    /// Draws a position, from 0.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> usize {
        let last = self.bounds.len() - 1;
        let point = rng.random::<f64>() * self.bounds[last];
        self.bounds.partition_point(|bound| *bound <= point).min(last)
    }
}
