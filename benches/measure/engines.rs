//! What is measured: OpenRace, stock tantivy, and OpenRace's suggestions.

use std::time::Duration;

use openrace_index::{Catalog, Facets, IndexHome, PopularQueries, Start};

use super::{Answer, Engine, timed};
use crate::classes::Request;
use crate::corpus::NOW;
use crate::peer::{self, Peer, Prepared, Way};

/// Pages of cards, and exact totals.
pub(crate) struct Openrace<'a> {
    catalog: Catalog,
    requests: &'a [Request],
}

impl<'a> Openrace<'a> {
    pub(crate) fn open(home: &IndexHome, requests: &'a [Request]) -> Box<dyn Engine + 'a> {
        Box::new(Self { catalog: home.open().expect("a readable index"), requests })
    }
}

impl Engine for Openrace<'_> {
    fn ask(&self, number: usize) -> (Duration, Answer) {
        let Request { query, offset, limit } = &self.requests[number];
        timed(
            || self.catalog.search(query, &Start::Offset(*offset), *limit, NOW).expect("an answer"),
            |page| Answer {
                total: page.total,
                ids: page.cards.iter().map(|card| card.id).collect(),
                counts: page.facets.as_ref().map(counts).unwrap_or_default(),
            },
        )
    }
}

/// In the order of [`peer::facets::counts`].
fn counts(facets: &Facets) -> Vec<u64> {
    let names = facets.categories.iter().chain(&facets.malls).map(|(_, count)| *count);
    let prices = facets.prices.iter().map(|band| band.count);
    names.chain(prices).chain(facets.statuses.iter().map(|(_, count)| *count)).collect()
}

/// Pages of ids, and exact totals.
pub(crate) struct Stock<'a> {
    peer: Peer,
    requests: &'a [Prepared],
    way: Way,
}

impl<'a> Stock<'a> {
    pub(crate) fn open(home: &IndexHome, requests: &'a [Prepared], way: Way) -> Box<dyn Engine + 'a> {
        Box::new(Self { peer: Peer::open(home).expect("a readable index"), requests, way })
    }
}

impl Engine for Stock<'_> {
    fn ask(&self, number: usize) -> (Duration, Answer) {
        timed(
            || self.peer.find(&self.requests[number], self.way).expect("an answer"),
            |found| {
                let counts = found.facets.as_ref().map(|facets| peer::facets::counts(found.total, facets));
                Answer { total: found.total, ids: found.ids.clone(), counts: counts.unwrap_or_default() }
            },
        )
    }
}

/// What is suggested after a key; it has no ids.
pub(crate) struct Suggestions<'a> {
    catalog: Catalog,
    popular: PopularQueries,
    typed: &'a [String],
}

impl<'a> Suggestions<'a> {
    pub(crate) fn open(home: &IndexHome, typed: &'a [String]) -> Box<dyn Engine + 'a> {
        let catalog = home.open().expect("a readable index");
        Box::new(Self { catalog, popular: PopularQueries::default(), typed })
    }
}

impl Engine for Suggestions<'_> {
    fn ask(&self, number: usize) -> (Duration, Answer) {
        timed(
            || self.catalog.suggest(&self.typed[number], &self.popular, 10).expect("suggestions"),
            |suggestions| Answer { total: suggestions.len() as u64, ids: Vec::new(), counts: Vec::new() },
        )
    }
}
