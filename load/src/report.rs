//! What one run has shown.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::{
    checker::{Invariant, Violation},
    tally::Counts,
};

/// Violations of one rule that are told in full.
const TOLD: usize = 5;
/// The row of all answers of a flow.
pub const ALL: &str = "all";

/// One run of one kind.
#[derive(Debug, Default)]
pub struct Report {
    /// What was run; the same in every run of it.
    pub title: String,
    /// One row for each kind of answer.
    pub rows: Vec<Row<f64>>,
    /// What the answers alone do not tell.
    pub figures: Vec<Figure<f64>>,
    /// Answers with a status of 500 and above.
    pub server_errors: u64,
    /// The first violations of each rule, and how many more there are.
    pub violations: Vec<String>,
}

/// Answers of one kind. Latencies in milliseconds from the moment a request was due.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row<T> {
    /// Who asked.
    pub flow: String,
    /// Name of the answer; [`ALL`] for all of them.
    pub answer: String,
    /// How many.
    pub count: T,
    /// How many in a second.
    pub per_second: T,
    /// Half came faster.
    pub p50: T,
    /// One in ten took longer.
    pub p90: T,
    /// One in a hundred took longer.
    pub p99: T,
    /// One in a thousand took longer.
    pub p999: T,
    /// The slowest.
    pub max: T,
}

/// A figure by itself.
#[derive(Debug, Serialize)]
pub struct Figure<T> {
    /// What it tells, with its unit.
    pub name: &'static str,
    /// How much.
    pub value: T,
}

impl Report {
    /// An empty table.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds the rows of a flow that took this long: for all answers, then for each kind, the commonest first.
    pub fn add(&mut self, flow: &str, counts: &Counts, took: Duration) {
        self.server_errors += counts.server_errors;
        self.rows.push(Row::new(flow, ALL, &counts.all(), took));
        let mut kinds: Vec<_> = counts.latencies.iter().collect();
        kinds.sort_by_key(|(_, latencies)| std::cmp::Reverse(latencies.len()));
        self.rows.extend(kinds.into_iter().map(|(name, latencies)| Row::new(flow, name, latencies, took)));
    }

    /// Adds a figure that no row has.
    pub fn figure(&mut self, name: &'static str, value: f64) {
        self.figures.push(Figure { name, value });
    }

    /// Adds the rules that were broken.
    pub fn tell(&mut self, violations: &[Violation]) {
        let mut rules: BTreeMap<Invariant, Vec<&Violation>> = BTreeMap::new();
        for violation in violations {
            rules.entry(violation.invariant).or_default().push(violation);
        }
        for (rule, violations) in rules {
            self.violations.extend(violations.iter().take(TOLD).map(ToString::to_string));
            if let Some(more @ 1..) = violations.len().checked_sub(TOLD) {
                self.violations.push(format!("{rule:?} and {more} more"));
            }
        }
    }

    /// Whether every rule held.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

impl Row<f64> {
    fn new(flow: &str, answer: &str, latencies: &Histogram<u64>, took: Duration) -> Self {
        let millis = |micros: u64| micros as f64 / 1000.0;
        let quantile = |quantile| millis(latencies.value_at_quantile(quantile));
        Self {
            flow: flow.to_owned(),
            answer: answer.to_owned(),
            count: latencies.len() as f64,
            per_second: latencies.len() as f64 / took.as_secs_f64(),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p999: quantile(0.999),
            max: millis(latencies.max()),
        }
    }
}
