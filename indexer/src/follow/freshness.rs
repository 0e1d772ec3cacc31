//! How far behind MySQL an index is, by MySQL's own clock.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{ANSWER, Broken, Follower, LOOK_AGAIN};
use crate::Source;

impl Follower {
    pub(super) async fn ask_time(&mut self, source: &mut Source) -> Result<(), Broken> {
        let now = source.now().await?;
        self.clock = Some((now, Instant::now()));
        // A clock that was set back says nothing of what it said before.
        self.told_until = self.told_until.filter(|&until| until <= now);
        Ok(())
    }

    /// Asks again what may have become otherwise.
    pub(super) async fn ask_time_at_times(&mut self, source: &mut Source) -> Result<(), Broken> {
        if self.clock.is_none_or(|(_, since)| since.elapsed() > LOOK_AGAIN) {
            timeout(ANSWER, self.ask_time(source)).await.map_err(|_| Broken::silent())??;
            if self.server.is_some() {
                self.check_end(source).await?;
            }
        }
        Ok(())
    }

    /// Unix seconds of MySQL's clock.
    pub(super) fn now(&self) -> Option<i64> {
        self.clock.map(|(at, since)| at + since.elapsed().as_secs() as i64)
    }

    /// All that MySQL wrote by `written_at` has been told. A session may date its events as it likes.
    pub(super) fn told_until(&mut self, written_at: i64) {
        let until = self.now().map_or(written_at, |now| written_at.min(now));
        self.told_until = self.told_until.max(Some(until));
    }

    /// For how long MySQL may have had what has not been told.
    pub(super) fn age(&self) -> Option<Duration> {
        let seconds = self.now()? - self.told_until?;
        Some(Duration::from_secs(seconds.try_into().unwrap_or(0)))
    }
}
