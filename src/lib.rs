//! The OpenRace server: catalogue, search and ordering for limited open-run sales.
#![forbid(unsafe_code)]

pub mod access;
mod answers;
pub mod app;
pub mod batch;
pub mod catalogue;
pub mod clock;
pub mod config;
mod cursor;
pub mod database;
pub mod error;
mod explanation;
pub mod extract;
mod fail_point;
pub mod follow;
pub mod health;
pub mod healthcheck;
pub mod import;
mod keyset;
pub mod keyspace;
pub mod members;
pub mod open_files;
pub mod orders;
pub mod page;
pub mod parameters;
mod products;
mod router;
pub mod schema;
pub mod search_pool;
pub mod searches;
pub mod server;
pub mod signals;
pub mod telemetry;
pub mod web;
pub mod wishes;

pub use router::{router, surround};
