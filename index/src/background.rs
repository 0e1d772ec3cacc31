//! Work that gives way to searches.

use std::io;
use std::path::Path;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::IndexError;

/// One thread that the processors serve when nobody searches, and a little at all other times. So are the threads that
/// are started from it.
pub(crate) struct Background(ThreadPool);

impl Background {
    pub(crate) fn start() -> Result<Self, IndexError> {
        let builder = ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "index-background".to_owned());
        let pool = builder.start_handler(|_| give_way()).build();
        let failed = |error| IndexError::io("start a thread for", Path::new("merges"), io::Error::other(error));
        Ok(Self(pool.map_err(failed)?))
    }

    /// Runs `work` there and waits for it; what it does in parallel is done one after the other.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(work)
    }
}

/// A tenth of the weight of a thread that does not give way.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

#[cfg(target_os = "linux")]
fn give_way() {
    // Of a thread, not of the process: so it is on Linux alone. Merges at full speed are no reason to fail.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}
