//! The schema, and the ways of catalogue data into it, against a real MySQL.

mod generate;
mod import;
mod import_files;
mod schema;
