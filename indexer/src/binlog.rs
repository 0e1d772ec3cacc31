//! The binary log of MySQL as a stream of changed ids.
//!
//! An event says *that* a row has changed; what it is now is read from the table. Only wish counts and remaining units
//! are taken from the events: they change too often to be read each time, and events come in the order of commits. What
//! is not understood is told as such: whoever follows begins anew.

mod files;
mod reader;
mod transactions;

use std::io;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{BinlogStream, BinlogStreamRequest, Conn};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::Position;
use crate::address::LogAddress;
use crate::log_server::LogServer;
use crate::row_events::{Change, Layout};
use reader::Reader;

/// A server that has nothing to tell says so this often.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// A server that says nothing at all for so long is gone, whatever the socket believes.
const SILENCE: Duration = Duration::from_secs(5);
/// Transactions that wait to be applied.
const QUEUE: usize = 1024;
/// Changes that are told before their transaction ends, so that a large one needs no more memory than a small one.
const PART: usize = 4096;

/// What the log tells, in its order.
#[derive(Debug)]
pub(crate) enum Told {
    /// Some changes of a transaction.
    Changes(Vec<Change>),
    /// The transaction before it ends here; when it was written, Unix seconds.
    End { position: Position, written_at: u32 },
    /// Nothing had been written since the last end, at this moment.
    Idle { at: Instant },
    /// The log does not tell what a watched table has become, and why.
    Untold(String),
}

/// Why the log cannot be read, or no further.
#[derive(Debug, thiserror::Error)]
pub enum BinlogError {
    /// The server says so, or is gone.
    #[error(transparent)]
    MySql(#[from] mysql_async::Error),
    /// An event that makes no sense.
    #[error("an event of the binary log cannot be read: {0}")]
    Garbled(#[from] io::Error),
    /// Nothing comes any more.
    #[error("the binary log was silent for {} seconds", SILENCE.as_secs())]
    Silent,
    /// The server ended the stream.
    #[error("MySQL ended the stream of its binary log")]
    Ended,
    /// The position is from a time before `RESET MASTER`.
    #[error("{0} is another file of the same name than the one that was followed")]
    OtherFile(String),
    /// Rows and log would come from two servers.
    #[error("the address led to another MySQL meanwhile")]
    OtherServer,
    /// Servers are asked for places of 32 bits.
    #[error("{0} has outgrown 4 GiB at the place that was followed")]
    TooFar(String),
}

impl BinlogError {
    /// Whether the server has nothing at this place: purged, or of another log. Error 1236.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::MySql(mysql_async::Error::Server(error)) if error.code == 1236)
    }

    /// Whether the position is of no use on any server.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::OtherFile(_) | Self::TooFar(_))
    }

    /// Whether the user may not read the log: errors 1045, 1142 and 1227.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::MySql(mysql_async::Error::Server(error)) if [1045, 1142, 1227].contains(&error.code))
    }
}

/// Where to begin.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) position: Position,
    /// By the transactions before it instead of a place in a file: on another server, or when the file is gone.
    pub(crate) by_gtid: bool,
    pub(crate) server: LogServer,
    /// Where the log ended.
    pub(crate) end: Position,
}

