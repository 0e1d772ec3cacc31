//! Opening connections to MySQL.

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, MySqlConnection};
use tokio::task::spawn_blocking;

/// Whatever the server's defaults are: what does not fit is refused rather than cut, SQL means the same on every server, a
/// statement outside of a transaction is committed, and nobody reads what is not.
const SETTINGS: &str = "SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY', autocommit = 1; \
                        SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/// Opens a connection and prepares it.
pub(crate) async fn connect(options: &MySqlConnectOptions) -> Result<MySqlConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    prepare(&mut connection, options.get_port()).await?;
    Ok(connection)
}

/// What every session with MySQL needs. A pool calls it after it has connected to `port`.
///
/// # Errors
/// When MySQL does not answer.
pub async fn prepare(connection: &mut MySqlConnection, port: u16) -> Result<(), sqlx::Error> {
    send_at_once(port).await;
    sqlx::raw_sql(SETTINGS).execute(connection).await?;
    Ok(())
}

/// Sets TCP_NODELAY on this process's connections to servers on `port`.
///
/// sqlx 0.9.0, the newest there is, leaves Nagle's algorithm on. TLS cuts a statement of more than 16 KB into several
/// records, the last of which then waits for MySQL's delayed ACK: 40 ms for each batch of orders.
async fn send_at_once(port: u16) {
    // A server with thousands of browsers has as many open files to look through.
    let set = spawn_blocking(move || nodelay::set(port)).await;
    // A connection that stays slow is no reason to refuse it.
    if let Ok(Err(error)) = set {
        tracing::debug!(%error, "cannot set TCP_NODELAY on connections to MySQL");
    }
}

#[cfg(unix)]
mod nodelay {
    use std::fs::read_dir;
    use std::io;
    use std::net::SocketAddr;
    use std::os::fd::{BorrowedFd, RawFd};

    use rustix::net::{getpeername, sockopt};

    /// sqlx lends nobody its sockets, so they are found among the open files by the port that they lead to.
    pub(super) fn set(port: u16) -> io::Result<()> {
        for entry in read_dir("/dev/fd")? {
            let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(number) = number {
                set_one(number, port);
            }
        }
        Ok(())
    }

    #[expect(unsafe_code, reason = "a socket can be borrowed by its number in no other way; see below")]
    fn set_one(number: RawFd, port: u16) {
        // SAFETY: the contract asks that the file stays open while it is borrowed. Another thread may close it, and a new
        // one may get its number: then the calls below fail or set the option of that one, and read or write no memory.
        let file = unsafe { BorrowedFd::borrow_raw(number) };
        // No socket, not connected, or of another kind: not one of ours.
        let Ok(Some(peer)) = getpeername(file) else { return };
        if SocketAddr::try_from(peer).is_ok_and(|peer| peer.port() == port) {
            let _ = sockopt::set_tcp_nodelay(file, true);
        }
    }
}

#[cfg(not(unix))]
mod nodelay {
    pub(super) fn set(_port: u16) -> std::io::Result<()> {
        Ok(())
    }
}
