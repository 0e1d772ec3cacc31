//! Arguments and exit codes of `indexer`.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use openrace_index::{Applied, Catalog, IndexError, IndexHome};
use openrace_indexer::{
    FollowError, Follower, IndexerError, Observer, Pace, Progress, Resources, Source, rebuild, repair, verify,
    verify_again,
};
use tokio_util::sync::CancellationToken;

use crate::report::{self, Terminal};

/// tantivy takes no more.
const MOST_MEMORY_PER_THREAD: usize = 4_000_000_000;
/// What differs may only be on its way: it is looked at again after this.
const PATIENCE: Duration = Duration::from_secs(3);

const FAILED: u8 = 1;
const NO_INDEX: u8 = 3;
const DIFFERENT: u8 = 4;
const LOCKED: u8 = 5;
const LOST: u8 = 6;
const INTERRUPTED: u8 = 130;

/// Builds, follows and checks the search index of OpenRace.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:
  indexer rebuild                          build a new generation from DATABASE_URL and switch to it
  indexer rebuild --threads 1 --memory-mb 400
  indexer status --json                    what is in use, for scripts
  indexer refresh                          catch up with MySQL once, without a server
  indexer verify || indexer verify --repair
  indexer rollback                         back to the generation before
  indexer snapshot export - | ssh other indexer snapshot import -
  indexer completions bash >/etc/bash_completion.d/indexer

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no index that this
version reads, 4 index and MySQL differ, 5 somebody else has the index,
6 too far behind: rebuild, 130 interrupted"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read all products from MySQL into a new generation and switch to it; the old one serves until then
    Rebuild(RebuildArguments),
    /// Catch up with MySQL once; a server that runs does so all the time
    Refresh(WithDatabase),
    /// Show the generation in use
    Status(Index),
    /// Compare the index with MySQL, row by row
    Verify(VerifyArguments),
    /// Go back to the generation before; a server that runs catches up with it first
    Rollback(Index),
    /// Remove generations that nobody needs
    Gc(Index),
    /// Ship an index to another server, which then need not read all of MySQL
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// Print completions for a shell
    Completions {
        /// Which
        shell: Shell,
    },
}

#[derive(Subcommand)]
enum SnapshotCommand {
    /// Write the generation in use to a file, as it is at this moment; a server may go on following with it
    Export(SnapshotArguments),
    /// Unpack such a file into a new generation and switch to it; a server then catches up from there
    Import(SnapshotArguments),
}

#[derive(Args)]
struct SnapshotArguments {
    #[command(flatten)]
    index: Index,
    /// The archive; - for standard output or input
    file: PathBuf,
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
struct WithDatabase {
    #[command(flatten)]
    index: Index,
    /// Database to read: mysql://user:password@host:port/openrace
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Args)]
struct RebuildArguments {
    #[command(flatten)]
    from: WithDatabase,
    /// Indexing threads [default: all cores, at most 8]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=8))]
    threads: Option<u8>,
    /// Megabytes that are collected before a segment is written, for all threads together, at most 4000 each; more
    /// means fewer segments
    #[arg(long, default_value_t = 800, value_parser = clap::value_parser!(u32).range(120..=16_000), value_name = "MB")]
    memory_mb: u32,
}

#[derive(Args)]
struct VerifyArguments {
    #[command(flatten)]
    from: WithDatabase,
    /// Put right what differs; not while a server follows, whose sweeps do the same
    #[arg(long)]
    repair: bool,
}

impl Index {
    fn home(&self) -> IndexHome {
        IndexHome::new(&self.index_dir)
    }
}

