//! Stock tantivy on the same index files, asked as well as it can be: totals are looked up where it knows them, pages come
//! from fast fields and are cut by id among equals, no stored document is read, and deep pages are also asked for by the
//! place where the page before ended. It answers with ids where OpenRace answers with cards.

pub(crate) mod facets;
mod query;

use openrace_index::{IndexHome, SortKey, fast};
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_result::AggregationResults;
use tantivy::collector::sort_key::SortByStaticFastValue;
use tantivy::collector::{Collector, Count, TopDocs};
use tantivy::columnar::Column;
use tantivy::query::{AllQuery, Query, TermQuery};
use tantivy::{DocAddress, Index, Order, Searcher};

pub(crate) use self::query::Prepared;

/// How a page is come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By leaving out what comes before it.
    Offset,
    /// By asking only for what comes after the page before.
    #[allow(dead_code, reason = "not every bench goes both ways")]
    After,
}

/// A page of ids, the number of matches, and what was counted apart.
#[allow(dead_code, reason = "not every bench looks at it")]
pub(crate) struct Found {
    pub(crate) total: u64,
    pub(crate) ids: Vec<i64>,
    pub(crate) facets: Option<AggregationResults>,
}

pub(crate) struct Peer {
    searcher: Searcher,
    /// Of each segment.
    ids: Vec<Column<i64>>,
}

impl Peer {
    /// Opens the generation in use, without anything of OpenRace's.
    pub(crate) fn open(home: &IndexHome) -> tantivy::Result<Self> {
        let generation = home.current().expect("a readable folder").expect("a generation");
        let searcher = Index::open_in_dir(home.path().join(generation))?.reader()?.searcher();
        let ids = searcher.segment_readers().iter().map(|segment| segment.fast_fields().i64(fast::ID));
        Ok(Self { ids: ids.collect::<tantivy::Result<_>>()?, searcher })
    }

    /// A page of ids and the exact total, by either way; one that begins the list is the same by both.
    pub(crate) fn find(&self, request: &Prepared, way: Way) -> tantivy::Result<Found> {
        let (query, offset, is_part) = match (&request.after, way) {
            (Some(after), Way::After) => (&**after, 0, true),
            _ => (&*request.query, request.offset, false),
        };
        // It is counted by itself when tantivy knows the number, when the page is cut from only a part of the matches, or
        // when the best can be found without a look at all of them. Else one look does for both, and is no slower.
        let is_known = query.is::<AllQuery>() || query.is::<TermQuery>();
        let query = (query, is_part || is_known || request.order.key == SortKey::Relevance);
        let top = TopDocs::with_limit(request.limit).and_offset(offset);
        let order = if request.order.ascending { Order::Asc } else { Order::Desc };
        let column = |name| (SortByStaticFastValue::<i64>::for_field(name), order);
        let by = |name| (column(name), column(fast::ID));
        match request.order.key {
            SortKey::Relevance => self.collect(query, request, top.order_by_score()),
            SortKey::Id => self.collect(query, request, top.order_by(column(fast::ID))),
            SortKey::Price => self.collect(query, request, top.order_by(by(fast::PRICE))),
            SortKey::EventStartTime => self.collect(query, request, top.order_by(by(fast::OPENS_AT))),
            SortKey::WishCount => self.collect(query, request, top.order_by(by(fast::WISH_COUNT))),
        }
    }

    fn collect<K>(
        &self,
        (query, is_counted_apart): (&dyn Query, bool),
        request: &Prepared,
        top: impl Collector<Fruit = Vec<(K, DocAddress)>>,
    ) -> tantivy::Result<Found> {
        let facets = request.facets.clone().map(|facets| AggregationCollector::from_aggs(facets, Default::default()));
        let (total, top, facets) = match facets {
            Some(facets) => {
                let (count, top, facets) = self.searcher.search(query, &(Count, top, facets))?;
                (count as u64, top, Some(facets))
            }
            None if is_counted_apart => (self.count(&*request.query)?, self.searcher.search(query, &top)?, None),
            None => {
                let (count, top) = self.searcher.search(query, &(Count, top))?;
                (count as u64, top, None)
            }
        };
        let id = |place: DocAddress| self.ids[place.segment_ord as usize].first(place.doc_id).unwrap_or_default();
        Ok(Found { total, ids: top.into_iter().map(|(_, place)| id(place)).collect(), facets })
    }

    fn count(&self, query: &dyn Query) -> tantivy::Result<u64> {
        match query.is::<AllQuery>() {
            true => Ok(self.searcher.num_docs()),
            false => Ok(query.count(&self.searcher)? as u64),
        }
    }
}
