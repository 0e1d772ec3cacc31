//! The connection to MySQL, and its schema.

mod failure;
mod server;

use std::{io, time::Duration};

use openrace_indexer::prepare;
use sqlx::{
    Connection, MySqlConnection, MySqlPool, Row,
    migrate::{MigrateError, Migrator},
    mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode},
};
use thiserror::Error;
use time::{OffsetDateTime, PrimitiveDateTime};

pub(crate) use self::failure::{is_away, is_refused, may_pass};
pub use self::server::Unfit;

/// The schema, one file for each table.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

const MOST_CONNECTIONS: u32 = 16;
/// A request that cannot have a connection by then is better refused; a command may wait.
const REQUEST_PATIENCE: Duration = Duration::from_millis(300);
const COMMAND_PATIENCE: Duration = Duration::from_secs(30);
const ORDER_PATIENCE: Duration = Duration::from_secs(1);
/// Safely less than the silence after which MySQL ends such a session.
pub(crate) const ORDERING_IDLE: Duration = Duration::from_secs(4);
const ORDERING_SETTINGS: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
                                 SET SESSION wait_timeout = 6, innodb_lock_wait_timeout = 2; \
                                 SELECT CAST(@@read_only AS CHAR) NOT IN ('0', 'OFF')";
const FIRST_CONTACT: Duration = Duration::from_secs(3);

/// Rights to the database, user or password, this computer, way to prove who one is.
const REFUSALS: [u16; 4] = [1044, 1045, 1130, 1698];
const UNKNOWN_DATABASE: u16 = 1049;
const NO_SUCH_TABLE: u16 = 1146;
/// Rights to a statement, to a table, to a global setting.
const FORBIDDEN: [u16; 3] = [1044, 1142, 1227];