impl Arguments {
    pub(crate) async fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Rebuild(arguments) => arguments.run().await,
            Command::Refresh(arguments) => arguments.refresh().await,
            Command::Status(index) => status(&index),
            Command::Verify(arguments) => arguments.run().await,
            Command::Rollback(index) => roll_back(&index),
            Command::Gc(index) => collect_garbage(&index),
            Command::Snapshot(SnapshotCommand::Export(arguments)) => arguments.export(),
            Command::Snapshot(SnapshotCommand::Import(arguments)) => arguments.import(),
            Command::Completions { shell } => {
                clap_complete::generate(shell, &mut Self::command(), "indexer", &mut io::stdout());
                Ok(())
            }
        };
        let Err(error) = done else { return ExitCode::SUCCESS };
        report::error(&error);
        ExitCode::from(match error {
            CommandError::Interrupted => INTERRUPTED,
            CommandError::Index(IndexError::NotBuilt(_) | IndexError::Layout { .. }) => NO_INDEX,
            CommandError::Index(IndexError::Locked(_) | IndexError::Followed(_)) => LOCKED,
            CommandError::Different(_) => DIFFERENT,
            CommandError::Lost(_) => LOST,
            CommandError::Indexer(_)
            | CommandError::Index(_)
            | CommandError::Follow(_)
            | CommandError::NoLog(_)
            | CommandError::File { .. } => FAILED,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("interrupted; the index in use was left as it is")]
    Interrupted,
    #[error(transparent)]
    Indexer(IndexerError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("{0} products differ; `indexer verify --repair` puts them right, or the next sweep of a running server")]
    Different(usize),
    #[error("{0}: run `indexer rebuild`")]
    Lost(String),
    #[error("{0}: there is nothing to catch up by; `indexer verify --repair` compares all rows instead")]
    NoLog(String),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Follow(FollowError),
}

impl From<IndexerError> for CommandError {
    fn from(error: IndexerError) -> Self {
        match error {
            IndexerError::Index(error) => Self::Index(error),
            IndexerError::Cancelled => Self::Interrupted,
            error => Self::Indexer(error),
        }
    }
}

impl From<FollowError> for CommandError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Index(error) => Self::Index(error),
            FollowError::Lost(reason) => Self::Lost(reason),
            error => Self::Follow(error),
        }
    }
}

impl WithDatabase {
    async fn connect(&self, cancel: &CancellationToken) -> Result<Source, CommandError> {
        let connecting = Source::connect(&self.database_url);
        Ok(cancel.run_until_cancelled(connecting).await.ok_or(CommandError::Interrupted)??)
    }

    async fn refresh(self) -> Result<(), CommandError> {
        let interrupted = cancel_on_interrupt();
        let updater = self.index.home().update()?;
        // MySQL that cannot be reached would be waited for.
        drop(self.connect(&interrupted).await?);
        let progress = Terminal::new(self.quiet);
        progress.catching_up();
        let done = interrupted.child_token();
        let once = Arc::new(Once { done: done.clone(), progress, told: Mutex::default() });
        let observer: Arc<dyn Observer> = Arc::<Once>::clone(&once);
        let follower = Follower::new(&self.database_url, updater, observer, Pace::default())?;
        follower.run(done).await?;
        once.progress.finish();
        let told = std::mem::take(&mut *once.told());
        if let Some(reason) = told.without_log {
            return Err(CommandError::NoLog(reason));
        }
        report::refreshed(told.applied, self.index.json);
        if interrupted.is_cancelled() { Err(CommandError::Interrupted) } else { Ok(()) }
    }
}

/// Stops a follower once it has caught up.
struct Once {
    done: CancellationToken,
    progress: Terminal,
    told: Mutex<ToldOnce>,
}

#[derive(Default)]
struct ToldOnce {
    applied: Applied,
    without_log: Option<String>,
}

impl Once {
    fn told(&self) -> std::sync::MutexGuard<'_, ToldOnce> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Once {
    fn shown(&self, _: &Arc<Catalog>, _: Option<Duration>, applied: Applied) {
        self.told().applied += applied;
        self.progress.advance(applied.total());
    }

    fn waiting(&self, _: usize) {}

    fn mended(&self, _: u64) {}

    fn caught_up(&self) {
        self.done.cancel();
    }

    fn away(&self, error: &str) {
        tracing::warn!("{error}; trying again");
    }

    fn without_log(&self, reason: &str) {
        self.told().without_log = Some(reason.to_owned());
        self.done.cancel();
    }
}

