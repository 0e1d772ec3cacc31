//! Waits for what must happen by itself.

use std::time::Duration;

use tokio::time::{Instant, interval};

/// Longer than anything takes: silence on a dead wire, a lost connection, comparing gates, a sweep that is not needed.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// Looks until it holds. Panics when it never does.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    let mut ticks = interval(Duration::from_millis(20));
    while !holds().await {
        assert!(start.elapsed() < PATIENCE, "{what}: never");
        ticks.tick().await;
    }
}