/// Why there is no database to work with. No message holds the password.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The address cannot be read.
    #[error("the address of MySQL is not of the form mysql://user:password@host:port/openrace: set DATABASE_URL")]
    Address(#[source] sqlx::Error),
    /// The address names no database.
    #[error("the address of MySQL at {0} names no database: end DATABASE_URL in /openrace")]
    NoDatabase(String),
    /// Nothing answers there.
    #[error("cannot reach MySQL at {server}: is it running? Set DATABASE_URL if it is elsewhere")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What went wrong; nothing when no answer came in time.
        source: Option<sqlx::Error>,
    },
    /// The server knows no such user, the password is wrong, or the user may not come from here or not enter the database.
    #[error("MySQL at {server} refuses user {user}: check DATABASE_URL and the user's rights")]
    Refused {
        /// Host and port.
        server: String,
        /// The user's name.
        user: String,
        /// The server's answer.
        source: sqlx::Error,
    },
    /// The server has no such database, or does not show it to this user.
    #[error("MySQL at {server} has no database {name}: CREATE DATABASE {name} CHARACTER SET utf8mb4")]
    Missing {
        /// Host and port.
        server: String,
        /// Name of the database.
        name: String,
        /// The server's answer.
        source: sqlx::Error,
    },
    /// MySQL takes the password encrypted only, and the address asks for no encryption.
    #[error(
        "MySQL at {server} takes the password of {user} over an encrypted connection only: let the server encrypt, and take ssl-mode=DISABLED out of DATABASE_URL"
    )]
    NotEncrypted {
        /// Host and port.
        server: String,
        /// The user's name.
        user: String,
    },
    /// A server that OpenRace cannot work with.
    #[error("MySQL at {server} cannot be used: {unfit}")]
    Unfit {
        /// Host and port.
        server: String,
        /// What is wrong, and what to do.
        unfit: Unfit,
    },
    /// The schema must be brought up to date, which this user may not do.
    #[error(
        "user {user} may not change the schema of MySQL at {server}: run `openrace migrate` with a user who may, \
         then start again"
    )]
    MayNotMigrate {
        /// Host and port.
        server: String,
        /// The user's name.
        user: String,
        /// The server's answer.
        source: MigrateError,
    },
    /// Something answers there, but not as it should.
    #[error("MySQL at {server} answers, but cannot be used")]
    Unusable {
        /// Host and port.
        server: String,
        /// The server's answer.
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the schema up to date")]
    Migration(#[from] MigrateError),
}

/// The server's pool: connects on first use, and gives up waiting for a connection soon.
pub fn pool(url: &str) -> Result<MySqlPool, DatabaseError> {
    Ok(lazy(read(url)?, REQUEST_PATIENCE))
}

/// The pool of those who lock stock rows. Each statement sees what others committed while it waited for a lock, and a session that
/// is cut off in mid-transaction is ended by MySQL before long, with its locks.
pub fn ordering_pool(options: MySqlConnectOptions) -> MySqlPool {
    let port = options.get_port();
    pool_options(ORDER_PATIENCE)
        .idle_timeout(ORDERING_IDLE)
        .after_connect(move |connection, _| Box::pin(prepare_ordering(connection, port)))
        .connect_lazy_with(options)
}

/// Opens a connection like those of [`ordering_pool`], but each transaction on it begins with its first statement: a round trip
/// less.
pub(crate) async fn connect_ordering(options: &MySqlConnectOptions) -> Result<MySqlConnection, sqlx::Error> {
    let mut connection = MySqlConnection::connect_with(options).await?;
    prepare_ordering(&mut connection, options.get_port()).await?;
    sqlx::raw_sql("SET autocommit = 0").execute(&mut connection).await?;
    Ok(connection)
}

/// Refuses a server that only reads: what a replica has may be old, and nothing can be decided there.
async fn prepare_ordering(connection: &mut MySqlConnection, port: u16) -> Result<(), sqlx::Error> {
    prepare(connection, port).await?;
    let row = sqlx::raw_sql(ORDERING_SETTINGS).fetch_one(connection).await?;
    if row.try_get(0)? { Err(only_reads()) } else { Ok(()) }
}

/// Asked before a connection is used again: its server may have become a replica since. MariaDB has words for the setting from
/// version 12 on.
pub(crate) async fn is_writable(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    let read_only: bool = sqlx::raw_sql("SELECT CAST(@@read_only AS CHAR) NOT IN ('0', 'OFF')")
        .fetch_one(connection)
        .await?
        .try_get(0)?;
    Ok(!read_only)
}

/// Counts as away: another server has its place, or it will write again.
pub(crate) fn only_reads() -> sqlx::Error {
    sqlx::Error::Io(io::Error::other("MySQL is read-only: it is a replica, or an operator has set read_only"))
}

/// Works with a connection of the pool for at most `limit`. A connection that failed in the middle of something, or did not answer, is
/// closed rather than given back: nobody knows what it would answer next.
pub(crate) async fn with_connection<T, E: From<sqlx::Error>>(
    db: &MySqlPool,
    limit: Duration,
    work: impl AsyncFnOnce(&mut MySqlConnection) -> Result<T, E>,
) -> Result<T, E> {
    let mut connection = db.acquire().await?;
    let result = tokio::time::timeout(limit, work(&mut connection)).await;
    let result = result.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into()));
    if result.is_err() {
        drop(connection.detach());
    }
    result
}

/// A command's pool, to a MySQL that has answered once and is fit for use.
pub async fn connect(url: &str) -> Result<MySqlPool, DatabaseError> {
    let options = read(url)?;
    let look = async {
        let mut connection = MySqlConnection::connect_with(&options).await?;
        let unfit = server::find_unfit(&mut connection).await?;
        // A failed goodbye changes nothing: the pool opens its own connections.
        let _ = connection.close().await;
        Ok(unfit)
    };
    // The pool would hide the reason behind its own timeout.
    match tokio::time::timeout(FIRST_CONTACT, look).await {
        Ok(Ok(None)) => Ok(lazy(options, COMMAND_PATIENCE)),
        Ok(Ok(Some(unfit))) => Err(DatabaseError::Unfit { server: server(&options), unfit }),
        Ok(Err(error)) => Err(explain(&options, error)),
        Err(_) => Err(DatabaseError::Unreachable { server: server(&options), source: None }),
    }
}

/// Brings the schema up to date. Does nothing when it is: that takes no right to change it.
pub async fn migrate(pool: &MySqlPool) -> Result<(), DatabaseError> {
    if is_current(pool).await? {
        return Ok(());
    }
    MIGRATIONS.run(pool).await.map_err(|source| {
        let options = pool.connect_options();
        match &source {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)
                if number(error).is_some_and(|number| FORBIDDEN.contains(&number)) =>
            {
                let user = options.get_username().to_owned();
                DatabaseError::MayNotMigrate { server: server(&options), user, source }
            }
            _ => DatabaseError::Migration(source),
        }
    })
}

