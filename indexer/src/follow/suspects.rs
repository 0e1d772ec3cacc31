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
    /// An open XA transaction may hold the position back for as long as it likes. By then the rows say nothing any more.
    fn are_old(&self) -> bool {
        self.read_at.elapsed() > ANSWER
    }

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
        self.suspects.take_if(|suspects| suspects.are_old());
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
        if batch.replaced.is_empty() && batch.deleted.is_empty() {
            return Ok(());
        }
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
    pub(super) async fn mend_read_before(&mut self, position: &Position, source: &mut Source) -> Result<(), Broken> {
        let untold = self.suspects.take_if(|suspects| !position.is_before(&suspects.end));
        self.mend_untold(untold, source).await
    }

    /// The log had told everything by then. That takes a moment to come.
    pub(super) async fn mend_read_by(&mut self, at: Instant, source: &mut Source) -> Result<(), Broken> {
        let untold = self.suspects.take_if(|suspects| suspects.read_at + NEAR <= at);
        self.mend_untold(untold, source).await
    }

    async fn mend_untold(&mut self, untold: Option<Suspects>, source: &mut Source) -> Result<(), Broken> {
        match untold.filter(|suspects| !suspects.are_old()) {
            Some(untold) => self.mend(untold.batch, source).await,
            None => Ok(()),
        }
    }

    async fn mend(&mut self, batch: Batch, source: &mut Source) -> Result<(), Broken> {
        let applied = self.apply(batch, None, source).await?;
        if applied.total() > 0 {
            self.observer.mended(applied.total());
        }
        self.observer.shown(self.updater()?.catalog(), self.age(), applied);
        Ok(())
    }
}
