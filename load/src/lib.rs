//! Puts a shop under load, and proves from outside that no unit was oversold or lost.
#![forbid(unsafe_code)]

pub mod baselines;
pub mod checker;
pub mod engine;
pub mod http;
pub mod journal;
pub mod machine;
pub mod measure;
pub mod report;
pub mod scenarios;
pub mod scribble;
pub mod shop;
pub mod spread;
pub mod summary;
pub mod tally;
