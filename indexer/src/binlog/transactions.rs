//! Transactions: where they end, and what they tell.

use std::io;

use mysql_async::binlog::events::{BinlogEventHeader, RowsEventData};

use super::reader::Reader;
use super::{BinlogError, PART, Told};
use crate::Position;
use crate::row_events::Change;
use crate::statement::{self, Statement};

/// Rows of no table: they end a statement.
const NO_TABLE: u64 = 0x00ff_ffff;

/// A transaction that may yet be committed or rolled back.
pub(super) struct Prepared {
    pub(super) xid: String,
    pub(super) changes: Vec<Change>,
    /// The end of the transaction before it.
    pub(super) begins: Position,
}

impl Reader {
    /// Whoever begins here again must be told of what was prepared before.
    pub(super) fn told_position(&self) -> Position {
        self.prepared
            .iter()
            .find(|prepared| !prepared.changes.is_empty())
            .map_or(&self.position, |held| &held.begins)
            .clone()
    }

    pub(super) fn end(&mut self, header: &BinlogEventHeader) -> Vec<Told> {
        if header.log_pos() == 0 && !self.compressed {
            return Vec::new();
        }
        (self.open, self.in_xa, self.compressed) = (false, false, false);
        let gtid = self.gtid.take();
        if let (Some(gtids), Some(gtid)) = (&mut self.position.gtids, &gtid) {
            gtids.add(gtid);
        }
        let changes = std::mem::take(&mut self.changes);
        let changes = (!changes.is_empty()).then_some(Told::Changes(changes));
        // No server can be asked for a place beyond. The file ends here, and the next one is a place.
        let end = (self.place <= u64::from(u32::MAX)).then(|| {
            self.position.offset = self.place;
            Told::End { position: self.told_position(), written_at: header.timestamp() }
        });
        changes.into_iter().chain(end).collect()
    }

    /// Keeps the changes until their transaction is committed: until then nobody sees them.
    pub(super) fn prepare(&mut self) {
        let (changes, xid) = (std::mem::take(&mut self.changes), std::mem::take(&mut self.xid));
        self.prepared.push(Prepared { xid, changes, begins: self.position.clone() });
    }

    /// `XA START`, `END`, `COMMIT` or `ROLLBACK`, and the name of the transaction.
    pub(super) fn xa_step(&mut self, header: &BinlogEventHeader, step: &str, xid: &str) -> Vec<Told> {
        if !matches!(step, "COMMIT" | "ROLLBACK") {
            (self.open, self.in_xa) = (true, true);
            xid.clone_into(&mut self.xid);
            return Vec::new();
        }
        if let Some(place) = self.prepared.iter().position(|prepared| prepared.xid == xid) {
            let prepared = self.prepared.remove(place);
            self.changes.extend((step == "COMMIT").then_some(prepared.changes).into_iter().flatten());
        } else {
            let unread = self.position.prepared.as_ref().is_none_or(|prepared| prepared.iter().any(|name| name == xid));
            if step == "COMMIT" && unread {
                return vec![Told::Untold(format!("the transaction {xid} was prepared before the index was built"))];
            }
            self.position.prepared.iter_mut().for_each(|prepared| prepared.retain(|name| name != xid));
        }
        self.end(header)
    }

    pub(super) fn query(&mut self, header: &BinlogEventHeader, schema: &str, text: &str) -> Vec<Told> {
        match statement::read(schema, text, &self.layout) {
            Statement::Begin => {
                self.open = true;
                Vec::new()
            }
            Statement::Xa { step, xid } => self.xa_step(header, step, xid),
            Statement::Commit => self.end(header),
            Statement::RollbackTo => {
                // Which of the changes are taken back is not told, nor what was so before.
                self.changes.iter_mut().for_each(Change::look);
                Vec::new()
            }
            Statement::Rollback => {
                self.changes.clear();
                self.end(header)
            }
            // No end is sent, so the position stays before the statement and the next follower meets it too.
            Statement::Concerns(word) => vec![Told::Untold(format!("{word} has changed a table as a whole"))],
            Statement::Indirection => {
                self.layout.indirections = true;
                self.end_of_statement(header)
            }
            Statement::Harmless => self.end_of_statement(header),
        }
    }

    pub(super) fn end_of_statement(&mut self, header: &BinlogEventHeader) -> Vec<Told> {
        if self.open { Vec::new() } else { self.end(header) }
    }

    pub(super) fn rows(&mut self, rows: &RowsEventData<'_>) -> Result<Vec<Told>, BinlogError> {
        match self.stream.get_tme(rows.table_id()) {
            Some(map) => self.layout.read(rows, map, &mut self.changes)?,
            None if rows.table_id() == NO_TABLE => {}
            None => return Err(io::Error::other("rows of a table that was not described").into()),
        }
        // Of an XA transaction nothing is told before it is committed, however long that takes.
        if self.changes.len() < PART || self.in_xa {
            return Ok(Vec::new());
        }
        // This part may yet be rolled back: its rows are read, and its values not believed.
        let mut part = std::mem::take(&mut self.changes);
        part.iter_mut().for_each(Change::look);
        Ok(vec![Told::Changes(part)])
    }
}
