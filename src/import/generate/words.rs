//! A list of words to draw from.

use rand::{Rng, RngExt};

/// Words in the order of their popularity.
pub(super) struct Words(Vec<&'static str>);

impl Words {
    /// Reads `one, two, three`.
    pub(super) fn parse(text: &'static str) -> Words {
        Words(text.split(", ").collect())
    }

    /// Draws a word, the first ones more often than the last.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> &'static str {
        let point: f64 = rng.random();
        self.0[(point * point * self.0.len() as f64) as usize]
    }
}
