//! Asks a running server random searches and compares every answer with a plain look at every row of MySQL.
//!
//! ```text
//! cargo run --release --example compare_search -- --queries 2000 --seed 1
//! ```
//! Reads the whole catalogue into memory (about 1 kB a product), so run it while nothing changes.

mod queries;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use openrace_index::oracle::{self, Document, Keyword};
use openrace_index::{Catalog, IndexHome, ProductQuery};
use openrace_indexer::Source;
use rayon::prelude::*;
use serde::Deserialize;

use crate::queries::{Asked, Generator};

/// Compare a server's searches with a plain scan of MySQL.
#[derive(Parser)]
struct Arguments {
    /// Number of random searches
    #[arg(long, default_value_t = 2000)]
    queries: usize,
    /// The same seed asks the same searches of the same catalogue
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Folder of the index that the server serves
    #[arg(long, env = "OPENRACE_INDEX_DIR", default_value = ".local/index")]
    index_dir: PathBuf,
    /// Database that the index was built from
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    total_elements: usize,
    content: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: i64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let catalog = IndexHome::new(&arguments.index_dir).open()?;
    let (documents, names) = read(&arguments.database_url).await?;
    let mut generator = Generator::new(arguments.seed, names);
    let client = reqwest::Client::new();
    let template = "{bar:32} {pos} of {len} searches  {per_sec}  {eta} left";
    let bar = ProgressBar::new(arguments.queries as u64).with_style(ProgressStyle::with_template(template)?);
    let (mut matched, mut empty) = (0_u64, 0);
    for _ in 0..arguments.queries {
        let query = generator.query();
        let expected = expected(&catalog, &documents, &query)?;
        let asked = generator.page(query, expected.len());
        let address = asked.address(&arguments.server)?;
        let response = client.get(address.clone()).send().await.context("no answer: is the server running?")?;
        ensure!(response.status().is_success(), "{address}: {}", response.status());
        compare(&asked, &expected, &response.json().await?).with_context(|| address.to_string())?;
        matched += expected.len() as u64;
        empty += u64::from(expected.is_empty());
        bar.inc(1);
    }
    bar.finish_and_clear();
    let Arguments { queries, seed, .. } = arguments;
    println!("{queries} searches of {} products equal a plain scan (seed {seed})", documents.len());
    println!("{matched} matches in all, {empty} searches without one");
    Ok(())
}

async fn read(database_url: &str) -> anyhow::Result<(Vec<Document>, Vec<String>)> {
    let (mut documents, mut names) = (Vec::new(), Vec::new());
    Source::connect(database_url)
        .await?
        .read(16_384, async |products| {
            documents.par_extend(products.par_iter().map(Document::from));
            names.extend(products.into_iter().map(|product| product.name));
            Ok(())
        })
        .await?;
    ensure!(!documents.is_empty(), "the catalogue is empty: run `openrace generate`");
    Ok((documents, names))
}

fn expected(catalog: &Catalog, documents: &[Document], query: &ProductQuery) -> anyhow::Result<Vec<i64>> {
    let keyword = query.keyword.as_deref().map(|keyword| Keyword::new(catalog, keyword));
    let now = i64::try_from(now_milliseconds()?)?;
    // Every core takes a part; the parts are put in order by one more search among what they found.
    let parts: Vec<Vec<&Document>> = documents
        .par_chunks(65_536)
        .map(|part| oracle::matches(part.iter(), query, keyword.as_ref(), now).collect())
        .collect();
    Ok(oracle::search(parts.into_iter().flatten(), query, keyword.as_ref(), now))
}

#[allow(clippy::disallowed_methods, reason = "the server that is asked goes by the same clock")]
fn now_milliseconds() -> anyhow::Result<u128> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())
}

fn compare(asked: &Asked, expected: &[i64], answer: &Answer) -> anyhow::Result<()> {
    ensure!(answer.total_elements == expected.len(), "total {}, expected {}", answer.total_elements, expected.len());
    let start = (asked.page * asked.size).min(expected.len());
    let page = &expected[start..expected.len().min(start + asked.size)];
    let ids: Vec<i64> = answer.content.iter().map(|item| item.id).collect();
    if ids != page {
        bail!("page {ids:?}, expected {page:?}");
    }
    Ok(())
}
