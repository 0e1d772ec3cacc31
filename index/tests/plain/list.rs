//! Filters, order and counts as one reads them in the documentation.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use openrace_index::{FacetRequest, Facets, MOST_MALLS, Product, ProductQuery, SortKey, Status};

use crate::support::NOW;

/// The products that pass the filters, in order.
pub(crate) fn listed<'a>(products: &[&'a Product], query: &ProductQuery) -> Vec<&'a Product> {
    let mut list: Vec<&Product> = products.iter().copied().filter(|product| passes(product, query)).collect();
    list.sort_by_key(|product| (key(product, query.order.key), product.id));
    if !query.order.ascending {
        list.reverse();
    }
    list
}

fn key(product: &Product, key: SortKey) -> i64 {
    match key {
        SortKey::Price => product.price,
        SortKey::EventStartTime => product.opens_at,
        SortKey::WishCount => product.wish_count,
        SortKey::Id | SortKey::Relevance => product.id,
    }
}

fn passes(product: &Product, query: &ProductQuery) -> bool {
    let ProductQuery { category, status, min_price, max_price, opens, in_stock, .. } = query;
    category.as_ref().is_none_or(|category| product.category == *category)
        && status.is_none_or(|wanted| status_of(product) == wanted)
        && min_price.is_none_or(|least| least <= product.price)
        && max_price.is_none_or(|most| product.price <= most)
        && opens.as_ref().is_none_or(|opens| opens.start <= product.opens_at && product.opens_at < opens.end)
        && (product.in_stock || !in_stock)
}

fn status_of(product: &Product) -> Status {
    if NOW < product.opens_at {
        Status::Waiting
    } else if product.closes_at <= NOW {
        Status::Close
    } else {
        Status::Open
    }
}

/// Each count that was asked for is the number of products of the list that it is about, and no other is there.
pub(crate) fn assert_counts(facets: &Facets, asked: FacetRequest, list: &[&Product]) {
    let asked_for = |counts: Vec<(String, u64)>, is_asked: bool| if is_asked { counts } else { Vec::new() };
    assert_eq!(facets.categories, asked_for(counted(list, |product| &product.category), asked.category));
    let malls = counted(list, |product| &product.mall);
    assert_eq!(facets.malls, asked_for(malls.into_iter().take(MOST_MALLS).collect(), asked.mall));
    let statuses = [Status::Waiting, Status::Open, Status::Close]
        .map(|status| (status, number(list, |product| status_of(product) == status)));
    assert_eq!(facets.statuses, if asked.status { &statuses[..] } else { &[] });
    for band in &facets.prices {
        let holds = |price| band.from <= price && band.to.is_none_or(|to| price < to);
        assert_eq!(band.count, number(list, |product| holds(product.price)), "{band:?}");
    }
    let priced = if asked.price { list.len() as u64 } else { 0 };
    assert_eq!(facets.prices.iter().map(|band| band.count).sum::<u64>(), priced);
    assert_eq!(facets.prices.is_empty(), !asked.price);
}

fn number(list: &[&Product], is_one: impl Fn(&Product) -> bool) -> u64 {
    list.iter().filter(|product| is_one(product)).count() as u64
}

/// The largest first; of the same size, in the order of their texts.
fn counted(list: &[&Product], text: fn(&Product) -> &str) -> Vec<(String, u64)> {
    let mut counts = BTreeMap::<&str, u64>::new();
    list.iter().for_each(|product| *counts.entry(text(product)).or_default() += 1);
    let mut counts: Vec<(String, u64)> = counts.into_iter().map(|(text, count)| (text.to_owned(), count)).collect();
    counts.sort_by_key(|&(_, count)| Reverse(count));
    counts
}
