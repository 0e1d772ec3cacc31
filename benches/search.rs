//! Every class of requests through OpenRace and through stock tantivy on one index, on one core, by criterion: for a
//! change of the code, `cargo bench --bench search -- keyword --save-baseline before`, then `--baseline before`.
//!
//! Requests are asked in turn, again and again, so what is kept of them counts; the bench `latency` asks each once.
#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::disallowed_methods, reason = "a bench takes its settings from the environment")]

mod classes;
mod corpus;
mod peer;

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use mimalloc::MiMalloc;
use openrace_index::Start;

use crate::classes::Request;
use crate::corpus::NOW;
use crate::peer::{Peer, Prepared, Way};

/// That of the server.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let home = corpus::home();
    let catalog = home.open().expect("a readable index");
    let peer = Peer::open(&home).expect("a readable index");
    let mut criterion = Criterion::default()
        .configure_from_args()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    for class in classes::chosen(&catalog) {
        let prepared: Vec<Prepared> = class.requests.iter().map(|request| Prepared::new(&catalog, request)).collect();
        let mut group = criterion.benchmark_group(class.name);
        rotate(&mut group, "openrace", &class.requests, |Request { query, offset, limit }| {
            catalog.search(query, &Start::Offset(*offset), *limit, NOW)
        });
        rotate(&mut group, "tantivy", &prepared, |request| peer.find(request, Way::Offset));
        group.finish();
    }
    criterion.final_summary();
}

fn rotate<R, A>(group: &mut BenchmarkGroup<'_, WallTime>, engine: &str, requests: &[R], answer: impl Fn(&R) -> A) {
    let mut next = requests.iter().cycle();
    group.bench_function(BenchmarkId::from_parameter(engine), |bencher| {
        bencher.iter(|| black_box(next.next().map(&answer)));
    });
}
