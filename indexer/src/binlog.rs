//! The binary log of MySQL as a stream of changed ids.
//!
//! An event says *that* a row has changed; what it is now is read from the table. Only wish counts and remaining units
//! are taken from the events: they change too often to be read each time, and events come in the order of commits.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use mysql_async::binlog::events::{Event, EventData, QueryEvent, RowsEventData};
use mysql_async::binlog::row::BinlogRow;
use mysql_async::binlog::value::BinlogValue;
use mysql_async::prelude::Queryable;
use mysql_async::{BinlogStream, BinlogStreamRequest, Value};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::Position;
use crate::address::LogAddress;

/// A server that has nothing to tell says so this often.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// A server that says nothing at all for so long is gone, whatever the socket believes.
const SILENCE: Duration = Duration::from_secs(5);
/// Transactions that wait to be applied.
const QUEUE: usize = 1024;
/// Changes that are told before their transaction ends, so that a large one needs no more memory than a small one.
const PART: usize = 4096;

/// One change of a row that concerns the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Look at the product.
    Row { id: i64, deleted: bool },
    /// Only this has changed.
    WishCount { id: i64, wish_count: i64 },
    /// Only this has changed.
    Stock { id: i64, in_stock: bool },
}

impl Change {
    /// Forgets its value.
    fn look(&mut self) {
        if let Self::WishCount { id, .. } | Self::Stock { id, .. } = *self {
            *self = Self::Row { id, deleted: false };
        }
    }
}

/// What the log tells, in its order.
#[derive(Debug)]
pub(crate) enum Told {
    /// Some changes of a transaction.
    Changes(Vec<Change>),
    /// The transaction before it ends here; when it was written, Unix seconds.
    End { position: Position, written_at: u32 },
    /// Nothing had been written since the last end, at this moment.
    Idle { at: Instant },
    /// A watched table was changed in a way that rows do not tell.
    Rewritten(String),
}

/// Why the log cannot be read, or no further.
#[derive(Debug, thiserror::Error)]
pub enum BinlogError {
    /// The server says so, or is gone.
    #[error(transparent)]
    MySql(#[from] mysql_async::Error),
    /// An event that makes no sense.
    #[error("an event of the binary log cannot be read: {0}")]
    Garbled(#[from] std::io::Error),
    /// Nothing comes any more.
    #[error("the binary log was silent for {} seconds", SILENCE.as_secs())]
    Silent,
    /// The server ended the stream.
    #[error("MySQL ended the stream of its binary log")]
    Ended,
    /// The position is from a time before `RESET MASTER`.
    #[error("{0} is another file of the same name than the one that was followed")]
    OtherFile(String),
}

impl BinlogError {
    /// Whether the position is of no use any more: purged, or of another log.
    pub(crate) fn is_lost(&self) -> bool {
        // 1236: the server cannot read its log from there.
        matches!(self, Self::OtherFile(_))
            || matches!(self, Self::MySql(mysql_async::Error::Server(error)) if error.code == 1236)
    }

    /// Whether the user may not read the log: errors 1045, 1142 and 1227.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::MySql(mysql_async::Error::Server(error)) if [1045, 1142, 1227].contains(&error.code))
    }
}

/// Numbers of the columns of the watched tables, as the events count them.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) schema: String,
    pub(crate) tables: HashMap<String, Vec<String>>,
}

/// MariaDB's event before each transaction, which tells in this byte, with this bit, that it is only prepared. MySQL begins
/// such a transaction with a statement.
const MARIADB_GTID: u8 = 162;
const MARIADB_GTID_FLAGS: usize = 12;
const MARIADB_PREPARES: u8 = 64;

const PRODUCTS: &str = "products";
const STOCK: &str = "stock";

