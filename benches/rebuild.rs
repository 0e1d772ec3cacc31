//! How long indexing takes from memory: what `indexer rebuild` is compared with.
//!
//! `OPENRACE_BENCH_PRODUCTS=5000000 cargo bench --bench rebuild`; one run, since it takes as long as it takes.
#![allow(missing_docs, reason = "a bench")]

mod corpus;

use mimalloc::MiMalloc;
use openrace_index::IndexHome;

/// That of `indexer`, so that the two differ in nothing but where the products come from.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let products = corpus::products();
    let folder = corpus::folder().join("rebuild");
    let home = IndexHome::new(&folder);
    let corpus::Build { learn, write } = corpus::build(&home, &products);
    let megabytes = home.size().expect("an index") as f64 / 1e6;
    println!(
        "| products | learn, s | write, s | together, s | products/s | index, MB |\n|---:|---:|---:|---:|---:|---:|"
    );
    println!(
        "| {} | {learn:.1} | {write:.1} | {:.1} | {:.0} | {megabytes:.0} |",
        products.len(),
        learn + write,
        products.len() as f64 / (learn + write),
    );
    std::fs::remove_dir_all(folder).expect("a removable folder");
}
