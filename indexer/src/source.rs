//! Products as MySQL has them, in one consistent snapshot.

use futures_util::TryStreamExt;
use openrace_index::Product;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, Connection, MySqlConnection};
use time::PrimitiveDateTime;

use crate::IndexerError;

/// A connection that reads the catalogue.
#[derive(Debug)]
pub struct Source {
    connection: MySqlConnection,
}

impl Source {
    /// Connects to `mysql://user:password@host:port/database`.
    pub async fn connect(url: &str) -> Result<Self, IndexerError> {
        let options: MySqlConnectOptions = url.parse().map_err(IndexerError::Address)?;
        let server = format!("{}:{}", options.get_host(), options.get_port());
        // A rebuild is one long statement; that is no reason for a warning.
        let options = options.disable_statement_logging();
        let connection = options.connect().await.map_err(|source| IndexerError::Unreachable { server, source })?;
        Ok(Self { connection })
    }

    /// About how many products there are, by the statistics of the table.
    pub async fn estimate(&mut self) -> Result<u64, IndexerError> {
        let rows = sqlx::query_scalar!(
            "SELECT CAST(COALESCE(MAX(table_rows), 0) AS UNSIGNED) AS `rows!: u64`
             FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'products'"
        );
        rows.fetch_one(&mut self.connection).await.map_err(|source| IndexerError::Read { after: 0, source })
    }

    /// Hands over all products that have a sale, in the order of their ids, `batch` at a time.
    pub async fn read(
        &mut self,
        batch: usize,
        mut take: impl AsyncFnMut(Vec<Product>) -> Result<(), IndexerError>,
    ) -> Result<(), IndexerError> {
        let mut after = 0;
        let failed = |after| move |source| IndexerError::Read { after, source };
        // One statement reads one snapshot; at REPEATABLE READ, the default, it is that of the transaction.
        let mut transaction = self.connection.begin().await.map_err(failed(after))?;
        let mut rows = sqlx::query_as!(
            Row,
            "SELECT p.id, p.name, p.image, p.price, p.mall_name, p.brand, p.category, p.wish_count,
                    s.open_at, s.close_at
             FROM products p JOIN stock s ON s.product_id = p.id ORDER BY p.id"
        )
        .fetch(&mut *transaction);
        let mut products = Vec::with_capacity(batch);
        while let Some(row) = rows.try_next().await.map_err(failed(after))? {
            after = row.id;
            products.push(row.into());
            if products.len() == batch {
                take(std::mem::replace(&mut products, Vec::with_capacity(batch))).await?;
            }
        }
        drop(rows);
        if !products.is_empty() {
            take(products).await?;
        }
        transaction.commit().await.map_err(failed(after))
    }
}

struct Row {
    id: i64,
    name: String,
    image: String,
    price: i64,
    mall_name: String,
    brand: Option<String>,
    category: String,
    wish_count: i64,
    open_at: PrimitiveDateTime,
    close_at: PrimitiveDateTime,
}

impl From<Row> for Product {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            image: row.image,
            price: row.price,
            mall: row.mall_name,
            brand: row.brand,
            category: row.category,
            opens_at: unix_milliseconds(row.open_at),
            closes_at: unix_milliseconds(row.close_at),
            wish_count: row.wish_count,
        }
    }
}

fn unix_milliseconds(utc: PrimitiveDateTime) -> i64 {
    let utc = utc.assume_utc();
    utc.unix_timestamp() * 1000 + i64::from(utc.millisecond())
}
