//! Decides batches of orders in MySQL: one transaction for up to 500 orders of any products.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use sqlx::{MySqlConnection, mysql::MySqlConnectOptions};
use time::PrimitiveDateTime;
use tokio::time::{Instant, timeout};

use super::{
    decide::{Books, Candidate, Entry, Known, Sale, Verdict, units_sold},
    order::{Decision, OrderNo, Refusal},
};
use crate::{
    database::{ORDERING_IDLE, connect_ordering, is_away, is_refused, only_reads, unix_millis},
    fail_point,
};

/// A transaction that takes longer is given up and begun again.
const PATIENCE: Duration = Duration::from_secs(3);
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);
/// A batch that was not decided now.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    /// MySQL is away, or others were in the way. It may have been decided all the same, so the same batch is tried again.
    #[error("the batch was not decided now")]
    Later(#[source] Option<sqlx::Error>),
    /// MySQL will not have one of the orders.
    #[error("the batch has an order that cannot be written")]
    Refused(#[source] sqlx::Error),
}

impl LedgerError {
    /// Whether MySQL is away, as far as can be seen.
    pub(super) fn is_away(&self) -> bool {
        match self {
            Self::Later(source) => source.as_ref().is_none_or(is_away),
            Self::Refused(_) => false,
        }
    }
}

/// A connection to MySQL of its own, opened when needed: one that failed is never used again.
pub(super) struct Ledger {
    options: MySqlConnectOptions,
    connection: Option<(MySqlConnection, Instant)>,
}

impl Ledger {
    /// Connects when it has something to do.
    pub(super) fn new(options: MySqlConnectOptions) -> Self {
        Self { options, connection: None }
    }

    /// Decides all candidates in their order, or none. Whatever was decided before stays so and is told again.
    pub(super) async fn decide(&mut self, candidates: &[Candidate]) -> Result<Vec<Verdict>, LedgerError> {
        let mut in_doubt = false;
        let work = async {
            let mut connection = self.connect().await?;
            let verdicts = transact(&mut connection, candidates, &mut in_doubt).await?;
            Ok((connection, verdicts))
        };
        match timeout(PATIENCE, work).await {
            Ok(Ok((connection, verdicts))) => {
                self.connection = Some((connection, Instant::now()));
                Ok(verdicts)
            }
            Ok(Err(error)) if is_refused(&error) && !in_doubt => Err(LedgerError::Refused(error)),
            Ok(Err(error)) => Err(LedgerError::Later(Some(error))),
            Err(_) => Err(LedgerError::Later(None)),
        }
    }

    async fn connect(&mut self) -> Result<MySqlConnection, sqlx::Error> {
        match self.connection.take() {
            Some((connection, used)) if used.elapsed() < ORDERING_IDLE => Ok(connection),
            _ => connect(&self.options).await,
        }
    }
}

async fn connect(options: &MySqlConnectOptions) -> Result<MySqlConnection, sqlx::Error> {
    timeout(CONNECT_PATIENCE, connect_ordering(options)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

async fn transact(
    connection: &mut MySqlConnection,
    candidates: &[Candidate],
    in_doubt: &mut bool,
) -> Result<Vec<Verdict>, sqlx::Error> {
    let books = read_books(connection, candidates).await?;
    let (verdicts, entries) = books.decide(candidates);
    if !entries.is_empty() {
        match insert(connection, &entries).await {
            Err(_) if fail_point::planted("blind_commit_retry") => (),
            inserted => inserted?,
        }
        fail_point::pass("after_insert");
        take_units(connection, &units_sold(&entries)).await?;
    }
    fail_point::pass("before_commit");
    *in_doubt = true;
    let end = if fail_point::planted("forget_to_commit") { "ROLLBACK" } else { "COMMIT" };
    sqlx::raw_sql(end).execute(connection).await?;
    *in_doubt = false;
    fail_point::pass("after_commit");
    Ok(verdicts)
}

/// Locks the stock rows first: whoever decides about these products now waits, and has committed what it decided before.
async fn read_books(connection: &mut MySqlConnection, candidates: &[Candidate]) -> Result<Books, sqlx::Error> {
    let products: BTreeSet<i64> = candidates.iter().map(|candidate| candidate.order.product_id).collect();
    let products = json!(products).to_string();
    let mut books = Books::default();
    lock_sales(connection, &products, &mut books).await?;
    read_known(connection, candidates, &mut books).await?;
    read_held(connection, candidates, &mut books).await?;
    Ok(books)
}

/// Locks in the order of the ids, so that no two batches wait for each other; the prices without a lock, for wishes and operators
/// write those rows meanwhile. MySQL cannot lock what JSON_TABLE makes, hence the table around it; FORCE INDEX keeps it from
/// scanning, and so locking, the whole of a small table. SYSDATE is the time when the lock was given, in UTC as the session is.
async fn lock_sales(connection: &mut MySqlConnection, products: &str, books: &mut Books) -> Result<(), sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT asked.product AS `product!: i64`, s.remaining AS `remaining?: i32`, s.open_at AS `open_at?: PrimitiveDateTime`, \
                s.close_at AS `close_at?: PrimitiveDateTime`, s.per_member_limit AS `per_member_limit?: i32`, \
                (SELECT price FROM products WHERE id = asked.product) AS `price?: i64`, \
                SYSDATE(3) AS `now!: PrimitiveDateTime`, CAST(@@read_only AS CHAR) NOT IN ('0', 'OFF') AS `read_only!: bool` \
         FROM (SELECT product FROM JSON_TABLE(?, '$[*]' COLUMNS (product BIGINT PATH '$')) AS sent) AS asked \
         LEFT JOIN stock s FORCE INDEX (PRIMARY) ON s.product_id = asked.product FOR UPDATE",
        products
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        // Nothing is decided by what a replica has, not even that an order is known.
        if row.read_only {
            return Err(only_reads());
        }
        books.now = unix_millis(row.now);
        if let (Some(remaining), Some(opens), Some(closes), Some(unit_price)) =
            (row.remaining, row.open_at, row.close_at, row.price)
        {
            let (opens_at, closes_at) = (unix_millis(opens), unix_millis(closes));
            let sale = Sale { remaining, opens_at, closes_at, per_member_limit: row.per_member_limit, unit_price };
            books.sales.insert(row.product, sale);
        }
    }
    Ok(())
}

async fn read_known(
    connection: &mut MySqlConnection,
    candidates: &[Candidate],
    books: &mut Books,
) -> Result<(), sqlx::Error> {
    if fail_point::planted("blind_commit_retry") {
        return Ok(());
    }
    let asked = candidates.iter().filter(|candidate| candidate.may_be_decided);
    let numbers: Vec<_> = asked.map(|candidate| candidate.order.number).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    books.known = find(connection, &numbers).await?.into_iter().map(|found| (found.number, found.known)).collect();
    Ok(())
}

/// Only sales with a limit ask for this.
async fn read_held(
    connection: &mut MySqlConnection,
    candidates: &[Candidate],
    books: &mut Books,
) -> Result<(), sqlx::Error> {
    let limited = |product| books.sales.get(&product).is_some_and(|sale| sale.per_member_limit.is_some());
    let pairs: BTreeSet<_> = candidates
        .iter()
        .map(|candidate| (candidate.order.product_id, candidate.order.member_id))
        .filter(|(product, _)| limited(*product))
        .collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query!(
        "SELECT o.product_id, o.member_id, CAST(SUM(o.quantity) AS SIGNED) AS `units!: i64` \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (product BIGINT PATH '$[0]', member BIGINT PATH '$[1]')) AS asked \
         STRAIGHT_JOIN orders o FORCE INDEX (orders_of_buyer) \
             ON o.product_id = asked.product AND o.member_id = asked.member AND o.status = 'CONFIRMED' \
         GROUP BY o.product_id, o.member_id",
        json!(pairs).to_string()
    )
    .fetch_all(connection)
    .await?;
    books.held.extend(rows.into_iter().map(|row| ((row.product_id, row.member_id), row.units)));
    Ok(())
}

async fn insert(connection: &mut MySqlConnection, entries: &[Entry]) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let (status, reason, unit_price) = columns(entry.decision);
            let order = &entry.order;
            json!([
                order.number.hex(),
                order.member_id,
                order.product_id,
                order.quantity,
                unit_price,
                status,
                reason,
                entry.admitted_at
            ])
        })
        .collect();
    sqlx::query!(
        "INSERT INTO orders (order_no, member_id, product_id, quantity, unit_price, status, reject_reason, admitted_at) \
         SELECT UNHEX(number), member, product, quantity, price, status, reason, \
                TIMESTAMPADD(MICROSECOND, admitted * 1000, '1970-01-01 00:00:00.000') \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (number CHAR(32) PATH '$[0]', member BIGINT PATH '$[1]', \
              product BIGINT PATH '$[2]', quantity INT PATH '$[3]', price BIGINT PATH '$[4]', \
              status VARCHAR(10) PATH '$[5]', reason VARCHAR(30) PATH '$[6]', admitted BIGINT PATH '$[7]')) AS entry",
        json!(rows).to_string()
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn columns(decision: Decision) -> (&'static str, Option<&'static str>, i64) {
    match decision {
        Decision::Confirmed { unit_price } => ("CONFIRMED", None, unit_price),
        Decision::Cancelled { unit_price } => ("CANCELLED", None, unit_price),
        Decision::Rejected(refusal) => ("REJECTED", Some(refusal.word()), 0),
        Decision::KeyReused => ("REJECTED", Some("key_reused"), 0),
    }
}

/// The rows are locked and were counted; the guard holds even if the counting is wrong. A batch of one product, as a sale that
/// opens makes, needs no table of JSON, which MySQL takes a tenth of a millisecond to fill.
async fn take_units(connection: &mut MySqlConnection, sold: &[(i64, i64)]) -> Result<(), sqlx::Error> {
    let taken = match sold {
        [] => return Ok(()),
        [(product, units)] => {
            let one = sqlx::query!(
                "UPDATE stock SET remaining = remaining - ?, version = version + 1 WHERE product_id = ? AND remaining >= ?",
                units,
                product,
                units
            );
            one.execute(connection).await?
        }
        _ => {
            let all = sqlx::query!(
                "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (product BIGINT PATH '$[0]', units BIGINT PATH '$[1]')) AS sold \
                 STRAIGHT_JOIN stock s FORCE INDEX (PRIMARY) ON s.product_id = sold.product \
                 SET s.remaining = s.remaining - sold.units, s.version = s.version + 1 WHERE s.remaining >= sold.units",
                json!(sold).to_string()
            );
            all.execute(connection).await?
        }
    };
    if taken.rows_affected() == sold.len() as u64 {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol("a stock row has fewer units than were counted under its lock".to_owned()))
    }
}

