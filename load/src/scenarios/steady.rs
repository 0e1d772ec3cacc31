//! Orders at a steady pace: of one product, of many, and of one that has been sold.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::time::Instant;

use super::orders::Selling;
use crate::{
    engine::Pace,
    http::connect_all,
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
    /// Clients who order again once they are answered; several numbers are several runs
    #[arg(long, value_delimiter = ',', default_value = "32", value_name = "NUMBERS", conflicts_with = "rate")]
    clients: Vec<usize>,
    /// Orders a second, whether or not the server keeps up
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    rate: Option<f64>,
    /// Connections that share the rate
    #[arg(long, default_value_t = 1_024, value_name = "NUMBER", requires = "rate")]
    connections: usize,
    /// Length of each run
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate| *rate > 0.0).ok_or_else(|| "not a positive number".to_owned())
}

impl PaceArgs {
    /// Connections and pace of each run.
    fn runs(&self) -> Vec<(usize, Pace)> {
        let duration = Duration::from_secs(self.seconds);
        match self.rate {
            Some(rate) => vec![(self.connections, Pace::Open { rate, duration })],
            None => self.clients.iter().map(|&clients| (clients, Pace::Closed { duration })).collect(),
        }
    }

    async fn run(&self, name: &str, products: i64, units: i32, shop: &Shop) -> anyhow::Result<Vec<Report>> {
        let mut reports = Vec::new();
        for (connections, pace) in self.runs() {
            let title = match pace {
                Pace::Open { rate, .. } => format!("{name}: {rate} orders/s on {connections} connections"),
                Pace::Closed { .. } | Pace::Once { .. } | Pace::At(_) => format!("{name}: {connections} clients"),
            };
            reports.push(sell(title, connections, pace, products, units, shop).await?);
        }
        Ok(reports)
    }
}

async fn sell(
    title: String,
    connections: usize,
    pace: Pace,
    products: i64,
    units: i32,
    shop: &Shop,
) -> anyhow::Result<Report> {
    let mut report = Report::new(title);
    let clock = shop.clock().await?;
    let open_at = clock.millis(Instant::now()) - OPEN_SINCE;
    let sale = Sale { products, units, open_at };
    let selling = Selling::prepare(shop, sale, MEMBERS, Box::new(|number| number % MEMBERS), clock).await?;
    let connections = connect_all(shop.address, connections).await.context("connect to the server")?;
    selling.sell(connections, Instant::now(), pace, &mut report).await;
    selling.check(units < PLENTY, &mut report).await?;
    Ok(report)
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

impl OneProductArgs {
    /// Runs it and checks the sale.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Vec<Report>> {
        self.pace.run("one product", 1, PLENTY, shop).await
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

impl ProductsArgs {
    /// Runs it and checks the sale.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Vec<Report>> {
        self.pace.run(&format!("{} products", self.products), self.products, PLENTY, shop).await
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

impl SoldOutArgs {
    /// Runs it and checks the sale.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Vec<Report>> {
        self.pace.run(&format!("sold out, {} units", self.units), 1, self.units, shop).await
    }
}
