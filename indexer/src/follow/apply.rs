//! What is pending of products, and how it gets into the index.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use openrace_index::fail_point::planted;
use openrace_index::{Applied, Batch, Live, Product};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::{ANSWER, Broken, FollowError, Follower, MOST_GATHERED, NEAR};
use crate::row_events::Change;
use crate::{Position, Source};

/// Rows that are read again with one statement.
const ROWS: usize = 1_000;
/// A row that stays locked is read this often at least: nothing tells when it is free.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known to have changed of a product.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pending {
    /// Its row must be read again; whether the last event deleted it.
    row: Option<bool>,
    wish_count: Option<i64>,
    in_stock: Option<bool>,
    /// Since when it is looked at again and again, and not before when.
    again: Option<(Instant, Instant)>,
}

impl Pending {
    fn is_due(&self, now: Instant) -> bool {
        self.again.is_none_or(|(_, next)| next <= now)
    }

    /// Its row is not read yet once more.
    fn waits(&self, now: Instant) -> bool {
        self.row.is_some() && !self.is_due(now)
    }

    /// The same without what is shown now.
    fn seen(self) -> Self {
        Self { wish_count: None, in_stock: None, ..self }
    }
}

impl Follower {
    pub(super) fn note(&mut self, mut change: Change) {
        // A replay tells again what products have been long ago, and the index may show something newer.
        if self.ahead.is_some() {
            change.look();
        }
        self.fresh += 1;
        self.clear_of_suspicion(change.id());
        match change {
            Change::Row { .. } if planted("forget_rows") => (),
            Change::WishCount { .. } if planted("forget_wishes") => (),
            Change::Stock { .. } if planted("forget_stock") => (),
            Change::Row { id, deleted } => {
                let pending = self.pending.entry(id).or_default();
                (pending.row, pending.again) = (Some(deleted), None);
            }
            Change::WishCount { id, wish_count } => {
                self.pending.entry(id).or_default().wish_count = Some(wish_count);
            }
            Change::Stock { id, in_stock } => self.pending.entry(id).or_default().in_stock = Some(in_stock),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.fresh >= MOST_GATHERED
    }

    /// Applies what is pending, and keeps how far that is.
    pub(super) async fn flush(&mut self, source: &mut Source) -> Result<(), Broken> {
        let now = Instant::now();
        let Look { batch, again } = self.look(now, source).await?;
        let waiting = self.pending.iter().filter(|(_, pending)| pending.waits(now));
        let mut left: HashMap<i64, Pending> = waiting.map(|(&id, pending)| (id, pending.seen())).collect();
        left.extend(again.into_iter().filter_map(|id| self.once_more(id, now)));
        let position = self.position(&left);
        let applied = self.apply(batch, position, source).await?;
        self.due = left.values().filter_map(|pending| pending.again.map(|(_, next)| next)).min();
        (self.pending, self.fresh, self.kept_at) = (left, 0, Instant::now());
        self.observer.waiting(self.pending.len());
        self.ask_time_at_times(source).await?;
        self.observer.shown(self.updater()?.catalog(), self.age(), applied);
        if self.ahead.is_none() && self.age().is_some_and(|age| age <= NEAR) {
            self.caught_up();
        }
        Ok(())
    }

    /// The position up to which all has been seen, if it is a new one. Under load there is always something to look at
    /// again: a position counts once what was so when it was reached has been seen.
    fn position(&mut self, again: &HashMap<i64, Pending>) -> Option<Position> {
        if again.is_empty() {
            self.unseen = None;
            return self.reached.clone();
        }
        let (position, mut unseen) =
            self.unseen.take().or_else(|| Some((self.reached.clone()?, again.keys().copied().collect())))?;
        unseen.retain(|id| again.contains_key(id));
        if unseen.is_empty() {
            return Some(position);
        }
        self.unseen = Some((position, unseen));
        None
    }

    /// What is pending of a product that must be looked at again: ever less often, the longer it is locked.
    fn once_more(&self, id: i64, now: Instant) -> Option<(i64, Pending)> {
        let mut pending = self.pending.get(&id)?.seen();
        let since = pending.again.map_or(now, |(since, _)| since);
        let wait = (now.duration_since(since) / 4).clamp(self.pace.gather, PATIENCE.max(self.pace.gather));
        pending.again = Some((since, now + wait));
        Some((id, pending))
    }

    async fn look(&self, now: Instant, source: &mut Source) -> Result<Look, Broken> {
        let due = self.pending.iter().filter(|(_, pending)| pending.is_due(now));
        let rows: Vec<(i64, bool)> = due.filter_map(|(&id, pending)| Some((id, pending.row?))).collect();
        let mut looked = timeout(ANSWER, look(&rows, source)).await.map_err(|_| Broken::silent())??;
        let catalog = self.updater()?.catalog();
        let alone = self.pending.iter().filter(|(_, pending)| pending.row.is_none() || pending.waits(now));
        let live = alone.filter_map(|(&id, pending)| {
            pending.wish_count.map(|_| ()).or(pending.in_stock.map(|_| ()))?;
            let Live { wish_count, in_stock } = catalog.find(id)?.live;
            let wish_count = pending.wish_count.unwrap_or(wish_count);
            Some((id, Live { wish_count, in_stock: pending.in_stock.unwrap_or(in_stock) }))
        });
        looked.batch.live = live.collect();
        Ok(looked)
    }

    pub(super) async fn apply(
        &mut self,
        batch: Batch,
        position: Option<Position>,
        source: &mut Source,
    ) -> Result<Applied, Broken> {
        let position = self.with_seen(&batch, position, source).await?;
        let mut updater = self.updater.take().ok_or(Broken::Ended(FollowError::Panicked))?;
        let applying = spawn_blocking(move || {
            let position = position.map(|position| position.to_string());
            let applied = updater.apply(batch, position.as_deref());
            (updater, applied)
        });
        let (updater, applied) = applying.await.map_err(|_| Broken::Ended(FollowError::Panicked))?;
        let applied = applied.map_err(|error| Broken::Ended(error.into()))?;
        self.sweeps.catalogs.send_replace(Arc::clone(updater.catalog()));
        self.updater = Some(updater);
        Ok(applied)
    }

    /// Says with a position, the one that is kept when there is no newer one, which transactions the rows may show.
    async fn with_seen(
        &mut self,
        batch: &Batch,
        position: Option<Position>,
        source: &mut Source,
    ) -> Result<Option<Position>, Broken> {
        let changes = !(batch.replaced.is_empty() && batch.deleted.is_empty() && batch.live.is_empty());
        let Some(server) = self.server.as_ref().filter(|_| changes) else {
            return Ok(position.map(|position| Position { seen: self.seen.clone(), ..position }));
        };
        let mut seen = timeout(ANSWER, server.seen(source.connection())).await.map_err(|_| Broken::silent())??;
        // What the log has told may not count as done yet.
        let reached = self.reached.as_ref().and_then(|reached| reached.gtids.as_ref());
        for told in [self.seen.as_ref(), reached].into_iter().flatten() {
            seen.iter_mut().for_each(|seen| seen.unite(told));
        }
        self.seen = seen;
        let position = match position {
            None if self.seen.is_some() => self.updater()?.position().and_then(Position::parse),
            position => position,
        };
        Ok(position.map(|position| Position { seen: self.seen.clone(), ..position }))
    }
}

/// Products as they are now, as far as that can be seen.
pub(crate) struct Look {
    pub(crate) batch: Batch,
    /// Somebody is changing these, or is yet to commit them: look again.
    pub(crate) again: Vec<i64>,
}

/// Looks at products. An id comes with whether its last event deleted it. Never waits for a lock, so that one long
/// transaction keeps nothing else from being seen, and nobody is the victim of a deadlock with the index.
pub(crate) async fn look(ids: &[(i64, bool)], source: &mut Source) -> Result<Look, sqlx::Error> {
    let mut look = Look { batch: Batch::default(), again: Vec::new() };
    for ids in ids.chunks(ROWS) {
        let missing = |rows: &[Product], ids: &[(i64, bool)]| {
            let there: HashSet<i64> = rows.iter().map(|row| row.id).collect();
            ids.iter().copied().filter(|(id, _)| !there.contains(id)).collect::<Vec<_>>()
        };
        let ids_only = |ids: &[(i64, bool)]| ids.iter().map(|&(id, _)| id).collect::<Vec<_>>();
        let mut rows = source.unlocked(&ids_only(ids)).await?;
        let locked_or_gone = missing(&rows, ids);
        look.batch.replaced.append(&mut rows);
        if locked_or_gone.is_empty() {
            continue;
        }
        // An event comes before its commit can be seen, so what is read of a locked row may be too old.
        let mut seen = source.committed(&ids_only(&locked_or_gone)).await?;
        look.again.extend(seen.iter().map(|row| row.id));
        let gone = missing(&seen, &locked_or_gone);
        look.batch.replaced.append(&mut seen);
        if !planted("forget_deletes") {
            look.batch.deleted.extend(gone.iter().map(|&(id, _)| id));
        }
        // A commit may wait for a replica for as long as it likes; a product without a stock never comes.
        let awaited: Vec<i64> = gone.iter().filter(|(_, deleted)| !deleted).map(|&(id, _)| id).collect();
        if !awaited.is_empty() {
            look.again.append(&mut source.coming(&awaited).await?);
        }
    }
    Ok(look)
}
