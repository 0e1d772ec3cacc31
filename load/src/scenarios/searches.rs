//! Searches of all kinds, beside the same server's answers when there is nothing to look for.

use std::{collections::HashSet, time::Duration};

use anyhow::Context;
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Zipf};
use sqlx::MySqlPool;

use super::reading::{Reading, serve_constant};
use crate::{
    engine::Pace,
    report::Report,
    shop::{SHELF, Shop},
};

/// Different searches: half of them are asked as shoppers ask, half of them once.
const SEARCHES: i64 = 1_000_000;
/// Different searches while everybody looks for what is about to open.
const RUSH: usize = 1_000;
/// Searches drawn before the first of them comes again.
const DRAWN: usize = 2_000_000;
/// The second most frequent search comes half as often as the first, the third a third as often: so shoppers ask.
const ZIPF: f64 = 1.0;
/// Of what is reached when nobody waits, so much is asked for evenly.
const PART: f64 = 0.7;

/// Settings of `searches`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load searches --seconds 20 --connections 32")]
pub struct SearchesArgs {
    /// Connections of those who search
    #[arg(long, default_value_t = 32, value_name = "NUMBER")]
    connections: usize,
    /// Length of each of the six runs; that of new searches ends when all were asked
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
    /// Seed of what is asked when
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
}

impl SearchesArgs {
    /// As many searches as are answered, as shoppers ask: some often, most rarely; then on, when the most frequent ones have been
    /// asked before; then as many constant bodies of the same size, through the same layers; then searches of a rush, and
    /// searches that nobody asked before; then fewer, evenly, as shoppers ask: how long they take when the server is not full.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Report> {
        let duration = Duration::from_secs(self.seconds);
        let mut paths = paths(&shop.db).await.context("read names to search for")?;
        let others = paths.split_off(paths.len() / 2);
        let once = Pace::Once { requests: others.len(), duration };
        let new = Reading::new(shop.address, others);
        let draw = |from, seed| anyhow::Ok(Reading::in_order(shop.address, paths.clone(), popularity(from, seed)?));
        let asked = draw(paths.len(), self.seed)?;
        let rush = draw(paths.len().min(RUSH), self.seed)?;
        let mut report = Report::new(format!("searches: {} connections", self.connections));
        let pace = Pace::Closed { duration };
        let begun = asked.ask("first searches", shop.address, self.connections, pace.clone(), &mut report).await?;
        let asked = draw(paths.len(), self.seed + 1)?;
        let searched = asked.ask("searches", shop.address, self.connections, pace.clone(), &mut report).await?;
        let size = asked.mean_body();
        let constant = serve_constant(size).await.context("serve a constant body")?;
        let name = format!("{size} constant bytes");
        let answered = asked.ask(&name, constant, self.connections, pace.clone(), &mut report).await?;
        let rushed = rush.ask("searches of a rush", shop.address, self.connections, pace, &mut report).await?;
        let searched_new = new.ask("searches, each new", shop.address, self.connections, once, &mut report).await?;
        let rate = searched * PART;
        let pace = Pace::Open { rate, duration };
        let name = format!("searches, {rate:.0} due");
        let asked = draw(paths.len(), self.seed + 2)?;
        asked.ask(&name, shop.address, self.connections, pace, &mut report).await?;
        let part = |rate: f64| 100.0 * rate / answered;
        report.title += &format!(
            "; searches reach {:.0} % of constant bodies, {:.0} % at first, {:.0} % in a rush, {:.0} % when each is new",
            part(searched),
            part(begun),
            part(rushed),
            part(searched_new)
        );
        Ok(report)
    }
}

/// Which of so many searches comes when.
fn popularity(searches: usize, seed: u64) -> anyhow::Result<Vec<u32>> {
    let rank = Zipf::new(searches as f64, ZIPF).context("there is no product to search for")?;
    let ranks = rank.sample_iter(ChaCha8Rng::seed_from_u64(seed)).take(DRAWN);
    Ok(ranks.map(|rank| rank as u32 - 1).collect())
}

/// What shoppers ask: names, words with filters, and pages of lists; each once, with its kind.
async fn paths(db: &MySqlPool) -> Result<Vec<(String, &'static str)>, sqlx::Error> {
    let last = sqlx::query_scalar!("SELECT MAX(id) FROM products WHERE id < ?", SHELF.start());
    let last = last.fetch_one(db).await?.unwrap_or(0);
    let names = sqlx::query!(
        "SELECT name, category, price FROM products WHERE id <= ? AND id % ? = 0 ORDER BY id",
        last,
        (last / SEARCHES).max(1)
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
            6 => {
                let page = number / 8 % 2_000;
                (format!("{search}status=OPEN&inStock=true&sortBy=wishCount&isAsc=false&page={page}"), "on sale")
            }
            _ => (format!("/api/products?page={number}"), "all"),
        });
    }
    let mut seen = HashSet::new();
    paths.retain(|(path, _)| seen.insert(path.clone()));
    Ok(paths)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
