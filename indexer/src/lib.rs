//! Reads the catalogue from MySQL, writes the index and keeps it up to date.
//!
//! A rebuild reads the products once: while they stream in, worker threads learn the words of the catalogue and pack
//! the products into memory ([`Spool`]); then the spool feeds the index. A [`Follower`] then applies what the binary
//! log of MySQL tells, and sweeps find what it does not. See `docs/architecture.md`.

mod address;
mod binlog;
mod compare;
mod connect;
mod error;
mod follow;
mod gtid;
mod log_server;
mod position;
mod rebuild;
mod row_events;
mod source;
mod spool;
mod statement;
mod sweep;

pub use binlog::BinlogError;
pub use compare::{Difference, Kind, repair, verify, verify_again};
pub use connect::prepare;
pub use error::IndexerError;
pub use follow::{FollowError, Follower, Observer, Pace};
pub use gtid::GtidSet;
pub use position::Position;
pub use rebuild::{Progress, Report, Resources, rebuild};
pub use source::Source;
pub use spool::{Spool, SpoolBuilder};
