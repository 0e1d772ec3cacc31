//! Sales as they run: what is left of each that is looked at, told to every browser that looks.
//!
//! All browsers of one product share one look at MySQL. Nobody looks at what nobody watches.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openrace_index::Status;
use sqlx::{MySql, MySqlConnection, QueryBuilder};
use time::PrimitiveDateTime;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep_until},
};

use crate::{
    app::App,
    database::{unix_millis, with_connection},
};

/// Time between two looks.
const PACE: Duration = Duration::from_millis(250);
/// A look that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(3);
/// Products of one query.
const CHUNK: usize = 1000;

/// Where a sale stands for a shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SaleState {
    Waiting,
    Open,
    SoldOut,
    Closed,
}

impl SaleState {
    /// For scripts and styles.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::SoldOut => "sold-out",
            Self::Closed => "closed",
        }
    }
}

/// What changes of a product while it is looked at. Times are Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sale {
    pub(crate) total: i32,
    pub(crate) remaining: i32,
    pub(crate) wish_count: i64,
    pub(crate) opens_at: i64,
    pub(crate) closes_at: i64,
}

impl Sale {
    pub(crate) fn state(&self, now: i64) -> SaleState {
        match Status::at(now, self.opens_at, self.closes_at) {
            Status::Waiting => SaleState::Waiting,
            Status::Open if self.remaining > 0 => SaleState::Open,
            Status::Open => SaleState::SoldOut,
            Status::Close => SaleState::Closed,
        }
    }

    /// When its state changes by itself next.
    fn turns_at(&self, now: i64) -> Option<i64> {
        [self.opens_at, self.closes_at].into_iter().filter(|&at| at > now).min()
    }
}

/// A product as it was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// There is none.
    Gone,
    /// There is one.
    Sale(Sale, SaleState),
}

/// The products that are watched on this node.
pub struct Sales {
    /// `None` until the first look.
    watched: Mutex<HashMap<i64, watch::Sender<Option<Seen>>>>,
    /// Somebody watches what nobody did.
    added: Notify,
    most: usize,
    places: Arc<Semaphore>,
}

/// One browser's look at a sale; it ends when this is dropped.
pub(crate) struct Watching {
    seen: watch::Receiver<Option<Seen>>,
    _place: OwnedSemaphorePermit,
}

impl Watching {
    /// What is seen next, first of all what was seen last; `None` when nobody looks any more.
    pub(crate) async fn next(&mut self) -> Option<Seen> {
        self.seen.changed().await.ok()?;
        *self.seen.borrow_and_update()
    }
}

impl Sales {
    /// At most so many browsers at once.
    pub fn new(most: u32) -> Self {
        let most = most as usize;
        Self { watched: Mutex::default(), added: Notify::new(), most, places: Arc::new(Semaphore::new(most)) }
    }

    /// How many browsers watch.
    pub fn browsers(&self) -> usize {
        self.most - self.places.available_permits()
    }

    /// Watches a product; `None` when there are as many browsers as this node takes.
    pub(crate) fn watch(&self, product_id: i64) -> Option<Watching> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut watched = self.lock();
        let sender = watched.entry(product_id).or_insert_with(|| {
            self.added.notify_one();
            watch::Sender::new(None)
        });
        let mut seen = sender.subscribe();
        if seen.borrow().is_some() {
            seen.mark_changed();
        }
        Some(Watching { seen, _place: place })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, watch::Sender<Option<Seen>>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The products that somebody watches; the others are forgotten.
    fn watched(&self) -> Vec<i64> {
        let mut watched = self.lock();
        watched.retain(|_, sender| sender.receiver_count() > 0);
        watched.keys().copied().collect()
    }

    /// Those of them that nobody has looked at yet.
    fn unseen(&self) -> Vec<i64> {
        let watched = self.lock();
        watched.iter().filter(|(_, sender)| sender.borrow().is_none()).map(|(id, _)| *id).collect()
    }

    /// Tells what was seen of these products to those who watch them, and when the next of them turns.
    fn tell(&self, ids: &[i64], sales: &HashMap<i64, Sale>, now: i64) -> Option<i64> {
        let watched = self.lock();
        let mut turn: Option<i64> = None;
        for id in ids {
            let Some(sender) = watched.get(id) else { continue };
            let seen = sales.get(id).map_or(Seen::Gone, |sale| Seen::Sale(*sale, sale.state(now)));
            sender.send_if_modified(|last| last.replace(seen) != Some(seen));
            let turns = sales.get(id).and_then(|sale| sale.turns_at(now));
            turn = turn.into_iter().chain(turns).min();
        }
        turn
    }
}

/// Looks at what is watched, until cancelled.
pub async fn keep_watch(app: Arc<App>) {
    let stopped = app.tasks.stop.clone();
    stopped.run_until_cancelled(look_for_ever(&app)).await;
}

