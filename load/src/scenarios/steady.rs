//! Orders at a steady pace: of one product, of many, and of one that has been sold.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::time::Instant;

use super::{Scenario, clicks::DoubleClicks, orders::Selling};
use crate::{
    engine::Pace,
    report::Report,
    shop::{Sale, Shop},
};

const MEMBERS: usize = 10_000;
const PLENTY: i32 = 1_000_000_000;
/// Already open, whatever the clocks say.
const OPEN_SINCE: i64 = 60_000;

/// How the orders come.
#[derive(Args)]
pub(super) struct PaceArgs {
    /// Clients who order again once they are answered; several numbers are several tables
    #[arg(long, value_delimiter = ',', default_value = "32", value_name = "NUMBERS", conflicts_with = "rate")]
    clients: Vec<usize>,
    /// Orders a second on average, whether or not the server keeps up: with exponential gaps, as shoppers come who know nothing
    /// of each other
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    rate: Option<f64>,
    /// Connections that share the rate
    #[arg(long, default_value_t = 1_024, value_name = "NUMBER", requires = "rate")]
    connections: usize,
    /// Length of each run
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
    #[command(flatten)]
    double_clicks: DoubleClicks,
    /// Do not wait until the gate has what MySQL has, and check only what holds at any moment: for servers without a gate
    #[arg(long)]
    without_rest: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate| *rate > 0.0).ok_or_else(|| "not a positive number".to_owned())
}

impl PaceArgs {
    async fn run(&self, name: &str, products: i64, units: i32, shop: &Shop, seed: u64) -> anyhow::Result<Vec<Report>> {
        let duration = Duration::from_secs(self.seconds);
        if let Some(rate) = self.rate {
            let report = Report::new(format!("{name}: {rate} orders/s on {} connections", self.connections));
            let pace = Pace::by_chance(rate, duration, seed);
            return Ok(vec![self.sell(report, self.connections, pace, products, units, shop).await?]);
        }
        let mut reports = Vec::new();
        for &clients in &self.clients {
            let report = Report::new(format!("{name}: {clients} clients"));
            reports.push(self.sell(report, clients, Pace::Closed { duration }, products, units, shop).await?);
        }
        Ok(reports)
    }

    async fn sell(
        &self,
        mut report: Report,
        connections: usize,
        pace: Pace,
        products: i64,
        units: i32,
        shop: &Shop,
    ) -> anyhow::Result<Report> {
        let clock = shop.clock().await?;
        let open_at = clock.millis(Instant::now()) - OPEN_SINCE;
        let sale = Sale { products, units, open_at };
        let selling = Selling::prepare(shop, sale, MEMBERS, self.double_clicks.in_turn(MEMBERS), clock).await?;
        let connections = shop.route.connect_all(connections).await.context("connect to the server")?;
        selling.sell(connections, Instant::now(), pace, &mut report).await;
        selling.check(units < PLENTY, !self.without_rest, &mut report).await?;
        Ok(report)
    }
}

/// Settings of `one-product`.
#[derive(Args)]
#[command(after_help = "Examples:
  openrace-load one-product --clients 1,32,256,1024
  openrace-load one-product --rate 10000 --connections 2000 --seconds 30")]
pub struct OneProductArgs {
    #[command(flatten)]
    pace: PaceArgs,
}

impl Scenario for OneProductArgs {
    /// Runs it and checks the sale.
    async fn run(&self, shop: &Shop, seed: u64) -> anyhow::Result<Vec<Report>> {
        self.pace.run("one product", 1, PLENTY, shop, seed).await
    }
}

/// Settings of `products`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load products --products 1000 --clients 256")]
pub struct ProductsArgs {
    /// Products on sale, at most 1,000
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    products: i64,
    #[command(flatten)]
    pace: PaceArgs,
}

impl Scenario for ProductsArgs {
    /// Runs it and checks the sale.
    async fn run(&self, shop: &Shop, seed: u64) -> anyhow::Result<Vec<Report>> {
        self.pace.run(&format!("{} products", self.products), self.products, PLENTY, shop, seed).await
    }
}

/// Settings of `sold-out`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load sold-out --rate 50000 --connections 4000")]
pub struct SoldOutArgs {
    /// Units on sale
    #[arg(long, default_value_t = 30)]
    units: i32,
    #[command(flatten)]
    pace: PaceArgs,
}

impl Scenario for SoldOutArgs {
    /// Runs it and checks the sale.
    async fn run(&self, shop: &Shop, seed: u64) -> anyhow::Result<Vec<Report>> {
        self.pace.run(&format!("sold out, {} units", self.units), 1, self.units, shop, seed).await
    }
}
