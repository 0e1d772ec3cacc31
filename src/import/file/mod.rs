//! Products from a CSV or NDJSON file: `openrace import`.
//!
//! Every row is checked before the first is written. Bad rows go to a reject file; good ones are
//! written in one transaction. A file that is broken as a whole loads nothing.

mod column;
mod delimited;
mod json_lines;
mod rejects;
mod rules;
mod text;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use jiff::{Timestamp, civil::DateTime};
use sqlx::{Acquire, MySqlPool};
use thiserror::Error;

pub use self::{column::Column, text::FileError};
use self::{rejects::Reject, rules::Rules};
use super::{CatalogueRow, bulk, lock::Lock};
use crate::products::limits;

/// What to import, and what rows get that do not say it themselves.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// CSV with a header, or NDJSON (one object a line), in UTF-8.
    ///
    /// Needed: product_name or name, product_image or image (may be empty), price (digits only, in
    /// won), mall_name or mall, category. Optional: brand, total_quantity or quantity,
    /// event_start_time or opens_at, event_end_time or closes_at (such as 2026-11-22T09:00, shop
    /// time), per_member_limit.
    pub file: PathBuf,

    /// Format of the file; default: NDJSON when it ends in .ndjson or .jsonl, else CSV
    #[arg(long)]
    pub format: Option<Format>,

    /// Check the file and write the reject file, but load nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Where bad rows go, each with its line and the reason; default: FILE.rejected.csv or .ndjson
    #[arg(long, value_name = "FILE")]
    pub reject: Option<PathBuf>,

    /// Units for sale, for rows without a quantity
    #[arg(long, default_value_t = 30, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(limits::UNITS))]
    pub quantity: u32,

    /// Opening of the sale in shop time, for rows without one; default: the next 09:00
    #[arg(long, value_name = "YYYY-MM-DDTHH:MM")]
    pub opens_at: Option<DateTime>,

    /// Hours from opening to closing, for rows without a closing time
    #[arg(long, default_value_t = 24, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=87_600))]
    pub hours: u32,

    /// Zone of all local times, by its IANA name
    #[arg(long, env = "OPENRACE_TIME_ZONE", default_value = "Asia/Seoul", value_name = "ZONE")]
    pub time_zone: String,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated, the first row naming the columns.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// A file whose rows have been checked.
#[derive(Debug)]
pub struct Checked {
    /// The good rows, without ids.
    pub rows: Vec<CatalogueRow>,
    /// Number of bad rows.
    pub rejected: usize,
    /// Where the bad rows are; `None` when there are none.
    pub reject_file: Option<PathBuf>,
}

/// Why nothing was imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file is broken as a whole.
    #[error("{}: {source}; nothing was loaded", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: FileError,
    },
    /// The reject file cannot be written.
    #[error("cannot write the reject file {}; nothing was loaded", path.display())]
    Reject {
        /// The reject file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The reject file would replace the file to import.
    #[error("--reject names the file to import itself; nothing was loaded")]
    RejectIsInput,
    /// The defaults make no sense.
    #[error("cannot work out when the sales open: check --time-zone and --opens-at")]
    Calendar(#[from] jiff::Error),
    /// Half a generated catalogue is there, and the ids of the other half are taken.
    #[error("the generated catalogue is not complete: finish it first with `openrace generate --if-empty`")]
    Unfinished,
    /// Another process writes the catalogue.
    #[error("another process is loading or importing products: wait until it has finished")]
    Busy,
    /// MySQL failed; none of the rows is in.
    #[error("cannot write the products; nothing was loaded")]
    Write(#[from] sqlx::Error),
}

/// Reads and checks the file, and writes the bad rows to the reject file. Needs no database.
#[allow(clippy::disallowed_methods, reason = "the edge: below it the time is passed in")]
pub fn check(args: &ImportArgs) -> Result<Checked, ImportError> {
    let rules = Rules::new(args, Timestamp::now())?;
    let format = args.format.unwrap_or_else(|| Format::of(&args.file));
    let broken = |source| ImportError::File { path: args.file.clone(), source };
    let text = text::read(&args.file).map_err(broken)?;
    let (rows, rejects) = match format {
        Format::Csv => delimited::check(&text, &rules),
        Format::Ndjson => json_lines::check(&text, &rules),
    }
    .map_err(broken)?;
    let reject_file = write_rejects(args, format, &rejects)?;
    Ok(Checked { rows, rejected: rejects.len(), reject_file })
}

/// Writes the checked rows in one transaction, and gives them their ids.
pub async fn load(checked: &mut Checked, pool: &MySqlPool) -> Result<(), ImportError> {
    let lock = Lock::take(pool).await?.ok_or(ImportError::Busy)?;
    let outcome = write(&mut checked.rows, pool).await;
    lock.release().await;
    outcome
}

async fn write(rows: &mut [CatalogueRow], pool: &MySqlPool) -> Result<(), ImportError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    let unfinished = sqlx::query!("SELECT id FROM catalogue_load WHERE finished_at IS NULL");
    if unfinished.fetch_optional(&mut *transaction).await?.is_some() {
        return Err(ImportError::Unfinished);
    }
    bulk::insert_new(&mut transaction, rows).await?;
    Ok(transaction.commit().await?)
}

fn write_rejects(args: &ImportArgs, format: Format, rejects: &[Reject]) -> Result<Option<PathBuf>, ImportError> {
    let path = args.reject.clone().unwrap_or_else(|| format.reject_file(&args.file));
    if is_same(&path, &args.file) {
        return Err(ImportError::RejectIsInput);
    }
    if rejects.is_empty() {
        return Ok(None);
    }
    match rejects::write(&path, format, rejects) {
        Ok(()) => Ok(Some(path)),
        Err(source) => Err(ImportError::Reject { path, source }),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

impl Format {
    fn of(file: &Path) -> Format {
        let ending = file.extension().unwrap_or_default();
        if ["ndjson", "jsonl"].iter().any(|ndjson| ending.eq_ignore_ascii_case(ndjson)) {
            Format::Ndjson
        } else {
            Format::Csv
        }
    }

    fn reject_file(self, file: &Path) -> PathBuf {
        let mut path = file.as_os_str().to_owned();
        path.push(match self {
            Format::Csv => ".rejected.csv",
            Format::Ndjson => ".rejected.ndjson",
        });
        path.into()
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} good rows, {} bad", self.rows.len(), self.rejected)?;
        match &self.reject_file {
            Some(path) => write!(f, "; the bad ones with their reasons are in {}", path.display()),
            None => Ok(()),
        }
    }
}