async fn look_for_ever(app: &App) {
    let mut next = Instant::now();
    loop {
        let all = Instant::now() >= next;
        let ids = if all { app.sales.watched() } else { app.sales.unseen() };
        if all {
            next = Instant::now() + PACE;
        }
        if let Some(turns_in) = look(app, &ids).await {
            // A sale opens on time, not with the next look.
            next = next.min(Instant::now() + turns_in);
        }
        if all && ids.is_empty() {
            app.sales.added.notified().await;
            continue;
        }
        // Who comes does not wait for the others' turn.
        tokio::select! {
            () = sleep_until(next) => (),
            () = app.sales.added.notified() => (),
        }
    }
}

/// Looks at these products, and tells how long until the state of one of them changes by itself.
async fn look(app: &App, ids: &[i64]) -> Option<Duration> {
    if ids.is_empty() {
        return None;
    }
    let sales = with_connection(&app.db, PATIENCE, async |connection| read(connection, ids).await);
    match sales.await {
        Ok(sales) => {
            let turn = app.sales.tell(ids, &sales, app.clock.now())?;
            Some(Duration::from_millis(u64::try_from(turn - app.clock.now()).unwrap_or(0)))
        }
        Err(error) => {
            tracing::debug!(%error, "the sales that are watched could not be read");
            None
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    product_id: i64,
    total: i32,
    remaining: i32,
    wish_count: i64,
    open_at: PrimitiveDateTime,
    close_at: PrimitiveDateTime,
}

async fn read(db: &mut MySqlConnection, ids: &[i64]) -> Result<HashMap<i64, Sale>, sqlx::Error> {
    let mut sales = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let mut query = QueryBuilder::<MySql>::new(
            "SELECT s.product_id, s.total, s.remaining, p.wish_count, s.open_at, s.close_at \
             FROM stock s JOIN products p ON p.id = s.product_id WHERE s.product_id IN (",
        );
        let mut places = query.separated(", ");
        for id in ids {
            places.push_bind(*id);
        }
        query.push(")");
        for row in query.build_query_as::<Row>().fetch_all(&mut *db).await? {
            let (opens_at, closes_at) = (unix_millis(row.open_at), unix_millis(row.close_at));
            let Row { product_id, total, remaining, wish_count, .. } = row;
            sales.insert(product_id, Sale { total, remaining, wish_count, opens_at, closes_at });
        }
    }
    Ok(sales)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALE: Sale = Sale { total: 3, remaining: 3, wish_count: 0, opens_at: 100, closes_at: 200 };

    #[test]
    fn a_sale_opens_sells_out_and_closes() {
        let sold_out = Sale { remaining: 0, ..SALE };
        for (sale, now, state, turn) in [
            (SALE, 99, SaleState::Waiting, Some(100)),
            (SALE, 100, SaleState::Open, Some(200)),
            (sold_out, 99, SaleState::Waiting, Some(100)),
            (sold_out, 150, SaleState::SoldOut, Some(200)),
            (sold_out, 200, SaleState::Closed, None),
            (SALE, 200, SaleState::Closed, None),
        ] {
            assert_eq!((sale.state(now), sale.turns_at(now)), (state, turn), "{sale:?} at {now}");
        }
    }

    #[test]
    fn all_who_watch_a_product_are_told_once_of_each_change() {
        let sales = Sales::new(2);
        let (mut one, mut two) = (sales.watch(7).unwrap(), sales.watch(7).unwrap());
        assert!(sales.watch(7).is_none());
        assert_eq!(sales.browsers(), 2);
        let seen = HashMap::from([(7, SALE)]);
        assert_eq!(sales.tell(&sales.watched(), &seen, 0), Some(100));
        for watching in [&mut one, &mut two] {
            assert!(watching.seen.has_changed().unwrap());
            assert_eq!(*watching.seen.borrow_and_update(), Some(Seen::Sale(SALE, SaleState::Waiting)));
        }
        assert_eq!(sales.tell(&sales.watched(), &seen, 1), Some(100));
        assert!(!one.seen.has_changed().unwrap());
        assert_eq!(sales.tell(&sales.watched(), &seen, 100), Some(200));
        assert!(one.seen.has_changed().unwrap());
    }

    #[test]
    fn what_nobody_watches_is_forgotten_and_what_vanished_is_told() {
        let sales = Sales::new(2);
        let mut watching = sales.watch(7).unwrap();
        drop(sales.watch(8));
        assert_eq!((sales.watched(), sales.unseen()), (vec![7], vec![7]));
        sales.tell(&[7], &HashMap::new(), 0);
        assert_eq!(*watching.seen.borrow_and_update(), Some(Seen::Gone));
        assert!(sales.unseen().is_empty());
        drop(watching);
        assert!(sales.watched().is_empty());
    }
}
