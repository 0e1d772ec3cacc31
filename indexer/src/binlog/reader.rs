//! Events, one after the other.

use std::io;

use futures_util::StreamExt;
use mysql_async::binlog::EventFlags;
use mysql_async::binlog::events::{BinlogEventHeader, Event, EventData};
use mysql_async::{BinlogStream, Error, IoError};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::files::{advanced, is_made_up};
use super::transactions::Prepared;
use super::{BinlogError, SILENCE, Told};
use crate::Position;
use crate::gtid::Gtid;
use crate::row_events::{Change, Layout};

/// Events that mysql_async does not know; the first is MariaDB's for each transaction.
const MARIADB_GTID: u8 = 162;
/// MariaDB: the statement of the rows that follow, files that a crash needs, the last transactions, how it is encrypted.
const MARIADB_REMARKS: [u8; 4] = [160, 161, 163, 164];
const MYSQL_HEARTBEAT_2: u8 = 41;
/// mysql_async does not know how long MySQL's message is.
const INCIDENT: u8 = 26;
/// So many in a row are not passed over: a wire that has ended tells one error for ever.
const UNREADABLE: usize = 100;
/// Of MariaDB's event for a transaction: a single statement, no transaction; the PREPARE of an XA transaction.
const STANDALONE: u8 = 1;
const PREPARES: u8 = 64;
pub(super) struct Reader {
    pub(super) stream: BinlogStream,
    pub(super) layout: Layout,
    /// The end of the last whole transaction.
    pub(super) position: Position,
    /// The end of the last event, in the file of the position. Events tell only its lower 32 bits.
    pub(super) place: u64,
    /// Names of the files, when the first one is not known.
    pub(super) files: Vec<Vec<u8>>,
    /// A server that passes over what is known already is not idle before it is here.
    pub(super) passes_over: Option<Position>,
    /// The format of the file has been told.
    pub(super) described: bool,
    /// The file has just begun.
    pub(super) turned: bool,
    /// Within a transaction.
    pub(super) open: bool,
    /// Within a compressed transaction.
    pub(super) compressed: bool,
    /// The name of the transaction.
    pub(super) gtid: Option<Gtid>,
    pub(super) changes: Vec<Change>,
    /// Prepared XA transactions, the oldest first.
    pub(super) prepared: Vec<Prepared>,
    /// What is being told is an XA transaction.
    pub(super) in_xa: bool,
    /// Its name.
    pub(super) xid: String,
    pub(super) teller: mpsc::Sender<Result<Told, BinlogError>>,
}