/// Reads the log from `position` on and tells what it says, until either side ends.
pub(crate) async fn read(
    address: &LogAddress,
    layout: Layout,
    position: Position,
) -> Result<mpsc::Receiver<Result<Told, BinlogError>>, BinlogError> {
    let mut conn = address.connect().await?;
    conn.query_drop(format!("SET @master_heartbeat_period = {}", HEARTBEAT.as_nanos())).await?;
    // MariaDB has no older form of a transaction in two phases: it would end the stream there.
    conn.query_drop("SET @mariadb_slave_capability = 4").await?;
    // Each reader of a server's log must have a number that no other has.
    let number: u32 = rand::random_range(1 << 30..u32::MAX);
    let request =
        BinlogStreamRequest::new(number).with_filename(position.file.as_bytes()).with_pos(u64::from(position.offset));
    let stream = conn.get_binlog_stream(request).await?;
    let (teller, told) = mpsc::channel(QUEUE);
    let mut reader = Reader {
        stream,
        layout,
        position,
        described: false,
        changes: Vec::new(),
        prepared: Vec::new(),
        in_phases: false,
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

struct Reader {
    stream: BinlogStream,
    layout: Layout,
    position: Position,
    /// The format of the file has been told.
    described: bool,
    changes: Vec<Change>,
    /// Transactions between their two phases, the oldest first.
    prepared: Vec<Prepared>,
    /// The transaction that is being told has two phases, and this is the first.
    in_phases: bool,
    /// Its name.
    xid: String,
    teller: mpsc::Sender<Result<Told, BinlogError>>,
}

/// A transaction that may yet be committed or rolled back.
struct Prepared {
    xid: String,
    changes: Vec<Change>,
    /// The end of the transaction before it.
    begins: Position,
}

impl Reader {
    async fn run(&mut self) -> Result<(), BinlogError> {
        loop {
            let next = timeout(SILENCE, self.stream.next()).await.map_err(|_| BinlogError::Silent)?;
            let event = next.ok_or(BinlogError::Ended)??;
            for told in self.take(&event)? {
                if self.teller.send(Ok(told)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }

    fn take(&mut self, event: &Event) -> Result<Vec<Told>, BinlogError> {
        let header = event.header();
        if header.event_type_raw() == MARIADB_GTID {
            self.in_phases = event.data().get(MARIADB_GTID_FLAGS).is_some_and(|flags| flags & MARIADB_PREPARES != 0);
        }
        match event.read_data()? {
            Some(EventData::RowsEvent(rows)) => {
                self.rows(&rows)?;
                // Of a transaction in two phases nothing is told before it is committed, however long that takes.
                let told = self.changes.len() >= PART && !self.in_phases;
                let told = told.then(|| Told::Changes(std::mem::take(&mut self.changes)));
                Ok(told.into_iter().collect())
            }
            Some(EventData::XidEvent(_)) => Ok(self.end(event)),
            Some(EventData::XaPrepareLogEvent(body)) => {
                // Its first byte tells whether that was all, and the transaction is committed.
                if body.first() == Some(&0) {
                    self.prepare();
                }
                Ok(self.end(event))
            }
            Some(EventData::QueryEvent(query)) => Ok(self.query(event, &query)),
            Some(EventData::RotateEvent(rotate)) => {
                // The first one names the file that was asked for, in MariaDB followed by a checksum.
                let name = rotate.name();
                if self.described && name != self.position.file {
                    self.position.file = name.into_owned();
                    self.position.offset = rotate.position() as u32;
                    self.position.file_began = None;
                }
                Ok(Vec::new())
            }
            Some(EventData::FormatDescriptionEvent(_)) => {
                self.described = true;
                let began = header.timestamp();
                match self.position.file_began.replace(began) {
                    Some(before) if before != began => Err(BinlogError::OtherFile(self.position.file.clone())),
                    _ => Ok(Vec::new()),
                }
            }
            Some(EventData::HeartbeatEvent) => Ok(vec![Told::Idle { at: Instant::now() }]),
            _ => Ok(Vec::new()),
        }
    }

    fn end(&mut self, event: &Event) -> Vec<Told> {
        let header = event.header();
        if header.log_pos() == 0 {
            return Vec::new();
        }
        self.position.offset = header.log_pos();
        self.in_phases = false;
        let changes = std::mem::take(&mut self.changes);
        let changes = (!changes.is_empty()).then_some(Told::Changes(changes));
        // Whoever begins here again must be told of what was prepared before.
        let position = self.prepared.first().map_or(&self.position, |prepared| &prepared.begins).clone();
        let end = Told::End { position, written_at: header.timestamp() };
        changes.into_iter().chain([end]).collect()
    }

    /// Keeps the changes until their transaction is committed: until then nobody sees them.
    fn prepare(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            let xid = std::mem::take(&mut self.xid);
            self.prepared.push(Prepared { xid, changes, begins: self.position.clone() });
        }
    }

    /// `XA START`, `END`, `COMMIT` or `ROLLBACK`, and the name of the transaction.
    fn two_phases(&mut self, event: &Event, statement: &str) -> Vec<Told> {
        let mut words = statement.splitn(3, ' ').skip(1);
        let (step, xid) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if !matches!(step, "COMMIT" | "ROLLBACK") {
            self.in_phases = true;
            xid.clone_into(&mut self.xid);
            return Vec::new();
        }
        if let Some(place) = self.prepared.iter().position(|prepared| prepared.xid == xid) {
            let prepared = self.prepared.remove(place);
            self.changes.extend((step == "COMMIT").then_some(prepared.changes).into_iter().flatten());
        }
        self.end(event)
    }

    fn query(&mut self, event: &Event, query: &QueryEvent<'_>) -> Vec<Told> {
        let text = query.query();
        let statement = uncommented(&text);
        let word = statement.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "BEGIN" | "SAVEPOINT" => Vec::new(),
            "XA" => self.two_phases(event, statement),
            "COMMIT" => self.end(event),
            "ROLLBACK" if statement.contains(" TO ") => {
                // Which of the changes are taken back is not told, nor what was so before.
                self.changes.iter_mut().for_each(Change::look);
                Vec::new()
            }
            "ROLLBACK" => {
                self.changes.clear();
                self.end(event)
            }
            "ALTER" | "CREATE" | "DROP" | "TRUNCATE" | "RENAME" | "INSERT" | "UPDATE" | "DELETE" | "REPLACE"
            | "LOAD"
                if self.concerns(query, statement) =>
            {
                // Its end is not told: the position stays before it, for whoever comes next to meet it too.
                vec![Told::Rewritten(word)]
            }
            _ => self.end(event),
        }
    }

    /// Whether a statement may change a watched table otherwise than by rows.
    fn concerns(&self, query: &QueryEvent<'_>, statement: &str) -> bool {
        let lower = statement.to_ascii_lowercase();
        let names = |name: &str| lower.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        let here = query.schema() == self.layout.schema || names(&self.layout.schema.to_ascii_lowercase());
        here && (names(PRODUCTS) || names(STOCK) || lower.starts_with("drop database"))
    }

    fn rows(&mut self, rows: &RowsEventData<'_>) -> Result<(), BinlogError> {
        let Some(map) = self.stream.get_tme(rows.table_id()) else { return Ok(()) };
        if map.database_name() != self.layout.schema {
            return Ok(());
        }
        let table = map.table_name();
        let Some(columns) = self.layout.tables.get(&*table) else { return Ok(()) };
        for row in rows.rows(map) {
            let (before, after) = row?;
            let (before, after) = (before.map(|row| Row::new(row, columns)), after.map(|row| Row::new(row, columns)));
            match &*table {
                PRODUCTS => product(before.as_ref(), after.as_ref(), &mut self.changes),
                _ => stock(before.as_ref(), after.as_ref(), &mut self.changes),
            }
        }
        Ok(())
    }
}

/// A statement without what tools and migrations write before it.
fn uncommented(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = if let Some(executed) = rest.strip_prefix("/*!").or_else(|| rest.strip_prefix("/*M!")) {
            Some(executed.trim_start_matches(|c: char| c.is_ascii_digit()))
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map(|(_, after)| after)
        } else if rest.starts_with("--") || rest.starts_with('#') {
            rest.split_once('\n').map(|(_, after)| after)
        } else {
            None
        };
        match after {
            Some(after) => rest = after.trim_start(),
            None => return rest,
        }
    }
}

/// The columns of a row that an event has, by name.
struct Row<'a>(HashMap<&'a str, Value>);

impl<'a> Row<'a> {
    fn new(row: BinlogRow, columns: &'a [String]) -> Self {
        let described = row.columns();
        let values = described.iter().zip(row.unwrap()).filter_map(|(column, value)| {
            let told = column.name_str();
            let name = match told.strip_prefix('@').and_then(|number| number.parse::<usize>().ok()) {
                Some(number) => columns.get(number)?,
                None => columns.iter().find(|name| **name == *told)?,
            };
            match value {
                BinlogValue::Value(value) => Some((name.as_str(), value)),
                _ => None,
            }
        });
        Self(values.collect())
    }

    fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Int(value) => Some(*value),
            Value::UInt(value) => i64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// Whether the event tells that `name` has become something else.
    fn differs(&self, before: &Self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| before.0.get(name) != Some(value))
    }
}

