//! The way of an order: gate (Redis) → batch (MySQL) → settled, and all that keeps the two together. docs/orders.md tells why it
//! never sells a unit twice and never loses one.

mod admit;
mod align;
mod commit;
mod decide;
mod gate;
mod in_flight;
mod ledger;
mod lookup;
#[cfg(test)]
mod model;
mod order;
mod outage;
mod pending;
mod recover;
mod release;
mod rounds;
mod watch;

use std::{sync::Arc, time::Duration};

use sqlx::{MySqlConnection, MySqlPool, mysql::MySqlConnectOptions};
use tokio::{
    sync::{Semaphore, oneshot},
    time::{Instant, sleep, timeout, timeout_at},
};

use self::{
    admit::Admissions,
    align::{Aligner, Depth},
    commit::{Commit, Committers, Reply, Ticket},
    gate::Gate,
    in_flight::InFlight,
    ledger::{Found, Ledger},
    lookup::Lookup,
    outage::Outage,
    pending::PendingOrders,
    recover::Recovery,
    rounds::Rounds,
    watch::Watch,
};
pub use self::{
    lookup::LookupFailed,
    order::{Decision, OrderNo, PlaceOrder, Refusal},
};
use crate::{
    batch::{Batcher, Tasks},
    database::{self, with_connection},
    fail_point,
    keyspace::Keyspace,
};

/// An order that is not decided by then is called pending; with the note for other nodes that makes three seconds.
const PENDING_AFTER: Duration = Duration::from_millis(2500);
/// Time between two looks for the decision of an order that somebody else is about to make.
const SHORTEST_LOOK: Duration = Duration::from_millis(5);
const LONGEST_LOOK: Duration = Duration::from_millis(100);
/// An order that another node has begun is decided from here if that takes longer.
const TAKE_OVER_AFTER: Duration = Duration::from_secs(1);
/// A MySQL that takes longer is not going to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// A gate that takes longer to follow does so on its own.
const GATE_PATIENCE: Duration = Duration::from_millis(500);

