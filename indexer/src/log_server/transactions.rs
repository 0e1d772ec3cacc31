//! Transactions by their names: which a server has, and which are yet to be seen.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::mysql::MySqlRow;
use sqlx::{MySqlConnection, Row as _};
use tokio::time::{Instant, sleep};

use super::LogServer;
use crate::{GtidSet, Position};

/// Longer than any server takes from its log to the table, unless it waits for another one.
const COMMIT: Duration = Duration::from_secs(1);
/// A transaction that is written down and not committed after this is stuck.
const STUCK: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(10);
/// A server that has just become the primary may have some of the old one's transactions yet to apply.
const LATE: u32 = 3;

impl LogServer {
    /// The transactions that rows may show by now; none if they have no global names.
    pub(crate) async fn seen(&self, connection: &mut MySqlConnection) -> Result<Option<GtidSet>, sqlx::Error> {
        if !self.has_gtids {
            return Ok(None);
        }
        let query = if self.is_mariadb { "SELECT @@GLOBAL.gtid_binlog_pos" } else { "SELECT @@GLOBAL.gtid_executed" };
        let seen: String = sqlx::query_scalar(query).fetch_one(connection).await?;
        Ok(GtidSet::parse(&seen))
    }

    /// Whether this server, another one than was followed or one that has purged its log, has all that the index has,
    /// and holds all that it lacks. Otherwise why not.
    pub(crate) async fn continues(
        &self,
        position: &Position,
        connection: &mut MySqlConnection,
    ) -> Result<Result<(), String>, sqlx::Error> {
        let Some(gtids) = &position.gtids else {
            return Ok(Err("it followed another MySQL, and no GTIDs say what this one has".to_owned()));
        };
        if !self.has_gtids || self.is_mariadb != matches!(gtids, GtidSet::MariaDb(_)) {
            return Ok(Err("it followed another MySQL by GTIDs, which this one does not keep (gtid_mode)".to_owned()));
        }
        let mut seen = gtids.clone();
        position.seen.iter().for_each(|more| seen.unite(more));
        if let GtidSet::MariaDb(domains) = &seen {
            return Ok(match self.lacks(domains, connection).await? {
                None => Ok(()),
                Some(lost) => Err(format!("it has what this MySQL has not: transaction {lost}")),
            });
        }
        let has = sqlx::query_scalar::<_, i64>("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)");
        if has.bind(seen.to_string()).bind(LATE).fetch_one(&mut *connection).await? != 0 {
            let lost = sqlx::query_scalar::<_, String>("SELECT GTID_SUBTRACT(?, @@GLOBAL.gtid_executed)");
            let lost = lost.bind(seen.to_string()).fetch_one(connection).await?;
            return Ok(Err(format!("it has what this MySQL has not: transactions {lost}")));
        }
        let purged = sqlx::query_scalar::<_, String>("SELECT GTID_SUBTRACT(@@GLOBAL.gtid_purged, ?)");
        let purged = purged.bind(gtids.to_string()).fetch_one(connection).await?;
        Ok(if purged.is_empty() { Ok(()) } else { Err(format!("the log was purged: transactions {purged}")) })
    }