/// Live values apart, whatever else of a product changes concerns its document, unless it is only kept for its own sake.
const UNINDEXED: [&str; 4] = ["wish_count", "version", "created_at", "updated_at"];
const SALE: [&str; 2] = ["open_at", "close_at"];

fn product(before: Option<&Row<'_>>, after: Option<&Row<'_>>, changes: &mut Vec<Change>) {
    let id = |row: Option<&Row<'_>>| row.and_then(|row| row.integer("id"));
    let (old, new) = (id(before), id(after).or_else(|| id(before)));
    match (before, after, old, new) {
        (Some(was), Some(is), Some(old), Some(new)) if old == new => {
            if is.0.keys().any(|name| !UNINDEXED.contains(name) && is.differs(was, name)) {
                changes.push(looked_at(new));
            } else if is.differs(was, "wish_count") {
                let wish_count = is.integer("wish_count");
                changes.push(wish_count.map_or(looked_at(new), |wish_count| Change::WishCount { id: new, wish_count }));
            }
        }
        _ => rows_changed(before.and(old), after.and(new), changes),
    }
}

fn stock(before: Option<&Row<'_>>, after: Option<&Row<'_>>, changes: &mut Vec<Change>) {
    let id = |row: Option<&Row<'_>>| row.and_then(|row| row.integer("product_id"));
    let (old, new) = (id(before), id(after).or_else(|| id(before)));
    match (before, after, old, new) {
        (Some(was), Some(is), Some(old), Some(new)) if old == new => {
            if SALE.iter().any(|name| is.differs(was, name)) {
                changes.push(looked_at(new));
            } else if is.differs(was, "remaining") {
                let remaining = is.integer("remaining");
                changes.push(remaining.map_or(looked_at(new), |units| Change::Stock { id: new, in_stock: units > 0 }));
            }
        }
        _ => rows_changed(before.and(old), after.and(new), changes),
    }
}

fn rows_changed(old: Option<i64>, new: Option<i64>, changes: &mut Vec<Change>) {
    changes.extend(old.filter(|_| old != new).map(|id| Change::Row { id, deleted: true }));
    changes.extend(new.map(looked_at));
}

fn looked_at(id: i64) -> Change {
    Change::Row { id, deleted: false }
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
            let begin = source.position().await.unwrap().unwrap();
            sqlx::query("REPLACE INTO members (id, email, password_hash, name) VALUES (1, ?, '', '')")
                .bind(session.to_string())
                .execute(&pool)
                .await
                .unwrap();
            let mut told = read(&address, layout.clone(), begin.clone()).await.unwrap();
            let end = loop {
                match told.recv().await.unwrap().unwrap() {
                    Told::End { position, .. } => break position,
                    _ => continue,
                }
            };
            // Others may have filled the file meanwhile.
            let now = source.position().await.unwrap().unwrap();
            assert!([&begin.file, &now.file].contains(&&end.file), "session {session}: {end}");
            assert!(begin.is_before(&end));
        }
    }
}
