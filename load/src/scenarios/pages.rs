//! Pages of the shop, each kind beside constant bodies of its size.

use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::reading::{Reading, serve_constant};
use crate::{
    engine::Pace,
    report::Report,
    shop::{SHELF, Shop},
};

/// Products and list pages that are looked at, in turn.
const DIFFERENT: u32 = 2_000;

/// Settings of `pages`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load pages --seconds 20 --connections 32")]
pub struct PagesArgs {
    /// Connections of those who look
    #[arg(long, default_value_t = 32, value_name = "NUMBER")]
    connections: usize,
    /// Length of each run: two for each kind of page
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
}

impl PagesArgs {
    /// As many pages as are answered, of one kind after the other; each time as many constant bodies of the same size after it,
    /// through the same layers.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Report> {
        let ids = sqlx::query_scalar!(
            "SELECT product_id FROM stock WHERE product_id < ? ORDER BY product_id LIMIT ?",
            SHELF.start(),
            DIFFERENT
        );
        let ids = ids.fetch_all(&shop.db).await.context("read products to look at")?;
        let kinds = [
            ("main", vec!["/openrun/main".to_owned()]),
            ("total", (1..=DIFFERENT).map(|page| format!("/openrun/total?page={page}")).collect()),
            ("detail", ids.iter().map(|id| format!("/openrun/detail/{id}")).collect()),
        ];
        let mut report = Report::new(format!("pages: {} connections", self.connections));
        let pace = Pace::Closed { duration: Duration::from_secs(self.seconds) };
        for (kind, paths) in kinds {
            let reading = Reading::new(shop.address, paths.into_iter().map(|path| (path, kind)).collect());
            let shown = reading.ask(kind, shop.address, self.connections, pace.clone(), &mut report).await?;
            let size = reading.mean_body();
            let constant = serve_constant(size).await.context("serve a constant body")?;
            let name = format!("{size} constant bytes");
            let answered = reading.ask(&name, constant, self.connections, pace.clone(), &mut report).await?;
            report.title += &format!("; {kind} reaches {:.0} %", 100.0 * shown / answered);
        }
        report.title += " of constant bodies";
        Ok(report)
    }
}
