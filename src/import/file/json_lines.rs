//! NDJSON: one object a line.

use serde_json::{Map, Value};

use super::{
    column::{Column, Fields},
    rejects::{Original, Reject},
    rules::{Reason, Rules},
    text::FileError,
};
use crate::import::CatalogueRow;

/// Checks every line; empty ones count for nothing.
pub(super) fn check(text: &str, rules: &Rules) -> Result<(Vec<CatalogueRow>, Vec<Reject>), FileError> {
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    for (line, text_line) in (1..).zip(text.split_inclusive('\n')) {
        let object = text_line.trim();
        if object.is_empty() {
            continue;
        }
        let checked = match parse(object) {
            Err(Broken::CutOff) if !text_line.ends_with('\n') => return Err(FileError::Unterminated(line)),
            Err(_) if rows.is_empty() && rejects.is_empty() => return Err(FileError::NotJson(line)),
            Err(_) => Err(Reason::NotAnObject),
            Ok(fields) => row(&fields, rules),
        };
        match checked {
            Ok(row) => rows.push(row),
            Err(reason) => rejects.push(Reject { line, reason, row: Original::Line(object.to_owned()) }),
        }
    }
    Ok((rows, rejects))
}

enum Broken {
    CutOff,
    NotAnObject,
}

fn parse(object: &str) -> Result<Map<String, Value>, Broken> {
    serde_json::from_str(object).map_err(|error| if error.is_eof() { Broken::CutOff } else { Broken::NotAnObject })
}

fn row(object: &Map<String, Value>, rules: &Rules) -> Result<CatalogueRow, Reason> {
    let mut texts: Vec<(Column, String)> = Vec::new();
    for (name, value) in object {
        let Some(column) = Column::named(name) else { continue };
        if texts.iter().any(|(seen, _)| *seen == column) {
            return Err(Reason::Repeated(column));
        }
        texts.push((column, text(column, value)?));
    }
    let mut fields = Fields::default();
    for (column, text) in &texts {
        fields.set(*column, text);
    }
    rules.row(&fields)
}

/// Texts and numbers are read alike; null is an absent field.
fn text(column: Column, value: &Value) -> Result<String, Reason> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(Reason::NotText(column)),
    }
}
