//! Products as MySQL has them.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use futures_util::TryStreamExt;
use openrace_index::Product;
use serde_json::json;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, Connection, MySqlConnection, Row as _};
use tokio::time::timeout;

use crate::binlog::Layout;
use crate::{IndexerError, Position};

/// Products by a statement that goes on from there. Every column may be NULL and every time impossible, whatever the
/// schema says today: what breaks its rules must not keep the rest from being read.
macro_rules! products {
    ($from:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Row,
            "SELECT p.id, p.name AS `name?: String`, p.image AS `image?: String`, p.price AS `price?: i64`,
                    p.mall_name AS `mall_name?: String`, p.brand, p.category AS `category?: String`,
                    p.wish_count AS `wish_count?: i64`, s.remaining AS `remaining?: i32`,
                    TIMESTAMPDIFF(MICROSECOND, '1970-01-01', s.open_at) DIV 1000 AS `opens_at?: i64`,
                    TIMESTAMPDIFF(MICROSECOND, '1970-01-01', s.close_at) DIV 1000 AS `closes_at?: i64` "
                + $from
            $(, $argument)*
        )
    };
}

/// An answer that takes longer is not coming: the wire is dead.
const ANSWER: Duration = Duration::from_secs(60);

/// What is asked of MySQL, unless that says nothing at all.
pub(crate) async fn answered<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(ANSWER, asked).await.unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}

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
        let mut rows =
            products!("FROM products p JOIN stock s ON s.product_id = p.id ORDER BY p.id").fetch(&mut *transaction);
        let mut products = Vec::with_capacity(batch);
        while let Some(row) = answered(rows.try_next()).await.map_err(failed(after))? {
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

    /// Which MySQL this is.
    async fn server(&mut self) -> Result<String, sqlx::Error> {
        // MariaDB has no server_uuid; there the folder of the data names it.
        let uuid = sqlx::query_scalar::<_, String>("SELECT @@server_uuid").fetch_one(&mut self.connection).await;
        match uuid {
            Ok(uuid) => Ok(uuid),
            Err(sqlx::Error::Database(_)) => {
                let query = "SELECT CONCAT(@@hostname, @@datadir, ' ', @@server_id)";
                sqlx::query_scalar(query).fetch_one(&mut self.connection).await
            }
            Err(error) => Err(error),
        }
    }

    /// The end of the binary log, or why there is none that can be followed.
    pub(crate) async fn position(&mut self) -> Result<Result<Position, String>, sqlx::Error> {
        if let Some(hindrance) = self.hindrance().await? {
            return Ok(Err(hindrance));
        }
        let server = self.server().await?;
        // MySQL 8.4 knows only the second name, MariaDB only the first.
        for query in ["SHOW MASTER STATUS", "SHOW BINARY LOG STATUS"] {
            match sqlx::query(query).fetch_optional(&mut self.connection).await {
                Ok(Some(row)) => {
                    let (file, offset) = (row.try_get(0)?, row.try_get_unchecked::<u64, _>(1)?);
                    return Ok(Ok(Position { server, file, offset: offset as u32, file_began: None }));
                }
                Ok(None) => return Ok(Err("MySQL does not tell where its binary log ends".to_owned())),
                Err(sqlx::Error::Database(error)) if query.contains("BINARY") => {
                    return Ok(Err(format!("MySQL does not tell where its binary log ends: {error}")));
                }
                Err(sqlx::Error::Database(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Err("MySQL does not tell where its binary log ends".to_owned()))
    }

    async fn hindrance(&mut self) -> Result<Option<String>, sqlx::Error> {
        let settings = sqlx::query(
            "SHOW GLOBAL VARIABLES WHERE variable_name
             IN ('log_bin', 'binlog_format', 'log_bin_compress', 'binlog_transaction_compression')",
        );
        let rows = settings.fetch_all(&mut self.connection).await?;
        let mut settings = HashMap::new();
        for row in rows {
            settings.insert(row.try_get::<String, _>(0)?.to_lowercase(), row.try_get::<String, _>(1)?);
        }
        let is = |name: &str, value: &str| settings.get(name).is_some_and(|set| set.eq_ignore_ascii_case(value));
        Ok(if !is("log_bin", "ON") {
            Some("MySQL keeps no binary log (log_bin)".to_owned())
        } else if !is("binlog_format", "ROW") {
            Some("the binary log does not hold rows (binlog_format must be ROW)".to_owned())
        } else if is("log_bin_compress", "ON") {
            Some("the binary log is compressed (log_bin_compress must be OFF)".to_owned())
        } else if is("binlog_transaction_compression", "ON") {
            Some("the binary log is compressed (binlog_transaction_compression must be OFF)".to_owned())
        } else {
            None
        })
    }

    /// Unix seconds.
    pub(crate) async fn now(&mut self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT CAST(UNIX_TIMESTAMP() AS SIGNED)").fetch_one(&mut self.connection).await
    }

    /// Whether `position` is one of this server.
    pub(crate) async fn knows(&mut self, position: &Position) -> Result<bool, sqlx::Error> {
        Ok(self.server().await? == position.server)
    }

    pub(crate) async fn layout(&mut self) -> Result<Layout, sqlx::Error> {
        let schema: String = sqlx::query_scalar("SELECT DATABASE()").fetch_one(&mut self.connection).await?;
        let columns = sqlx::query!(
            "SELECT table_name AS `table_name!: String`, column_name AS `column_name!: String`
             FROM information_schema.columns
             WHERE table_schema = DATABASE() AND table_name IN ('products', 'stock')
             ORDER BY table_name, ordinal_position"
        );
        let mut tables: HashMap<String, Vec<String>> = HashMap::new();
        for row in columns.fetch_all(&mut self.connection).await? {
            tables.entry(row.table_name).or_default().push(row.column_name);
        }
        Ok(Layout { schema, tables })
    }

    /// Rows that nobody is changing right now, and are there.
    pub(crate) async fn unlocked(&mut self, ids: &[i64]) -> Result<Vec<Product>, sqlx::Error> {
        // A log event may come before its commit can be seen, but its locks go later than that.
        let rows = products!(
            "FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
             STRAIGHT_JOIN products p ON p.id = wanted.id STRAIGHT_JOIN stock s ON s.product_id = p.id
             FOR UPDATE SKIP LOCKED",
            json!(ids).to_string()
        );
        Ok(rows.fetch_all(&mut self.connection).await?.into_iter().map(Product::from).collect())
    }

    /// Rows as they were last committed.
    pub(crate) async fn committed(&mut self, ids: &[i64]) -> Result<Vec<Product>, sqlx::Error> {
        let rows = products!(
            "FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
             STRAIGHT_JOIN products p ON p.id = wanted.id STRAIGHT_JOIN stock s ON s.product_id = p.id",
            json!(ids).to_string()
        );
        Ok(rows.fetch_all(&mut self.connection).await?.into_iter().map(Product::from).collect())
    }

    /// At most `limit` products with ids above `after`, in the order of their ids.
    pub(crate) async fn page(&mut self, after: i64, limit: u32) -> Result<Vec<Product>, sqlx::Error> {
        let rows = products!(
            "FROM products p JOIN stock s ON s.product_id = p.id WHERE p.id > ? ORDER BY p.id LIMIT ?",
            after,
            limit
        );
        Ok(rows.fetch_all(&mut self.connection).await?.into_iter().map(Product::from).collect())
    }

    /// Reads what others commit at once, and locks no gaps between rows.
    pub(crate) async fn read_committed(&mut self) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").execute(&mut self.connection).await?;
        Ok(())
    }
}

struct Row {
    id: i64,
    name: Option<String>,
    image: Option<String>,
    price: Option<i64>,
    mall_name: Option<String>,
    brand: Option<String>,
    category: Option<String>,
    wish_count: Option<i64>,
    remaining: Option<i32>,
    opens_at: Option<i64>,
    closes_at: Option<i64>,
}

impl From<Row> for Product {
    /// A text that is NULL is empty, a number zero; a time that is NULL or impossible never comes.
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name.unwrap_or_default(),
            image: row.image.unwrap_or_default(),
            price: row.price.unwrap_or_default(),
            mall: row.mall_name.unwrap_or_default(),
            brand: row.brand,
            category: row.category.unwrap_or_default(),
            opens_at: row.opens_at.unwrap_or(i64::MAX),
            closes_at: row.closes_at.unwrap_or(i64::MAX),
            wish_count: row.wish_count.unwrap_or_default(),
            in_stock: row.remaining.is_some_and(|remaining| remaining > 0),
        }
    }
}
