//! Which documents have one of these ids: what tantivy asks of each segment when it deletes.
//!
//! A term for each id would be a dictionary of all products, only to find a few. The columns in memory know as well.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use tantivy::index::SegmentId;
use tantivy::query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, Score, SegmentReader, TantivyError};

use crate::columns::Columns;
use crate::schema::fast;

/// Matches documents by id.
#[derive(Clone)]
pub(crate) struct IdQuery(Arc<Ids>);

struct Ids {
    /// In ascending order.
    ids: Vec<i64>,
    /// Segments that are in memory.
    columns: HashMap<SegmentId, Arc<Columns>>,
}

impl IdQuery {
    pub(crate) fn new(ids: &[i64], columns: HashMap<SegmentId, Arc<Columns>>) -> Self {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        Self(Arc::new(Ids { ids, columns }))
    }
}

impl fmt::Debug for IdQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IdQuery").field(&self.0.ids).finish()
    }
}

impl Query for IdQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for IdQuery {
    fn scorer(&self, reader: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut docs = tantivy_common::BitSet::with_max_value(reader.max_doc());
        self.for_each_no_score(reader, &mut |matching| {
            for &doc in matching {
                docs.insert(doc);
            }
        })?;
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(docs), 1.0)))
    }

    fn for_each_no_score(&self, reader: &SegmentReader, callback: &mut dyn FnMut(&[DocId])) -> tantivy::Result<()> {
        let Ids { ids, columns } = &*self.0;
        let docs: Vec<DocId> = match columns.get(&reader.segment_id()) {
            Some(columns) => ids.iter().flat_map(|&id| columns.docs_of(id)).collect(),
            // Merged meanwhile, and not in memory yet.
            None => {
                let column = reader.fast_fields().i64(fast::ID)?;
                let id = |doc: DocId| column.values.get_val(doc);
                (0..reader.max_doc()).filter(|&doc| ids.binary_search(&id(doc)).is_ok()).collect()
            }
        };
        callback(&docs);
        Ok(())
    }

    fn explain(&self, _: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument(format!("document {doc} has no score")))
    }
}
