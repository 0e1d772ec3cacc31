//! The present moment, and the shop's calendar.

use std::{ops::Range, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

/// Tells the time, in Unix milliseconds, and how the shop writes it. The only source of either, so that tests can set it.
#[derive(Clone)]
pub struct ShopClock {
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    zone: TimeZone,
}

impl ShopClock {
    /// Follows the machine's clock.
    #[allow(clippy::disallowed_methods, reason = "everyone else asks this clock")]
    pub fn system(zone: TimeZone) -> Self {
        Self::new(zone, || Timestamp::now().as_millisecond())
    }

    /// Follows `now`, which answers Unix milliseconds.
    pub fn new(zone: TimeZone, now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), zone }
    }

    /// The present moment in Unix milliseconds.
    pub fn now(&self) -> i64 {
        (self.now)()
    }

    /// A moment as the shop's clients read it: local and without offset, such as `2026-11-22T09:00:00`.
    pub fn local(&self, millis: i64) -> String {
        self.zone.to_datetime(timestamp(millis)).to_string()
    }

    /// The shop's present day: its first moment (inclusive) to the next day's first (exclusive), Unix milliseconds.
    pub fn today(&self) -> Result<Range<i64>, jiff::Error> {
        let today = timestamp(self.now()).to_zoned(self.zone.clone()).start_of_day()?;
        let tomorrow = today.tomorrow()?.start_of_day()?;
        Ok(today.timestamp().as_millisecond()..tomorrow.timestamp().as_millisecond())
    }
}

/// Moments beyond the calendar (year 9999) become its end.
fn timestamp(millis: i64) -> Timestamp {
    let limit = if millis < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(millis).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 00:30 in Seoul, still the 21st in UTC.
    const HALF_PAST_MIDNIGHT: i64 = 1_795_275_000_000;

    fn seoul_at(now: i64) -> ShopClock {
        ShopClock::new(TimeZone::get("Asia/Seoul").unwrap(), move || now)
    }

    #[test]
    fn local_times_are_in_the_shops_zone_without_offset() {
        let clock = seoul_at(0);
        assert_eq!(clock.local(HALF_PAST_MIDNIGHT), "2026-11-22T00:30:00");
        assert_eq!(clock.local(HALF_PAST_MIDNIGHT + 5), "2026-11-22T00:30:00.005");
    }

    #[test]
    fn today_begins_at_the_shops_midnight() {
        let today = seoul_at(HALF_PAST_MIDNIGHT).today().unwrap();
        assert_eq!(today.start, HALF_PAST_MIDNIGHT - 30 * 60_000);
        assert_eq!(today.end - today.start, 24 * 60 * 60_000);
    }

    #[test]
    fn moments_beyond_the_calendar_are_its_end() {
        assert!(seoul_at(0).local(i64::MAX).starts_with("9999-12-31"));
    }
}
