//! Puts a shop under load, and proves from outside that no unit was oversold or lost.

pub mod checker;
pub mod journal;
