//! The index follows a real MySQL: whatever is written, soon the index equals the table, row by row.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

mod cursors;
mod log;
mod position;
mod rows;
mod support;
mod tables;
mod under_load;
mod verify;
