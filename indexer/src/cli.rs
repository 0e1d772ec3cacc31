//! Arguments and exit codes of `indexer`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use openrace_index::{IndexError, IndexHome, Manifest};
use openrace_indexer::{IndexerError, Resources, Source, rebuild};
use tokio_util::sync::CancellationToken;

use crate::report::{self, Terminal};

/// tantivy takes no more.
const MOST_MEMORY_PER_THREAD: usize = 4_000_000_000;

const FAILED: u8 = 1;
const NO_INDEX: u8 = 3;
const LOCKED: u8 = 5;
const INTERRUPTED: u8 = 130;

/// Builds and checks the search index of OpenRace.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:
  indexer rebuild                          build a new generation from DATABASE_URL and switch to it
  indexer rebuild --threads 1 --memory-mb 400
  indexer status --json                    what is in use, for scripts

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no index that this
version reads, 5 another rebuild is running, 130 interrupted"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read all products from MySQL into a new generation and switch to it; the old one serves until then
    Rebuild(RebuildArguments),
    /// Show the generation in use
    Status(StatusArguments),
}

#[derive(Args)]
struct Index {
    /// Folder of the index
    #[arg(long, env = "OPENRACE_INDEX_DIR", default_value = ".local/index", value_name = "FOLDER")]
    index_dir: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct RebuildArguments {
    #[command(flatten)]
    index: Index,
    /// Database to read: mysql://user:password@host:port/openrace
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    /// Indexing threads [default: all cores, at most 8]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=8))]
    threads: Option<u8>,
    /// Megabytes that are collected before a segment is written, for all threads together, at most 4000 each; more
    /// means fewer segments
    #[arg(long, default_value_t = 800, value_parser = clap::value_parser!(u32).range(120..=16_000), value_name = "MB")]
    memory_mb: u32,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Args)]
struct StatusArguments {
    #[command(flatten)]
    index: Index,
}

impl Arguments {
    pub(crate) async fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Rebuild(arguments) => arguments.run().await,
            Command::Status(arguments) => arguments.run(),
        };
        let Err(error) = done else { return ExitCode::SUCCESS };
        report::error(&error);
        ExitCode::from(match error {
            CommandError::Rebuild(IndexerError::Cancelled) => INTERRUPTED,
            CommandError::Index(IndexError::NotBuilt(_) | IndexError::Layout { .. }) => NO_INDEX,
            CommandError::Index(IndexError::Locked(_)) => LOCKED,
            CommandError::Rebuild(_) | CommandError::Index(_) => FAILED,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Rebuild(IndexerError),
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl From<IndexerError> for CommandError {
    fn from(error: IndexerError) -> Self {
        match error {
            IndexerError::Index(error) => Self::Index(error),
            error => Self::Rebuild(error),
        }
    }
}

impl RebuildArguments {
    async fn run(self) -> Result<(), CommandError> {
        let mut resources = Resources::default();
        resources.threads = self.threads.map_or(resources.threads, usize::from);
        resources.memory = (self.memory_mb as usize * 1_000_000).min(resources.threads * MOST_MEMORY_PER_THREAD);
        let home = IndexHome::new(&self.index.index_dir);
        let progress = Arc::new(Terminal::new(self.quiet));
        #[allow(clippy::disallowed_methods, reason = "the edge: below it the time is passed in")]
        let built_at = jiff::Timestamp::now().as_millisecond();
        let cancel = CancellationToken::new();
        tokio::spawn(cancel_on_interrupt(cancel.clone()));
        let connecting = Source::connect(&self.database_url);
        let source = cancel.run_until_cancelled(connecting).await.ok_or(IndexerError::Cancelled)??;
        let rebuilt = rebuild(source, &home, resources, built_at, progress.clone(), cancel).await?;
        progress.finish();
        report::rebuilt(&rebuilt, self.index.json);
        Ok(())
    }
}

async fn cancel_on_interrupt(cancel: CancellationToken) {
    if tokio::signal::ctrl_c().await.is_ok() {
        cancel.cancel();
    }
}

impl StatusArguments {
    fn run(self) -> Result<(), CommandError> {
        let home = IndexHome::new(&self.index.index_dir);
        let manifest: Manifest = home.manifest()?;
        report::status(&manifest, home.size()?, self.index.json);
        Ok(())
    }
}
