//! What a sweep found to differ. It is mended once it is certain that the log does not tell of it.

use std::collections::HashSet;
use std::sync::Arc;

use openrace_index::Batch;
use tokio::time::{Instant, timeout};

use super::apply::{Look, look};
use super::{ANSWER, Broken, Follower, NEAR};
use crate::sweep::Nominated;
use crate::{Position, Source};

/// Rows as they are, which nobody was changing when they were read.
pub(super) struct Suspects {
    batch: Batch,
    /// When they had been read, and where the log ended then: whatever the log tells of them is before.
    read_at: Instant,
    end: Position,
}

impl Suspects {
    fn forget(&mut self, id: i64) {
        self.batch.replaced.retain(|product| product.id != id);
        self.batch.deleted.retain(|&deleted| deleted != id);
    }
}

impl Follower {
    /// Reads again what a sweep found to differ. Without a log it is mended at once.
    pub(super) async fn suspect(
        &mut self,
        nominated: Vec<Nominated>,
        log: bool,
        source: &mut Source,
    ) -> Result<(), Broken> {
        // The next sweep finds it again.
        if log && (self.suspects.is_some() || self.age().is_none_or(|age| age > NEAR)) {
            return Ok(());
        }
        let catalog = Arc::clone(self.updater()?.catalog());
        let differs = |&(id, found): &Nominated| catalog.find(id) == found && !self.pending.contains_key(&id);
        let ids: Vec<(i64, bool)> = nominated.into_iter().filter(differs).map(|(id, _)| (id, false)).collect();
        let looked = timeout(ANSWER, look(&ids, source)).await.map_err(|_| Broken::silent())??;
        let Look { mut batch, again } = looked;
        if !log {
            return self.mend(batch, source).await;
        }
        // The index may show what has been told and is yet to be committed: what is read of these may be older.
        let again: HashSet<i64> = again.into_iter().collect();
        batch.replaced.retain(|product| !again.contains(&product.id));
        batch.deleted.retain(|id| !again.contains(id));
        let read_at = Instant::now();
        let end = timeout(ANSWER, source.log_end()).await.map_err(|_| Broken::silent())??;
        let (_, end) = end.map_err(Broken::Away)?;
        self.suspects = Some(Suspects { batch, read_at, end });
        Ok(())
    }

    /// The log tells of a product.
    pub(super) fn clear_of_suspicion(&mut self, id: i64) {
        if let Some(suspects) = &mut self.suspects {
            suspects.forget(id);
        }
    }

    /// The log has told everything up to here.
    pub(super) async fn reached(&mut self, position: &Position, source: &mut Source) -> Result<(), Broken> {
        match self.suspects.take_if(|suspects| !position.is_before(&suspects.end)) {
            Some(untold) => self.mend(untold.batch, source).await,
            None => Ok(()),
        }
    }

    /// The log had told everything by then.
    pub(super) async fn told_all(&mut self, at: Instant, source: &mut Source) -> Result<(), Broken> {
        match self.suspects.take_if(|suspects| suspects.read_at <= at) {
            Some(untold) => self.mend(untold.batch, source).await,
            None => Ok(()),
        }
    }

    async fn mend(&mut self, batch: Batch, source: &mut Source) -> Result<(), Broken> {
        let ids: Vec<i64> = batch.replaced.iter().map(|product| product.id).chain(batch.deleted.clone()).collect();
        let applied = self.apply(batch, None, source).await?;
        if applied.total() > 0 {
            tracing::warn!(first = ?&ids[..ids.len().min(10)], "products differed from MySQL, and no event told of them");
            self.observer.mended(applied.total());
        }
        self.observer.shown(self.updater()?.catalog(), self.age(), applied);
        Ok(())
    }
}
