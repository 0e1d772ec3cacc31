//! Writes one generation.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tantivy::indexer::{NoMergePolicy, UserOperation};
use tantivy::{Index, IndexWriter};

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
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(payload);
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
