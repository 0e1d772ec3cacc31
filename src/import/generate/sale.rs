//! When a product is sold and how many units there are.

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use rand::{Rng, RngExt};

const DAY: i64 = 24 * 60 * 60 * 1000;
const TOTALS: &[u32] = &[10, 20, 20, 30, 30, 30, 30, 30, 50, 50, 100, 100, 200, 300, 500, 1000];

/// The days on which sales open, each at 09:00 shop time.
pub(super) struct Calendar {
    /// Unix milliseconds.
    openings: Vec<i64>,
    today: usize,
}

/// One sale.
pub(super) struct Sale {
    pub(super) opens_at: i64,
    pub(super) closes_at: i64,
    pub(super) total: u32,
    pub(super) remaining: u32,
    pub(super) per_member_limit: Option<u32>,
}

impl Calendar {
    pub(super) fn new(days: u32, today: Date, zone: &TimeZone) -> Result<Calendar, jiff::Error> {
        let before = i64::from(days / 2);
        let openings = (-before..i64::from(days.max(1)) - before).map(|offset| {
            let nine = today.checked_add(offset.days())?.at(9, 0, 0, 0);
            Ok(nine.to_zoned(zone.clone())?.timestamp().as_millisecond())
        });
        Ok(Calendar { openings: openings.collect::<Result<_, jiff::Error>>()?, today: (days / 2) as usize })
    }

    pub(super) fn draw(&self, id: i64, rng: &mut impl Rng) -> Sale {
        let day = self.draw_day(id, rng);
        let opens_at = self.openings[day];
        let total = TOTALS[rng.random_range(0..TOTALS.len() as u32) as usize];
        let per_member_limit = rng.random_ratio(60, 100).then(|| rng.random_range(1..=5));
        let remaining = if day < self.today { left_over(total, rng) } else { total };
        Sale { opens_at, closes_at: opens_at + draw_days(rng) * DAY, total, remaining, per_member_limit }
    }

    /// Ids 1, 1 + days, … open today, so that even a small catalogue has a sale today.
    fn draw_day(&self, id: i64, rng: &mut impl Rng) -> usize {
        let drawn = rng.random_range(0..self.openings.len() as u32) as usize;
        if (id - 1) % self.openings.len() as i64 == 0 { self.today } else { drawn }
    }
}

fn draw_days(rng: &mut impl Rng) -> i64 {
    match rng.random_range(0..100) {
        0..80 => 1,
        80..90 => 2,
        90..96 => 3,
        _ => 7,
    }
}

/// Half of the opened sales are sold out, most others nearly so.
fn left_over(total: u32, rng: &mut impl Rng) -> u32 {
    if rng.random_bool(0.5) {
        return 0;
    }
    let share: f64 = rng.random();
    (share * share * f64::from(total)) as u32
}
