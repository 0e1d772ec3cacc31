//! What is looked after while sales go on: gates that differ from MySQL, and gates that will be needed soon.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use redis::RedisError;
use serde_json::json;
use sqlx::{MySqlConnection, MySqlPool};

use super::{
    align::{Aligner, Depth, TRAIL},
    gate::{Gate, GateState},
};
use crate::{
    database::{unix_millis, with_connection},
    keyspace::Keyspace,
};

/// Sales whose gates are opened ahead at one time; the most wished ones first. The others cost their first shopper a moment.
const WARMED: u32 = 2000;
const CHUNK: usize = 500;
const PATIENCE: Duration = Duration::from_secs(10);
/// By so much a turn ends before its node looks again, which would find its own turn otherwise and pass.
const EARLY: Duration = Duration::from_secs(1);

/// A round that could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    /// MySQL failed.
    #[error("MySQL cannot be asked about sales")]
    MySql(#[from] sqlx::Error),
    /// Redis failed.
    #[error("Redis cannot be asked about gates")]
    Redis(#[from] RedisError),
}

/// Looks after all gates. One node at a time does.
pub(super) struct Rounds {
    /// Where the truth is.
    pub(super) db: MySqlPool,
    /// What must follow it.
    pub(super) gate: Gate,
    /// Makes it follow.
    pub(super) aligner: Aligner,
}

impl Rounds {
    /// Has every gate aligned that differs from MySQL as far as can be seen without locks. Does nothing while another node has
    /// its turn.
    pub(super) async fn compare(&self, turn: Duration) -> Result<(), RoundError> {
        if !take_turn(self.gate.keyspace(), "turn:compare", turn).await? {
            return Ok(());
        }
        for products in self.gate.products().await?.chunks(CHUNK) {
            let states = self.gate.states(products).await?;
            let read = async |connection: &mut MySqlConnection| read_sales(connection, products).await;
            let sales = with_connection(&self.db, PATIENCE, read).await?;
            for (product, state) in products.iter().zip(states) {
                if sales.get(product).is_none_or(|sale| sale.differs(&state)) {
                    self.aligner.align(*product, Depth::Marked).await;
                }
            }
        }
        Ok(())
    }

    /// Has every gate aligned with all its members: Redis may have lost or forgotten anything.
    pub(super) async fn align_all(&self) -> Result<(), RoundError> {
        for product in self.gate.products().await? {
            self.aligner.request(product, Depth::All);
        }
        Ok(())
    }

    /// Opens the gates of sales that begin within this time. Does nothing while another node has its turn.
    pub(super) async fn warm(&self, ahead: Duration, turn: Duration) -> Result<(), RoundError> {
        if !take_turn(self.gate.keyspace(), "turn:warm", turn).await? {
            return Ok(());
        }
        let open: HashSet<i64> = self.gate.products().await?.into_iter().collect();
        let read = async |connection: &mut MySqlConnection| read_openings(connection, ahead).await;
        let soon = with_connection(&self.db, PATIENCE, read).await?;
        for product in soon.into_iter().filter(|product| !open.contains(product)) {
            self.aligner.request(product, Depth::All);
        }
        Ok(())
    }
}

/// Whether this node has the turn; the next one is shortly before `turn` has passed.
async fn take_turn(keyspace: &Keyspace, name: &str, turn: Duration) -> Result<bool, RedisError> {
    let lasts = turn.saturating_sub(EARLY).max(Duration::from_millis(1));
    let mut set = redis::cmd("SET");
    set.arg(keyspace.key(name)).arg(1).arg("NX").arg("PX").arg(lasts.as_millis() as u64);
    let taken: Option<String> = set.query_async(&mut keyspace.connection.clone()).await?;
    Ok(taken.is_some())
}

struct SaleNow {
    remaining: i64,
    opens_at: i64,
    closes_at: i64,
    limit: i64,
    /// MySQL's time.
    now: i64,
}

impl SaleNow {
    fn differs(&self, gate: &GateState) -> bool {
        let said = [gate.free, gate.opens_at, gate.closes_at, gate.limit];
        let over = self.now >= self.closes_at + TRAIL.as_millis() as i64;
        over || gate.busy || said != [self.remaining, self.opens_at, self.closes_at, self.limit].map(Some)
    }
}

async fn read_sales(connection: &mut MySqlConnection, products: &[i64]) -> Result<HashMap<i64, SaleNow>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT s.product_id, s.remaining, s.open_at, s.close_at, s.per_member_limit, \
                UTC_TIMESTAMP(3) AS `now: time::PrimitiveDateTime` \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (product BIGINT PATH '$')) AS asked \
         STRAIGHT_JOIN stock s FORCE INDEX (PRIMARY) ON s.product_id = asked.product",
        json!(products).to_string()
    )
    .fetch_all(connection)
    .await?;
    let sales = rows.into_iter().map(|row| {
        let sale = SaleNow {
            remaining: row.remaining.into(),
            opens_at: unix_millis(row.open_at),
            closes_at: unix_millis(row.close_at),
            limit: row.per_member_limit.unwrap_or(0).into(),
            now: unix_millis(row.now),
        };
        (row.product_id, sale)
    });
    Ok(sales.collect())
}

async fn read_openings(connection: &mut MySqlConnection, ahead: Duration) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT s.product_id FROM stock s JOIN products p ON p.id = s.product_id \
         WHERE s.open_at BETWEEN UTC_TIMESTAMP(3) AND TIMESTAMPADD(SECOND, ?, UTC_TIMESTAMP(3)) \
         ORDER BY p.wish_count DESC LIMIT ?",
        ahead.as_secs(),
        WARMED
    )
    .fetch_all(connection)
    .await
}
