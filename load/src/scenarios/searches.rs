//! Searches of all kinds, beside the same server's answers when there is nothing to look for.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Zipf};

use super::{
    Scenario, asking,
    reading::{Reading, serve_constant},
};
use crate::{engine::Pace, report::Report, shop::Shop};

/// Different searches: half of them are asked as shoppers ask, half of them once.
const SEARCHES: usize = 400_000;
/// Different searches while everybody looks for what is about to open.
const RUSH: usize = 1_000;
/// Searches drawn before the first of them comes again.
const DRAWN: usize = 2_000_000;
/// The second most frequent search comes half as often as the first, the third a third as often: so shoppers ask.
const ZIPF: f64 = 1.0;
/// Of what is reached when nobody waits, so much is due.
const PART: f64 = 0.7;

/// Settings of `searches`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load searches --seconds 20 --connections 32")]
pub struct SearchesArgs {
    /// Connections of those who search
    #[arg(long, default_value_t = 32, value_name = "NUMBER")]
    connections: usize,
    /// Length of each of the six flows; that of new searches ends when all were asked
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
}

impl Scenario for SearchesArgs {
    /// As many searches as are answered, as shoppers ask: some often, most rarely; then on, when the most frequent ones have been
    /// asked before; then as many constant bodies of the same size, through the same layers; then searches of a rush, and
    /// searches that nobody asked before; then fewer, when they are due, as shoppers ask: how long they take when the server is
    /// not full.
    async fn run(&self, shop: &Shop, seed: u64) -> anyhow::Result<Vec<Report>> {
        let duration = Duration::from_secs(self.seconds);
        let products = asking::products(&shop.db, SEARCHES as i64).await.context("read names to search for")?;
        let mut paths = asking::searches(&products, SEARCHES, seed);
        let others = paths.split_off(paths.len() / 2);
        let once = Pace::Once { requests: others.len(), duration };
        let new = Reading::new(shop.route, others);
        let draw =
            |from, turn| anyhow::Ok(Reading::in_order(shop.route, paths.clone(), popularity(from, 3 * seed + turn)?));
        let (asked, rush) = (draw(paths.len(), 0)?, draw(paths.len().min(RUSH), 0)?);
        let mut report = Report::new(format!("searches: {} connections", self.connections));
        let pace = Pace::Closed { duration };
        let begun = asked.ask("searches at first", shop.route, self.connections, pace.clone(), &mut report).await?;
        let asked = draw(paths.len(), 1)?;
        let searched = asked.ask("searches", shop.route, self.connections, pace.clone(), &mut report).await?;
        let constant = shop.route.to(serve_constant(asked.mean_body()).await.context("serve a constant body")?);
        let answered = asked.ask("constant bodies", constant, self.connections, pace.clone(), &mut report).await?;
        let rushed = rush.ask("searches of a rush", shop.route, self.connections, pace, &mut report).await?;
        let searched_new = new.ask("searches, each new", shop.route, self.connections, once, &mut report).await?;
        let pace = Pace::by_chance(searched * PART, duration, seed);
        draw(paths.len(), 2)?.ask("searches when due", shop.route, self.connections, pace, &mut report).await?;
        report.figure("bytes of a body", asked.mean_body() as f64);
        report.figure("due searches a second", searched * PART);
        let part = |rate: f64| 100.0 * rate / answered;
        report.figure("searches at first, % of constant bodies", part(begun));
        report.figure("searches, % of constant bodies", part(searched));
        report.figure("searches of a rush, % of constant bodies", part(rushed));
        report.figure("searches, each new, % of constant bodies", part(searched_new));
        Ok(vec![report])
    }
}

/// Which of so many searches comes when.
fn popularity(searches: usize, seed: u64) -> anyhow::Result<Vec<u32>> {
    let rank = Zipf::new(searches as f64, ZIPF).context("there is no product to search for")?;
    let ranks = rank.sample_iter(ChaCha8Rng::seed_from_u64(seed)).take(DRAWN);
    Ok(ranks.map(|rank| rank as u32 - 1).collect())
}
