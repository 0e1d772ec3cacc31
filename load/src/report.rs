//! The table at the end of a run.

use std::{collections::BTreeMap, fmt, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::{
    checker::{Invariant, Violation},
    tally::Counts,
};

/// Violations of one rule that are told in full.
const TOLD: usize = 5;

/// What a run has shown.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What was run.
    pub title: String,
    /// One row for each kind of answer.
    pub rows: Vec<Row>,
    /// Answers with a status of 500 and above.
    pub server_errors: u64,
    /// The first violations of each rule, and how many more there are.
    pub violations: Vec<String>,
}

/// Answers of one kind. Latencies in milliseconds from the moment a request was due.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Name of the answer.
    pub answer: String,
    /// How many.
    pub count: u64,
    /// How many in a second.
    pub per_second: f64,
    /// Half came faster.
    pub p50: f64,
    /// One in ten took longer.
    pub p90: f64,
    /// One in a hundred took longer.
    pub p99: f64,
    /// One in a thousand took longer.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

impl Report {
    /// An empty table.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds the rows of a flow that took this long: `total` for all answers, then each kind, the commonest first.
    pub fn add(&mut self, total: &str, counts: &Counts, took: Duration) {
        self.server_errors += counts.server_errors;
        self.rows.push(Row::new(total, &counts.all(), took));
        let mut kinds: Vec<_> = counts.latencies.iter().collect();
        kinds.sort_by_key(|(_, latencies)| std::cmp::Reverse(latencies.len()));
        self.rows.extend(kinds.into_iter().map(|(name, latencies)| Row::new(&format!("  {name}"), latencies, took)));
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

impl Row {
    fn new(answer: &str, latencies: &Histogram<u64>, took: Duration) -> Self {
        let millis = |micros: u64| micros as f64 / 1000.0;
        let quantile = |quantile| millis(latencies.value_at_quantile(quantile));
        Self {
            answer: answer.to_owned(),
            count: latencies.len(),
            per_second: latencies.len() as f64 / took.as_secs_f64(),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p999: quantile(0.999),
            max: millis(latencies.max()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        let [count, rate] = ["count", "per second"];
        let [p50, p90, p99, p999, max] = ["p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"];
        writeln!(f, "  {:<22}{count:>10}{rate:>12}{p50:>10}{p90:>10}{p99:>10}{p999:>10}{max:>10}", "answer")?;
        for row in &self.rows {
            let Row { answer, count, per_second, p50, p90, p99, p999, max } = row;
            write!(f, "  {answer:<22}{count:>10}{per_second:>12.0}")?;
            writeln!(f, "{p50:>10.2}{p90:>10.2}{p99:>10.2}{p999:>10.2}{max:>10.2}")?;
        }
        let verdict = if self.is_clean() { "every rule was kept" } else { "rules were broken:" };
        writeln!(f, "  5xx: {}; {verdict}", self.server_errors)?;
        for violation in &self.violations {
            writeln!(f, "    {violation}")?;
        }
        Ok(())
    }
}
