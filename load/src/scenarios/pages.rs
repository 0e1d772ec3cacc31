//! Pages of the shop, each kind beside constant bodies of its size.

use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::{
    Scenario,
    reading::{Reading, serve_constant},
};
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
    /// Length of each flow: two for each kind of page
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
}

impl Scenario for PagesArgs {
    /// As many pages as are answered, of one kind after the other; each time as many constant bodies of the same size after it,
    /// through the same layers.
    async fn run(&self, shop: &Shop, _seed: u64) -> anyhow::Result<Vec<Report>> {
        let ids = sqlx::query_scalar!(
            "SELECT product_id FROM stock WHERE product_id < ? ORDER BY product_id LIMIT ?",
            SHELF.start(),
            DIFFERENT
        );
        let ids = ids.fetch_all(&shop.db).await.context("read products to look at")?;
        let kinds = [
            ("main", "main, % of constant bodies", vec!["/openrun/main".to_owned()]),
            (
                "total",
                "total, % of constant bodies",
                (1..=DIFFERENT).map(|page| format!("/openrun/total?page={page}")).collect(),
            ),
            ("detail", "detail, % of constant bodies", ids.iter().map(|id| format!("/openrun/detail/{id}")).collect()),
        ];
        let mut report = Report::new(format!("pages: {} connections", self.connections));
        let pace = Pace::Closed { duration: Duration::from_secs(self.seconds) };
        for (kind, figure, paths) in kinds {
            let reading = Reading::new(shop.route, paths.into_iter().map(|path| (path, kind)).collect());
            let shown = reading.ask(kind, shop.route, self.connections, pace.clone(), &mut report).await?;
            let constant = shop.route.to(serve_constant(reading.mean_body()).await.context("serve a constant body")?);
            let name = format!("constant bodies of {kind}");
            let answered = reading.ask(&name, constant, self.connections, pace.clone(), &mut report).await?;
            report.figure(figure, 100.0 * shown / answered);
        }
        Ok(vec![report])
    }
}
