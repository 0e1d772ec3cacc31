//! What the server logs, kept in memory. One log serves all tests of the process: look for a request id of your own.

use std::{
    io,
    sync::{Mutex, Once},
};

use openrace::telemetry::json_logs;
use serde_json::Value;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Keeps what is logged from now on, without the line for each request.
pub fn keep() {
    static KEPT: Once = Once::new();
    KEPT.call_once(|| json_logs(EnvFilter::new("openrace::access=error,warn"), || Keeper).init());
}

/// All lines so far.
pub fn lines() -> Vec<Value> {
    LOG.lock().unwrap().split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

struct Keeper;

impl io::Write for Keeper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
