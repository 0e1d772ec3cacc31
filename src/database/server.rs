//! Which servers OpenRace works with.

use sqlx::{MySqlConnection, Row};

/// Makes JSON_TABLE, CHECK constraints that are kept, and SKIP LOCKED.
const OLDEST_MYSQL: (u32, u32, u32) = (8, 0, 19);
const OLDEST_MARIADB: (u32, u32, u32) = (10, 6, 0);

/// Why a server cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It lacks what the schema and the statements need.
    #[error("it is {version}; OpenRace needs MySQL 8.0.19, MariaDB 10.6 or a later version of either")]
    TooOld {
        /// As the server names it.
        version: String,
    },
}

/// What keeps this server from being used; also warns of settings that do not keep orders.
pub(super) async fn find_unfit(connection: &mut MySqlConnection) -> Result<Option<Unfit>, sqlx::Error> {
    let settings = "SELECT VERSION(), @@innodb_flush_log_at_trx_commit, @@sync_binlog";
    let row = sqlx::raw_sql(settings).fetch_one(&mut *connection).await?;
    let version: String = row.try_get(0)?;
    if !is_new_enough(&version) {
        return Ok(Some(Unfit::TooOld { version }));
    }
    for (place, setting) in [(1, "innodb_flush_log_at_trx_commit"), (2, "sync_binlog")] {
        let value = row.try_get_unchecked::<u64, _>(place)?;
        if value != 1 {
            tracing::warn!(setting, value, wanted = 1, "MySQL may lose confirmed orders when its machine fails");
        }
    }
    Ok(None)
}

/// MariaDB may put 5.5.5- before its version, for old replicas.
fn is_new_enough(version: &str) -> bool {
    let mariadb = version.contains("MariaDB");
    let own = if mariadb { version.strip_prefix("5.5.5-").unwrap_or(version) } else { version };
    let mut numbers = own.split(|c: char| !c.is_ascii_digit()).map_while(|number| number.parse().ok());
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next()) >= if mariadb { OLDEST_MARIADB } else { OLDEST_MYSQL }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_without_json_table_or_checks_are_too_old() {
        for version in
            ["9.7.4-2", "8.4.6", "8.0.19", "10.11.19-MariaDB-0+deb12u1", "5.5.5-10.6.1-MariaDB", "11.8.2-MariaDB"]
        {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["5.7.44-log", "8.0.18", "10.5.29-MariaDB", "5.5.5-10.5.29-MariaDB", ""] {
            assert!(!is_new_enough(version), "{version}");
        }
    }
}
