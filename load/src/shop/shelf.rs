//! Products of a run's own.

use std::ops::RangeInclusive;

use anyhow::Context;
use openrace::keyspace::Keyspace;
use sqlx::{MySqlPool, QueryBuilder};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::Shop;

/// Ids of products that only load runs use.
pub const SHELF: RangeInclusive<i64> = 1_000_000_000..=1_999_999_999;
/// Each run has ids that no run had lately: a server may still remember theirs.
const RUNS: i64 = 900_000;
const PER_RUN: i64 = 1_000;
const ROWS_AT_ONCE: usize = 1_000;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Products on sale.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    /// How many, at most 1,000.
    pub products: i64,
    /// Units of each.
    pub units: i32,
    /// Unix milliseconds.
    pub open_at: i64,
}

impl Shop {
    /// Clears away the products of earlier runs and puts these on sale for a day. Their ids.
    pub async fn put_on_sale(&self, sale: Sale) -> anyhow::Result<RangeInclusive<i64>> {
        clear(&self.db).await.context("remove the products of earlier runs")?;
        let first = SHELF.start() + sale.open_at / 1000 % RUNS * PER_RUN;
        let products = first..=first + sale.products.clamp(1, PER_RUN) - 1;
        insert(&self.db, products.clone(), sale).await.context("insert the products of this run")?;
        forget(&self.redis, products.clone()).await.context("remove the gates of an earlier run")?;
        Ok(products)
    }
}

async fn clear(db: &MySqlPool) -> Result<(), sqlx::Error> {
    let (first, last) = (SHELF.start(), SHELF.end());
    sqlx::query!("DELETE FROM orders WHERE product_id BETWEEN ? AND ?", first, last).execute(db).await?;
    sqlx::query!("DELETE FROM stock WHERE product_id BETWEEN ? AND ?", first, last).execute(db).await?;
    sqlx::query!("DELETE FROM products WHERE id BETWEEN ? AND ?", first, last).execute(db).await?;
    Ok(())
}

async fn insert(db: &MySqlPool, products: RangeInclusive<i64>, sale: Sale) -> anyhow::Result<()> {
    let (open_at, close_at) = (date_time(sale.open_at)?, date_time(sale.open_at + DAY)?);
    let ids: Vec<i64> = products.collect();
    for ids in ids.chunks(ROWS_AT_ONCE) {
        let mut products = QueryBuilder::new("INSERT INTO products (id, name, image, price, mall_name, category) ");
        products.push_values(ids, |mut row, id| {
            row.push_bind(id).push("'부하 시험 상품', '', 10000, 'openrace-load', '기타'");
        });
        products.build().execute(db).await?;
        let mut stock = QueryBuilder::new("INSERT INTO stock (product_id, total, remaining, open_at, close_at) ");
        stock.push_values(ids, |mut row, id| {
            row.push_bind(id).push_bind(sale.units).push_bind(sale.units).push_bind(open_at).push_bind(close_at);
        });
        stock.build().execute(db).await?;
    }
    Ok(())
}

/// As MySQL writes it, in UTC.
fn date_time(millis: i64) -> anyhow::Result<PrimitiveDateTime> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)?;
    Ok(PrimitiveDateTime::new(at.date(), at.time()))
}

async fn forget(redis: &Keyspace, products: RangeInclusive<i64>) -> Result<(), redis::RedisError> {
    let mut delete = redis::pipe();
    for product in products {
        for name in ["gate", "intents", "bought", "orders", "dirty"] {
            delete.del(redis.product_key(product, name)).ignore();
        }
    }
    delete.query_async(&mut redis.connection.clone()).await
}
