//! The `openrace-load` command.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use openrace_load::{
    baselines::BaselineArgs,
    report::Report,
    scenarios::{
        ChangesArgs, MixedArgs, OneProductArgs, OpeningArgs, PagesArgs, ProductsArgs, SearchesArgs, SoldOutArgs,
        StreamsArgs, WishesArgs,
    },
    shop::{Shop, ShopConfig},
};

/// Puts a shop under load, checks afterwards that it kept every rule of a sale, and prints one table
#[derive(Parser)]
#[command(
    version,
    after_help = "Latency counts from the moment a request was due, also when every connection was busy then.
Members and products of a run are written to MySQL directly, with ids from 1,000,000,000 on.

Exit codes: 0 all rules kept, 1 a rule was broken or the run failed, 2 wrong usage"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open a sale: all shoppers come within its first second, a tenth of them too early as well
    Opening(Run<OpeningArgs>),
    /// Order one product that does not sell out
    OneProduct(Run<OneProductArgs>),
    /// Order many products
    Products(Run<ProductsArgs>),
    /// Order a product that is sold after the first few
    SoldOut(Run<SoldOutArgs>),
    /// Search and look at products, first without a sale, then while one runs
    Mixed(Run<MixedArgs>),
    /// Search in every way, beside a server that answers without looking
    Searches(Run<SearchesArgs>),
    /// Open pages of the shop, beside a server that answers without looking
    Pages(Run<PagesArgs>),
    /// Look at sales with thousands of browsers, and see how soon all have heard of a change
    Streams(Run<StreamsArgs>),
    /// Change products in MySQL and see how soon they are searched, and what that costs those who search
    Changes(Run<ChangesArgs>),
    /// Wish for one product, everybody at once
    Wishes(Run<WishesArgs>),
    /// Serve orders in a simpler way, to compare with
    ServeBaseline(BaselineArgs),
}

#[derive(Args)]
struct Run<T: Args> {
    #[command(flatten)]
    scenario: T,
    #[command(flatten)]
    shop: ShopConfig,
    /// Print one JSON object for each run
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "openrace-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every rule was kept.
fn run(command: Command) -> anyhow::Result<bool> {
    // One thread for all shoppers: they share the processors with the server, and wake each other for nothing.
    let mut runtime = match command {
        Command::ServeBaseline(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    runtime.enable_all().build()?.block_on(async {
        match command {
            Command::Opening(run) => print(vec![run.scenario.run(&Shop::find(&run.shop).await?).await?], run.json),
            Command::OneProduct(run) => print(run.scenario.run(&Shop::find(&run.shop).await?).await?, run.json),
            Command::Products(run) => print(run.scenario.run(&Shop::find(&run.shop).await?).await?, run.json),
            Command::SoldOut(run) => print(run.scenario.run(&Shop::find(&run.shop).await?).await?, run.json),
            Command::Mixed(run) => print(vec![run.scenario.run(&Shop::find(&run.shop).await?).await?], run.json),
            Command::Searches(run) => print(vec![run.scenario.run(&Shop::find(&run.shop).await?).await?], run.json),
            Command::Pages(run) => print(vec![run.scenario.run(&Shop::find(&run.shop).await?).await?], run.json),
            Command::Streams(run) => print(vec![run.scenario.run(&Shop::find(&run.shop).await?).await?], run.json),
            Command::Changes(run) => print(run.scenario.run(&Shop::find(&run.shop).await?).await?, run.json),
            Command::Wishes(run) => print(vec![run.scenario.run(&Shop::find(&run.shop).await?).await?], run.json),
            Command::ServeBaseline(baseline) => baseline.serve().await.map(|()| true),
        }
    })
}

fn print(reports: Vec<Report>, json: bool) -> anyhow::Result<bool> {
    for report in &reports {
        match json {
            true => println!("{}", serde_json::to_string(report)?),
            false => println!("{report}"),
        }
    }
    Ok(reports.iter().all(Report::is_clean))
}
