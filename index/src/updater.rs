//! Changes to a generation while it serves: one commit, one new snapshot, if anything has changed.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use tantivy::index::SegmentId;
use tantivy::indexer::{IndexWriterOptions, UserOperation};
use tantivy::{IndexReader, IndexWriter};

use crate::background::Background;
use crate::catalog::{Catalog, Opened};
use crate::delete::IdQuery;
use crate::fail_point;
use crate::learned::Learned;
use crate::live::{LiveLog, Mark};
use crate::merge::Tiers;
use crate::segment::{Changes, Segment};
use crate::{IndexError, Live, Manifest, Product};

/// What has changed, by id; an id is in one of the three.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Products as they are now.
    pub replaced: Vec<Product>,
    /// Ids of products that are gone.
    pub deleted: Vec<i64>,
    /// Live values of products of which nothing else has changed.
    pub live: Vec<(i64, Live)>,
}

/// How many products a batch has changed; what was as in the batch already does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Documents written, new or anew.
    pub replaced: u64,
    /// Documents deleted.
    pub deleted: u64,
    /// Products whose live values alone were changed.
    pub live: u64,
}

impl std::ops::AddAssign for Applied {
    fn add_assign(&mut self, other: Self) {
        self.replaced += other.replaced;
        self.deleted += other.deleted;
        self.live += other.live;
    }
}

impl Applied {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.replaced + self.deleted + self.live
    }
}

/// Writes to one generation, of which it is the only writer.
///
/// What [`apply`](Self::apply) was asked is durable when it returns. After an error the state in memory is not to be
/// relied on: drop the updater, open it again, and go on from its [`position`](Self::position).
pub struct Updater {
    opened: Arc<Opened>,
    writer: IndexWriter,
    reader: IndexReader,
    live: LiveLog,
    learned: Learned,
    mark: Mark,
    catalog: Arc<Catalog>,
    background: Background,
}

/// Kept by tantivy with the list of segments, and replaced with it.
#[derive(Serialize, Deserialize)]
struct Payload {
    sequence: u64,
    position: Option<String>,
}

/// One thread writes: a batch is small. At most this many bytes before it writes a segment.
const MEMORY: usize = 100_000_000;

impl Updater {
    pub(crate) fn open(folder: &Path, manifest: Manifest) -> Result<Self, IndexError> {
        let opened = Arc::new(Opened::new(folder, manifest)?);
        let background = Background::start()?;
        let options = IndexWriterOptions::builder().memory_budget_per_thread(MEMORY).num_merge_threads(1).build();
        // The threads that merge are started here, and inherit how they are scheduled.
        let writer = background.run(|| opened.index.writer_with_options(options));
        let writer: IndexWriter = writer.map_err(|error| match error {
            tantivy::TantivyError::LockFailure(..) => IndexError::Followed(folder.to_owned()),
            error => error.into(),
        })?;
        // Opening mends what is torn, so only whoever has the lock may.
        let live = LiveLog::open(folder)?;
        // The first stamp of a new writer is that of the last commit, so that a merge of what was committed would take a
        // first delete for one that is done.
        writer.run(std::iter::empty())?;
        writer.set_merge_policy(Box::new(Tiers));
        let reader = opened.reader()?;
        let mark = latest(&opened, &live)?;
        let learned = Learned::open(folder)?;
        let words = Arc::clone(&learned.vocabulary);
        let catalog = Catalog::load(Arc::clone(&opened), opened.searcher(&reader)?, &live.map, words)?.into();
        Ok(Self { opened, writer, reader, live, learned, mark, catalog, background })
    }

    /// Up to where all changes are in the index, as it was told; `None` if it never was.
    pub fn position(&self) -> Option<&str> {
        self.mark.position.as_deref()
    }

    /// The newest snapshot.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Makes a batch durable and visible. With `position`, all changes up to it are then in the index: it and the
    /// batch are kept together or not at all.
    pub fn apply(&mut self, batch: Batch, position: Option<&str>) -> Result<Applied, IndexError> {
        let Plan { replaced, deleted, live } = self.plan(batch);
        let applied =
            Applied { replaced: replaced.len() as u64, deleted: deleted.len() as u64, live: live.len() as u64 };
        let gone: Vec<i64> = replaced.iter().map(|product| product.id).chain(deleted).collect();
        if applied.total() == 0 && position.is_none_or(|position| self.position() == Some(position)) {
            return Ok(applied);
        }
        let sequence = self.mark.sequence + 1;
        let position = position.map(str::to_owned).or_else(|| self.mark.position.clone());
        fail_point::pass("index_before_log");
        if gone.is_empty() {
            self.live.append(sequence, position.as_deref(), &[], &live)?;
        } else {
            // Without a position: it counts only when the documents are in.
            let early = position.as_deref().filter(|_| fail_point::planted("position_before_rows"));
            self.live.append(sequence, early, &gone, &live)?;
            self.commit(&replaced, &gone, Payload { sequence, position: position.clone() })?;
            let learned = self.learned.learn(&replaced, &self.opened.vocabulary);
            learned.map_err(|source| IndexError::io("write the words of", &self.opened.folder, source))?;
        }
        self.mark = Mark { sequence, position };
        // A snapshot that differs in nothing would only have its answers searched for again.
        if applied.total() > 0 {
            self.show(Changes { deleted: &gone, live: &live })?;
        }
        Ok(applied)
    }

