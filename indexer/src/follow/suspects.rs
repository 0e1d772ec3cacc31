//! What a sweep found to differ. It is mended once it is certain that the log does not tell of it.

use std::collections::HashSet;
use std::sync::Arc;

use openrace_index::Batch;
use tokio::time::{Instant, timeout};

use super::apply::{Look, look};
use super::{ANSWER, Broken, Follower, NEAR};
use crate::sweep::Nominated;
use crate::{Position, Source};

/// Rows that nobody was changing when they were read.
pub(super) struct Suspects {
    batch: Batch,
    /// When the rows had been read.
    read_at: Instant,
    /// The end of the log at that time. The events of what the rows show are before it.
    end: Position,
    /// Products of which the log has had an event since.
    told: HashSet<i64>,
}

impl Suspects {
    /// An open XA transaction may hold the position back for as long as it likes. By then the rows say nothing any more.
    fn are_old(&self) -> bool {
        self.read_at.elapsed() > ANSWER
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
        // The index may show a change that is in the log and not committed yet. What is read of its product is older.
        leave_out(&mut batch, &again.into_iter().collect());
        if batch.replaced.is_empty() && batch.deleted.is_empty() {
            return Ok(());
        }
        let read_at = Instant::now();
        let end = timeout(ANSWER, source.log_end()).await.map_err(|_| Broken::silent())??;
        let (_, end) = end.map_err(Broken::Away)?;
        self.suspects = Some(Suspects { batch, read_at, end, told: HashSet::new() });
        Ok(())
    }

    /// Leaves a product to the log, which has just had an event of it.
    pub(super) fn clear_of_suspicion(&mut self, id: i64) {
        if let Some(suspects) = &mut self.suspects {
            suspects.told.insert(id);
        }
    }

    /// Mends what was read before the log had been followed to here.
    pub(super) async fn mend_read_before(&mut self, position: &Position, source: &mut Source) -> Result<(), Broken> {
        let untold = self.suspects.take_if(|suspects| !position.is_before(&suspects.end));
        self.mend_untold(untold, source).await
    }

    /// Mends what was read before the log was idle. A server takes a moment to say that it is.
    pub(super) async fn mend_read_by(&mut self, at: Instant, source: &mut Source) -> Result<(), Broken> {
        let untold = self.suspects.take_if(|suspects| suspects.read_at + NEAR <= at);
        self.mend_untold(untold, source).await
    }

    async fn mend_untold(&mut self, untold: Option<Suspects>, source: &mut Source) -> Result<(), Broken> {
        let Some(Suspects { mut batch, told, .. }) = untold.filter(|suspects| !suspects.are_old()) else {
            return Ok(());
        };
        leave_out(&mut batch, &told);
        self.mend(batch, source).await
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

fn leave_out(batch: &mut Batch, ids: &HashSet<i64>) {
    batch.replaced.retain(|product| !ids.contains(&product.id));
    batch.deleted.retain(|id| !ids.contains(id));
}
