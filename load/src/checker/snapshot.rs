//! What MySQL and Redis hold.

use std::{
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
    time::Duration,
};

use openrace::keyspace::Keyspace;
use sqlx::{MySqlConnection, MySqlPool};
use time::PrimitiveDateTime;
use tokio::time::{interval, timeout};
use uuid::Uuid;

use super::CheckError;

/// One moment of MySQL, and Redis soon after.
pub(super) struct Snapshot {
    pub(super) sales: BTreeMap<i64, Sale>,
    pub(super) orders: HashMap<Uuid, Order>,
}

/// A product's stock and its gate.
pub(super) struct Sale {
    pub(super) total: i64,
    pub(super) remaining: i64,
    /// Unix milliseconds.
    pub(super) open_at: i64,
    /// Unix milliseconds.
    pub(super) close_at: i64,
    pub(super) per_member_limit: Option<i64>,
    /// Units in confirmed orders.
    pub(super) sold: i64,
    pub(super) gate: Gate,
}

/// A product's keys in Redis.
#[derive(Default)]
pub(super) struct Gate {
    /// Units that the gate would give out; `None`: there is no gate now.
    pub(super) free: Option<i64>,
    /// Orders that are reserved and not decided.
    pub(super) intents: i64,
}

/// A row of `orders`.
pub(super) struct Order {
    pub(super) member: i64,
    pub(super) product: i64,
    pub(super) quantity: i64,
    pub(super) status: Status,
    /// Unix milliseconds.
    pub(super) admitted_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Confirmed,
    Rejected,
    Cancelled,
}

impl Snapshot {
    pub(super) async fn read(
        db: &MySqlPool,
        redis: &Keyspace,
        products: RangeInclusive<i64>,
    ) -> Result<Self, CheckError> {
        let mut transaction = db.begin_with("START TRANSACTION WITH CONSISTENT SNAPSHOT").await?;
        let mut sales = sales(&mut transaction, &products).await?;
        let orders = orders(&mut transaction, &products).await?;
        transaction.rollback().await?;
        for order in orders.values().filter(|order| order.status == Status::Confirmed) {
            if let Some(sale) = sales.get_mut(&order.product) {
                sale.sold += order.quantity;
            }
        }
        read_gates(redis, &mut sales).await?;
        Ok(Self { sales, orders })
    }
}

async fn sales(db: &mut MySqlConnection, products: &RangeInclusive<i64>) -> Result<BTreeMap<i64, Sale>, sqlx::Error> {
    let sales = sqlx::query!(
        "SELECT product_id, total, remaining, open_at, close_at, per_member_limit FROM stock \
         WHERE product_id BETWEEN ? AND ?",
        products.start(),
        products.end(),
    )
    .map(|row| {
        let sale = Sale {
            total: row.total.into(),
            remaining: row.remaining.into(),
            open_at: millis(row.open_at),
            close_at: millis(row.close_at),
            per_member_limit: row.per_member_limit.map(i64::from),
            sold: 0,
            gate: Gate::default(),
        };
        (row.product_id, sale)
    });
    Ok(sales.fetch_all(db).await?.into_iter().collect())
}

async fn orders(db: &mut MySqlConnection, products: &RangeInclusive<i64>) -> Result<HashMap<Uuid, Order>, sqlx::Error> {
    let orders = sqlx::query!(
        "SELECT order_no, member_id, product_id, quantity, status, admitted_at FROM orders \
         WHERE product_id BETWEEN ? AND ?",
        products.start(),
        products.end(),
    )
    .try_map(|row| {
        let order = Order {
            member: row.member_id,
            product: row.product_id,
            quantity: row.quantity.into(),
            status: status(&row.status),
            admitted_at: millis(row.admitted_at),
        };
        let order_no = Uuid::from_slice(&row.order_no).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok((order_no, order))
    });
    Ok(orders.fetch_all(db).await?.into_iter().collect())
}

/// The table admits no other word.
fn status(word: &str) -> Status {
    match word {
        "CONFIRMED" => Status::Confirmed,
        "CANCELLED" => Status::Cancelled,
        _ => Status::Rejected,
    }
}

/// MySQL's times are UTC.
fn millis(at: PrimitiveDateTime) -> i64 {
    let at = at.assume_utc();
    at.unix_timestamp() * 1000 + i64::from(at.millisecond())
}

async fn read_gates(redis: &Keyspace, sales: &mut BTreeMap<i64, Sale>) -> Result<(), redis::RedisError> {
    let mut pipe = redis::pipe();
    for &product in sales.keys() {
        pipe.hget(redis.product_key(product, "gate"), "free").xlen(redis.product_key(product, "intents"));
    }
    let answers: Vec<Option<i64>> = pipe.query_async(&mut redis.connection.clone()).await?;
    for (sale, answers) in sales.values_mut().zip(answers.chunks_exact(2)) {
        sale.gate = Gate { free: answers[0], intents: answers[1].unwrap_or_default() };
    }
    Ok(())
}

/// Waits until no order is undecided and every gate has what MySQL has; `false`: not so within `patience`.
pub async fn settled(
    db: &MySqlPool,
    redis: &Keyspace,
    products: RangeInclusive<i64>,
    patience: Duration,
) -> Result<bool, CheckError> {
    let settle = async {
        let mut ticks = interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            let mut sales = sales(&mut *db.acquire().await?, &products).await?;
            read_gates(redis, &mut sales).await?;
            if sales.values().all(Sale::is_at_rest) {
                return Ok(());
            }
        }
    };
    timeout(patience, settle).await.map_or(Ok(false), |done| done.map(|()| true))
}

impl Sale {
    fn is_at_rest(&self) -> bool {
        self.gate.intents == 0 && self.gate.free.is_none_or(|free| free == self.remaining)
    }
}
