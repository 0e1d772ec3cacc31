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
    let mut records = reader.records().peekable();
    while let Some(record) = records.next() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        if records.peek().is_none() {
            return if is_end(&record) { Ok((rows, rejects)) } else { Err(FileError::Unterminated(line)) };
        }
        match row(&record, &columns, rules) {
            Ok(row) => rows.push(row),
            Err(reason) => rejects.push(Reject { line, reason, row: Original::Record(header.clone(), record) }),
        }
    }
    Err(FileError::Unterminated(1))
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