/// Why an order could not be placed, found or cancelled now.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// As many orders are under way as this node takes. Nothing was done.
    #[error("too many orders at once")]
    Overloaded,
    /// MySQL, or both MySQL and Redis, do not answer. Nothing was bought.
    #[error("orders cannot be decided now")]
    Unavailable,
    /// Decided orders cannot be looked up now; this one may be among them.
    #[error(transparent)]
    Unknown(#[from] LookupFailed),
    /// MySQL takes too long, and Redis does not hold the order: nobody but this process knows of it.
    #[error("the order is not decided yet")]
    Undecided,
    /// The member has no such order, or has cancelled it.
    #[error("there is no such order")]
    NotFound,
    /// It was never confirmed.
    #[error("a rejected order cannot be cancelled")]
    NotCancellable,
    /// MySQL failed in the middle of it.
    #[error("MySQL failed")]
    MySql(#[source] sqlx::Error),
    /// A task panicked.
    #[error("an order's task failed")]
    Panicked(#[from] tokio::task::JoinError),
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is decided.
    Decided(Decision),
    /// It will be.
    Pending,
}

/// An order as its member finds it.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    /// Its number.
    pub number: OrderNo,
    /// What is bought.
    pub product_id: i64,
    /// Units.
    pub quantity: i32,
    /// Where it stands.
    pub standing: Standing,
}

/// The order path of one node.
pub struct Orders {
    front: Batcher<Ticket>,
    committers: Committers,
    aligner: Aligner,
    lookup: Lookup,
    gate: Gate,
    in_flight: InFlight,
    pending: PendingOrders,
    permits: Arc<Semaphore>,
    db: MySqlPool,
    tasks: Tasks,
}

impl Orders {
    /// Starts the order path; `capacity` is how many orders may be under way at once.
    pub fn start(options: MySqlConnectOptions, keyspace: &Keyspace, capacity: u32, server: &Tasks) -> Self {
        let (tasks, permits) = (&server.later(), Arc::new(Semaphore::new(capacity as usize)));
        end_when_all_are_done(Arc::clone(&permits), capacity, server, tasks);
        let capacity = capacity as usize;
        let db = database::ordering_pool(options.clone());
        let (gate, outage) = (Gate::new(keyspace.clone()), Outage::default());
        let in_flight = InFlight::default();
        let aligner = Aligner::start(db.clone(), gate.clone(), outage.clone(), tasks);
        let ledger = || Ledger::new(options.clone());
        let committers = Committers::start(ledger, &gate, &aligner, &outage, capacity, tasks);
        let admissions =
            Admissions::new(gate.clone(), aligner.clone(), committers.clone(), outage.clone(), tasks.clone());
        let watch = Watch {
            keyspace: keyspace.clone(),
            db: db.clone(),
            outage,
            recovery: Recovery {
                gate: gate.clone(),
                committers: committers.clone(),
                in_flight: in_flight.clone(),
                permits: Arc::clone(&permits),
            },
            rounds: Rounds { db: db.clone(), gate: gate.clone(), aligner: aligner.clone() },
        };
        watch.start(server);
        Self {
            front: admissions.start(capacity),
            committers,
            lookup: Lookup::start(db.clone(), capacity, tasks),
            pending: PendingOrders::new(keyspace.clone()),
            aligner,
            gate,
            in_flight,
            permits,
            db,
            tasks: tasks.clone(),
        }
    }

    /// Places an order. It goes its way even if the caller stops waiting.
    pub async fn place(&self, order: PlaceOrder) -> Result<Standing, OrderError> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| OrderError::Overloaded)?;
        let flight = self.in_flight.enter(order);
        let pending_from = Instant::now() + PENDING_AFTER;
        let (waiting, reply) = oneshot::channel();
        let ticket = Ticket { order, waiting: Some(waiting), pending_from, flight, permit };
        self.front.push(ticket).map_err(|_| OrderError::Overloaded)?;
        // A dropped reply is that of a server that stops.
        let Ok(reply) = timeout_at(pending_from, reply).await.map(|reply| reply.unwrap_or(Reply::Unavailable)) else {
            return self.promise(order).await;
        };
        let decision = timeout_at(pending_from, self.outcome(order, reply)).await;
        match (decision, reply) {
            (Ok(decision), _) => decision.map(Standing::Decided),
            // Redis knows of it.
            (Err(_), Reply::Again) => Ok(Standing::Pending),
            (Err(_), _) => Err(OrderError::Undecided),
        }
    }

    async fn outcome(&self, order: PlaceOrder, reply: Reply) -> Result<Decision, OrderError> {
        match reply {
            Reply::Decided(decision) => Ok(decision),
            Reply::Refused(refusal) if order.keyed => {
                let found = self.lookup.find(order.number).await?;
                Ok(found.map_or(Decision::Rejected(refusal), |found| found.known.answer(&order)))
            }
            Reply::Refused(refusal) => Ok(Decision::Rejected(refusal)),
            Reply::Again => self.decided_elsewhere(order).await,
            Reply::Unavailable => Err(OrderError::Unavailable),
        }
    }

    /// Waits for the decision of an order that is under way here or on another node. If none comes soon, Redis may have lost what the
    /// other node had of it when it died: then it is decided from here. Whoever is second finds the decision.
    async fn decided_elsewhere(&self, order: PlaceOrder) -> Result<Decision, OrderError> {
        let mut pause = SHORTEST_LOOK;
        let take_over_at = Instant::now() + TAKE_OVER_AFTER;
        while Instant::now() < take_over_at {
            if let Some(found) = self.lookup.find(order.number).await? {
                return Ok(found.known.answer(&order));
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        }
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| OrderError::Overloaded)?;
        let (waiting, reply) = oneshot::channel();
        let flight = self.in_flight.enter(order);
        let ticket = Ticket { order, waiting: Some(waiting), pending_from: Instant::now(), flight, permit };
        self.committers.push(Commit::promised(ticket));
        match reply.await {
            Ok(Reply::Decided(decision)) => Ok(decision),
            Ok(Reply::Refused(_) | Reply::Again | Reply::Unavailable) | Err(_) => Err(OrderError::Unavailable),
        }
    }

    /// Promises a decision that any node can keep, and lets each of them know of it. An order that is reserved nowhere would be lost
    /// with this process.
    async fn promise(&self, order: PlaceOrder) -> Result<Standing, OrderError> {
        let intent = self.in_flight.get(order.number).and_then(|(_, intent)| intent).ok_or(OrderError::Undecided)?;
        self.pending.note(&order, &intent).await;
        Ok(Standing::Pending)
    }

    /// Finds an order of this member. While MySQL is away, one that is under way is still known.
    pub async fn find(&self, number: OrderNo, member_id: i64) -> Result<Option<Sought>, OrderError> {
        let decided = self.find_decided(number, member_id).await;
        if let Ok(Some(found)) = decided {
            return Ok(Some(found.into()));
        }
        let under_way = match self.in_flight.get(number) {
            Some((order, _)) => Some(order),
            None => self.pending.find(&self.gate, number).await,
        };
        if let Some(order) = under_way {
            return Ok((order.member_id == member_id).then(|| pending(&order)));
        }
        // It may have been decided between the two looks.
        decided?;
        Ok(self.find_decided(number, member_id).await?.map(Sought::from))
    }

    async fn find_decided(&self, number: OrderNo, member_id: i64) -> Result<Option<Found>, OrderError> {
        let found = self.lookup.find(number).await?;
        Ok(found.filter(|found| found.member_id == member_id))
    }

    /// The number of a member's order that is known by its primary key.
    pub async fn number_of(&self, id: i64, member_id: i64) -> Result<Option<OrderNo>, OrderError> {
        let find = async |connection: &mut MySqlConnection| ledger::find_by_id(connection, id, member_id).await;
        with_connection(&self.db, PATIENCE, find).await.map_err(OrderError::MySql)
    }

    /// Cancels a confirmed order of this member; its units are for sale again when this returns.
    pub async fn cancel(&self, number: OrderNo, member_id: i64) -> Result<(), OrderError> {
        let found = self.find_decided(number, member_id).await?.ok_or(OrderError::NotFound)?;
        match found.known.decision {
            Decision::Cancelled { .. } if !fail_point::planted("cancel_again") => return Err(OrderError::NotFound),
            Decision::Confirmed { .. } | Decision::Cancelled { .. } => (),
            Decision::Rejected(_) | Decision::KeyReused => return Err(OrderError::NotCancellable),
        }
        let (db, aligner, gate, lookup) =
            (self.db.clone(), self.aligner.clone(), self.gate.clone(), self.lookup.clone());
        // In a task of its own: the member may leave, the transaction must not be left half done.
        let cancelled = self.tasks.tracker.spawn(async move {
            let product_id = found.known.product_id;
            // If this process dies now, the next round finds the mark and looks at what the member really holds.
            if let Err(error) = gate.mark_member(product_id, member_id).await {
                tracing::warn!(%error, "a member's limit is aligned only when Redis is back");
            }
            let cancelled = match release::cancel(&db, found.id, product_id, found.known.quantity).await {
                Ok(cancelled) => cancelled,
                // Only its answer may have been lost.
                Err(_) if is_cancelled(lookup.find(number).await) => true,
                Err(error) => return Err(error),
            };
            // Late is harmless: the units are for sale in MySQL already.
            let _ = timeout(GATE_PATIENCE, aligner.align(product_id, Depth::Marked)).await;
            Ok(cancelled)
        });
        match cancelled.await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(OrderError::NotFound),
            Ok(Err(error)) => Err(OrderError::MySql(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the gate follow a change of the sale in MySQL.
    pub async fn refresh_gate(&self, product_id: i64) {
        // Late is harmless: MySQL decides, and the regular round makes up for it.
        let _ = timeout(GATE_PATIENCE, self.aligner.align(product_id, Depth::All)).await;
    }

    /// Orders under way on this node.
    pub fn under_way(&self) -> usize {
        self.in_flight.count()
    }

    /// Where orders and stock are read and written.
    pub fn db(&self) -> &MySqlPool {
        &self.db
    }
}

/// Nobody looks for more once the server stops; what serves the orders under way ends after the last of them.
fn end_when_all_are_done(permits: Arc<Semaphore>, capacity: u32, server: &Tasks, orders: &Tasks) {
    let (stop, last) = (server.stop.clone(), orders.stop.clone());
    server.tracker.spawn(async move {
        stop.cancelled().await;
        let _all = permits.acquire_many(capacity).await;
        last.cancel();
    });
}

impl From<Found> for Sought {
    fn from(found: Found) -> Self {
        Self {
            number: found.number,
            product_id: found.known.product_id,
            quantity: found.known.quantity,
            standing: Standing::Decided(found.known.decision),
        }
    }
}

fn is_cancelled(found: Result<Option<Found>, LookupFailed>) -> bool {
    found.is_ok_and(|found| found.is_some_and(|found| matches!(found.known.decision, Decision::Cancelled { .. })))
}

fn pending(order: &PlaceOrder) -> Sought {
    let PlaceOrder { number, product_id, quantity, .. } = *order;
    Sought { number, product_id, quantity, standing: Standing::Pending }
}
