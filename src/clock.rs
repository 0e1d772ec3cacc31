//! The present moment, and the shop's calendar.

use std::{
    ops::{Range, RangeInclusive},
    sync::Arc,
};

use jiff::{
    Timestamp,
    civil::{DateTime, Time},
    fmt::temporal::Pieces,
    tz::TimeZone,
};

use crate::fail_point;

/// A year outside is a slip of the pen.
const YEARS: RangeInclusive<i16> = 2000..=9000;

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
        let offset = fail_point::clock_offset();
        Self::new(zone, move || Timestamp::now().as_millisecond() + offset)
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

    /// The moment, in Unix milliseconds, of a local time in the shop's zone; `None` beyond the calendar. Of a time that comes
    /// twice the first counts; one that is skipped counts as the same time before the clocks were changed.
    pub fn moment(&self, local: DateTime) -> Option<i64> {
        let moment = local.to_zoned(self.zone.clone()).ok()?;
        Some(moment.timestamp().as_millisecond())
    }

    /// The shop's present day: its first moment (inclusive) to the next day's first (exclusive), Unix milliseconds.
    pub fn today(&self) -> Result<Range<i64>, jiff::Error> {
        let today = timestamp(self.now()).to_zoned(self.zone.clone()).start_of_day()?;
        let tomorrow = today.tomorrow()?.start_of_day()?;
        Ok(today.timestamp().as_millisecond()..tomorrow.timestamp().as_millisecond())
    }
}

/// Reads a local time of the years 2000 to 9000, such as `2026-11-22T09:00`. One with an offset is refused: the offset would be
/// ignored.
pub(crate) fn local_time(text: &str) -> Option<DateTime> {
    let pieces = Pieces::parse(text).ok()?;
    if pieces.offset().is_some() || pieces.time_zone_annotation().is_some() {
        return None;
    }
    let local = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    YEARS.contains(&local.year()).then_some(local)
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
    fn a_local_time_is_read_as_it_is_written() {
        let clock = seoul_at(0);
        let local = clock.local(HALF_PAST_MIDNIGHT).parse().unwrap();
        assert_eq!(clock.moment(local), Some(HALF_PAST_MIDNIGHT));
    }

    #[test]
    fn a_local_time_has_no_offset_and_a_likely_year() {
        assert_eq!(local_time("2026-11-22T09:00"), local_time("2026-11-22 09:00:00"));
        assert_eq!(local_time("2026-11-22").map(|local| local.to_string()).as_deref(), Some("2026-11-22T00:00:00"));
        for text in [
            "",
            "x",
            "2026-11-22T09:00Z",
            "2026-11-22T09:00+09:00",
            "2026-11-22T09:00[Asia/Seoul]",
            "1999-12-31",
            "9001-01-01",
        ] {
            assert_eq!(local_time(text), None, "{text}");
        }
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
