//! What a product may hold, whoever writes it. Lengths are in characters.

use std::ops::RangeInclusive;

pub(crate) const NAME: usize = 500;
pub(crate) const IMAGE: usize = 1000;
pub(crate) const MALL: usize = 100;
pub(crate) const BRAND: usize = 100;
pub(crate) const CATEGORY: usize = 50;
/// Whole won.
pub(crate) const PRICE: RangeInclusive<i64> = 0..=1_000_000_000_000;
/// Units for sale, and units for one member.
pub(crate) const UNITS: RangeInclusive<i64> = 1..=1_000_000;
