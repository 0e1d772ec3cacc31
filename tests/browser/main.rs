//! The shop as people use it: a real browser on the real server, with MySQL, Redis and an index of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, dead_code, reason = "a test binary has no outside, and shares its support with another")]

mod driver;
mod journeys;
mod looks;
mod old_client;
mod shop;
#[path = "../api/support/mod.rs"]
mod support;