/// An order in MySQL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// Its number.
    pub(super) number: OrderNo,
    /// Whose it is.
    pub(super) member_id: i64,
    /// Primary key.
    pub(super) id: i64,
    /// What became of it.
    pub(super) known: Known,
}

/// Finds orders by their numbers.
pub(super) async fn find(connection: &mut MySqlConnection, numbers: &[OrderNo]) -> Result<Vec<Found>, sqlx::Error> {
    let numbers: Vec<_> = numbers.iter().map(|number| number.hex()).collect();
    let rows = sqlx::query!(
        "SELECT o.id, o.order_no, o.member_id, o.product_id, o.quantity, o.unit_price, o.status, o.reject_reason \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (number CHAR(32) PATH '$')) AS asked \
         STRAIGHT_JOIN orders o FORCE INDEX (orders_order_no) ON o.order_no = UNHEX(asked.number)",
        json!(numbers).to_string()
    )
    .fetch_all(connection)
    .await?;
    let found = rows.into_iter().filter_map(|row| {
        let decision = decision(&row.status, row.reject_reason.as_deref(), row.unit_price);
        let known = Known { product_id: row.product_id, quantity: row.quantity, decision };
        Some(Found { number: OrderNo::from_bytes(&row.order_no)?, member_id: row.member_id, id: row.id, known })
    });
    Ok(found.collect())
}

/// Finds an order of a member by its primary key.
pub(super) async fn find_by_id(
    connection: &mut MySqlConnection,
    id: i64,
    member_id: i64,
) -> Result<Option<OrderNo>, sqlx::Error> {
    let number: Option<Vec<u8>> =
        sqlx::query_scalar!("SELECT order_no FROM orders WHERE id = ? AND member_id = ?", id, member_id)
            .fetch_optional(connection)
            .await?;
    Ok(number.as_deref().and_then(OrderNo::from_bytes))
}

fn decision(status: &str, reason: Option<&str>, unit_price: i64) -> Decision {
    match (status, reason) {
        ("CONFIRMED", _) => Decision::Confirmed { unit_price },
        ("CANCELLED", _) => Decision::Cancelled { unit_price },
        (_, Some("key_reused")) => Decision::KeyReused,
        (_, reason) => Decision::Rejected(reason.and_then(Refusal::from_word).unwrap_or(Refusal::SoldOut)),
    }
}
