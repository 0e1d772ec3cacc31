//! The seeded corpus, and the index of it that stays in the target folder between runs.
#![allow(clippy::disallowed_methods, reason = "a bench takes its size from the environment")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fs, io};

use jiff::{civil::date, tz::TimeZone};
use openrace::import::generate::Corpus;
use openrace_index::{IndexHome, LexiconBuilder, Product, WriterOptions};
use rayon::prelude::*;
use tempfile::TempDir;

/// The moment of all queries: one hour after the day's opening, 10:00 in Seoul.
pub(crate) const NOW: i64 = 1_795_482_000_000;

/// Number of products: `OPENRACE_BENCH_PRODUCTS`, by default enough for a quick look.
pub(crate) fn size() -> i64 {
    std::env::var("OPENRACE_BENCH_PRODUCTS").map_or(200_000, |size| size.parse().expect("a number of products"))
}

/// All products, made on all cores.
pub(crate) fn products() -> Vec<Product> {
    let corpus = corpus();
    (1..=size()).into_par_iter().map(|id| corpus.product(id).product).collect()
}

/// Some products from all over the corpus.
#[allow(dead_code, reason = "not every bench types names")]
pub(crate) fn sample(products: i64) -> Vec<Product> {
    let corpus = corpus();
    (1..=size()).step_by((size() / products).max(1) as usize).map(|id| corpus.product(id).product).collect()
}

pub(crate) fn corpus() -> Corpus {
    Corpus::new(1, 60, date(2026, 11, 24), &TimeZone::fixed(jiff::tz::offset(9))).expect("a calendar")
}

/// Changes when the generator does, so that no index of other products is searched.
#[allow(dead_code, reason = "not every bench searches")]
fn fingerprint() -> u64 {
    let corpus = corpus();
    let mut hasher = DefaultHasher::new();
    (1..=1000).for_each(|id| format!("{:?}", corpus.product(id).product).hash(&mut hasher));
    hasher.finish()
}

/// Seconds that the two passes of a build took.
#[allow(dead_code, reason = "not every bench reports them")]
pub(crate) struct Build {
    pub(crate) learn: f64,
    pub(crate) write: f64,
}

/// Indexes products from memory the way a rebuild does, and puts the result into use.
pub(crate) fn build(home: &IndexHome, products: &[Product]) -> Build {
    let start = Instant::now();
    let lexicon = products
        .par_chunks(4096)
        .fold(LexiconBuilder::default, |mut builder, chunk| {
            chunk.iter().for_each(|product| builder.add(&product.searchable_text()));
            builder
        })
        .reduce(LexiconBuilder::default, |mut builder, other| {
            builder.merge(other);
            builder
        });
    let learn = start.elapsed().as_secs_f64();
    let rebuild = home.begin().expect("a folder to build in");
    let writer = rebuild.writer(lexicon, WriterOptions::default()).expect("a writer");
    writer.add(products).expect("room for the products");
    rebuild.publish(writer, NOW, None).expect("a complete generation");
    Build { learn, write: start.elapsed().as_secs_f64() - learn }
}

/// The index of the corpus, built on first use.
#[allow(dead_code, reason = "not every bench searches")]
pub(crate) fn home() -> IndexHome {
    IndexHome::new(built())
}

/// A copy of that index, to be written to; it is gone when the folder is dropped.
#[allow(dead_code, reason = "not every bench writes")]
pub(crate) fn copy() -> (IndexHome, TempDir) {
    fn copy(from: &Path, to: &Path) -> io::Result<()> {
        for entry in fs::read_dir(from)? {
            let (from, to) = {
                let entry = entry?;
                (entry.path(), to.join(entry.file_name()))
            };
            match from.is_dir() {
                true => fs::create_dir(&to).and_then(|()| copy(&from, &to))?,
                false => drop(fs::copy(&from, &to)?),
            }
        }
        Ok(())
    }
    let built = built();
    let folder = TempDir::new_in(folder()).expect("a folder to copy to");
    copy(&built, folder.path()).expect("room for a copy of the index");
    (IndexHome::new(folder.path()), folder)
}

/// Where the index of the corpus is.
fn built() -> PathBuf {
    let path = folder().join(format!("{}-{:x}", size(), fingerprint()));
    let home = IndexHome::new(&path);
    if home.manifest().is_err() {
        println!("building the index of {} products; later runs reuse it", size());
        build(&home, &products());
    }
    path
}

/// Where indexes of benches live: below the target folder.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-index")
}