    /// Leaves out what is so already.
    fn plan(&self, batch: Batch) -> Plan {
        let mut plan = Plan { replaced: Vec::new(), deleted: Vec::new(), live: Vec::new() };
        let mut seen = FxHashSet::default();
        for product in batch.replaced {
            if !seen.insert(product.id) {
                continue;
            }
            match self.catalog.find(product.id) {
                Some(found) if found.digest == product.digest() => {
                    if found.live != product.live() {
                        plan.live.push((product.id, product.live()));
                    }
                }
                _ => plan.replaced.push(product),
            }
        }
        let known = |id: i64| self.catalog.find(id);
        plan.deleted = batch.deleted.into_iter().filter(|&id| seen.insert(id) && known(id).is_some()).collect();
        // The last value counts.
        for (id, live) in batch.live.into_iter().rev() {
            if seen.insert(id) && known(id).is_some_and(|found| found.live != live) {
                plan.live.push((id, live));
            }
        }
        plan
    }

    fn commit(&mut self, replaced: &[Product], gone: &[i64], payload: Payload) -> Result<(), IndexError> {
        let columns = self.catalog.segments().map(|(id, segment)| (id, Arc::clone(&segment.columns))).collect();
        self.writer.delete_query(Box::new(IdQuery::new(gone, columns)))?;
        let documents: Vec<UserOperation> =
            replaced.iter().map(|product| UserOperation::Add(self.opened.fields.document(product))).collect();
        self.writer.run(documents)?;
        let payload = serde_json::to_string(&payload).map_err(std::io::Error::from);
        let payload = payload.map_err(|source| IndexError::io("write the position of", &self.opened.folder, source))?;
        fail_point::pass("index_before_prepare");
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload);
        fail_point::pass("index_after_prepare");
        commit.commit()?;
        fail_point::pass("index_after_commit");
        self.reader.reload()?;
        Ok(())
    }

    fn show(&mut self, changes: Changes<'_>) -> Result<(), IndexError> {
        let known: HashMap<SegmentId, &Segment> = self.catalog.segments().collect();
        let (searcher, cards) = self.opened.searcher(&self.reader)?;
        let readers = searcher.segment_readers().iter().zip(cards);
        let segments = readers.map(|(reader, cards)| match known.get(&reader.segment_id()) {
            Some(segment) => Ok(segment.advance(reader, changes)),
            // Sorting what was merged takes a while.
            None => self.background.run(|| Segment::load(reader, cards, &self.live.map, &self.opened.names)),
        });
        let segments = segments.collect::<tantivy::Result<Vec<Segment>>>()?;
        let words = Arc::clone(&self.learned.vocabulary);
        let version = self.catalog.texts_version() + u64::from(!changes.deleted.is_empty());
        self.catalog = Catalog::new(Arc::clone(&self.opened), searcher, segments, words, version).into();
        Ok(())
    }
}

struct Plan {
    replaced: Vec<Product>,
    deleted: Vec<i64>,
    live: Vec<(i64, Live)>,
}

/// The later of what tantivy and what the log was told.
fn latest(opened: &Opened, live: &LiveLog) -> Result<Mark, IndexError> {
    let committed = committed(opened)?;
    Ok(if live.mark.sequence > committed.sequence { live.mark.clone() } else { committed })
}

fn committed(opened: &Opened) -> Result<Mark, IndexError> {
    let payload = opened.index.load_metas()?.payload;
    let payload = payload.and_then(|payload| serde_json::from_str::<Payload>(&payload).ok());
    Ok(payload.map_or_else(Mark::default, |Payload { sequence, position }| Mark { sequence, position }))
}

/// What a finished build says of itself.
pub(crate) fn first_payload(position: Option<String>) -> serde_json::Result<String> {
    serde_json::to_string(&Payload { sequence: 0, position })
}

/// The position of a generation that nobody need have open.
pub(crate) fn position(opened: &Opened, mark: Mark) -> Result<Option<String>, IndexError> {
    let committed = committed(opened)?;
    Ok(if mark.sequence > committed.sequence { mark.position } else { committed.position })
}

impl fmt::Debug for Updater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updater").field("mark", &self.mark).finish_non_exhaustive()
    }
}
