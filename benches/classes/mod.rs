//! The classes of requests that shoppers send, and as many different requests of each as it has, up to a number.

mod kinds;
mod shopper;

use std::collections::HashSet;

use openrace_index::{Catalog, ProductQuery, Start};
use rand::RngExt;
use rand::seq::SliceRandom;

use self::kinds::{Kind, Place};
use self::shopper::Shopper;
use crate::corpus::NOW;

/// Products on a page, unless the size is what differs.
const PAGE: u64 = 20;
/// A list that is opened at any page has at least so many.
const FEWEST_PAGES: u64 = 10;
/// Requests drawn for each that is wanted, before a class is taken to have no more different ones.
const TRIES: usize = 50;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) query: ProductQuery,
    pub(crate) offset: u64,
    pub(crate) limit: usize,
}

pub(crate) struct Class {
    pub(crate) name: &'static str,
    /// No two of its requests have all of this in common.
    #[allow(dead_code, reason = "not every bench tells it")]
    pub(crate) differ_in: &'static str,
    pub(crate) requests: Vec<Request>,
}

/// Number of different requests of a class: `OPENRACE_BENCH_REQUESTS`.
pub(crate) fn wanted() -> usize {
    std::env::var("OPENRACE_BENCH_REQUESTS").map_or(1000, |count| count.parse().expect("a number of requests"))
}

/// Whether the first argument is in a name, or begins with it; all names are chosen when there is none.
pub(crate) fn is_chosen(name: &str) -> bool {
    let part = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    name.contains(&part) || part.starts_with(name)
}

/// The classes that are chosen.
pub(crate) fn chosen(catalog: &Catalog) -> Vec<Class> {
    let kinds = kinds::all().into_iter().filter(|kind| is_chosen(kind.name));
    kinds.map(|kind| Class { name: kind.name, differ_in: kind.differ_in, requests: draw(catalog, &kind) }).collect()
}

fn draw(catalog: &Catalog, kind: &Kind) -> Vec<Request> {
    let mut shopper = Shopper::first();
    let (mut requests, mut keywords, mut seen) = (Vec::new(), HashSet::new(), HashSet::new());
    for _ in 0..TRIES * wanted() {
        if requests.len() == wanted() {
            break;
        }
        shopper.next();
        let Some(query) = (kind.query)(&mut shopper) else { continue };
        // What is kept of a keyword must not speed up another request with it.
        if query.keyword.as_ref().is_some_and(|keyword| !keywords.insert(keyword.clone())) {
            continue;
        }
        let request = place(catalog, kind, query, &mut shopper);
        requests.extend(request.filter(|request| seen.insert(request.clone())));
    }
    // The commonest keywords are drawn first.
    requests.shuffle(&mut shopper.random);
    requests
}

/// The page of the list that is asked for, if the list is as long as the class wants it.
fn place(catalog: &Catalog, kind: &Kind, query: ProductQuery, shopper: &mut Shopper) -> Option<Request> {
    let total = catalog.search(&query, &Start::Offset(0), 0, NOW).expect("an answer").total;
    let fewest = if kind.place == Place::AnyPage { FEWEST_PAGES * PAGE } else { 0 };
    if total < (kind.fewest)(catalog.documents()).max(fewest) {
        return None;
    }
    let (offset, limit) = match kind.place {
        Place::First => (0, PAGE),
        Place::FirstOfAnySize => (0, shopper.random.random_range(10..=100)),
        Place::FirstTwelve => (0, 12),
        Place::AnyPage => (shopper.random.random_range(0..total.div_ceil(PAGE)) * PAGE, PAGE),
        Place::Last => (total.saturating_sub(1) / PAGE * PAGE, PAGE),
    };
    Some(Request { query, offset, limit: limit as usize })
}

/// Different beginnings of what shoppers type, Hangul by its keys: for each a suggestion is due.
#[allow(dead_code, reason = "not every bench suggests")]
pub(crate) fn typed() -> Vec<String> {
    let mut shopper = Shopper::first();
    let mut typed = HashSet::new();
    for _ in 0..TRIES * wanted() {
        if typed.len() == wanted() {
            break;
        }
        shopper.next();
        typed.extend(shopper.unfinished());
    }
    let mut typed: Vec<String> = typed.into_iter().collect();
    typed.sort_unstable();
    typed.shuffle(&mut shopper.random);
    typed
}
