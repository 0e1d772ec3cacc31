//! Every class of queries through this engine and through tantivy's own collectors, on one index, on one core.
//!
//! `OPENRACE_BENCH_PRODUCTS=5000000 cargo bench --bench search` is the record. The table of ratios is printed at the
//! end; `OPENRACE_BENCH_RECORD=FILE` also writes it there.
#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::disallowed_methods, reason = "a bench takes its settings from the environment")]

mod classes;
mod corpus;

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use mimalloc::MiMalloc;
use openrace_index::{Catalog, PopularQueries, SortKey, Start, Status, fast, hangul};
use serde_json::json;
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{AllQuery, BooleanQuery, Query, RangeQuery};
use tantivy::{Order, TantivyDocument, Term};

use crate::classes::{Class, Request};
use crate::corpus::NOW;

/// That of the server.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Where the bands of prices begin and end.
const PRICES: [i64; 9] = [0, 10_000, 30_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 1_000_000_000];

fn main() {
    let catalog = corpus::catalog();
    let classes = classes::all(&catalog);
    let mut criterion = Criterion::default()
        .configure_from_args()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    for class in &classes {
        // What an earlier run left must not pass for this one's.
        let _ = fs::remove_dir_all(measured(class.name));
        check_totals(&catalog, class);
        let mut group = criterion.benchmark_group(class.name);
        rotate(&mut group, "openrace", class, |request| answer(&catalog, request));
        rotate(&mut group, "tantivy", class, |request| answer_with_stock_collectors(&catalog, request));
        group.finish();
    }
    criterion.final_summary();
    let table = format!("{}\n{}\n", table(&catalog, &classes), suggestions(&catalog));
    println!("{table}");
    if let Ok(path) = std::env::var("OPENRACE_BENCH_RECORD") {
        fs::write(&path, table).expect("a writable record");
    }
}

fn rotate(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    engine: &str,
    class: &Class,
    answer: impl Fn(&Request) -> u64,
) {
    let mut next = class.requests.iter().cycle();
    group.bench_function(BenchmarkId::from_parameter(engine), |bencher| {
        bencher.iter(|| black_box(next.next().map(&answer)));
    });
}

/// Both engines must agree before they are compared.
fn check_totals(catalog: &Catalog, class: &Class) {
    for request in &class.requests {
        let (ours, stock) = (answer(catalog, request), answer_with_stock_collectors(catalog, request));
        assert_eq!(ours, stock, "{}: {:?}", class.name, request.query);
    }
}

fn answer(catalog: &Catalog, request: &Request) -> u64 {
    let start = Start::Offset(request.offset);
    let page = catalog.search(&request.query, &start, request.limit, NOW).expect("an answer");
    black_box(&page.cards);
    page.total
}

/// `TopDocs` by one fast field and `Count`; without the tie by id, which would only slow it down. Its documents have no stored
/// fields, so it reads no cards.
fn answer_with_stock_collectors(catalog: &Catalog, request: &Request) -> u64 {
    let query = stock_query(catalog, request);
    let field = match request.query.order.key {
        SortKey::Id | SortKey::Relevance => fast::ID,
        SortKey::Price => fast::PRICE,
        SortKey::EventStartTime => fast::OPENS_AT,
        SortKey::WishCount => fast::WISH_COUNT,
    };
    let order = if request.query.order.ascending { Order::Asc } else { Order::Desc };
    let top = TopDocs::with_limit(request.limit).and_offset(request.offset as usize);
    let top = top.order_by_fast_field::<i64>(field, order);
    let searcher = catalog.searcher();
    let facets = request.query.facets.any().then(|| AggregationCollector::from_aggs(facets(), Default::default()));
    let (total, hits, facets) = searcher.search(&query, &(Count, top, facets)).expect("an answer");
    black_box(facets);
    for (_, address) in hits {
        black_box(searcher.doc::<TantivyDocument>(address).expect("a stored product"));
    }
    total as u64
}

/// What the facets count, as tantivy aggregates it.
fn facets() -> Aggregations {
    let ranges: Vec<_> = PRICES.windows(2).map(|band| json!({ "from": band[0], "to": band[1] })).collect();
    let until_now = json!([{ "to": NOW as f64 }]);
    let wanted = json!({
        "category": { "terms": { "field": fast::CATEGORY, "size": 1000 } },
        "mall": { "terms": { "field": fast::MALL, "size": 20 } },
        "price": { "range": { "field": fast::PRICE, "ranges": ranges } },
        "opened": { "range": { "field": fast::OPENS_AT, "ranges": until_now } },
        "closed": { "range": { "field": fast::CLOSES_AT, "ranges": until_now } },
    });
    serde_json::from_value(wanted).expect("aggregations")
}

