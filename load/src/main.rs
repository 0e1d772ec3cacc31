//! The `openrace-load` command.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use openrace_load::{
    baselines::BaselineArgs,
    machine,
    measure::MeasureArgs,
    scenarios::{
        ChangesArgs, MixedArgs, OneProductArgs, OpeningArgs, PagesArgs, ProductsArgs, Scenario, SearchesArgs,
        SoldOutArgs, StreamsArgs, WishesArgs,
    },
};

/// Puts a shop under load, checks afterwards that it kept every rule of a sale, and prints tables
#[derive(Parser)]
#[command(
    version,
    after_help = "Latency counts from the moment a request was due, also when every connection was busy then.
What comes at a rate comes as shoppers do who know nothing of each other: with exponential gaps.
Members and products of a run are written to MySQL directly, with ids from 1,000,000,000 on.

Exit codes: 0 all rules kept, 1 a rule was broken or the run failed, 2 wrong usage"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open a sale: all shoppers come at once, a tenth of them too early as well
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
    /// Print date, commit and machine, as they stand above each table
    Machine,
}

#[derive(Args)]
struct Run<T: Args> {
    #[command(flatten)]
    scenario: T,
    #[command(flatten)]
    measure: MeasureArgs,
}

impl<T: Args + Scenario> Run<T> {
    async fn measure(&self) -> anyhow::Result<bool> {
        self.measure.measure(&self.scenario).await
    }
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
            Command::Opening(run) => run.measure().await,
            Command::OneProduct(run) => run.measure().await,
            Command::Products(run) => run.measure().await,
            Command::SoldOut(run) => run.measure().await,
            Command::Mixed(run) => run.measure().await,
            Command::Searches(run) => run.measure().await,
            Command::Pages(run) => run.measure().await,
            Command::Streams(run) => run.measure().await,
            Command::Changes(run) => run.measure().await,
            Command::Wishes(run) => run.measure().await,
            Command::ServeBaseline(baseline) => baseline.serve().await.map(|()| true),
            Command::Machine => {
                println!("{}", machine::description());
                Ok(true)
            }
        }
    })
}
