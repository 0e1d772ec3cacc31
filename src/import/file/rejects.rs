//! The reject file: bad rows as they were, each with its line and the reason.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use csv::StringRecord;
use serde_json::{Value, json};

use super::{Format, rules::Reason};

/// One bad row.
#[derive(Debug)]
pub(super) struct Reject {
    /// Where it begins, from 1.
    pub(super) line: u64,
    pub(super) reason: Reason,
    pub(super) row: Original,
}

/// A row as the file has it.
#[derive(Debug)]
pub(super) enum Original {
    /// The header and the fields.
    Record(StringRecord, StringRecord),
    Line(String),
}

/// Replaces the reject file. A CSV repeats the header, so that a corrected one can be imported.
pub(super) fn write(path: &Path, format: Format, rejects: &[Reject]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    match format {
        Format::Csv => write_csv(&mut file, rejects)?,
        Format::Ndjson => write_json_lines(&mut file, rejects)?,
    }
    file.flush()
}

fn write_csv(file: &mut impl Write, rejects: &[Reject]) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
    for (position, reject) in rejects.iter().enumerate() {
        let Original::Record(header, record) = &reject.row else { continue };
        if position == 0 {
            writer.write_record(["line", "reason"].into_iter().chain(header))?;
        }
        let (line, reason) = (reject.line.to_string(), reject.reason.to_string());
        writer.write_record([line.as_str(), &reason].into_iter().chain(record))?;
    }
    writer.flush()
}

fn write_json_lines(file: &mut impl Write, rejects: &[Reject]) -> io::Result<()> {
    for reject in rejects {
        let Original::Line(line) = &reject.row else { continue };
        let row = serde_json::from_str(line).unwrap_or_else(|_| Value::from(line.as_str()));
        writeln!(file, "{}", json!({ "line": reject.line, "reason": reject.reason.to_string(), "row": row }))?;
    }
    Ok(())
}
