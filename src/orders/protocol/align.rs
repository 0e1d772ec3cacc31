//! Makes gates say what MySQL says.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use sqlx::{Connection, MySqlConnection, MySqlPool, Row};
use tokio::sync::oneshot;

use super::{
    gate::{Gate, Reserved, Truth},
    ledger,
    outage::Outage,
};
use crate::{
    batch::{Batcher, Limits, Tasks, Worker},
    database::{is_away, unix_millis, with_connection},
    error::with_sources,
    fail_point,
};

/// Gates aligned at once.
const AT_ONCE: usize = 8;
const LIMITS: Limits = Limits { queue: 10_000, batch: 500 };
const PATIENCE: Duration = Duration::from_secs(4);
/// Others may align the same gate between two looks, but not for ever.
const LOOKS: usize = 5;

/// A gate is opened this long before its sale: longer ahead there are too many.
pub(super) const LEAD: Duration = Duration::from_secs(120);
/// And closed this long after it: by then the clocks of Redis and MySQL agree that it is over.
pub(super) const TRAIL: Duration = Duration::from_secs(60);

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depth {
    /// The units, and the members whose units are in doubt.
    Marked,
    /// The units of all members too.
    All,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aligned {
    /// The gate is open to questions and says what MySQL says.
    Gate,
    /// Not yet: no gate is needed.
    FarAhead,
    /// Over: no gate is needed.
    LongOver,
    /// MySQL knows no such sale.
    NoSale,
    /// MySQL or Redis did not answer.
    Failed,
}

/// Aligns each gate once for all who ask meanwhile.
#[derive(Clone)]
pub(super) struct Aligner {
    queue: Batcher<Request>,
}

struct Request {
    product_id: i64,
    depth: Depth,
    done: Option<oneshot::Sender<Aligned>>,
}

impl Aligner {
    /// Starts it. `db` is where the stock rows are locked.
    pub(super) fn start(db: MySqlPool, gate: Gate, outage: Outage, tasks: &Tasks) -> Self {
        Self { queue: Batcher::start(Alignment { db, gate, outage }, LIMITS, tasks) }
    }

    /// Aligns soon.
    pub(super) fn request(&self, product_id: i64, depth: Depth) {
        // A full queue means that many gates are aligned; the regular round will find this one.
        let _ = self.queue.push(Request { product_id, depth, done: None });
    }

    /// Aligns, and tells what was found.
    pub(super) async fn align(&self, product_id: i64, depth: Depth) -> Aligned {
        let (done, found) = oneshot::channel();
        if self.queue.push(Request { product_id, depth, done: Some(done) }).is_err() {
            return Aligned::Failed;
        }
        found.await.unwrap_or(Aligned::Failed)
    }
}

struct Alignment {
    db: MySqlPool,
    gate: Gate,
    outage: Outage,
}

impl Worker for Alignment {
    type Job = Request;

    async fn work(&mut self, batch: Vec<Request>) {
        let mut products: HashMap<i64, (Depth, Vec<oneshot::Sender<Aligned>>)> = HashMap::new();
        for request in batch {
            let (depth, waiting) = products.entry(request.product_id).or_insert((request.depth, Vec::new()));
            *depth = request.depth.max(*depth);
            waiting.extend(request.done);
        }
        let this = &*self;
        stream::iter(products)
            .for_each_concurrent(AT_ONCE, |(product_id, (depth, waiting))| async move {
                let found = this.align(product_id, depth).await;
                for done in waiting {
                    // Whoever asked may have left.
                    let _ = done.send(found);
                }
            })
            .await;
    }
}

impl Alignment {
    async fn align(&self, product_id: i64, depth: Depth) -> Aligned {
        align(&self.db, &self.gate, product_id, depth).await.unwrap_or_else(|error| {
            tracing::warn!(product = product_id, error = with_sources(&error), "a gate was not aligned");
            match error {
                AlignError::MySql(error) if is_away(&error) => self.outage.mysql(true),
                AlignError::MySql(_) | AlignError::Outrun => (),
                AlignError::Redis(_) => self.outage.redis(true),
            }
            Aligned::Failed
        })
    }
}

/// Why a gate was not aligned.
#[derive(Debug, thiserror::Error)]
pub(super) enum AlignError {
    #[error("MySQL cannot be asked")]
    MySql(#[from] sqlx::Error),
    #[error("Redis cannot be asked")]
    Redis(#[from] redis::RedisError),
    #[error("others align the gate all the time")]
    Outrun,
}

/// One look at MySQL, and what came of it.
enum Look {
    Done(Aligned),
    /// The gate has seen this version of the stock row, which is newer.
    Older(i64),
}

/// Under the stock row's lock no order of the product is decided. So what MySQL says, less the intents that it has not decided, is
/// what the gate has to give; orders reserved meanwhile are counted by the script itself.
///
/// A gate that has seen a newer stock row may be right: the lock may have been lost before the gate was asked. So the row is locked
/// and read again. If it still is older then, MySQL has gone back, as after a failover that lost commits or from a backup, and the
/// gate follows it with all its members.
pub(super) async fn align(db: &MySqlPool, gate: &Gate, product_id: i64, depth: Depth) -> Result<Aligned, AlignError> {
    let (mut depth, mut outdated) = (depth, None);
    for _ in 0..LOOKS {
        let look = async |connection: &mut MySqlConnection| look(connection, gate, product_id, depth, outdated).await;
        match with_connection(db, PATIENCE, look).await? {
            Look::Done(aligned) => return Ok(aligned),
            Look::Older(seen) => (depth, outdated) = (Depth::All, Some(seen)),
        }
    }
    Err(AlignError::Outrun)
}

async fn look(
    connection: &mut MySqlConnection,
    gate: &Gate,
    product_id: i64,
    depth: Depth,
    outdated: Option<i64>,
) -> Result<Look, AlignError> {
    let mut transaction = connection.begin().await?;
    let Some(row) = lock_sale(&mut transaction, product_id).await? else {
        gate.drop_gate(product_id).await?;
        return Ok(Look::Done(Aligned::NoSale));
    };
    let mut truth = row.truth;
    if fail_point::planted("mysql_from_redis") {
        truth.remaining = copy_from_redis(&mut transaction, gate, product_id, truth.remaining).await?;
        gate.align(product_id, &truth).await?;
        transaction.commit().await?;
        return Ok(Look::Done(Aligned::Gate));
    }
    let reserved = gate.reserved(product_id).await?;
    if row.now >= truth.closes_at + TRAIL.as_millis() as i64 && reserved.is_empty() {
        gate.drop_gate(product_id).await?;
        return Ok(Look::Done(Aligned::LongOver));
    }
    if row.now < truth.opens_at - LEAD.as_millis() as i64 && reserved.is_empty() {
        gate.drop_gate(product_id).await?;
        return Ok(Look::Done(Aligned::FarAhead));
    }
    let decided = read_decided(&mut transaction, &reserved).await?;
    (truth.all_members, truth.outdated) = (depth == Depth::All, outdated);
    truth.remaining -= i32::from(fail_point::planted("hold_one_back"));
    if truth.per_member_limit.is_some() {
        let mut members = gate.marked_members(product_id).await?;
        members.extend(decided.iter().map(|reserved| reserved.order.member_id));
        truth.held = read_held(&mut transaction, product_id, (!truth.all_members).then_some(members)).await?;
    }
    truth.decided = decided.into_iter().map(|reserved| reserved.intent.id).collect();
    let seen = gate.align(product_id, &truth).await?;
    transaction.rollback().await?;
    if outdated.is_some() && seen.is_none() {
        tracing::warn!(product = product_id, "MySQL has gone back, and the gate with it");
    }
    Ok(seen.map_or(Look::Done(Aligned::Gate), Look::Older))
}

/// The mistake of the service before this one; only ever planted.
async fn copy_from_redis(
    connection: &mut MySqlConnection,
    gate: &Gate,
    product_id: i64,
    remaining: i32,
) -> Result<i32, AlignError> {
    let free = gate.states(&[product_id]).await?[0].free.unwrap_or(remaining.into());
    sqlx::query("UPDATE stock SET remaining = LEAST(GREATEST(?, 0), total) WHERE product_id = ?")
        .bind(free)
        .bind(product_id)
        .execute(&mut *connection)
        .await?;
    let copied = sqlx::query_scalar("SELECT remaining FROM stock WHERE product_id = ?").bind(product_id);
    Ok(copied.fetch_one(connection).await?)
}

struct SaleRow {
    truth: Truth,
    /// MySQL's time, Unix milliseconds.
    now: i64,
}

async fn lock_sale(connection: &mut MySqlConnection, product_id: i64) -> Result<Option<SaleRow>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT remaining, open_at, close_at, per_member_limit, version, UTC_TIMESTAMP(3) AS `now: time::PrimitiveDateTime` \
         FROM stock WHERE product_id = ? FOR UPDATE",
        product_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| SaleRow {
        now: unix_millis(row.now),
        truth: Truth {
            remaining: row.remaining,
            opens_at: unix_millis(row.open_at),
            closes_at: unix_millis(row.close_at),
            per_member_limit: row.per_member_limit,
            version: row.version,
            ..Truth::default()
        },
    }))
}

