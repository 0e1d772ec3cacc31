//! What MySQL and Redis hold.

use std::{
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
    time::Duration,
};

use sqlx::{MySqlConnection, MySqlPool};
use time::PrimitiveDateTime;
use tokio::time::{interval, timeout};
use uuid::Uuid;

use super::{
    CheckError,
    gates::{Gate, Gates},
};

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
    /// Whether units may be bought now.
    pub(super) is_open: bool,
    /// Units in confirmed orders.
    pub(super) sold: i64,
    pub(super) gate: Gate,
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
    pub(super) async fn read(db: &MySqlPool, gates: &Gates, products: RangeInclusive<i64>) -> Result<Self, CheckError> {
        let mut transaction = db.begin_with("START TRANSACTION WITH CONSISTENT SNAPSHOT").await?;
        let mut sales = sales(&mut transaction, &products).await?;
        let orders = orders(&mut transaction, &products).await?;
        transaction.rollback().await?;
        for order in orders.values().filter(|order| order.status == Status::Confirmed) {
            if let Some(sale) = sales.get_mut(&order.product) {
                sale.sold += order.quantity;
            }
        }
        read_gates(gates, &mut sales).await?;
        Ok(Self { sales, orders })
    }
}

async fn sales(db: &mut MySqlConnection, products: &RangeInclusive<i64>) -> Result<BTreeMap<i64, Sale>, sqlx::Error> {
    let sales = sqlx::query!(
        "SELECT product_id, total, remaining, open_at, close_at, per_member_limit, \
                open_at <= UTC_TIMESTAMP(3) AND UTC_TIMESTAMP(3) < close_at AS `is_open!: bool` \
         FROM stock WHERE product_id BETWEEN ? AND ?",
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
            is_open: row.is_open,
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

async fn read_gates(gates: &Gates, sales: &mut BTreeMap<i64, Sale>) -> Result<(), redis::RedisError> {
    let products: Vec<i64> = sales.keys().copied().collect();
    let read = gates.read(&products).await?;
    sales.values_mut().zip(read).for_each(|(sale, gate)| sale.gate = gate);
    Ok(())
}

/// Waits until no order is undecided and every gate has what MySQL has; `false`: not so within `patience`.
pub async fn settled(
    db: &MySqlPool,
    gates: &Gates,
    products: RangeInclusive<i64>,
    patience: Duration,
) -> Result<bool, CheckError> {
    let settle = async {
        let mut ticks = interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            let mut sales = sales(&mut *db.acquire().await?, &products).await?;
            read_gates(gates, &mut sales).await?;
            if sales.values().all(Sale::is_at_rest) {
                return Ok(());
            }
        }
    };
    timeout(patience, settle).await.map_or(Ok(false), |done| done.map(|()| true))
}

impl Sale {
    fn is_at_rest(&self) -> bool {
        let free = self.gate.free;
        self.gate.intents == 0 && free.map_or(!self.is_open, |free| free == self.remaining)
    }
}