fn stock_query(catalog: &Catalog, Request { query, .. }: &Request) -> Box<dyn Query> {
    let mut parts: Vec<Box<dyn Query>> = Vec::new();
    let mut range = |field: &str, low: Option<i64>, high: Option<i64>| {
        let field = catalog.searcher().schema().get_field(field).expect("a field of the index");
        let bound =
            |value: Option<i64>| value.map_or(Bound::Unbounded, |v| Bound::Included(Term::from_field_i64(field, v)));
        if low.is_some() || high.is_some() {
            parts.push(Box::new(RangeQuery::new(bound(low), bound(high))));
        }
    };
    range(fast::PRICE, query.min_price, query.max_price);
    if let Some(opens) = &query.opens {
        range(fast::OPENS_AT, Some(opens.start), Some(opens.end - 1));
    }
    match query.status {
        None => {}
        Some(Status::Waiting) => range(fast::OPENS_AT, Some(NOW + 1), None),
        Some(Status::Open) => {
            range(fast::OPENS_AT, None, Some(NOW));
            range(fast::CLOSES_AT, Some(NOW + 1), None);
        }
        Some(Status::Close) => range(fast::CLOSES_AT, None, Some(NOW)),
    }
    if query.in_stock {
        range(fast::IN_STOCK, Some(1), None);
    }
    let keyword = query.keyword.as_deref();
    parts.extend(keyword.map(|keyword| catalog.keyword_query(keyword).expect("a query")));
    parts.extend(query.category.as_deref().map(|category| catalog.category_query(category)));
    match parts.len() {
        0 => Box::new(AllQuery),
        1 => parts.remove(0),
        _ => Box::new(BooleanQuery::intersection(parts)),
    }
}

/// Medians as criterion measured them, and their ratio.
fn table(catalog: &Catalog, classes: &[Class]) -> String {
    let mut table = format!(
        "{} products, one core, warm; median of one page of cards and its exact total\n\n\
         | class | openrace, µs | p99 | tantivy collectors, µs | ratio |\n|---|---:|---:|---:|---:|\n",
        corpus::size()
    );
    for class @ Class { name, .. } in classes {
        if let (Some(ours), Some(stock)) = (median(name, "openrace"), median(name, "tantivy")) {
            let p99 = slowest_of_a_hundred(catalog, class);
            let (ours, stock, ratio) = (ours / 1e3, stock / 1e3, stock / ours);
            let _ = writeln!(table, "| {name} | {ours:.1} | {p99:.0} | {stock:.1} | {ratio:.1} |");
        }
    }
    table
}

/// How long a suggestion takes after each key with which names of products are typed, Hangul by its jamo.
fn suggestions(catalog: &Catalog) -> String {
    let products = corpus::sample(300);
    let mut times = Vec::new();
    for product in &products {
        let words: Vec<&str> = product.name.split_whitespace().take(2).collect();
        for (number, word) in words.iter().enumerate() {
            for unfinished in keystrokes(word) {
                let typed = [&words[..number], &[&unfinished]].concat().join(" ");
                let start = Instant::now();
                black_box(catalog.suggest(&typed, &PopularQueries::default(), 10).expect("suggestions"));
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    let at = |part: usize| times[(times.len() - 1) * part / 1000];
    let (median, p99, longest) = (at(500), at(990), at(1000));
    format!(
        "suggestions after each of {} keys: median {median:.0} µs, p99 {p99:.0} µs, at most {longest:.0} µs",
        times.len()
    )
}

/// What stands there after each key of a word.
fn keystrokes(word: &str) -> Vec<String> {
    let is_hangul = word.chars().all(hangul::is_syllable);
    let keys = if is_hangul { hangul::keys(word) } else { word.to_owned() };
    let ends = keys.char_indices().map(|(at, key)| at + key.len_utf8());
    let typed = |end: usize| if is_hangul { hangul::compose(&keys[..end]) } else { Some(keys[..end].to_owned()) };
    ends.filter_map(typed).collect()
}

/// The 99th percentile of single answers, in microseconds.
fn slowest_of_a_hundred(catalog: &Catalog, class: &Class) -> f64 {
    let mut times: Vec<f64> = class
        .requests
        .iter()
        .cycle()
        .take(1000)
        .map(|request| {
            let start = Instant::now();
            black_box(answer(catalog, request));
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}

/// Where criterion keeps what it measured of a class.
fn measured(class: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("criterion").join(class.replace('/', "_"))
}

/// Nanoseconds; `None` when a filter left the bench out.
fn median(class: &str, engine: &str) -> Option<f64> {
    let file = measured(class).join(engine).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}
