//! The `indexer` command.

mod cli;
mod report;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// Products are made by one thread and freed by others, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("warn"))
        .with_writer(std::io::stderr)
        .init();
    arguments.run().await
}