fn unreachable(pool: &MySqlPool, source: sqlx::Error) -> DatabaseError {
    DatabaseError::Unreachable { server: server(&pool.connect_options()), source: Some(source) }
}

/// Whether each migration was applied as it is today.
async fn is_current(pool: &MySqlPool) -> Result<bool, DatabaseError> {
    let applied = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success");
    let applied: Vec<(i64, Vec<u8>)> = match applied.fetch_all(pool).await {
        Ok(applied) => applied,
        Err(error) if lacks_table(&error) => return Ok(false),
        Err(error) if may_pass(&error) => return Err(unreachable(pool, error)),
        Err(error) => return Err(DatabaseError::Migration(error.into())),
    };
    // Those of a later version of OpenRace are for the migrator to refuse.
    let known = applied.iter().all(|(version, _)| MIGRATIONS.version_exists(*version));
    Ok(known
        && MIGRATIONS.iter().all(|wanted| {
            applied.iter().any(|(version, checksum)| *version == wanted.version && **checksum == *wanted.checksum)
        }))
}

fn read(url: &str) -> Result<MySqlConnectOptions, DatabaseError> {
    let options: MySqlConnectOptions = url.parse().map_err(DatabaseError::Address)?;
    match options.get_database() {
        Some(_) => Ok(options),
        None => Err(DatabaseError::NoDatabase(server(&options))),
    }
}

fn lazy(options: MySqlConnectOptions, patience: Duration) -> MySqlPool {
    let port = options.get_port();
    pool_options(patience)
        .after_connect(move |connection, _| Box::pin(prepare(connection, port)))
        .connect_lazy_with(options)
}

/// A reused connection is asked whether its server still writes, which also tells that it is alive.
fn pool_options(patience: Duration) -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .max_connections(MOST_CONNECTIONS)
        .acquire_timeout(patience)
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_writable(connection)))
}

fn explain(options: &MySqlConnectOptions, source: sqlx::Error) -> DatabaseError {
    let server = server(options);
    match number(&source) {
        Some(number) if REFUSALS.contains(&number) => {
            DatabaseError::Refused { server, user: options.get_username().to_owned(), source }
        }
        Some(UNKNOWN_DATABASE) => {
            DatabaseError::Missing { server, name: options.get_database().unwrap_or_default().to_owned(), source }
        }
        _ if is_away(&source) => DatabaseError::Unreachable { server, source: Some(source) },
        // sqlx can encrypt a password without encrypting the connection only with a library that leaks its keys.
        None if matches!(options.get_ssl_mode(), MySqlSslMode::Disabled | MySqlSslMode::Preferred)
            && matches!(source, sqlx::Error::Configuration(_)) =>
        {
            DatabaseError::NotEncrypted { server, user: options.get_username().to_owned() }
        }
        _ => DatabaseError::Unusable { server, source },
    }
}

/// Whether what a person asked for may be answered soon, when it is asked for again.
pub(crate) fn is_unavailable(error: &sqlx::Error) -> bool {
    may_pass(error) || lacks_table(error)
}

/// Whether a table is missing: so it is until a MySQL that was away at start has the schema.
fn lacks_table(error: &sqlx::Error) -> bool {
    number(error) == Some(NO_SUCH_TABLE)
}

/// MySQL's times are UTC; here they are Unix milliseconds.
pub(crate) fn unix_millis(at: PrimitiveDateTime) -> i64 {
    let at = at.assume_utc();
    at.unix_timestamp() * 1000 + i64::from(at.millisecond())
}

/// A moment in Unix milliseconds, as MySQL stores it.
pub(crate) fn utc(millis: i64) -> PrimitiveDateTime {
    let time = OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(millis);
    PrimitiveDateTime::new(time.date(), time.time())
}

/// How to connect to this address.
pub(crate) fn options(url: &str) -> Result<MySqlConnectOptions, DatabaseError> {
    read(url)
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?;
    error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(sqlx::mysql::MySqlDatabaseError::number)
}

fn server(options: &MySqlConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}
