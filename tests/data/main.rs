//! The schema, and the ways of catalogue data into it, against a real MySQL.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod generate;
mod import;
mod import_files;
mod schema;
mod statements;
