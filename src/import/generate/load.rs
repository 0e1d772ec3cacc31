//! Writes a generated catalogue to MySQL.

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use indicatif::ProgressBar;
use sqlx::{Acquire, MySqlConnection, MySqlPool, QueryBuilder};
use tokio::task::JoinSet;

use super::{Corpus, LoadError};
use crate::import::bulk;

/// Products in one transaction: whole or absent, so an interrupted load knows what is left.
const PART: i64 = 10_000;

/// Parts that no connection has taken yet.
type Parts = Mutex<Box<dyn Iterator<Item = RangeInclusive<i64>> + Send>>;

/// Writes products 1 to `products`, but not the parts that are there.
pub(super) async fn load(
    pool: &MySqlPool,
    corpus: Arc<Corpus>,
    products: i64,
    connections: usize,
    progress: ProgressBar,
) -> Result<(), LoadError> {
    let present = parts_present(pool, products).await?;
    progress.inc(present.iter().map(|first| part(*first, products).count() as u64).sum());
    progress.reset_eta();
    let missing = firsts(products).filter(move |first| present.binary_search(first).is_err());
    let parts: Arc<Parts> = Arc::new(Mutex::new(Box::new(missing.map(move |first| part(first, products)))));

    let mut writers = JoinSet::new();
    for _ in 0..connections {
        writers.spawn(write(pool.clone(), corpus.clone(), parts.clone(), progress.clone()));
    }
    while let Some(outcome) = writers.join_next().await {
        outcome??;
    }
    Ok(())
}

fn firsts(products: i64) -> impl Iterator<Item = i64> {
    (1..=products).step_by(PART as usize)
}

fn part(first: i64, products: i64) -> RangeInclusive<i64> {
    first..=(first + PART - 1).min(products)
}

/// First ids of the parts that are in, ascending.
async fn parts_present(pool: &MySqlPool, products: i64) -> Result<Vec<i64>, sqlx::Error> {
    let mut query = QueryBuilder::new("SELECT id FROM products WHERE id IN (0");
    for first in firsts(products) {
        query.push(", ").push(first);
    }
    query.push(") ORDER BY id").build_query_scalar().fetch_all(pool).await
}

async fn write(
    pool: MySqlPool,
    corpus: Arc<Corpus>,
    parts: Arc<Parts>,
    progress: ProgressBar,
) -> Result<(), LoadError> {
    let mut connection = pool.acquire().await?;
    // A part has each product before its stock; looking each one up again costs a tenth of the time.
    sqlx::raw_sql("SET SESSION foreign_key_checks = 0").execute(&mut *connection).await?;
    while let Some(ids) = next(&parts) {
        let count = ids.clone().count() as u64;
        write_part(&mut connection, corpus.clone(), ids).await?;
        progress.inc(count);
    }
    // The next user of this connection wants its checks.
    connection.close().await?;
    Ok(())
}

async fn write_part(
    connection: &mut MySqlConnection,
    corpus: Arc<Corpus>,
    ids: RangeInclusive<i64>,
) -> Result<(), LoadError> {
    let rows = tokio::task::spawn_blocking(move || ids.map(|id| corpus.product(id)).collect::<Vec<_>>()).await?;
    let mut transaction = connection.begin().await?;
    bulk::insert(&mut transaction, &rows).await?;
    transaction.commit().await?;
    Ok(())
}

fn next(parts: &Parts) -> Option<RangeInclusive<i64>> {
    parts.lock().unwrap_or_else(PoisonError::into_inner).next()
}
