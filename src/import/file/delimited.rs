//! CSV.

use csv::{ReaderBuilder, StringRecord};

use super::{
    column::{Column, Fields},
    rejects::{Original, Reject},
    rules::{Reason, Rules},
    text::FileError,
};
use crate::import::CatalogueRow;

/// A row behind the last one. When a quote was never closed, it ends up inside that field.
const END: &str = "\nend-of-file";

/// Checks every row.
pub(super) fn check(text: &str, rules: &Rules) -> Result<(Vec<CatalogueRow>, Vec<Reject>), FileError> {
    let whole = [text, END].concat();
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(whole.as_bytes());
    let header = reader.headers().map_err(unreadable)?.clone();
    let columns = columns(&header)?;

    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    let mut lines = Lines { text: whole.as_bytes(), counted: 0, line: 1 };
    let mut records = reader.records().peekable();
    while let Some(record) = records.next() {
        let record = record.map_err(unreadable)?;
        if records.peek().is_none() {
            return if is_end(&record) { Ok((rows, rejects)) } else { Err(FileError::Unterminated(lines.of(&record))) };
        }
        match row(&record, &columns, rules) {
            Ok(row) => rows.push(row),
            Err(reason) => {
                let line = lines.of(&record);
                rejects.push(Reject { line, reason, row: Original::Record(header.clone(), record) });
            }
        }
    }
    Err(FileError::Unterminated(1))
}

/// Counts the lines before a record. The reader's own count is too low there: it ends a row at
/// `\r`, and takes the `\n` and empty lines for the beginning of the next row.
struct Lines<'t> {
    text: &'t [u8],
    /// Bytes that are counted.
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which the record begins, from 1. Records must be asked for in their order.
    fn of(&mut self, record: &StringRecord) -> u64 {
        let read_from = record.position().map_or(0, |position| position.byte() as usize);
        let line_ends = self.text[read_from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begin = read_from + line_ends;
        self.line += self.text[self.counted..begin].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = begin;
        self.line
    }
}

/// The column of each position; `None` for those that say nothing to us.
fn columns(header: &StringRecord) -> Result<Vec<Option<Column>>, FileError> {
    let columns: Vec<Option<Column>> = header.iter().map(Column::named).collect();
    for needed in Column::NEEDED {
        if !columns.contains(&Some(needed)) {
            return Err(FileError::MissingColumn(needed));
        }
    }
    for (position, column) in columns.iter().enumerate() {
        if let Some(column) = column
            && columns[..position].contains(&Some(*column))
        {
            return Err(FileError::RepeatedColumn(*column));
        }
    }
    Ok(columns)
}

fn row(record: &StringRecord, columns: &[Option<Column>], rules: &Rules) -> Result<CatalogueRow, Reason> {
    if record.len() != columns.len() {
        return Err(Reason::FieldCount { fields: record.len(), columns: columns.len() });
    }
    let mut fields = Fields::default();
    for (text, column) in record.iter().zip(columns) {
        if let Some(column) = column {
            fields.set(*column, text);
        }
    }
    rules.row(&fields)
}

fn is_end(record: &StringRecord) -> bool {
    record.len() == 1 && record.get(0) == Some(END.trim_start())
}

/// The text is in memory and is UTF-8, so only the shape can be wrong.
fn unreadable(error: csv::Error) -> FileError {
    FileError::Unterminated(error.position().map_or(1, csv::Position::line))
}
