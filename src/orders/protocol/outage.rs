//! Which of Redis and MySQL does not answer this node.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Noted by whoever is not answered, cleared by whoever looks after it.
#[derive(Clone, Default)]
pub(super) struct Outage(Arc<Away>);

#[derive(Default)]
struct Away {
    redis: AtomicBool,
    mysql: AtomicBool,
}

impl Outage {
    /// Redis did not answer: the gate is not asked until it does.
    pub(super) fn redis(&self, away: bool) {
        self.0.redis.store(away, Ordering::Relaxed);
    }

    /// MySQL did not answer.
    pub(super) fn mysql(&self, away: bool) {
        self.0.mysql.store(away, Ordering::Relaxed);
    }

    /// Whether Redis is away.
    pub(super) fn of_redis(&self) -> bool {
        self.0.redis.load(Ordering::Relaxed)
    }

    /// Whether MySQL is away.
    pub(super) fn of_mysql(&self) -> bool {
        self.0.mysql.load(Ordering::Relaxed)
    }
}
