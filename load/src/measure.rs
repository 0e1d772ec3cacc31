//! How often a scenario is run, and where its table goes.

use std::{fs::File, io::Write, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;
use tokio::time::{Instant, sleep_until};

use crate::{
    report::Report,
    scenarios::Scenario,
    shop::{Shop, ShopConfig},
    summary::Summary,
};

/// Products of a run have ids by the second in which it begins.
const APART: Duration = Duration::from_secs(1);

/// Settings of all scenarios.
#[derive(Args)]
pub struct MeasureArgs {
    /// Runs; the table has the median of each figure, and the least and the greatest
    #[arg(long, default_value_t = 1, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Chooses who comes when and asks what; each further run has the next one
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Print one JSON object for each table
    #[arg(long)]
    json: bool,
    /// Append the tables to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    #[command(flatten)]
    shop: ShopConfig,
}

impl MeasureArgs {
    /// Runs it as often as is wanted and prints the tables; whether every rule was kept.
    pub async fn measure(&self, scenario: &impl Scenario) -> anyhow::Result<bool> {
        let shop = Shop::find(&self.shop).await?;
        let summaries = Summary::of(self.runs(scenario, &shop).await?);
        for summary in &summaries {
            match self.json {
                true => println!("{}", serde_json::to_string(summary)?),
                false => println!("{summary}"),
            }
        }
        if let Some(path) = &self.record {
            let tables = summaries.iter().map(|summary| format!("{summary}\n")).collect::<String>();
            let file = File::options().append(true).create(true).open(path);
            let written = file.and_then(|mut file| file.write_all(tables.as_bytes()));
            written.with_context(|| format!("write the record {}", path.display()))?;
        }
        Ok(summaries.iter().all(Summary::is_clean))
    }

    async fn runs(&self, scenario: &impl Scenario, shop: &Shop) -> anyhow::Result<Vec<Vec<Report>>> {
        let (mut runs, mut next) = (Vec::new(), Instant::now());
        for seed in (self.seed..).take(self.runs as usize) {
            sleep_until(next).await;
            next = Instant::now() + APART;
            runs.push(scenario.run(shop, seed).await?);
        }
        Ok(runs)
    }
}