impl VerifyArguments {
    async fn run(self) -> Result<(), CommandError> {
        let cancel = cancel_on_interrupt();
        let home = self.from.index.home();
        let catalog = home.open()?;
        let mut source = self.from.connect(&cancel).await?;
        let progress = Terminal::new(self.from.quiet);
        progress.comparing(catalog.documents());
        let comparing = verify(&mut source, &catalog, |rows| progress.advance(rows));
        let mut differences = cancel.run_until_cancelled(comparing).await.ok_or(CommandError::Interrupted)??;
        progress.finish();
        let documents = catalog.documents();
        if !differences.is_empty() {
            tokio::time::sleep(PATIENCE).await;
            differences = verify_again(&mut source, &home.open()?, &differences).await?;
        }
        let mut repaired = None;
        if self.repair && !differences.is_empty() {
            let mut updater = home.update()?;
            repaired = Some(repair(&mut source, &mut updater, &differences).await?);
            differences = verify_again(&mut source, updater.catalog(), &differences).await?;
        }
        report::verified(documents, repaired, &differences, self.from.index.json);
        if differences.is_empty() { Ok(()) } else { Err(CommandError::Different(differences.len())) }
    }
}

impl RebuildArguments {
    async fn run(self) -> Result<(), CommandError> {
        let mut resources = Resources::default();
        resources.threads = self.threads.map_or(resources.threads, usize::from);
        resources.memory = (self.memory_mb as usize * 1_000_000).min(resources.threads * MOST_MEMORY_PER_THREAD);
        let progress = Arc::new(Terminal::new(self.from.quiet));
        #[allow(clippy::disallowed_methods, reason = "the edge: below it the time is passed in")]
        let built_at = jiff::Timestamp::now().as_millisecond();
        let cancel = cancel_on_interrupt();
        let source = self.from.connect(&cancel).await?;
        let home = self.from.index.home();
        let rebuilt = rebuild(source, &home, resources, built_at, progress.clone(), cancel).await?;
        progress.finish();
        report::rebuilt(&rebuilt, self.from.index.json);
        Ok(())
    }
}

fn cancel_on_interrupt() -> CancellationToken {
    let cancel = CancellationToken::new();
    let token = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            token.cancel();
        }
    });
    cancel
}

fn status(index: &Index) -> Result<(), CommandError> {
    let home = index.home();
    let manifest = home.manifest()?;
    let status =
        report::Status { documents: home.documents()?, position: home.position()?, bytes: home.size()?, manifest };
    report::status(&status, index.json);
    Ok(())
}

fn roll_back(index: &Index) -> Result<(), CommandError> {
    report::rolled_back(&index.home().roll_back()?, index.json);
    Ok(())
}

impl SnapshotArguments {
    fn is_standard(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    fn failed(&self) -> impl FnOnce(io::Error) -> CommandError + '_ {
        |source| CommandError::File { path: self.file.clone(), source }
    }

    fn export(self) -> Result<(), CommandError> {
        let home = self.index.home();
        if self.is_standard() {
            home.export(io::stdout().lock())?;
            return Ok(());
        }
        // Never half a file under the name that was asked for.
        let part = self.file.with_added_extension("part");
        let file = File::create(&part).map_err(self.failed())?;
        let exported = home.export(BufWriter::new(&file)).inspect_err(|_| drop(fs::remove_file(&part)))?;
        file.sync_all().and_then(|()| fs::rename(&part, &self.file)).map_err(self.failed())?;
        report::shipped("exported", &exported, self.index.json);
        Ok(())
    }

    fn import(self) -> Result<(), CommandError> {
        let home = self.index.home();
        let imported = match self.is_standard() {
            true => home.import(io::stdin().lock())?,
            false => home.import(BufReader::new(File::open(&self.file).map_err(self.failed())?))?,
        };
        report::shipped("is in use", &imported, self.index.json);
        Ok(())
    }
}

fn collect_garbage(index: &Index) -> Result<(), CommandError> {
    report::collected(&index.home().collect_garbage()?, index.json);
    Ok(())
}
