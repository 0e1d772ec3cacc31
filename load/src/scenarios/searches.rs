//! Searches of all kinds, beside the same server's answers when there is nothing to look for.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::MySqlPool;

use super::reading::{Reading, serve_constant};
use crate::{
    engine::Pace,
    report::Report,
    shop::{SHELF, Shop},
};

/// Products whose names are searched for, from all over the catalogue.
const SAMPLE: i64 = 2_000;
/// Of what is reached when nobody waits, so much is asked for evenly.
const PART: f64 = 0.7;

/// Settings of `searches`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load searches --seconds 20 --connections 32")]
pub struct SearchesArgs {
    /// Connections of those who search
    #[arg(long, default_value_t = 32, value_name = "NUMBER")]
    connections: usize,
    /// Length of each of the three runs
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
}

impl SearchesArgs {
    /// As many searches as are answered; then as many constant bodies of the same size, through the same layers; then
    /// fewer searches, evenly: how long they take when the server is not full.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Report> {
        let paths = paths(&shop.db).await.context("read names to search for")?;
        let searches = Reading::new(shop.address, paths);
        let mut report = Report::new(format!("searches: {} connections", self.connections));
        let pace = Pace::Closed { duration: Duration::from_secs(self.seconds) };
        let searched = searches.ask("searches", shop.address, self.connections, pace.clone(), &mut report).await?;
        let size = searches.mean_body();
        let constant = serve_constant(size).await.context("serve a constant body")?;
        let name = format!("{size} constant bytes");
        let answered = searches.ask(&name, constant, self.connections, pace, &mut report).await?;
        let rate = searched * PART;
        let pace = Pace::Open { rate, duration: Duration::from_secs(self.seconds) };
        let name = format!("searches, {rate:.0} due");
        searches.ask(&name, shop.address, self.connections, pace, &mut report).await?;
        report.title += &format!("; searches reach {:.0} % of constant bodies", 100.0 * searched / answered);
        Ok(report)
    }
}

/// What shoppers ask: names, words with filters, and pages of lists; each with its kind.
async fn paths(db: &MySqlPool) -> Result<Vec<(String, &'static str)>, sqlx::Error> {
    let last = sqlx::query_scalar!("SELECT MAX(id) FROM products WHERE id < ?", SHELF.start());
    let last = last.fetch_one(db).await?.unwrap_or(0);
    let names = sqlx::query!(
        "SELECT name, category, price FROM products WHERE id <= ? AND id % ? = 0 ORDER BY id",
        last,
        (last / SAMPLE).max(1)
    );
    let mut paths = Vec::new();
    for (number, product) in names.fetch_all(db).await?.into_iter().enumerate() {
        let keyword: Vec<&str> = product.name.split_whitespace().take(2).collect();
        let (name, word) = (encoded(&keyword.join(" ")), encoded(keyword.last().unwrap_or(&"")));
        let (category, page) = (encoded(&product.category), number % 50);
        let (low, high) = (product.price / 2, product.price * 2);
        let search = "/api/products/search?";
        paths.push(match number % 8 {
            0..=2 => (format!("{search}keyword={name}"), "relevance"),
            3 => (format!("{search}keyword={word}&sortBy=id&isAsc=false&page={page}"), "newest"),
            4 => (format!("{search}keyword={word}&category={category}&facets=price,brand"), "facets"),
            5 => {
                (format!("{search}category={category}&lprice={low}&gprice={high}&sortBy=price&page={page}"), "cheapest")
            }
            6 => (format!("{search}status=OPEN&inStock=true&sortBy=wishCount&isAsc=false&page={page}"), "on sale"),
            _ => (format!("/api/products?page={}", number * 100), "all"),
        });
    }
    Ok(paths)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
