//! Orders while servers, nodes and wires fail: real processes, real kills. `make test-faults` runs the long form.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

#[path = "../../indexer/tests/servers/certificates.rs"]
mod certificates;
mod crowds;
mod encryption;
mod failover;
mod following;
mod kills;
mod owners;
mod planted;
mod repeats;
mod replicas;
mod seeds;
mod settings;
mod shopper;
mod stage;
mod wait;
mod watchers;
mod wires;
