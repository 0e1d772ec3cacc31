//! Counts and latencies of a run.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hdrhistogram::Histogram;

/// Latencies in microseconds, three digits exact, up to a minute: longer than anybody waits.
const DIGITS: u8 = 3;
const LONGEST: u64 = 60_000_000;

/// Answers by name.
#[derive(Default)]
pub struct Tally(Mutex<Counts>);

/// What a tally has counted so far.
#[derive(Clone, Default)]
pub struct Counts {
    /// Latencies in microseconds of the answers of each name.
    pub latencies: Vec<(&'static str, Histogram<u64>)>,
    /// Answers with a status of 500 and above.
    pub server_errors: u64,
}

impl Tally {
    /// Adds one answer.
    pub fn count(&self, name: &'static str, status: u16, latency: Duration) {
        let mut counts = self.lock();
        counts.server_errors += u64::from(status >= 500);
        counts.of(name).saturating_record(latency.as_micros().try_into().unwrap_or(u64::MAX));
    }

    /// All so far.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// Answers so far: all, and those of this name.
    pub fn progress(&self, name: &str) -> (u64, u64) {
        let counts = self.lock();
        let all = counts.latencies.iter().map(|(_, latencies)| latencies.len()).sum();
        (all, counts.latencies.iter().find(|(known, _)| *known == name).map_or(0, |(_, latencies)| latencies.len()))
    }

    /// A count cannot be left half done.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn of(&mut self, name: &'static str) -> &mut Histogram<u64> {
        let position = self.latencies.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            self.latencies.push((name, histogram()));
            self.latencies.len() - 1
        });
        &mut self.latencies[position].1
    }

    /// The latencies of all answers together.
    pub fn all(&self) -> Histogram<u64> {
        let mut all = histogram();
        for (_, latencies) in &self.latencies {
            all += latencies;
        }
        all
    }
}

#[allow(clippy::expect_used, reason = "the bounds are constants")]
fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(LONGEST, DIGITS).expect("the bounds are possible")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_of_all_sizes_are_kept() {
        let tally = Tally::default();
        for millis in [1, 10, 5_000, 90_000] {
            tally.count("ok", 200, Duration::from_millis(millis));
        }
        let all = tally.counts().all();
        assert_eq!(all.len(), 4);
        assert!(all.value_at_quantile(0.75).abs_diff(5_000_000) < 5_000);
        assert!(all.max() >= LONGEST);
    }
}
