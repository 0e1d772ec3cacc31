//! A generated catalogue: `openrace generate`.

mod brands;
mod categories;
mod corpus;
mod lines;
mod load;
mod name;
mod plan;
mod progress;
mod ranking;
mod sale;
mod shelf;
mod wording;
mod words;

use std::sync::Arc;

use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sqlx::MySqlPool;
use thiserror::Error;

pub use self::corpus::Corpus;
use self::plan::{Plan, State};
use super::lock::Lock;
use crate::database::DatabaseError;

/// What to generate.
#[derive(Debug, Clone, Args)]
pub struct GenerateArgs {
    /// Number of products; their ids are 1 to this number
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=100_000_000))]
    pub products: i64,

    /// The same seed, days and today give the same products
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,

    /// Days around today on which sales open, one in the middle being today
    #[arg(long, default_value_t = 60, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,

    /// The day that counts as today; default: the shop's present day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,

    /// Zone in which sales open at 09:00, by its IANA name
    #[arg(long, env = "OPENRACE_TIME_ZONE", default_value = "Asia/Seoul", value_name = "ZONE")]
    pub time_zone: String,

    /// Do nothing when there are products; finish a load that was interrupted
    #[arg(long)]
    pub if_empty: bool,

    /// Connections that write at the same time
    #[arg(long, default_value_t = 2, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=15))]
    pub connections: u8,
}

/// What `run` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// This many products are in, and nothing else.
    Loaded(i64),
    /// There were products already.
    LeftAlone,
}

/// Why the catalogue was not generated.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There are products already.
    #[error("the catalogue is not empty: nothing was changed. To generate another, use an empty database")]
    NotEmpty,
    /// Some of a generated catalogue is there.
    #[error(
        "a load of {products} products (seed {seed}) was interrupted: finish it with --if-empty, or use an empty database"
    )]
    Interrupted {
        /// Products it should have.
        products: i64,
        /// Its seed.
        seed: u64,
    },
    /// Another process writes the catalogue.
    #[error("another process is loading or importing products: wait until it has finished")]
    Busy,
    /// The time zone or the days cannot be used.
    #[error("cannot work out when the sales open: check --time-zone, --days and --today")]
    Calendar(#[from] jiff::Error),
    /// No MySQL to write to.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// MySQL failed on the way; what is in stays, and `--if-empty` continues from there.
    #[error("cannot write the products: run the same command with --if-empty to continue where it stopped")]
    Write(#[from] sqlx::Error),
    /// A writer panicked.
    #[error("a writer died")]
    Writer(#[from] tokio::task::JoinError),
}

/// Generates the catalogue into a database with its schema.
pub async fn run(args: GenerateArgs, pool: &MySqlPool) -> Result<Outcome, LoadError> {
    let lock = Lock::take(pool).await?.ok_or(LoadError::Busy)?;
    #[allow(clippy::disallowed_methods, reason = "the edge: below it the time is passed in")]
    let outcome = generate(args, Timestamp::now(), pool).await;
    lock.release().await;
    outcome
}

async fn generate(args: GenerateArgs, now: Timestamp, pool: &MySqlPool) -> Result<Outcome, LoadError> {
    let plan = match State::read(pool).await? {
        State::Filled if args.if_empty => return Ok(Outcome::LeftAlone),
        State::Filled => return Err(LoadError::NotEmpty),
        State::Begun(plan) if args.if_empty => plan,
        State::Begun(Plan { products, seed, .. }) => return Err(LoadError::Interrupted { products, seed }),
        State::Empty => {
            let plan = plan(&args, now)?;
            plan.begin(pool).await?;
            plan
        }
    };
    let zone = TimeZone::get(&plan.time_zone)?;
    let corpus = Arc::new(Corpus::new(plan.seed, plan.days, plan.today, &zone)?);
    let progress = progress::bar(plan.products);
    load::load(pool, corpus, plan.products, args.connections.into(), progress.clone()).await?;
    plan::finish(pool).await?;
    progress.finish();
    Ok(Outcome::Loaded(plan.products))
}

fn plan(args: &GenerateArgs, now: Timestamp) -> Result<Plan, jiff::Error> {
    let zone = TimeZone::get(&args.time_zone)?;
    let today = args.today.unwrap_or_else(|| now.to_zoned(zone).date());
    Ok(Plan { products: args.products, seed: args.seed, days: args.days, today, time_zone: args.time_zone.clone() })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: GenerateArgs,
    }

    #[test]
    fn today_is_the_shops_present_day() {
        let args = Command::parse_from(["generate", "--time-zone", "Asia/Seoul"]).args;
        let today = |now: &str| plan(&args, now.parse().unwrap()).unwrap().today.to_string();
        assert_eq!(today("2026-11-21T14:59:59Z"), "2026-11-21");
        assert_eq!(today("2026-11-21T15:00:00Z"), "2026-11-22");
    }
}
