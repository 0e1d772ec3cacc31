//! What `indexer` prints: data on stdout, progress and errors on stderr.
#![allow(clippy::print_stderr, reason = "a command tells its user what went wrong")]

use std::fmt::Display;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use openrace_index::Manifest;
use openrace_indexer::{Progress, Report};
use serde_json::json;

/// A bar with rate and time left; nothing when stderr is no terminal.
pub(crate) struct Terminal {
    quiet: bool,
    bar: Mutex<ProgressBar>,
}

impl Terminal {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, bar: Mutex::new(ProgressBar::hidden()) }
    }

    pub(crate) fn finish(&self) {
        self.with(|bar| bar.finish_and_clear());
    }

    fn start(&self, message: &'static str, products: u64) {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = "{msg:>9} {bar:32} {human_pos} of {human_len} products  {per_sec}  {eta} left";
        let bar = ProgressBar::with_draw_target(Some(products), target).with_message(message);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        self.with(|current| {
            current.finish();
            *current = bar;
        });
    }

    fn with(&self, act: impl FnOnce(&mut ProgressBar)) {
        if let Ok(mut bar) = self.bar.lock() {
            act(&mut bar);
        }
    }
}

impl Progress for Terminal {
    fn reading(&self, products: u64) {
        self.start("reading", products);
    }

    fn writing(&self, products: u64) {
        self.start("indexing", products);
    }

    fn advance(&self, products: u64) {
        self.with(|bar| bar.inc(products));
    }

    fn publishing(&self) {
        self.with(|bar| bar.set_message("saving"));
    }
}

pub(crate) fn error(error: &impl Display) {
    eprintln!("indexer: {error}");
}

pub(crate) fn rebuilt(report: &Report, as_json: bool) {
    let Manifest { generation, documents, built_at, .. } = &report.manifest;
    let (read, write) = (report.read_seconds, report.write_seconds);
    if as_json {
        println!(
            "{}",
            json!({ "generation": generation, "documents": documents, "builtAt": utc(*built_at), "readSeconds": read,
                "writeSeconds": write })
        );
        return;
    }
    println!("{generation} is in use: {documents} products, read in {read:.1} s, indexed in {write:.1} s");
}

pub(crate) fn status(manifest: &Manifest, bytes: u64, as_json: bool) {
    let built_at = utc(manifest.built_at);
    let Manifest { generation, documents, .. } = manifest;
    if as_json {
        println!(
            "{}",
            json!({ "generation": generation, "documents": documents, "builtAt": built_at, "bytes": bytes })
        );
        return;
    }
    println!("generation  {generation}");
    println!("products    {documents}");
    println!("built at    {built_at}");
    println!("size        {:.1} MB", bytes as f64 / 1e6);
}

fn utc(unix_milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_milliseconds).unwrap_or_default().to_string()
}
