//! What `indexer` prints: data on stdout, progress and errors on stderr.
#![allow(clippy::print_stderr, reason = "a command tells its user what went wrong")]

use std::fmt::Display;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use openrace_index::{Applied, Manifest};
use openrace_indexer::{Difference, Kind, Progress, Report};
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

    pub(crate) fn comparing(&self, products: u64) {
        self.start("comparing", products);
    }

    pub(crate) fn catching_up(&self) {
        self.start("catching up", 0);
    }

    pub(crate) fn finish(&self) {
        self.with(|bar| bar.finish_and_clear());
    }

    fn start(&self, message: &'static str, products: u64) {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = "{msg:>11} {bar:32} {human_pos} of {human_len} products  {per_sec}  {eta} left";
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

/// What is known of the generation in use.
pub(crate) struct Status {
    pub(crate) manifest: Manifest,
    pub(crate) documents: u64,
    pub(crate) position: Option<String>,
    pub(crate) bytes: u64,
}

pub(crate) fn status(status: &Status, as_json: bool) {
    let Status { manifest: Manifest { generation, built_at, .. }, documents, position, bytes } = status;
    let built_at = utc(*built_at);
    // As text of a newer version it is shown as it is.
    let position = position.as_deref().map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)));
    if as_json {
        println!(
            "{}",
            json!({ "generation": generation, "documents": documents, "builtAt": built_at, "bytes": bytes,
                "position": position })
        );
        return;
    }
    println!("generation  {generation}");
    println!("products    {documents}");
    println!("built at    {built_at}");
    println!("size        {:.1} MB", *bytes as f64 / 1e6);
    match position {
        Some(position) => println!("followed to {}:{}", text(&position["file"]), position["offset"]),
        None => println!("followed to nowhere: it was built without a binary log"),
    }
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("?")
}

pub(crate) fn refreshed(applied: Applied, as_json: bool) {
    let Applied { replaced, deleted, live } = applied;
    match as_json {
        true => println!("{}", json!({ "replaced": replaced, "deleted": deleted, "live": live })),
        false => println!("caught up: {replaced} products written, {deleted} deleted, {live} live values changed"),
    }
}

/// Differences that are listed for people; scripts get all of them.
const LISTED: usize = 20;

pub(crate) fn verified(documents: u64, repaired: Option<Applied>, left: &[Difference], as_json: bool) {
    if as_json {
        let differences: Vec<_> =
            left.iter().map(|found| json!({ "id": found.id, "kind": kind(found.kind) })).collect();
        let repaired = repaired.map_or(0, |applied| applied.total());
        println!("{}", json!({ "documents": documents, "repaired": repaired, "differences": differences }));
        return;
    }
    if let Some(applied) = repaired {
        println!("{} products were put right", applied.total());
    }
    for found in left.iter().take(LISTED) {
        println!("{}  {}", found.id, kind(found.kind));
    }
    if left.len() > LISTED {
        println!("and {} more; --json lists all", left.len() - LISTED);
    }
    if left.is_empty() {
        println!("{documents} products: index and MySQL are equal");
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "missing in the index",
        Kind::Extra => "only in the index",
        Kind::Document => "other content",
        Kind::Live => "other wish count or stock",
    }
}

pub(crate) fn rolled_back(generation: &str, as_json: bool) {
    match as_json {
        true => println!("{}", json!({ "generation": generation })),
        false => println!("{generation} is in use; a running server changes to it when it has caught up"),
    }
}

pub(crate) fn shipped(what: &str, Manifest { generation, documents, .. }: &Manifest, as_json: bool) {
    match as_json {
        true => println!("{}", json!({ "generation": generation, "builtWith": documents })),
        false => println!("{generation} {what}"),
    }
}

pub(crate) fn collected(removed: &[String], as_json: bool) {
    match (as_json, removed) {
        (true, _) => println!("{}", json!({ "removed": removed })),
        (false, []) => println!("nothing to remove"),
        (false, _) => println!("removed {}", removed.join(", ")),
    }
}

fn utc(unix_milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_milliseconds).unwrap_or_default().to_string()
}