/// Reads the log on and tells what it says, until either side ends.
pub(crate) async fn read(
    address: &LogAddress,
    layout: Layout,
    beginning: Beginning,
) -> Result<mpsc::Receiver<Result<Told, BinlogError>>, BinlogError> {
    let mut conn = address.connect().await?;
    let Beginning { mut position, by_gtid, server, end } = beginning;
    let identity: Option<String> = conn.query_first(server.identity_query()).await?;
    if identity.as_deref() != Some(server.id.as_str()) {
        return Err(BinlogError::OtherServer);
    }
    let files: Vec<Vec<u8>> =
        if by_gtid { conn.query_map("SHOW BINARY LOGS", first_column).await? } else { Vec::new() };
    if by_gtid {
        (position.server, position.offset, position.file_began) = (server.id, 4, None);
        position.file = String::new();
    }
    let stream = open(conn, &position).await?;
    let (teller, told) = mpsc::channel(QUEUE);
    let place = position.offset;
    let mut reader = Reader {
        stream,
        layout,
        position,
        place,
        files,
        passes_over: by_gtid.then_some(end),
        described: false,
        turned: false,
        open: false,
        compressed: false,
        gtid: None,
        changes: Vec::new(),
        prepared: Vec::new(),
        in_xa: false,
        xid: String::new(),
        teller,
    };
    // The parser may panic on bytes that it does not know: that ends the task, and the channel with it.
    tokio::spawn(async move {
        if let Err(error) = reader.run().await {
            let _ = reader.teller.send(Err(error)).await;
        }
    });
    Ok(told)
}

fn first_column(row: mysql_async::Row) -> Vec<u8> {
    row.get(0).unwrap_or_default()
}

/// Asks for the log from `position` on; without a file from its transactions on.
async fn open(mut conn: Conn, position: &Position) -> Result<BinlogStream, BinlogError> {
    let offset = u32::try_from(position.offset).map_err(|_| BinlogError::TooFar(position.file.clone()))?;
    conn.query_drop(format!("SET @master_heartbeat_period = {}", HEARTBEAT.as_nanos())).await?;
    // MariaDB has no older form of an XA transaction: it would end the stream there.
    conn.query_drop("SET @mariadb_slave_capability = 4").await?;
    // Each reader of a server's log must have a number that no other has.
    let number: u32 = rand::random_range(1 << 30..u32::MAX);
    let request = BinlogStreamRequest::new(number).with_filename(position.file.as_bytes()).with_pos(u64::from(offset));
    let request = match position.gtids.as_ref().filter(|_| position.file.is_empty()) {
        None => request,
        Some(gtids) => match gtids.sids() {
            Some(sids) => request.with_gtid().with_gtid_set(sids),
            None => {
                // In the strict mode MariaDB refuses a transaction that it does not have.
                conn.query_drop(format!("SET @slave_connect_state = '{gtids}', @slave_gtid_strict_mode = 1")).await?;
                request
            }
        },
    };
    Ok(conn.get_binlog_stream(request).await?)
}

#[cfg(test)]
mod tests {
    use sqlx::mysql::MySqlConnectOptions;
    use sqlx::{ConnectOptions, MySqlPool};

    use super::*;
    use crate::Source;

    /// MariaDB begins with an event whose checksum looks like part of the name of a file in one session of 25.
    #[sqlx::test(migrations = "../migrations")]
    async fn every_session_is_told_the_same_names_of_files(pool: MySqlPool) {
        let url = MySqlConnectOptions::to_url_lossy(&pool.connect_options()).to_string();
        let address = LogAddress::parse(&url).unwrap();
        let mut source = Source::connect(&url).await.unwrap();
        let layout = source.layout().await.unwrap();
        for session in 0..200 {
            let (server, begin) = source.log_end().await.unwrap().unwrap();
            sqlx::query("REPLACE INTO members (id, email, password_hash, name) VALUES (1, ?, '', '')")
                .bind(session.to_string())
                .execute(&pool)
                .await
                .unwrap();
            // By a place in a file, and by transactions where they have names.
            let by_gtid = session % 2 == 1 && begin.gtids.is_some();
            let beginning = Beginning { position: begin.clone(), by_gtid, server, end: begin.clone() };
            let mut told = read(&address, layout.clone(), beginning).await.unwrap();
            let end = loop {
                match told.recv().await.unwrap().unwrap() {
                    Told::End { position, .. } if begin.is_before(&position) => break position,
                    _ => continue,
                }
            };
            // Others may have filled the file meanwhile.
            let (_, now) = source.log_end().await.unwrap().unwrap();
            assert!([&begin.file, &now.file].contains(&&end.file), "session {session}: {end}");
        }
    }
}
