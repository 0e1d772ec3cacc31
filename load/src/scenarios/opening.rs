//! Everybody comes in the second in which the sale opens.

use std::time::Duration;

use clap::Args;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::orders::Selling;
use crate::{
    engine::Pace,
    http::connect_all,
    report::Report,
    shop::{Sale, Shop},
};

/// Until the opening: enough to put members and products into MySQL.
const PREPARATION: i64 = 3_000;
/// The first to come are this early, and the last of those who come too early.
const EARLY: Duration = Duration::from_millis(500);
const STILL_EARLY: Duration = Duration::from_millis(100);

/// Settings of `opening`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load opening --shoppers 10000 --units 30")]
pub struct OpeningArgs {
    /// Members who want a unit
    #[arg(long, default_value_t = 10_000)]
    shoppers: usize,
    /// Units on sale
    #[arg(long, default_value_t = 30)]
    units: i32,
    /// Connections they share
    #[arg(long, default_value_t = 2_000)]
    connections: usize,
    /// Chooses when each of them comes
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl OpeningArgs {
    /// Runs it and checks the sale.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Report> {
        let mut report = Report::new(format!("opening: {} shoppers, {} units", self.shoppers, self.units));
        let visits = visits(self.shoppers, &mut ChaCha8Rng::seed_from_u64(self.seed));
        let (moments, shoppers): (Vec<_>, Vec<_>) = visits.into_iter().unzip();
        shop.gather(self.shoppers).await?;
        let connections = connect_all(shop.address, self.connections).await?;

        let clock = shop.clock().await?;
        let open_at = clock.millis(tokio::time::Instant::now()) + PREPARATION;
        let sale = Sale { products: 1, units: self.units, open_at };
        let turn = Box::new(move |number| shoppers[number]);
        let selling = Selling::prepare(shop, sale, self.shoppers, turn, clock).await?;
        let start = clock.instant(open_at) - EARLY;
        selling.sell(connections, start, Pace::At(moments.into()), &mut report).await;
        selling.check(self.units as usize <= self.shoppers, &mut report).await?;
        Ok(report)
    }
}

/// When who comes, counted from the first who is too early.
fn visits(shoppers: usize, random: &mut ChaCha8Rng) -> Vec<(Duration, usize)> {
    let mut visits = Vec::new();
    for shopper in 0..shoppers {
        if shopper % 10 == 0 {
            visits.push(((EARLY - STILL_EARLY).mul_f64(random.random()), shopper));
        }
        visits.push((EARLY + Duration::from_secs_f64(random.random()), shopper));
    }
    visits.sort_unstable();
    visits
}
