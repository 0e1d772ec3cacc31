//! Requests as queries of tantivy. Keywords are read by OpenRace before anything is timed, so that both look for the same.

use std::ops::Bound;

use openrace_index::{Catalog, Cursor, Order, ProductQuery, SortKey, Start, Status, fast};
use tantivy::Term;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::query::{AllQuery, BooleanQuery, Occur, Query, RangeQuery};

use super::facets;
use crate::classes::Request;
use crate::corpus::NOW;

/// A request, ready to be asked.
pub(crate) struct Prepared {
    pub(crate) query: Box<dyn Query>,
    /// The same, of what comes after the page before; `None` for the first page, and where no fast field has the order.
    pub(crate) after: Option<Box<dyn Query>>,
    pub(crate) order: Order,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    pub(crate) facets: Option<Aggregations>,
}

impl Prepared {
    pub(crate) fn new(catalog: &Catalog, request: &Request) -> Self {
        let Request { query, offset, limit } = request;
        let parts = Parts(catalog);
        let is_deep = *offset > 0 && query.order.key != SortKey::Relevance;
        let after = is_deep.then(|| {
            let before = catalog.search(query, &Start::Offset(offset - 1), 1, NOW).expect("an answer");
            let (rest, seen) =
                parts.after(query.order, before.next.expect("a page that is not the first has one before"));
            let mut all: Vec<_> = parts.of(query).into_iter().map(|part| (Occur::Must, part)).collect();
            all.push((Occur::Must, rest));
            all.extend(seen.map(|seen| (Occur::MustNot, seen)));
            Box::new(BooleanQuery::new(all)) as Box<dyn Query>
        });
        Self {
            query: intersection(parts.of(query)),
            after,
            order: query.order,
            offset: *offset as usize,
            limit: *limit,
            facets: query.facets.any().then(facets::all),
        }
    }
}

fn intersection(mut parts: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match parts.len() {
        0 => Box::new(AllQuery),
        1 => parts.remove(0),
        _ => Box::new(BooleanQuery::intersection(parts)),
    }
}

/// What a query is made of.
struct Parts<'a>(&'a Catalog);

impl Parts<'_> {
    fn of(&self, query: &ProductQuery) -> Vec<Box<dyn Query>> {
        let mut parts = Vec::new();
        let mut range = |field, low: Option<i64>, high: Option<i64>| {
            if low.is_some() || high.is_some() {
                parts.push(self.range(field, low, high));
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
        parts.extend(keyword.map(|keyword| self.0.keyword_query(keyword).expect("a query")));
        parts.extend(query.category.as_deref().map(|category| self.0.category_query(category)));
        parts
    }

    /// What may come after a product in an order, and what of that has come before it.
    fn after(&self, order: Order, cursor: Cursor) -> (Box<dyn Query>, Option<Box<dyn Query>>) {
        let Cursor { key, id } = cursor;
        let field = match order.key {
            SortKey::Id | SortKey::Relevance => {
                let (low, high) = if order.ascending { (Some(id + 1), None) } else { (None, Some(id - 1)) };
                return (self.range(fast::ID, low, high), None);
            }
            SortKey::Price => fast::PRICE,
            SortKey::EventStartTime => fast::OPENS_AT,
            SortKey::WishCount => fast::WISH_COUNT,
        };
        let ids = if order.ascending { (None, Some(id)) } else { (Some(id), None) };
        let seen = vec![self.range(field, Some(key), Some(key)), self.range(fast::ID, ids.0, ids.1)];
        let (low, high) = if order.ascending { (Some(key), None) } else { (None, Some(key)) };
        (self.range(field, low, high), Some(Box::new(BooleanQuery::intersection(seen))))
    }

    /// Both ends included.
    fn range(&self, field: &str, low: Option<i64>, high: Option<i64>) -> Box<dyn Query> {
        let field = self.0.searcher().schema().get_field(field).expect("a field of the index");
        let bound =
            |value: Option<i64>| value.map_or(Bound::Unbounded, |v| Bound::Included(Term::from_field_i64(field, v)));
        Box::new(RangeQuery::new(bound(low), bound(high)))
    }
}
