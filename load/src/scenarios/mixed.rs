//! Shoppers who look around, alone and beside those who buy.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use tokio::time::Instant;

use super::{browse::Browsing, orders::Selling, progress::Progress};
use crate::{
    engine::{Pace, run},
    http::connect_all,
    report::Report,
    shop::{Sale, Shop},
    tally::Tally,
};

const MEMBERS: usize = 10_000;
const UNITS: i32 = 1_000_000_000;
const OPEN_SINCE: i64 = 60_000;

/// Settings of `mixed`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load mixed --browse-rate 100 --order-rate 1000 --seconds 20")]
pub struct MixedArgs {
    /// Searches and details a second
    #[arg(long, default_value_t = 100.0, value_name = "NUMBER")]
    browse_rate: f64,
    /// Orders a second
    #[arg(long, default_value_t = 1_000.0, value_name = "NUMBER")]
    order_rate: f64,
    /// Connections of those who look, and of those who buy
    #[arg(long, default_value_t = 256, value_name = "NUMBER")]
    connections: usize,
    /// Length of each half
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
}

impl MixedArgs {
    /// Runs both halves and checks the sale.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Report> {
        let mut report = Report::new(format!("mixed: {} looks/s, {} orders/s", self.browse_rate, self.order_rate));
        let browsing = Arc::new(Browsing::new(&shop.db, shop.address).await.context("read products to look at")?);
        self.browse("looks, no sale", &browsing, shop, &mut report).await?;

        let clock = shop.clock().await?;
        let open_at = clock.millis(Instant::now()) - OPEN_SINCE;
        let sale = Sale { products: 1, units: UNITS, open_at };
        let selling = Selling::prepare(shop, sale, MEMBERS, Box::new(|number| number % MEMBERS), clock).await?;
        let buyers = connect_all(shop.address, self.connections).await?;
        let mut orders = Report::new(report.title.clone());
        let buy = selling.sell(buyers, Instant::now(), self.pace(self.order_rate), &mut orders);
        let (looked, ()) = tokio::join!(self.browse("looks during a sale", &browsing, shop, &mut report), buy);
        looked?;
        report.rows.append(&mut orders.rows);
        report.server_errors += orders.server_errors;
        selling.check(false, &mut report).await?;
        Ok(report)
    }

    fn pace(&self, rate: f64) -> Pace {
        Pace::Open { rate, duration: Duration::from_secs(self.seconds) }
    }

    async fn browse(
        &self,
        name: &str,
        browsing: &Arc<Browsing>,
        shop: &Shop,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let connections = connect_all(shop.address, self.connections).await.context("connect to the server")?;
        let (tally, start) = (Arc::new(Tally::default()), Instant::now());
        let _progress = Progress::show(name, Arc::clone(&tally), "search");
        run(connections, start, self.pace(self.browse_rate), Arc::clone(browsing), Arc::clone(&tally)).await;
        report.add(name, &tally.counts(), start.elapsed());
        Ok(())
    }
}
