//! What a server says of its binary log: whether it can be followed, where it ends and which transactions it holds.

mod transactions;

use std::collections::HashMap;
use std::time::Duration;

use sqlx::mysql::MySqlRow;
use sqlx::{MySqlConnection, Row as _};

use crate::{GtidSet, Position};

/// A server, as far as its log is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogServer {
    /// Which one.
    pub(crate) id: String,
    pub(crate) is_mariadb: bool,
    /// Nobody but another server writes here.
    pub(crate) is_read_only: bool,
    /// Its transactions have global names.
    has_gtids: bool,
    /// For so long a commit may wait for another server, after it was written down.
    semi_sync: Option<Duration>,
}

/// What a user needs who may not read the log.
pub(crate) const RIGHTS: &str = "grant the user REPLICATION SLAVE and REPLICATION CLIENT (MariaDB: BINLOG MONITOR)";

const SETTINGS: &str = "SHOW GLOBAL VARIABLES WHERE variable_name IN
    ('log_bin', 'binlog_format', 'log_bin_compress', 'log_slave_updates', 'log_replica_updates', 'gtid_mode', 'read_only',
     'server_uuid', 'server_id', 'hostname', 'datadir', 'version', 'rpl_semi_sync_source_enabled',
     'rpl_semi_sync_source_timeout', 'rpl_semi_sync_master_enabled', 'rpl_semi_sync_master_timeout')";

/// Global variables by their names.
struct Settings(HashMap<String, String>);

impl Settings {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).eq_ignore_ascii_case(value)
    }

    fn server(&self) -> LogServer {
        let is_mariadb = self.get("version").contains("MariaDB");
        // MariaDB has no server_uuid; there the folder of the data names it.
        let id = match self.get("server_uuid") {
            "" => format!("{}{} {}", self.get("hostname"), self.get("datadir"), self.get("server_id")),
            uuid => uuid.to_owned(),
        };
        let semi_sync = ["source", "master"].into_iter().find_map(|role| {
            let milliseconds = self.get(&format!("rpl_semi_sync_{role}_timeout")).parse().ok()?;
            let enabled = self.is(&format!("rpl_semi_sync_{role}_enabled"), "ON");
            enabled.then_some(Duration::from_millis(milliseconds))
        });
        LogServer {
            id,
            is_mariadb,
            is_read_only: !self.is("read_only", "OFF"),
            has_gtids: is_mariadb || self.is("gtid_mode", "ON"),
            semi_sync,
        }
    }

    /// Why its log cannot be followed, and what to set.
    fn hindrance(&self) -> Option<String> {
        let reason = if !self.is("log_bin", "ON") {
            "MySQL keeps no binary log (start it with log_bin)"
        } else if self.0.contains_key("binlog_format") && !self.is("binlog_format", "ROW") {
            return Some(format!(
                "the binary log does not hold rows: binlog_format is {}, and must be ROW",
                self.get("binlog_format")
            ));
        } else if self.is("log_bin_compress", "ON") {
            "the binary log is compressed (log_bin_compress must be OFF)"
        } else {
            return None;
        };
        Some(reason.to_owned())
    }

    /// A replica would not write down what it is told.
    fn leaves_out_replicated(&self) -> bool {
        self.is("log_slave_updates", "OFF") || self.is("log_replica_updates", "OFF")
    }
}