impl Reader {
    pub(super) async fn run(&mut self) -> Result<(), BinlogError> {
        loop {
            let next = timeout(SILENCE, self.stream.next()).await.map_err(|_| BinlogError::Silent)?;
            let event = match next.ok_or(BinlogError::Ended)? {
                Ok(event) => event,
                Err(Error::Io(IoError::Io(error))) if self.goes_on().await => return Err(error.into()),
                Err(error) => return Err(error.into()),
            };
            for told in self.take(&event)? {
                if self.teller.send(Ok(told)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }

    /// Whether it was an event that could not be read, and not the end of the wire: the driver tells them alike. More of
    /// them may follow, since a statement describes all of its tables first.
    async fn goes_on(&mut self) -> bool {
        for _ in 0..UNREADABLE {
            match timeout(SILENCE, self.stream.next()).await {
                Ok(Some(Err(Error::Io(IoError::Io(_))))) => {}
                next => return matches!(next, Ok(Some(Ok(_)))),
            }
        }
        false
    }

    fn take(&mut self, event: &Event) -> Result<Vec<Told>, BinlogError> {
        let header = event.header();
        match header.event_type_raw() {
            MARIADB_GTID => {
                self.mariadb_transaction(&header, event.data());
                return Ok(Vec::new());
            }
            MYSQL_HEARTBEAT_2 => return Ok(self.idle(&header)),
            INCIDENT => {
                return Ok(vec![Told::Untold("MySQL lost changes before it wrote them down".to_owned())]);
            }
            known if MARIADB_REMARKS.contains(&known) => return Ok(Vec::new()),
            _ => {}
        }
        let data = event.read_data()?;
        if self.compressed && data.as_ref().is_some_and(is_between_transactions) {
            // mysql_async tells nothing of what it cannot unpack.
            return Err(io::Error::other("a compressed transaction without an end").into());
        }
        if !self.compressed && !data.as_ref().is_some_and(is_made_up) {
            self.place = advanced(self.place, &header);
        }
        match data {
            Some(EventData::RowsEvent(rows)) => self.rows(&rows),
            Some(EventData::XidEvent(_)) => Ok(self.end(&header)),
            Some(EventData::XaPrepareLogEvent(body)) => {
                // Its first byte tells whether that was all, and the transaction is committed.
                if body.first() == Some(&0) {
                    self.prepare();
                }
                Ok(self.end(&header))
            }
            Some(EventData::QueryEvent(query)) => Ok(self.query(&header, &query.schema(), &query.query())),
            Some(EventData::ExecuteLoadQueryEvent(load)) => Ok(self.query(&header, &load.schema(), &load.query())),
            Some(EventData::TransactionPayloadEvent(_)) => {
                self.compressed = true;
                Ok(Vec::new())
            }
            Some(EventData::GtidEvent(gtid)) => {
                let tag = gtid.tag().map(|tag| tag.as_str());
                self.gtid = Some(Gtid::mysql(gtid.sid(), tag, gtid.gno()));
                Ok(Vec::new())
            }
            Some(EventData::AnonymousGtidEvent(_)) => {
                self.gtid = None;
                Ok(Vec::new())
            }
            Some(EventData::PreviousGtidsEvent(_)) => {
                self.previous(event)?;
                Ok(Vec::new())
            }
            Some(EventData::RotateEvent(rotate)) => {
                self.rotate(rotate.name_raw(), rotate.position());
                Ok(Vec::new())
            }
            Some(EventData::FormatDescriptionEvent(_)) => self.describe(header.timestamp()),
            Some(EventData::HeartbeatEvent) => Ok(self.idle(&header)),
            // What belongs to a statement, which is told apart; remarks; and what groups of servers tell each other.
            Some(
                EventData::TableMapEvent(_)
                | EventData::StopEvent
                | EventData::IntvarEvent(_)
                | EventData::RandEvent(_)
                | EventData::UserVarEvent(_)
                | EventData::BeginLoadQueryEvent(_)
                | EventData::AppendBlockEvent(_)
                | EventData::DeleteFileEvent(_)
                | EventData::RowsQueryEvent(_)
                | EventData::IgnorableEvent(_)
                | EventData::TransactionContextEvent(_)
                | EventData::ViewChangeEvent(_),
            ) => Ok(Vec::new()),
            _ if header.flags().contains(EventFlags::LOG_EVENT_IGNORABLE_F) => Ok(Vec::new()),
            _ => Ok(vec![Told::Untold(not_understood(header.event_type_raw()))]),
        }
    }

    fn mariadb_transaction(&mut self, header: &BinlogEventHeader, body: &[u8]) {
        self.place = advanced(self.place, header);
        // Its number of 8 bytes, its domain of 4, flags.
        let Some((number, rest)) = body.split_first_chunk::<8>() else { return };
        let Some((domain, rest)) = rest.split_first_chunk::<4>() else { return };
        let flags = rest.first().copied().unwrap_or(0);
        (self.open, self.in_xa) = (flags & STANDALONE == 0, flags & PREPARES != 0);
        let (domain, number) = (u32::from_le_bytes(*domain), u64::from_le_bytes(*number));
        self.gtid = Some(Gtid::MariaDb { domain, server: header.server_id(), number });
    }
}

/// What no transaction has in it.
fn is_between_transactions(data: &EventData<'_>) -> bool {
    let begins = matches!(
        data,
        EventData::GtidEvent(_) | EventData::AnonymousGtidEvent(_) | EventData::TransactionPayloadEvent(_)
    );
    begins || is_made_up(data)
}

fn not_understood(kind: u8) -> String {
    match kind {
        165..=171 => "the binary log is compressed (log_bin_compress must be OFF)".to_owned(),
        kind => format!("the binary log has an event of the unknown kind {kind}"),
    }
}
