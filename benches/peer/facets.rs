//! The facets of OpenRace, as tantivy aggregates them.

use openrace_index::{MOST_MALLS, fast};
use serde_json::{Value, json};
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::agg_result::AggregationResults;

use crate::corpus::NOW;

/// Where the bands of prices begin and end.
const PRICES: [i64; 9] = [0, 10_000, 30_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 1_000_000_000];
/// More names than there are, so that no count is a guess.
const ALL_NAMES: usize = 10_000;

pub(super) fn all() -> Aggregations {
    let ranges: Vec<_> = PRICES.windows(2).map(|band| json!({ "from": band[0], "to": band[1] })).collect();
    let until_now = json!([{ "to": (NOW + 1) as f64 }]);
    let wanted = json!({
        "category": { "terms": { "field": fast::CATEGORY, "size": ALL_NAMES } },
        "mall": { "terms": { "field": fast::MALL, "size": MOST_MALLS, "segment_size": ALL_NAMES } },
        "price": { "range": { "field": fast::PRICE, "ranges": ranges } },
        "opened": { "range": { "field": fast::OPENS_AT, "ranges": until_now } },
        "closed": { "range": { "field": fast::CLOSES_AT, "ranges": until_now } },
    });
    serde_json::from_value(wanted).expect("aggregations")
}

/// Counts of categories and of malls, the largest first, of bands of prices, and of those waiting, open and closed.
#[allow(dead_code, reason = "not every bench compares them")]
pub(crate) fn counts(total: u64, found: &AggregationResults) -> Vec<u64> {
    let found = serde_json::to_value(found).expect("results");
    let buckets = |name: &str| found[name]["buckets"].as_array().cloned().unwrap_or_default();
    let count = |bucket: &Value| bucket["doc_count"].as_u64().unwrap_or_default();
    let until_now = |name: &str| buckets(name).iter().find(|bucket| bucket.get("from").is_none()).map_or(0, count);
    let (opened, closed) = (until_now("opened"), until_now("closed"));
    let names = ["category", "mall"].map(buckets).concat();
    let mut prices = buckets("price");
    prices.retain(|band| band.get("from").is_some() && band.get("to").is_some());
    let statuses = [total - opened, opened - closed, closed];
    names.iter().chain(&prices).map(count).chain(statuses).collect()
}