/// Of these reserved orders, those that MySQL has decided.
async fn read_decided(connection: &mut MySqlConnection, reserved: &[Reserved]) -> Result<Vec<Reserved>, sqlx::Error> {
    if reserved.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<_> = reserved.iter().map(|reserved| reserved.order.number).collect();
    let found = ledger::find(connection, &numbers).await?;
    let found: HashSet<_> = found.into_iter().map(|found| found.number).collect();
    Ok(reserved.iter().filter(|reserved| found.contains(&reserved.order.number)).cloned().collect())
}

/// Units that members hold in confirmed orders: of these members, each of them named, or of all who hold any.
async fn read_held(
    connection: &mut MySqlConnection,
    product_id: i64,
    members: Option<Vec<i64>>,
) -> Result<HashMap<i64, i64>, sqlx::Error> {
    let mut held: HashMap<i64, i64> = members.iter().flatten().map(|member| (*member, 0)).collect();
    let rows = match members {
        None => {
            sqlx::query(
                "SELECT member_id, CAST(SUM(quantity) AS SIGNED) FROM orders \
                 WHERE product_id = ? AND status = 'CONFIRMED' GROUP BY member_id",
            )
            .bind(product_id)
            .fetch_all(connection)
            .await?
        }
        Some(members) if members.is_empty() => return Ok(held),
        Some(_) => {
            let members: Vec<_> = held.keys().collect();
            sqlx::query(
                "SELECT o.member_id, CAST(SUM(o.quantity) AS SIGNED) \
                 FROM JSON_TABLE(?, '$[*]' COLUMNS (member BIGINT PATH '$')) AS asked \
                 STRAIGHT_JOIN orders o FORCE INDEX (orders_of_buyer) \
                 ON o.member_id = asked.member AND o.product_id = ? AND o.status = 'CONFIRMED' \
                 GROUP BY o.member_id",
            )
            .bind(serde_json::json!(members).to_string())
            .bind(product_id)
            .fetch_all(connection)
            .await?
        }
    };
    for row in rows {
        held.insert(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(held)
}
