//! Follows servers that are a test's own: with other settings, and one after the other.
//!
//! `ENGINE` selects MariaDB or MySQL.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

mod certificates;
mod encryption;
mod events;
mod failover;
mod formats;
mod rebuilds;
mod server;
mod settings;
mod stalls;
#[path = "../follow/support.rs"]
#[expect(dead_code, reason = "shared with the other tests of following")]
mod support;
mod wire;
mod xa;
