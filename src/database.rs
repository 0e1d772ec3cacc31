//! The connection to MySQL, and its schema.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, MySqlConnection, MySqlPool,
    migrate::{MigrateError, Migrator},
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};
use thiserror::Error;
use time::{OffsetDateTime, PrimitiveDateTime};

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
                                 SET SESSION wait_timeout = 6, innodb_lock_wait_timeout = 2";
const FIRST_CONTACT: Duration = Duration::from_secs(3);

/// Rights to the database, user or password, this computer, way to prove who one is.
const REFUSALS: [u16; 4] = [1044, 1045, 1130, 1698];
const UNKNOWN_DATABASE: u16 = 1049;
const NO_SUCH_TABLE: u16 = 1146;
/// Two transactions wrote one key at once.
const DUPLICATE_KEY: u16 = 1062;
/// MySQL's number for a row that breaks a CHECK; MariaDB says so in the class of the error.
const CHECK_VIOLATED: u16 = 3819;
/// Its connections are used up; it shuts down; it ended this connection (MariaDB, MySQL).
const NOT_NOW: [u16; 4] = [1040, 1053, 1927, 3169];

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
    MySqlPoolOptions::new()
        .max_connections(MOST_CONNECTIONS)
        .acquire_timeout(ORDER_PATIENCE)
        .idle_timeout(ORDERING_IDLE)
        .after_connect(|connection, _| Box::pin(async move { prepare_ordering(connection).await }))
        .connect_lazy_with(options)
}

/// See [`ordering_pool`].
pub(crate) async fn prepare_ordering(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(ORDERING_SETTINGS).execute(connection).await?;
    Ok(())
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

/// A command's pool, to a MySQL that has answered once.
pub async fn connect(url: &str) -> Result<MySqlPool, DatabaseError> {
    let options = read(url)?;
    // The pool would hide the reason behind its own timeout.
    let connection = match tokio::time::timeout(FIRST_CONTACT, options.connect()).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return Err(explain(&options, error)),
        Err(_) => return Err(DatabaseError::Unreachable { server: server(&options), source: None }),
    };
    // A failed goodbye changes nothing: the pool opens its own connections.
    let _ = connection.close().await;
    Ok(lazy(options, COMMAND_PATIENCE))
}

/// Brings the schema up to date; does nothing when it is.
pub async fn migrate(pool: &MySqlPool) -> Result<(), DatabaseError> {
    Ok(MIGRATIONS.run(pool).await?)
}

fn read(url: &str) -> Result<MySqlConnectOptions, DatabaseError> {
    let options: MySqlConnectOptions = url.parse().map_err(DatabaseError::Address)?;
    match options.get_database() {
        Some(_) => Ok(options),
        None => Err(DatabaseError::NoDatabase(server(&options))),
    }
}

fn lazy(options: MySqlConnectOptions, patience: Duration) -> MySqlPool {
    MySqlPoolOptions::new().max_connections(MOST_CONNECTIONS).acquire_timeout(patience).connect_lazy_with(options)
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
        _ => DatabaseError::Unusable { server, source },
    }
}

/// Whether MySQL does not answer now, rather than answers no.
pub(crate) fn is_away(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Tls};

    matches!(error, Io(_) | Tls(_) | PoolTimedOut | PoolClosed)
        || number(error).is_some_and(|number| NOT_NOW.contains(&number))
}

/// Whether a table is missing: so it is until a MySQL that was away at start has the schema.
pub(crate) fn lacks_table(error: &sqlx::Error) -> bool {
    number(error) == Some(NO_SUCH_TABLE)
}

/// Whether MySQL will not have what was to be written, now or ever. Anything else may be different the next time: locks, rights,
/// a server that only reads.
pub(crate) fn is_refused(error: &sqlx::Error) -> bool {
    let class = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    match number(error) {
        Some(DUPLICATE_KEY) => false,
        Some(CHECK_VIOLATED) => true,
        _ => class.starts_with("22") || class.starts_with("23"),
    }
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
