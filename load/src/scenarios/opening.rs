//! Everybody comes when the sale opens.

use std::time::Duration;

use clap::Args;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

use super::{
    Scenario,
    clicks::{Click, DoubleClicks},
    orders::Selling,
};
use crate::{
    engine::Pace,
    report::Report,
    shop::{Sale, Shop},
};

/// Until the opening: enough to put the product into MySQL.
const PREPARATION: i64 = 3_000;
/// The first to come are this early, and the last of those who come too early.
const EARLY: Duration = Duration::from_millis(500);
const STILL_EARLY: Duration = Duration::from_millis(100);
/// Between the clicks of a double click, in milliseconds.
const SECOND_CLICK: std::ops::Range<u64> = 80..300;

/// Settings of `opening`.
#[derive(Args)]
#[command(after_help = "Examples:
  openrace-load opening --shoppers 10000 --units 30
  openrace-load opening --within 1000    all over the first second")]
pub struct OpeningArgs {
    /// Members who want a unit
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER")]
    shoppers: usize,
    /// Units on sale
    #[arg(long, default_value_t = 30, value_name = "NUMBER")]
    units: i32,
    /// All come at random moments within so many milliseconds of the opening
    #[arg(long, default_value_t = 50, value_name = "MILLIS")]
    within: u64,
    /// Connections that they share; one for each of them unless it is said
    #[arg(long, value_name = "NUMBER")]
    connections: Option<usize>,
    #[command(flatten)]
    double_clicks: DoubleClicks,
}

impl Scenario for OpeningArgs {
    /// Opens the sale and checks it.
    async fn run(&self, shop: &Shop, seed: u64) -> anyhow::Result<Vec<Report>> {
        let title = format!("opening: {} shoppers within {} ms, {} units", self.shoppers, self.within, self.units);
        let mut report = Report::new(title);
        let (moments, clicks): (Vec<_>, Vec<_>) = self.visits(seed).into_iter().unzip();
        shop.gather(self.shoppers).await?;
        let connections = shop.route.connect_all(self.connections.unwrap_or(self.shoppers)).await?;

        let clock = shop.clock().await?;
        let open_at = clock.millis(Instant::now()) + PREPARATION;
        let sale = Sale { products: 1, units: self.units, open_at };
        let selling =
            Selling::prepare(shop, sale, self.shoppers, Box::new(move |number| clicks[number]), clock).await?;
        let start = clock.instant(open_at) - EARLY;
        selling.sell(connections, start, Pace::At(moments.into()), &mut report).await;
        selling.check(self.units as usize <= self.shoppers, true, &mut report).await?;
        Ok(vec![report])
    }
}

impl OpeningArgs {
    /// When who clicks, counted from the first who is too early. One in ten is, and comes again: after a refusal with a new key.
    fn visits(&self, seed: u64) -> Vec<(Duration, Click)> {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let within = Duration::from_millis(self.within);
        let mut visits = Vec::new();
        for member in 0..self.shoppers {
            if member % 10 == 0 {
                let order = self.shoppers + member;
                visits.push(((EARLY - STILL_EARLY).mul_f64(random.random()), Click { member, order, again: false }));
            }
            let (moment, click) =
                (EARLY + within.mul_f64(random.random()), Click { member, order: member, again: false });
            visits.push((moment, click));
            if self.double_clicks.doubles(member) {
                let later = Duration::from_millis(random.random_range(SECOND_CLICK));
                visits.push((moment + later, Click { again: true, ..click }));
            }
        }
        visits.sort_unstable();
        visits
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches};

    use super::*;

    fn visits(arguments: &[&str]) -> Vec<(Duration, Click)> {
        let command = OpeningArgs::augment_args(Command::new("opening"));
        let matches = command.get_matches_from(["opening", "--shoppers=1000"].iter().chain(arguments));
        OpeningArgs::from_arg_matches(&matches).unwrap().visits(1)
    }

    /// When the last comes who does not click again, from the opening on.
    fn last(visits: &[(Duration, Click)]) -> Duration {
        let once = visits.iter().filter(|(_, click)| !click.again);
        once.map(|(moment, _)| *moment).max().unwrap() - EARLY
    }

    #[test]
    fn shoppers_come_within_fifty_milliseconds_of_the_opening_or_as_many_as_are_said() {
        let (narrow, wide) = (last(&visits(&[])), last(&visits(&["--within=1000"])));
        assert!(narrow > Duration::from_millis(45) && narrow <= Duration::from_millis(50), "{narrow:?}");
        assert!(wide > Duration::from_millis(950) && wide <= Duration::from_secs(1), "{wide:?}");
    }

    #[test]
    fn one_in_ten_comes_too_early_with_an_order_of_its_own() {
        let visits = visits(&[]);
        let early: Vec<_> = visits.iter().filter(|(moment, _)| *moment < EARLY).collect();
        assert_eq!(early.len(), 100);
        assert!(early.iter().all(|(_, click)| click.order == 1000 + click.member), "{early:?}");
    }

    #[test]
    fn one_in_twenty_clicks_again_soon_after_for_the_same_order() {
        let visits = visits(&[]);
        let again: Vec<_> = visits.iter().filter(|(_, click)| click.again).collect();
        assert_eq!(again.len(), 50);
        for (moment, click) in again {
            let first = visits.iter().find(|(_, first)| *first == Click { again: false, ..*click }).unwrap();
            assert!((80..300).contains(&(*moment - first.0).as_millis()), "{:?}", *moment - first.0);
        }
    }
}