impl LogServer {
    pub(crate) fn identity_query(&self) -> &'static str {
        if self.is_mariadb { "SELECT CONCAT(@@hostname, @@datadir, ' ', @@server_id)" } else { "SELECT @@server_uuid" }
    }

    /// The end of the log, or why there is none that can be followed.
    pub(crate) async fn find(
        connection: &mut MySqlConnection,
    ) -> Result<Result<(Self, Position), String>, sqlx::Error> {
        let mut settings = HashMap::new();
        for row in sqlx::query(SETTINGS).fetch_all(&mut *connection).await? {
            settings.insert(row.try_get::<String, _>(0)?.to_lowercase(), row.try_get::<String, _>(1)?);
        }
        let settings = Settings(settings);
        if let Some(hindrance) = settings.hindrance() {
            return Ok(Err(hindrance));
        }
        let server = settings.server();
        if settings.leaves_out_replicated() && server.replicates(connection).await? {
            let name = if server.is_mariadb { "log_slave_updates" } else { "log_replica_updates" };
            return Ok(Err(format!(
                "this replica does not log what it is told ({name} must be ON), or follow its primary"
            )));
        }
        let row = match server.log_status(connection).await? {
            Ok(row) => row,
            Err(reason) => return Ok(Err(format!("MySQL does not tell where its binary log ends: {reason}"))),
        };
        let (file, offset): (String, u64) = (row.try_get(0)?, row.try_get_unchecked(1)?);
        let schema: String = sqlx::query_scalar("SELECT LOWER(DATABASE())").fetch_one(&mut *connection).await?;
        if let Some(filter) = left_out(&schema, &text(&row, 2), &text(&row, 3)) {
            return Ok(Err(format!("the binary log leaves out the schema {schema} ({filter})")));
        }
        let gtids = if server.is_mariadb {
            let place = sqlx::query_scalar::<_, Option<String>>("SELECT CONVERT(BINLOG_GTID_POS(?, ?) USING utf8mb4)");
            place.bind(&file).bind(offset).fetch_one(&mut *connection).await?
        } else {
            server.has_gtids.then(|| text(&row, 4))
        };
        let gtids = gtids.and_then(|gtids| GtidSet::parse(&gtids));
        let id = server.id.clone();
        Ok(Ok((server, Position { server: id, file, offset, file_began: None, gtids, seen: None, prepared: None })))
    }

    async fn log_status(&self, connection: &mut MySqlConnection) -> Result<Result<MySqlRow, String>, sqlx::Error> {
        // MySQL knows the second name up to 8.3.
        let mut refusal = "nothing".to_owned();
        let queries: &[_] =
            if self.is_mariadb { &["SHOW MASTER STATUS"] } else { &["SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"] };
        for &query in queries {
            match sqlx::query(query).fetch_optional(&mut *connection).await {
                Ok(Some(row)) => return Ok(Ok(row)),
                Ok(None) => {}
                // 1064: the name is not known.
                Err(sqlx::Error::Database(error)) if is_number(&*error, 1064) => {}
                Err(sqlx::Error::Database(error)) => refusal = format!("{error}; {RIGHTS}"),
                Err(error) => return Err(error),
            }
        }
        Ok(Err(refusal))
    }

    /// Whether it gets changes from another server now.
    async fn replicates(&self, connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
        if self.is_mariadb {
            let running = sqlx::query("SHOW GLOBAL STATUS LIKE 'Slaves_running'").fetch_optional(connection).await?;
            return Ok(running.is_some_and(|row| row.try_get::<String, _>(1).is_ok_and(|count| count != "0")));
        }
        match sqlx::query("SHOW REPLICA STATUS").fetch_optional(connection).await {
            Ok(row) => Ok(row.is_some()),
            Err(sqlx::Error::Database(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn text(row: &MySqlRow, column: usize) -> String {
    row.try_get_unchecked::<Option<String>, _>(column).ok().flatten().unwrap_or_default()
}

/// The filter that keeps a schema, in small letters, out of the log.
fn left_out(schema: &str, only: &str, ignored: &str) -> Option<String> {
    let has = |list: &str| list.split(',').any(|name| name.trim().to_lowercase() == schema);
    if !only.is_empty() && !has(only) {
        return Some(format!("binlog_do_db = {only}"));
    }
    has(ignored).then(|| format!("binlog_ignore_db = {ignored}"))
}

fn is_number(error: &dyn sqlx::error::DatabaseError, number: u16) -> bool {
    error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().is_some_and(|error| error.number() == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_leaves_a_schema_out_or_not() {
        assert_eq!(left_out("shop", "", ""), None);
        assert_eq!(left_out("shop", "mail,Shop", "mysql"), None);
        assert_eq!(left_out("shop", "mail", ""), Some("binlog_do_db = mail".to_owned()));
        assert_eq!(left_out("shop", "", "mail, SHOP"), Some("binlog_ignore_db = mail, SHOP".to_owned()));
    }
}
