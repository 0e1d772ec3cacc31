//! Everybody wishes for the same product.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use sqlx::MySqlPool;
use tokio::time::{Instant, interval, timeout};

use super::{Scenario, progress::Progress};
use crate::{
    engine::{Pace, Timing, Traffic, run},
    http::{Lost, Reply},
    report::Report,
    shop::{Crowd, Sale, Shop},
    tally::Tally,
};

const REST: Duration = Duration::from_secs(10);

/// Settings of `wishes`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load wishes --members 10000 --clients 256")]
pub struct WishesArgs {
    /// Members, each of whom wishes once
    #[arg(long, default_value_t = 10_000)]
    members: usize,
    /// Connections they share
    #[arg(long, default_value_t = 256)]
    clients: usize,
}

struct Wishes {
    crowd: Crowd,
    target: String,
}

impl Traffic for Wishes {
    fn request(&self, number: usize, into: &mut Vec<u8>) {
        self.crowd.write(number, &self.target, None, into);
    }

    fn answered(&self, _number: usize, answer: Result<&Reply<'_>, Lost>, _timing: Timing) -> &'static str {
        match answer.map(Reply::code) {
            Ok("ok") => "wished",
            Ok(code) => code,
            Err(Lost::Unsent) => "unsent",
            Err(Lost::Unanswered) => "unanswered",
        }
    }
}

impl Scenario for WishesArgs {
    /// Runs it, and compares the product's count with its wishes.
    async fn run(&self, shop: &Shop, _seed: u64) -> anyhow::Result<Vec<Report>> {
        let mut report = Report::new(format!("wishes: {} members, one product", self.members));
        let open_at = shop.clock().await?.millis(Instant::now());
        let crowd = shop.gather(self.members).await?;
        clear(&shop.db, Crowd::id(0)..=Crowd::id(self.members)).await.context("remove the wishes of earlier runs")?;
        let product = *shop.put_on_sale(Sale { products: 1, units: 1, open_at }).await?.start();
        let traffic = Arc::new(Wishes { crowd, target: format!("POST /api/products/{product}/wish") });
        let connections = shop.route.connect_all(self.clients).await.context("connect to the server")?;
        let (tally, start) = (Arc::new(Tally::default()), Instant::now());
        let progress = Progress::show(&report.title, Arc::clone(&tally), "wished");
        let all_at_once = Pace::At(vec![Duration::ZERO; self.members].into());
        run(connections, start, all_at_once, traffic, Arc::clone(&tally)).await;
        report.add("wishes", &tally.counts(), start.elapsed());
        drop(progress);
        let answered = tally.progress("wished").1;
        report.violations.extend(miscounted(&shop.db, product, answered).await.context("count the wishes")?);
        Ok(vec![report])
    }
}

async fn clear(db: &MySqlPool, members: RangeInclusive<i64>) -> Result<(), sqlx::Error> {
    let (first, last) = (members.start(), members.end());
    sqlx::query!("DELETE FROM wishes WHERE member_id BETWEEN ? AND ?", first, last).execute(db).await?;
    Ok(())
}

/// What is still wrong when everything had the time to be written.
async fn miscounted(db: &MySqlPool, product: i64, answered: u64) -> Result<Option<String>, sqlx::Error> {
    let mut ticks = interval(Duration::from_millis(50));
    let mut seen = (0, 0);
    let agree = async {
        loop {
            ticks.tick().await;
            seen = counts(db, product).await?;
            if seen.0 == seen.1 && seen.1 >= i64::try_from(answered).unwrap_or(i64::MAX) {
                return Ok::<_, sqlx::Error>(());
            }
        }
    };
    match timeout(REST, agree).await {
        Ok(agreed) => agreed.map(|()| None),
        Err(_) => Ok(Some(format!("product {product}: wish count {}, wishes {}, answers {answered}", seen.0, seen.1))),
    }
}

/// The product's count and its wishes, in one moment.
async fn counts(db: &MySqlPool, product: i64) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query!(
        "SELECT p.wish_count, (SELECT COUNT(*) FROM wishes w WHERE w.product_id = p.id) AS `wishes!: i64` \
         FROM products p WHERE p.id = ?",
        product
    )
    .fetch_one(db)
    .await?;
    Ok((row.wish_count, row.wishes))
}
