//! The file as text, and what can be wrong with it as a whole.

use std::{fs, io, path::Path};

use thiserror::Error;

use super::Column;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Why a file as a whole cannot be imported.
#[derive(Debug, Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot be read ({0})")]
    Unreadable(#[from] io::Error),
    /// It is something else, or in another encoding.
    #[error("is not UTF-8 text (see byte {0}): save it as UTF-8")]
    NotText(usize),
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// The header lacks a column.
    #[error("has no column {0}: its first line must name the columns")]
    MissingColumn(Column),
    /// Two columns say the same.
    #[error("has two columns for {0}")]
    RepeatedColumn(Column),
    /// It ends within a row.
    #[error("ends in the middle of the row that begins on line {0}: it is not complete")]
    Unterminated(u64),
    /// It is not NDJSON.
    #[error("is not NDJSON: line {0} is not a JSON object")]
    NotJson(u64),
}

/// Reads the file without its byte order mark.
pub(super) fn read(path: &Path) -> Result<String, FileError> {
    let text =
        String::from_utf8(fs::read(path)?).map_err(|error| FileError::NotText(error.utf8_error().valid_up_to() + 1))?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).map(str::to_owned).unwrap_or(text);
    if text.trim().is_empty() { Err(FileError::Empty) } else { Ok(text) }
}