    /// A transaction that MariaDB has not, and does not get soon. What it holds it says itself when it is asked for it.
    async fn lacks(
        &self,
        domains: &BTreeMap<u32, (u32, u64)>,
        connection: &mut MySqlConnection,
    ) -> Result<Option<String>, sqlx::Error> {
        let since = Instant::now();
        loop {
            // The last of each domain and server.
            let state: String =
                sqlx::query_scalar("SELECT @@GLOBAL.gtid_binlog_state").fetch_one(&mut *connection).await?;
            let has = |domain: u32, (server, number): (u32, u64)| {
                let known = format!("{domain}-{server}-");
                let last = state.split(',').find_map(|last| last.trim().strip_prefix(&known)?.parse::<u64>().ok());
                last.is_some_and(|last| last >= number)
            };
            let lost = domains.iter().find(|&(&domain, &last)| !has(domain, last));
            let Some((domain, (server, number))) = lost else { return Ok(None) };
            if since.elapsed() > Duration::from_secs(LATE.into()) {
                return Ok(Some(format!("{domain}-{server}-{number}")));
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until all that is in the log before `position` can be seen, and says which XA transactions are prepared.
    pub(crate) async fn settle(
        &self,
        mut position: Position,
        connection: &mut MySqlConnection,
    ) -> Result<Position, sqlx::Error> {
        if self.is_mariadb {
            // A snapshot comes with the place in the log that it shows.
            sqlx::raw_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT").execute(&mut *connection).await?;
            let status = "SHOW STATUS WHERE variable_name IN ('binlog_snapshot_file', 'binlog_snapshot_position')";
            let rows = sqlx::query(status).fetch_all(&mut *connection).await?;
            sqlx::raw_sql("COMMIT").execute(&mut *connection).await?;
            for row in rows {
                let value: String = row.try_get(1)?;
                match value.parse() {
                    Ok(offset) => position.offset = offset,
                    Err(_) if !value.is_empty() => position.file = value,
                    Err(_) => {}
                }
            }
            let place = sqlx::query_scalar::<_, Option<String>>("SELECT CONVERT(BINLOG_GTID_POS(?, ?) USING utf8mb4)");
            let gtids = place.bind(&position.file).bind(position.offset).fetch_one(&mut *connection).await?;
            position.gtids = gtids.and_then(|gtids| GtidSet::parse(&gtids));
        } else if self.has_gtids {
            self.all_committed(connection).await?;
        } else {
            sleep(COMMIT + self.semi_sync.unwrap_or_default().min(STUCK)).await;
        }
        position.prepared = prepared(connection).await?;
        Ok(position)
    }

    /// A transaction owns its name from before it is in the log until it can be seen.
    async fn all_committed(&self, connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
        let since = Instant::now();
        let mut waits_for: Option<Vec<String>> = None;
        loop {
            let owned: String = sqlx::query_scalar("SELECT @@GLOBAL.gtid_owned").fetch_one(&mut *connection).await?;
            let owned: Vec<String> = names(&owned);
            let left = waits_for.get_or_insert_with(|| owned.clone());
            left.retain(|gtid| owned.contains(gtid));
            if left.is_empty() {
                return Ok(());
            }
            if since.elapsed() > STUCK {
                tracing::warn!(
                    ?left,
                    "transactions are in the log and not committed; sweeps will find what they change"
                );
                return Ok(());
            }
            sleep(LOOK).await;
        }
    }
}

/// `uuid:5#12:6#13,uuid:tag:1#14`: each number, and the session that owns it.
fn names(owned: &str) -> Vec<String> {
    let of_source = |source: &str| {
        let mut prefix = String::new();
        let mut names = Vec::new();
        for word in source.trim().split(':') {
            if word.contains('#') {
                names.push(format!("{prefix}{word}"));
            } else {
                prefix.push_str(word);
                prefix.push(':');
            }
        }
        names
    };
    owned.split(',').flat_map(of_source).collect()
}

/// Names of prepared XA transactions, as the log writes them; `None` if the user may not know.
async fn prepared(connection: &mut MySqlConnection) -> Result<Option<Vec<String>>, sqlx::Error> {
    let rows = match sqlx::raw_sql("XA RECOVER").fetch_all(connection).await {
        Ok(rows) => rows,
        Err(sqlx::Error::Database(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let name = |row: MySqlRow| {
        let (format, global): (String, String) = (row.try_get_unchecked(0)?, row.try_get_unchecked(1)?);
        let global: usize = global.parse().unwrap_or(0);
        let data: Vec<u8> = row.try_get_unchecked(3)?;
        let (global, branch) = data.split_at(global.min(data.len()));
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Ok(format!("X'{}',X'{}',{format}", hex(global), hex(branch)))
    };
    rows.into_iter().map(name).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_sessions_own_are_told_apart() {
        assert_eq!(names(""), Vec::<String>::new());
        assert_eq!(names("a:5#12:6#13,\nb:tag:1#14"), ["a:5#12", "a:6#13", "b:tag:1#14"]);
    }
}
