//! How soon a change in MySQL is searched, and what that costs those who search.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::{MySqlConnection, MySqlPool};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{Scenario, browse::Browsing};
use crate::{
    engine::Pace,
    http::Connection,
    report::Report,
    shop::{SHELF, Shop},
    tally::Tally,
};

/// Sessions that change products.
const WRITERS: usize = 16;
/// Changes that are followed to their place in a list, at most so many at once.
const PROBES: usize = 2;
/// Between two looks for a change. Looking more often would be a load of its own: with four probes every 5 ms it was eight
/// times that of those who browse.
const LOOK: Duration = Duration::from_millis(20);
/// A change that is not seen by then is counted as lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// No other product is as dear.
const PROBE_PRICE: i64 = 1_000_000_000_000;

/// Settings of `changes`.
#[derive(Args)]
#[command(after_help = "Examples:
  openrace-load changes --rates 100,500,2000 --seconds 60
  openrace-load changes --rates 2000 --seconds 600 --unseen   then: indexer refresh")]
pub struct ChangesArgs {
    /// Changed products a second; several numbers are several tables
    #[arg(long, default_value = "100,500,2000", value_delimiter = ',', value_name = "NUMBERS")]
    rates: Vec<f64>,
    /// Searches and details a second on average, with exponential gaps
    #[arg(long, default_value_t = 100.0, value_name = "NUMBER")]
    browse_rate: f64,
    /// Connections of those who look
    #[arg(long, default_value_t = 64, value_name = "NUMBER")]
    connections: usize,
    /// Length of each run
    #[arg(long, default_value_t = 30, value_name = "NUMBER")]
    seconds: u64,
    /// Only change, without a server: how fast an index catches up is then told by `indexer refresh`
    #[arg(long)]
    unseen: bool,
}

impl Scenario for ChangesArgs {
    /// Looks without changes first, then with each rate of them.
    async fn run(&self, shop: &Shop, seed: u64) -> anyhow::Result<Vec<Report>> {
        let browsing = match self.unseen {
            true => None,
            false => Some(Arc::new(Browsing::new(shop, seed).await.context("read products to look at")?)),
        };
        // Not those that other scenarios have made: between their ids there is little.
        let ids = sqlx::query!(
            "SELECT MIN(product_id) AS first, MAX(product_id) AS last FROM stock WHERE product_id < ?",
            SHELF.start()
        );
        let ids = ids.fetch_one(&shop.db).await?;
        let (first, last) = ids.first.zip(ids.last).context("there are no products: run `openrace generate`")?;
        if let Some(browsing) = &browsing {
            browsing.warm().await.context("search for the same products once")?;
        }
        let mut reports = Vec::new();
        let idle = browsing.as_ref().map(|_| 0.0);
        for rate in idle.into_iter().chain(self.rates.iter().copied()) {
            let mut report = Report::new(format!("changes: {rate} products/s"));
            let changes = Changes { db: shop.db.clone(), ids: first..=last, tally: Arc::default() };
            let until = Instant::now() + Duration::from_secs(self.seconds);
            let started = Instant::now();
            let writing = changes.write(rate, until);
            let looking = async {
                let Some(browsing) = &browsing else { return Ok(()) };
                let probing = changes.probe(shop, if rate > 0.0 { until } else { started });
                let pace = Pace::by_chance(self.browse_rate, Duration::from_secs(self.seconds), seed);
                let looking = browsing.look("looks", self.connections, pace, &mut report);
                let (looked, probed) = tokio::join!(looking, probing);
                looked.and(probed)
            };
            let (looked, wrote) = tokio::join!(looking, writing);
            looked.and(wrote)?;
            report.add("changes", &changes.tally.counts(), started.elapsed());
            reports.push(report);
        }
        Ok(reports)
    }
}

struct Changes {
    db: MySqlPool,
    ids: std::ops::RangeInclusive<i64>,
    tally: Arc<Tally>,
}

impl Changes {
    /// Gives random products new prices at a steady rate.
    async fn write(&self, rate: f64, until: Instant) -> anyhow::Result<()> {
        if rate <= 0.0 {
            return Ok(());
        }
        let (start, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (db, ids, next, tally) =
                (self.db.clone(), self.ids.clone(), Arc::clone(&next), Arc::clone(&self.tally));
            writers.spawn(async move {
                // A price that a run before has set already would be no change.
                let mut random = ChaCha8Rng::seed_from_u64(rand::random::<u64>() ^ writer as u64);
                let mut session = db.acquire().await?.detach();
                loop {
                    let due = start + Duration::from_secs_f64(next.fetch_add(1, Ordering::Relaxed) as f64 / rate);
                    if due >= until {
                        return Ok::<_, sqlx::Error>(());
                    }
                    sleep_until(due).await;
                    let (price, id) = (random.random_range(1_000..1_000_000_i64), random.random_range(ids.clone()));
                    let update = sqlx::query!("UPDATE products SET price = ? WHERE id = ?", price, id);
                    let changed = update.execute(&mut session).await?.rows_affected() > 0;
                    tally.count(if changed { "committed" } else { "no such product" }, 200, due.elapsed());
                }
            });
        }
        while let Some(ended) = writers.join_next().await {
            ended??;
        }
        Ok(())
    }

    /// Changes some products more, one after the other, and searches for each until it is found.
    async fn probe(&self, shop: &Shop, until: Instant) -> anyhow::Result<()> {
        let mut probes = JoinSet::new();
        for (probe, mut connection) in (0..).zip(shop.route.connect_all(PROBES).await?) {
            let (db, ids, tally) = (self.db.clone(), self.ids.clone(), Arc::clone(&self.tally));
            let host = shop.route.server.to_string();
            probes.spawn(async move {
                // Another run must not find the prices of this one.
                let mut random = ChaCha8Rng::seed_from_u64(rand::random::<u64>() ^ probe);
                let mut session = db.acquire().await?.detach();
                while Instant::now() < until {
                    let (id, price) = (random.random_range(ids.clone()), PROBE_PRICE + random.random_range(0..1 << 40));
                    let done = sqlx::query!("UPDATE products SET price = ? WHERE id = ?", price, id);
                    // Not every number is a product.
                    if done.execute(&mut session).await?.rows_affected() == 0 {
                        continue;
                    }
                    let committed = Instant::now();
                    let found = timeout(PATIENCE, look_for(&mut connection, &host, price)).await;
                    let waited = committed.elapsed();
                    let outcome = match found {
                        Ok(()) => "seen",
                        // A writer came by meanwhile.
                        Err(_) if price_of(&mut session, id).await? != price => "overwritten",
                        Err(_) => "lost",
                    };
                    tally.count(outcome, 200, waited);
                    sleep(Duration::from_millis(random.random_range(0..200))).await;
                }
                Ok::<_, sqlx::Error>(())
            });
        }
        while let Some(ended) = probes.join_next().await {
            ended??;
        }
        Ok(())
    }
}

async fn price_of(session: &mut MySqlConnection, id: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT price FROM products WHERE id = ?").bind(id).fetch_one(session).await
}

async fn look_for(connection: &mut Connection, host: &str, price: i64) {
    let request = format!("GET /api/products/search?lprice={price}&gprice={price} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    loop {
        // An answer that fails is asked for again.
        if let Ok(reply) = connection.ask(request.as_bytes()).await
            && reply.body.windows(FOUND.len()).any(|part| part == FOUND)
        {
            return;
        }
        sleep(LOOK).await;
    }
}

const FOUND: &[u8] = b"\"totalElements\":1,";
