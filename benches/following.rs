//! Every class of queries while nothing changes, and while products change all the time, on one index.
//!
//! `OPENRACE_BENCH_PRODUCTS=5000000 cargo bench --bench following` is the record; `OPENRACE_BENCH_RECORD=FILE` also writes the
//! table there. A part of a name asks only the classes that have it.
#![allow(missing_docs, reason = "a bench")]
#![allow(clippy::disallowed_methods, reason = "a bench takes its settings from the environment")]

mod classes;
mod corpus;

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use mimalloc::MiMalloc;
use openrace_index::{Batch, Catalog, Product, Start, Updater};

use crate::classes::Class;
use crate::corpus::NOW;

/// That of the server.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Products that get another price in a second.
const CHANGES: u64 = 2000;
/// Snapshots in a second, if one can be made so fast.
const BATCHES: u64 = 10;
/// Of each of the two measurements.
const DURATION: Duration = Duration::from_secs(60);

fn main() {
    let (home, _folder) = corpus::copy();
    let mut updater = home.update().expect("an index to write to");
    let shown = ArcSwap::from(Arc::clone(updater.catalog()));
    let classes = classes::chosen(&shown.load());
    ask(&shown, &classes, DURATION / 10);
    let idle = ask(&shown, &classes, DURATION);
    let (stop, changed) = (AtomicBool::new(false), AtomicU64::new(0));
    let (beside, seconds) = thread::scope(|scope| {
        scope.spawn(|| change(&mut updater, &shown, &stop, &changed));
        let start = Instant::now();
        let beside = ask(&shown, &classes, DURATION);
        stop.store(true, Ordering::Relaxed);
        (beside, start.elapsed().as_secs_f64())
    });
    let rate = changed.into_inner() as f64 / seconds;
    let table = table(&classes, idle, beside, rate);
    println!("{table}");
    if let Ok(path) = std::env::var("OPENRACE_BENCH_RECORD") {
        fs::write(&path, table).expect("a writable record");
    }
}

/// Gives products new prices and shows each batch of them, evenly while that is fast enough.
fn change(updater: &mut Updater, shown: &ArcSwap<Catalog>, stop: &AtomicBool, changed: &AtomicU64) {
    let corpus = corpus::corpus();
    // Products from all over the catalogue, each once before one comes again.
    let size = corpus::size();
    let mut products = (0..).map(|number: i64| {
        let product = corpus.product(number * 7_368_787 % size + 1).product;
        Product { price: product.price + 1 + number / size, ..product }
    });
    let mut due = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let replaced = products.by_ref().take((CHANGES / BATCHES) as usize).collect();
        let batch = Batch { replaced, ..Batch::default() };
        let applied = updater.apply(batch, None).expect("room for the changes");
        changed.fetch_add(applied.replaced, Ordering::Relaxed);
        shown.store(Arc::clone(updater.catalog()));
        due += Duration::from_secs(1) / BATCHES as u32;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

/// One question of each class after the other, again and again; how long each took, by class, in microseconds.
fn ask(shown: &ArcSwap<Catalog>, classes: &[Class], duration: Duration) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); classes.len()];
    let (start, mut round) = (Instant::now(), 0);
    while start.elapsed() < duration {
        for (class, times) in classes.iter().zip(&mut times) {
            let request = &class.requests[round % class.requests.len()];
            let asked = Instant::now();
            let page = shown.load().search(&request.query, &Start::Offset(request.offset), request.limit, NOW);
            black_box(page.expect("an answer"));
            times.push(asked.elapsed().as_secs_f64() * 1e6);
        }
        round += 1;
    }
    times
}

fn table(classes: &[Class], idle: Vec<Vec<f64>>, beside: Vec<Vec<f64>>, rate: f64) -> String {
    let mut table = format!(
        "{} products; µs while nothing changes, and while {rate:.0} products a second do\n\n\
         | class | median | p99 | median beside | p99 beside | ratio of medians | of p99 |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
        corpus::size()
    );
    for ((class, mut idle), mut beside) in classes.iter().zip(idle).zip(beside) {
        let ([median, p99], [median_beside, p99_beside]) = (percentiles(&mut idle), percentiles(&mut beside));
        let (name, ratio, of_p99) = (class.name, median_beside / median, p99_beside / p99);
        let _ = writeln!(
            table,
            "| {name} | {median:.1} | {p99:.0} | {median_beside:.1} | {p99_beside:.0} | {ratio:.2} | {of_p99:.2} |"
        );
    }
    table
}

/// The median and the 99th percentile.
fn percentiles(times: &mut [f64]) -> [f64; 2] {
    times.sort_unstable_by(f64::total_cmp);
    [50, 99].map(|percent| times[(times.len() - 1) * percent / 100])
}
