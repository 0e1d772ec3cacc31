//! Compares what clients were told with what MySQL and Redis hold.
//!
//! Knows only products whose every order was made by the run: begin with an empty `orders`.

mod answers;
mod gates;
mod members;
mod sampler;
mod snapshot;
mod stock;
#[cfg(test)]
mod tests;

use std::{fmt, ops::RangeInclusive};

use sqlx::MySqlPool;

use self::snapshot::Snapshot;
pub use self::{
    gates::{Gate, Gates},
    sampler::{Sampler, Samples},
    snapshot::settled,
};
use crate::journal::Journal;

/// The rules of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// Units left and units sold are the total, in every committed state.
    I1,
    /// A confirmed answer has its row, and is never taken back.
    I2,
    /// At rest no order is undecided, and the gate of an open sale is there and has what MySQL has.
    I3,
    /// One order for each member and key, and none that nobody asked for.
    I4,
    /// A member holds at most the product's limit.
    I5,
    /// No order is admitted before the opening or after the close.
    I6,
    /// The units of an order come back at most once.
    I7,
    /// With demand for all of it and no cancellations, all of it is sold.
    I8,
    /// Each request ends in a decision, or is turned away.
    I9,
    /// MySQL never takes a number from Redis.
    I10,
}

/// A rule broken, with the numbers at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub invariant: Invariant,
    /// Where.
    pub product: i64,
    /// The numbers.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} product {}: {}", self.invariant, self.product, self.what)
    }
}

/// What must hold of a run beyond what holds of any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expectation {
    /// Demand was at least the total, and nobody cancelled.
    pub sells_out: bool,
    /// All orders had the time to be decided, and the gate to be reconciled.
    pub at_rest: bool,
    /// Nothing was killed or cut: each request must have its answer.
    pub all_answered: bool,
    /// Redis was emptied or set back: with its node an order without a key may be gone, although it was called pending.
    pub redis_forgot: bool,
}

/// MySQL or Redis could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// MySQL.
    #[error("cannot read the orders from MySQL")]
    Database(#[from] sqlx::Error),
    /// Redis.
    #[error("cannot read the gates from Redis")]
    Redis(#[from] redis::RedisError),
}

/// Every rule that the run has broken.
pub async fn check(
    db: &MySqlPool,
    gates: &Gates,
    products: RangeInclusive<i64>,
    journal: &Journal,
    expectation: Expectation,
) -> Result<Vec<Violation>, CheckError> {
    // The answers first: what they promise must be in what is read later.
    let entries = journal.since(0);
    let snapshot = Snapshot::read(db, gates, products).await?;
    let mut violations = stock::violations(&snapshot, expectation);
    violations.extend(members::violations(&snapshot, &entries));
    violations.extend(answers::violations(&snapshot, &entries, expectation));
    violations.sort_by_key(|violation| (violation.invariant, violation.product));
    Ok(violations)
}
