//! Every list of a catalogue, compared with the rules.

use std::cell::Cell;
use std::cmp::Reverse;

use openrace_index::{Catalog, Order, Page, Product, ProductQuery, Start};

use crate::catalogue::Case;
use crate::keyword::Typed;
use crate::list::{assert_counts, listed};
use crate::support::NOW;
use crate::words::{Known, Searched};

fn ids(products: &[&Product]) -> Vec<i64> {
    products.iter().map(|product| product.id).collect()
}

fn shown(page: &Page) -> Vec<i64> {
    page.cards.iter().map(|card| card.id).collect()
}

/// The whole list, page by page, and what its first page says beside. Each page begins where the one before ends, tells the
/// total, and is the same by number.
fn walk(catalog: &Catalog, query: &ProductQuery, limit: usize) -> (Vec<i64>, Page) {
    let first = catalog.search(query, &Start::Offset(0), limit, NOW).unwrap();
    let mut walked = shown(&first);
    let mut page = first.clone();
    while let Some(cursor) = page.next {
        page = catalog.search(query, &Start::After(cursor), limit, NOW).unwrap();
        let by_number = catalog.search(query, &Start::Offset(walked.len() as u64), limit, NOW).unwrap();
        assert_eq!(page, by_number, "{query:?}");
        assert_eq!((page.total, page.offset), (first.total, walked.len() as u64), "{query:?}");
        assert!(page.next.is_none() || page.cards.len() == limit, "{query:?}");
        walked.extend(shown(&page));
    }
    assert_eq!(walked.len() as u64, first.total, "{query:?}");
    let past = catalog.search(query, &Start::Offset(first.total), limit, NOW).unwrap();
    assert_eq!((past.cards.len(), past.total, past.next), (0, first.total, None), "{query:?}");
    (walked, first)
}

/// How much was compared in all cases.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// Products of lists, each at its place.
    pub(crate) listed: Cell<usize>,
    /// Pages that were reached by cursor.
    pub(crate) pages: Cell<usize>,
    /// Lists whose facets were asked for.
    pub(crate) counted: Cell<usize>,
    /// Products that a keyword had to find.
    pub(crate) due: Cell<usize>,
    /// Products that a keyword found and might find.
    pub(crate) allowed: Cell<usize>,
    /// Lists by relevance in which a name that starts with a typed word is followed by one that does not.
    pub(crate) ranked: Cell<usize>,
}

fn add(counter: &Cell<usize>, count: usize) {
    counter.set(counter.get() + count);
}

/// One state of a catalogue.
pub(crate) struct Shelf<'a> {
    catalog: &'a Catalog,
    products: Vec<&'a Product>,
    searched: Vec<Searched>,
    /// Words of all products, those to come included.
    known: &'a Known,
    /// Those that the index was built with.
    built: &'a Known,
    compared: &'a Compared,
}

impl<'a> Shelf<'a> {
    pub(crate) fn new(
        catalog: &'a Catalog,
        products: &'a [Product],
        (known, built): (&'a Known, &'a Known),
        compared: &'a Compared,
    ) -> Self {
        let searched = products.iter().map(Searched::new).collect();
        Self { catalog, products: products.iter().collect(), searched, known, built, compared }
    }

    /// The products that the engine finds by a keyword alone.
    pub(crate) fn found(&self, keyword: &str, exact: bool) -> Vec<&'a Product> {
        let query = ProductQuery { keyword: Some(keyword.into()), exact, ..ProductQuery::default() };
        let (found, page) = walk(self.catalog, &query, 7);
        let typed = Typed::new(keyword, self.known, self.built);
        let is_typed = exact || page.corrections.is_empty();
        for (product, searched) in self.products.iter().zip(&self.searched) {
            let is_found = found.contains(&product.id);
            let due = typed.must_find(searched);
            assert!(is_found || !due, "{keyword:?} (exact: {exact}) must find {product:?}");
            add(&self.compared.due, usize::from(due));
            if is_typed && is_found {
                assert!(typed.may_find(searched, self.known), "{keyword:?} must not find {product:?}");
                add(&self.compared.allowed, 1);
            }
        }
        self.products.iter().copied().filter(|product| found.contains(&product.id)).collect()
    }

    /// The list of a query is that of the products that its keyword finds, filtered and sorted.
    fn assert_listed(&self, query: &ProductQuery, limit: usize, found: &[&Product]) {
        let due = listed(found, query);
        let (walked, first) = walk(self.catalog, query, limit);
        assert_eq!(walked, ids(&due), "{query:?}");
        assert_eq!(first.facets.is_some(), query.facets.any(), "{query:?}");
        if let Some(facets) = &first.facets {
            assert_counts(facets, query.facets, &due);
            add(&self.compared.counted, 1);
        }
        add(&self.compared.listed, walked.len());
        add(&self.compared.pages, walked.len().div_ceil(limit).saturating_sub(1));
    }

    /// A name that starts with a typed word comes before one that does not; the newest first among each.
    fn assert_ranked(&self, keyword: &str, query: &ProductQuery, limit: usize, found: &[&Product]) {
        let (walked, _) = walk(self.catalog, &ProductQuery { order: Order::RELEVANCE, ..query.clone() }, limit);
        let mut newest = walked.clone();
        newest.sort_unstable_by_key(|&id| Reverse(id));
        let by_id = ProductQuery { order: ProductQuery::default().order, ..query.clone() };
        assert_eq!(newest, ids(&listed(found, &by_id)), "{query:?}");
        let typed = Typed::new(keyword, self.known, self.built);
        let name = |id: i64| &found.iter().find(|product| product.id == id).unwrap().name;
        let ranked = walked.iter().filter_map(|&id| Some((typed.leads(name(id), self.built)?, id)));
        let ranked: Vec<(bool, i64)> = ranked.collect();
        assert!(ranked.is_sorted_by(|a, b| a > b), "{keyword:?}: {ranked:?}");
        add(&self.compared.ranked, ranked.windows(2).filter(|pair| pair[0].0 != pair[1].0).count());
    }

    pub(crate) fn assert_plain(&self, case: &Case) {
        for (query, limit) in &case.queries {
            self.assert_listed(query, *limit, &self.products);
        }
        for (typing, (query, limit)) in case.typings.iter().zip(&case.queries) {
            let keyword = typing.keyword(&case.then);
            for exact in [false, true] {
                let found = self.found(&keyword, exact);
                let query = ProductQuery { keyword: Some(keyword.clone()), exact, ..query.clone() };
                self.assert_listed(&query, *limit, &found);
                if exact {
                    self.assert_ranked(&keyword, &query, *limit, &found);
                    let unfiltered = ProductQuery { keyword: query.keyword.clone(), exact, ..ProductQuery::default() };
                    self.assert_ranked(&keyword, &unfiltered, *limit, &found);
                }
            }
        }
    }
}
