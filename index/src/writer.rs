//! Writes one generation.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tantivy::indexer::{NoMergePolicy, UserOperation};
use tantivy::{Index, IndexWriter};

use crate::fail_point;
use crate::lexicon::Lexicon;
use crate::schema::Fields;
use crate::{IndexError, Product};

/// Resources of a build.
#[derive(Debug, Clone, Copy)]
pub struct WriterOptions {
    /// Indexing threads, 1 to 8.
    pub threads: usize,
    /// Bytes that all threads together collect before they write a segment; 15 MB to 4 GB each.
    pub memory: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        Self { threads, memory: 800_000_000 }
    }
}

/// A generation being written. Shared by the threads that feed it.
pub struct Writer {
    writer: IndexWriter,
    fields: Fields,
    written: AtomicU64,
}

/// More would let tantivy's queue, which counts messages, hold too many; fewer would wake its threads too often.
const DOCUMENTS_PER_MESSAGE: usize = 8;

impl Writer {
    pub(crate) fn create(folder: &Path, lexicon: Lexicon, options: WriterOptions) -> Result<Self, IndexError> {
        let fields = Fields::new();
        let index = Index::builder()
            .schema(fields.schema.clone())
            .register_plugin(fields.cards_plugin())
            .tokenizers(Fields::tokenizers(Arc::new(lexicon)))
            .create_in_dir(folder)?;
        let writer = index.writer_with_num_threads(options.threads, options.memory)?;
        // A build writes few, large segments; merging them would double the work.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Self { writer, fields, written: AtomicU64::new(0) })
    }

    /// Hands products to the indexing threads, in this order; waits while they are busy. Ids must be unique.
    pub fn add(&self, products: &[Product<impl AsRef<str>>]) -> Result<(), IndexError> {
        for batch in products.chunks(DOCUMENTS_PER_MESSAGE) {
            let documents: Vec<UserOperation> =
                batch.iter().map(|product| UserOperation::Add(self.fields.document(product))).collect();
            self.writer.run(documents)?;
        }
        self.written.fetch_add(products.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Makes everything durable and returns the number of products written.
    pub(crate) fn finish(mut self, payload: &str) -> Result<u64, IndexError> {
        fail_point::pass("rebuild_before_prepare");
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(payload);
        fail_point::pass("rebuild_before_commit");
        commit.commit()?;
        self.writer.wait_merging_threads()?;
        Ok(self.written.into_inner())
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("written", &self.written).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{IndexHome, LexiconBuilder, ProductQuery, Rebuild, Start};

    fn product(id: i64) -> Product {
        Product {
            id,
            name: "나이키".into(),
            image: String::new(),
            price: 1,
            mall: "몰".into(),
            brand: None,
            category: "신발".into(),
            opens_at: 0,
            closes_at: 0,
            wish_count: 0,
            in_stock: true,
        }
    }

    fn begun(home: &IndexHome, ids: std::ops::Range<i64>) -> (Rebuild, Writer) {
        let rebuild = home.begin().unwrap();
        let options = WriterOptions { threads: 1, memory: 15_000_000 };
        let writer = rebuild.writer(LexiconBuilder::default(), options).unwrap();
        writer.add(&ids.map(product).collect::<Vec<_>>()).unwrap();
        (rebuild, writer)
    }

    #[test]
    fn a_build_from_which_a_product_is_missing_is_refused_and_the_old_one_stays() {
        let folder = TempDir::new().unwrap();
        let home = IndexHome::new(folder.path());
        let (rebuild, writer) = begun(&home, 1..3);
        rebuild.publish(writer, 0, None).unwrap();
        let (rebuild, writer) = begun(&home, 1..5);
        writer.written.fetch_add(1, Ordering::Relaxed);
        let refused = rebuild.publish(writer, 0, None);
        assert!(matches!(refused, Err(IndexError::Incomplete { found: 4, expected: 5, .. })), "{refused:?}");
        assert_eq!(home.current().unwrap().as_deref(), Some("gen-0001"));
        let page = home.open().unwrap().search(&ProductQuery::default(), &Start::Offset(0), 10, 0).unwrap();
        assert_eq!(page.total, 2);
        assert!(!folder.path().join("gen-0002").exists());
    }
}
