//! How long single requests take: many different ones of each class, each by OpenRace and by stock tantivy on the same
//! index, on one core. A row has percentiles over requests, three times:
//!
//! - warm: the index is in memory, and was opened for this class; no request is asked twice, so no answer of it is kept.
//! - hot: the same request, asked again at once.
//! - cold: the files were dropped from memory before the index was opened, then the requests asked one after the other.
//!
//! `OPENRACE_BENCH_PRODUCTS=5000000 OPENRACE_BENCH_RECORD=FILE cargo bench --bench latency` writes the record;
//! `cargo bench --bench latency -- keyword` measures the classes that have that in their name. `OPENRACE_BENCH_REQUESTS` is
//! the number of different requests (1000), `OPENRACE_BENCH_SECONDS` how long one engine may take for one column of a
//! class (5): a slower one is asked as many as it answers in that time, and compared by these.
#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::disallowed_methods,
    reason = "a bench takes its settings from the environment, its date from the clock"
)]

mod classes;
mod corpus;
mod measure;
mod peer;
mod report;

use std::fs;
use std::time::Duration;

use mimalloc::MiMalloc;
use openrace_index::{IndexHome, SortKey};

use crate::classes::Class;
use crate::measure::{Answer, Asked, Contender, Openrace, Session, Stock, Suggestions};
use crate::peer::{Prepared, Way};
use crate::report::{Record, Row, Subject};

/// That of the server.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let home = corpus::home();
    let (classes, typed) = drawn(&home);
    let seconds = std::env::var("OPENRACE_BENCH_SECONDS").map_or(5, |seconds| seconds.parse().expect("seconds"));
    let session = Session::new(&home, Duration::from_secs(seconds));
    let mut record = Record::begin(seconds);
    for (class, prepared) in &classes {
        let Class { name, differ_in, ref requests } = *class;
        let is_order_shared = requests.iter().all(|request| request.query.order.key != SortKey::Relevance);
        let subject = Subject { name, differ_in, is_order_shared };
        measure(&session, &contenders(&home, class, prepared), requests.len(), &subject, &mut record);
    }
    let subject = Subject { name: "suggestions", differ_in: "what is typed so far", is_order_shared: true };
    if classes::is_chosen(subject.name) {
        let suggestions = Contender { name: "openrace", open: Box::new(|| Suggestions::open(&home, &typed)) };
        measure(&session, &[suggestions], typed.len(), &subject, &mut record);
    }
    let (text, differing) = record.end();
    if let Ok(path) = std::env::var("OPENRACE_BENCH_RECORD") {
        fs::write(&path, text).expect("a writable record");
    }
    assert_eq!(differing, 0, "answers that mean the same differ");
}

/// All requests, and what is typed for suggestions. The index that they are drawn with is closed afterwards.
fn drawn(home: &IndexHome) -> (Vec<(Class, Vec<Prepared>)>, Vec<String>) {
    let catalog = home.open().expect("a readable index");
    let prepare = |class: Class| {
        let prepared = class.requests.iter().map(|request| Prepared::new(&catalog, request)).collect();
        (class, prepared)
    };
    (classes::chosen(&catalog).into_iter().map(prepare).collect(), classes::typed())
}

fn contenders<'a>(home: &'a IndexHome, class: &'a Class, prepared: &'a [Prepared]) -> Vec<Contender<'a>> {
    let stock = |name, way| Contender { name, open: Box::new(move || Stock::open(home, prepared, way)) };
    let mut contenders = vec![
        Contender { name: "openrace", open: Box::new(|| Openrace::open(home, &class.requests)) },
        stock("tantivy", Way::Offset),
    ];
    if prepared.iter().any(|request| request.after.is_some()) {
        contenders.push(stock("tantivy, search after", Way::After));
    }
    contenders
}

/// Measures so many requests and writes their rows.
fn measure(session: &Session, contenders: &[Contender<'_>], requests: usize, subject: &Subject, record: &mut Record) {
    let measured = session.measure(contenders, requests);
    let Some(ours) = measured.first().map(|(asked, _)| asked.answers.clone()) else { return };
    // Stock tantivy orders by BM25 what OpenRace orders by relevance: then only totals mean the same.
    let is_same = |answer: &Answer, ours: &Answer| match subject.is_order_shared {
        true => answer == ours,
        false => answer.total == ours.total && answer.counts == ours.counts,
    };
    let rows = contenders.iter().zip(measured).map(|(contender, (Asked { warm, hot, answers }, cold))| {
        let same = answers.iter().zip(&ours).filter(|(answer, ours)| is_same(answer, ours)).count();
        Row { engine: contender.name, warm, hot, cold, same }
    });
    record.write(subject, &rows.collect::<Vec<_>>());
}
