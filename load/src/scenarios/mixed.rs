//! Shoppers who look around, alone and beside those who buy.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use tokio::time::Instant;

use super::{Scenario, browse::Browsing, clicks::DoubleClicks, orders::Selling};
use crate::{
    engine::Pace,
    report::Report,
    shop::{Sale, Shop},
};

const MEMBERS: usize = 10_000;
const UNITS: i32 = 1_000_000_000;
const OPEN_SINCE: i64 = 60_000;

/// Settings of `mixed`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load mixed --browse-rate 100 --order-rate 1000 --seconds 20")]
pub struct MixedArgs {
    /// Searches and details a second on average, with exponential gaps
    #[arg(long, default_value_t = 100.0, value_name = "NUMBER")]
    browse_rate: f64,
    /// Orders a second on average, with exponential gaps
    #[arg(long, default_value_t = 1_000.0, value_name = "NUMBER")]
    order_rate: f64,
    /// Connections of those who look, and of those who buy
    #[arg(long, default_value_t = 256, value_name = "NUMBER")]
    connections: usize,
    /// Length of each half
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
    #[command(flatten)]
    double_clicks: DoubleClicks,
}

impl Scenario for MixedArgs {
    /// Runs both halves and checks the sale.
    async fn run(&self, shop: &Shop, seed: u64) -> anyhow::Result<Vec<Report>> {
        let mut report = Report::new(format!("mixed: {} looks/s, {} orders/s", self.browse_rate, self.order_rate));
        let browsing = Arc::new(Browsing::new(shop, seed).await.context("read products to look at")?);
        let pace = self.pace(self.browse_rate, seed);
        browsing.look("looks, no sale", self.connections, pace.clone(), &mut report).await?;

        let clock = shop.clock().await?;
        let open_at = clock.millis(Instant::now()) - OPEN_SINCE;
        let sale = Sale { products: 1, units: UNITS, open_at };
        let selling = Selling::prepare(shop, sale, MEMBERS, self.double_clicks.in_turn(MEMBERS), clock).await?;
        let buyers = shop.route.connect_all(self.connections).await?;
        let mut orders = Report::new(report.title.clone());
        let buy = selling.sell(buyers, Instant::now(), self.pace(self.order_rate, seed), &mut orders);
        let look = browsing.look("looks during a sale", self.connections, pace, &mut report);
        let (looked, ()) = tokio::join!(look, buy);
        looked?;
        report.rows.append(&mut orders.rows);
        report.server_errors += orders.server_errors;
        selling.check(false, true, &mut report).await?;
        Ok(vec![report])
    }
}

impl MixedArgs {
    fn pace(&self, rate: f64, seed: u64) -> Pace {
        Pace::by_chance(rate, Duration::from_secs(self.seconds), seed)
    }
}
