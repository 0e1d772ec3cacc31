//! Finds what the binary log did not tell, such as changes made with `SET sql_log_bin = 0`.

use std::sync::Arc;
use std::time::Duration;

use openrace_index::{Catalog, Found};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::compare::{compare_ids, compare_page};
use crate::source::answered;
use crate::{IndexerError, Source};

/// Between two pages: a sweep is in no hurry.
const BREATH: Duration = Duration::from_millis(5);
/// What differs may only be on its way. What still does after this is not.
const PATIENCE: Duration = Duration::from_secs(3);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// A product that differs from MySQL, and what the index has of it.
pub(crate) type Nominated = (i64, Option<Found>);

/// Compares the whole table with the newest snapshot every `interval`, for ever, and tells which ids differ.
pub(crate) async fn sweep(
    url: String,
    interval: Duration,
    catalogs: watch::Receiver<Arc<Catalog>>,
    nominate: mpsc::Sender<Vec<Nominated>>,
) {
    loop {
        let next = Instant::now() + interval;
        if let Err(error) = sweep_once(&url, &catalogs, &nominate).await {
            tracing::warn!(%error, "a sweep was broken off");
            sleep(PAUSE).await;
        }
        sleep_until(next).await;
        if nominate.is_closed() {
            return;
        }
    }
}

async fn sweep_once(
    url: &str,
    catalogs: &watch::Receiver<Arc<Catalog>>,
    nominate: &mpsc::Sender<Vec<Nominated>>,
) -> Result<(), IndexerError> {
    let mut source = Source::connect(url).await?;
    let newest = || Arc::clone(&catalogs.borrow());
    let mut from = i64::MIN;
    loop {
        let failed = |source| IndexerError::Read { after: from.saturating_sub(1), source };
        let first = newest();
        let page = answered(compare_page(&mut source, &first, from)).await;
        let (differences, _, next) = page.map_err(failed)?;
        if !differences.is_empty() {
            let ids: Vec<i64> = differences.iter().map(|difference| difference.id).collect();
            sleep(PATIENCE).await;
            let later = newest();
            let still = answered(compare_ids(&mut source, &later, &ids)).await.map_err(failed)?;
            // What the log has changed meanwhile changes often, and is on its way again.
            let still = still.into_iter().map(|difference| difference.id);
            let still = still.map(|id| (id, later.find(id)));
            let still: Vec<Nominated> = still.filter(|&(id, found)| first.find(id) == found).collect();
            if !still.is_empty() && nominate.send(still).await.is_err() {
                return Ok(());
            }
        }
        match next {
            Some(next) => from = next,
            None => return Ok(()),
        }
        sleep(BREATH).await;
    }
}
