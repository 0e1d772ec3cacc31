//! A new generation from all of MySQL, while the old one serves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openrace_index::{IndexHome, LexiconBuilder, Manifest, Product, Rebuild, WriterOptions};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::log_server::LogServer;
use crate::{IndexerError, Position, Source, Spool, SpoolBuilder};

/// Told how far a rebuild is. Called from its threads.
pub trait Progress: Send + Sync {
    /// Reading begins; about `products` will come.
    fn reading(&self, products: u64);
    /// Writing begins; exactly `products` will be written.
    fn writing(&self, products: u64);
    /// Some more are done.
    fn advance(&self, products: u64);
    /// All are written; the index is being made durable and verified.
    fn publishing(&self);
}

/// What a rebuild may use.
pub type Resources = WriterOptions;

/// What a rebuild did, and how long its parts took.
#[derive(Debug, Clone)]
pub struct Report {
    /// The generation now in use.
    pub manifest: Manifest,
    /// Reading and learning, in seconds.
    pub read_seconds: f64,
    /// Writing, verifying and switching, in seconds.
    pub write_seconds: f64,
}

/// Products on their way from MySQL to a worker at a time.
const BATCH: usize = 4096;
/// Batches that wait for a worker.
const QUEUE: usize = 8;

/// Reads all products, writes a new generation and puts it into use. On any failure, or when cancelled before it is
/// complete, the old one stays in use.
pub async fn rebuild(
    mut source: Source,
    home: &IndexHome,
    resources: Resources,
    built_at: i64,
    progress: Arc<dyn Progress>,
    cancel: CancellationToken,
) -> Result<Report, IndexerError> {
    let rebuild = home.begin()?;
    let start = Instant::now();
    let reading = async {
        let noted = noted(&mut source).await?;
        let read = read(&mut source, resources.threads, progress.clone()).await?;
        let position = match noted {
            Some((server, position)) => {
                let seen = server.seen(source.connection()).await?;
                Some(Position { seen, ..position }.to_string())
            }
            None => None,
        };
        Ok::<_, IndexerError>((position, read))
    };
    let (position, (lexicon, spool)) = cancel.run_until_cancelled(reading).await.ok_or(IndexerError::Cancelled)??;
    let read_seconds = start.elapsed();
    let manifest =
        spawn_blocking(move || write(rebuild, (lexicon, spool), resources, (built_at, position), &*progress, &cancel))
            .await
            .map_err(|_| IndexerError::Worker)??;
    let write_seconds = start.elapsed() - read_seconds;
    Ok(Report { manifest, read_seconds: seconds(read_seconds), write_seconds: seconds(write_seconds) })
}

/// Where to follow from once the rows are read: before any change that may not be among them. A commit is in the log a
/// little before it can be seen.
async fn noted(source: &mut Source) -> Result<Option<(LogServer, Position)>, IndexerError> {
    match source.log_end().await? {
        Ok((server, position)) => {
            let position = server.settle(position, source.connection()).await?;
            Ok(Some((server, position)))
        }
        Err(hindrance) => {
            tracing::warn!("the index will not follow changes: {hindrance}");
            Ok(None)
        }
    }
}

fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100.0).round() / 100.0
}

/// First pass: one task reads, `workers` threads learn and pack.
async fn read(
    source: &mut Source,
    workers: usize,
    progress: Arc<dyn Progress>,
) -> Result<(LexiconBuilder, Spool), IndexerError> {
    progress.reading(source.estimate().await?);
    let (sender, receiver) = mpsc::channel::<(usize, Vec<Product>)>(QUEUE);
    let receiver = Arc::new(Mutex::new(receiver));
    let mut packing = JoinSet::new();
    for _ in 0..workers {
        let (receiver, progress) = (receiver.clone(), progress.clone());
        packing.spawn_blocking(move || pack(&receiver, &*progress));
    }
    // Else the reader would wait for workers that have failed.
    drop(receiver);
    let mut sequence = 0;
    source
        .read(BATCH, async |products| {
            sequence += 1;
            sender.send((sequence, products)).await.map_err(|_| IndexerError::Worker)
        })
        .await?;
    drop(sender);
    let mut packed = Vec::with_capacity(workers);
    while let Some(worker) = packing.join_next().await {
        packed.push(worker.map_err(|_| IndexerError::Worker)?);
    }
    spawn_blocking(|| SpoolBuilder::finish(packed)).await.map_err(|_| IndexerError::Worker)
}

fn pack(batches: &Mutex<mpsc::Receiver<(usize, Vec<Product>)>>, progress: &dyn Progress) -> SpoolBuilder {
    let mut builder = SpoolBuilder::default();
    loop {
        let next = batches.blocking_lock().blocking_recv();
        let Some((sequence, products)) = next else { return builder };
        builder.add(sequence, &products);
        progress.advance(products.len() as u64);
    }
}

/// Second pass. One thread feeds the writer, so that every segment gets its products in the order of their ids.
fn write(
    rebuild: Rebuild,
    (lexicon, spool): (LexiconBuilder, Spool),
    resources: Resources,
    (built_at, position): (i64, Option<String>),
    progress: &dyn Progress,
    cancel: &CancellationToken,
) -> Result<Manifest, IndexerError> {
    progress.writing(spool.len());
    let writer = rebuild.writer(lexicon, resources)?;
    spool.drain(|batch| {
        writer.add(batch)?;
        progress.advance(batch.len() as u64);
        if cancel.is_cancelled() { Err(IndexerError::Cancelled) } else { Ok(()) }
    })?;
    progress.publishing();
    Ok(rebuild.publish(writer, built_at, position)?)
}
