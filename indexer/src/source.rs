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

use crate::connect::connect;
use crate::log_server::LogServer;
use crate::row_events::Layout;
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

/// Whether a view, a trigger or a routine of the schema, or that names it, may write to the watched tables: a statement
/// need not name them then. Who may call a routine need not be told what it does: of the schema it counts, of another one it
/// does not.
const INDIRECTIONS: &str = "SELECT EXISTS (
        SELECT 1 FROM information_schema.routines WHERE COALESCE(LOWER(routine_definition) REGEXP 'products|stock', TRUE)
            AND (routine_schema = DATABASE() OR LOCATE(DATABASE(), routine_definition) > 0)
        UNION ALL SELECT 1 FROM information_schema.triggers WHERE LOWER(action_statement) REGEXP 'products|stock'
            AND (trigger_schema = DATABASE() OR LOCATE(DATABASE(), action_statement) > 0)
        UNION ALL SELECT 1 FROM information_schema.views WHERE LOWER(view_definition) REGEXP 'products|stock'
            AND (table_schema = DATABASE() OR LOCATE(DATABASE(), view_definition) > 0)
    )";

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
        let connection = connect(&options).await.map_err(|source| IndexerError::Unreachable { server, source })?;
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
        // One statement reads one snapshot; at REPEATABLE READ it is that of the transaction.
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

    /// The server and the end of its binary log, or why there is none that can be followed.
    pub(crate) async fn log_end(&mut self) -> Result<Result<(LogServer, Position), String>, sqlx::Error> {
        LogServer::find(&mut self.connection).await
    }

    /// The connection, for what a server says of its log.
    pub(crate) fn connection(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }

    /// Unix seconds.
    pub(crate) async fn now(&mut self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT CAST(UNIX_TIMESTAMP() AS SIGNED)").fetch_one(&mut self.connection).await
    }

    /// The oldest file of the binary log; `None` when the user may not know.
    pub(crate) async fn first_log(&mut self) -> Result<Option<String>, sqlx::Error> {
        match sqlx::query("SHOW BINARY LOGS").fetch_optional(&mut self.connection).await {
            Ok(row) => row.map(|row| row.try_get(0)).transpose(),
            Err(sqlx::Error::Database(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn layout(&mut self) -> Result<Layout, sqlx::Error> {
        let schema: String = sqlx::query_scalar("SELECT DATABASE()").fetch_one(&mut self.connection).await?;
        let folds_case =
            sqlx::query_scalar("SELECT @@lower_case_table_names <> 0").fetch_one(&mut self.connection).await?;
        let indirections = sqlx::query_scalar(INDIRECTIONS).fetch_one(&mut self.connection).await?;
        let columns = sqlx::query!(
            "SELECT table_name AS `table_name!: String`, column_name AS `column_name!: String`
             FROM information_schema.columns
             WHERE table_schema = DATABASE() AND table_name IN ('products', 'stock')
             ORDER BY table_name, ordinal_position"
        );
        let mut tables: HashMap<String, Vec<String>> = HashMap::new();
        for row in columns.fetch_all(&mut self.connection).await? {
            tables.entry(row.table_name.to_lowercase()).or_default().push(row.column_name);
        }
        Ok(Layout { schema, tables, folds_case, indirections })
    }

    /// Rows that nobody is changing right now, and are there.
    pub(crate) async fn unlocked(&mut self, ids: &[i64]) -> Result<Vec<Product>, sqlx::Error> {
        // A log event may come before its commit can be seen, but its locks go later than that.
        let rows = products!(
            "FROM (SELECT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) sent) wanted
             STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.id = wanted.id
             STRAIGHT_JOIN stock s FORCE INDEX (PRIMARY) ON s.product_id = p.id
             FOR UPDATE SKIP LOCKED",
            json!(ids).to_string()
        );
        Ok(rows.fetch_all(&mut self.connection).await?.into_iter().map(Product::from).collect())
    }

    /// Rows as they were last committed.
    pub(crate) async fn committed(&mut self, ids: &[i64]) -> Result<Vec<Product>, sqlx::Error> {
        let rows = products!(
            "FROM (SELECT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) sent) wanted
             STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.id = wanted.id
             STRAIGHT_JOIN stock s FORCE INDEX (PRIMARY) ON s.product_id = p.id",
            json!(ids).to_string()
        );
        Ok(rows.fetch_all(&mut self.connection).await?.into_iter().map(Product::from).collect())
    }

    /// Which of these are there, or will be once somebody has committed.
    pub(crate) async fn coming(&mut self, ids: &[i64]) -> Result<Vec<i64>, sqlx::Error> {
        sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED").execute(&mut self.connection).await?;
        let rows = sqlx::query_scalar!(
            "SELECT p.id FROM (SELECT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) sent) wanted
             STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.id = wanted.id
             STRAIGHT_JOIN stock s FORCE INDEX (PRIMARY) ON s.product_id = p.id",
            json!(ids).to_string()
        );
        rows.fetch_all(&mut self.connection).await
    }

    /// At most `limit` products with ids from `first` on, in the order of their ids.
    pub(crate) async fn page(&mut self, first: i64, limit: u32) -> Result<Vec<Product>, sqlx::Error> {
        let rows = products!(
            "FROM products p JOIN stock s ON s.product_id = p.id WHERE p.id >= ? ORDER BY p.id LIMIT ?",
            first,
            limit
        );
        Ok(rows.fetch_all(&mut self.connection).await?.into_iter().map(Product::from).collect())
    }

    /// Reads what others commit at once, and locks no gaps between rows.
    pub(crate) async fn read_committed(&mut self) -> Result<(), sqlx::Error> {
        // With a log of statements the engine refuses to lock rows otherwise: error 1665.
        let format = sqlx::query("SHOW VARIABLES LIKE 'binlog_format'").fetch_optional(&mut self.connection).await?;
        let format: Option<String> = format.map(|row| row.try_get(1)).transpose()?;
        if format.is_some_and(|format| format.eq_ignore_ascii_case("STATEMENT")) {
            return Ok(());
        }
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
