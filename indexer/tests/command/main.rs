//! The `indexer` command against a real MySQL: what it does, what it prints, and what it leaves when it cannot.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

mod generations;
mod rebuild;
mod refresh;
mod snapshot;
mod support;
mod usage;
mod verify;
