//! The REST interface, spoken to over HTTP: the real router, a real index, and MySQL where it is asked.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod admin_products;
mod bad_input;
mod detail;
mod documents;
mod following;
mod forms;
mod generations;
mod history;
mod identity;
mod lists;
mod members;
mod operations;
mod operators;
mod orders;
mod overload;
mod pages;
mod problems;
mod process;
mod rights;
mod starting;
mod stopping;
mod support;
mod understanding;
mod wishes;
