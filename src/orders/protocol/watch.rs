//! The tasks beside the orders: what they do when, and what they do after an outage.

use std::time::Duration;

use sqlx::{MySqlConnection, MySqlPool};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::{outage::Outage, recover::Recovery, rounds::Rounds};
use crate::{
    batch::Tasks,
    database::{connect_ordering, is_writable},
    error::with_sources,
    keyspace::Keyspace,
};

const WATCH: Duration = Duration::from_millis(500);
const RECOVER: Duration = Duration::from_secs(1);
const COMPARE: Duration = Duration::from_secs(30);
const WARM: Duration = Duration::from_secs(10);
/// Gates are opened this long before their sale.
const AHEAD: Duration = Duration::from_secs(60);
/// A server that takes longer to say that it is there is away.
const PATIENCE: Duration = Duration::from_millis(500);

/// A MySQL that writes.
enum Found {
    /// The one that was there before.
    Same(MySqlConnection),
    /// Another one, as far as is known.
    Another(MySqlConnection),
    Nothing,
}

/// Everything that is done regularly.
pub(super) struct Watch {
    /// Redis.
    pub(super) keyspace: Keyspace,
    /// MySQL.
    pub(super) db: MySqlPool,
    /// What is known of their absence.
    pub(super) outage: Outage,
    /// Finds abandoned orders.
    pub(super) recovery: Recovery,
    /// Looks after gates.
    pub(super) rounds: Rounds,
}

impl Watch {
    /// Begins, until the server stops.
    pub(super) fn start(self, tasks: &Tasks) {
        let stop = tasks.stop.clone();
        tasks.tracker.spawn(async move {
            stop.run_until_cancelled(self.run()).await;
        });
    }

    async fn run(self) {
        tokio::join!(self.watch(), self.recover(), self.compare(), self.warm());
    }

    /// A Redis that has started anew, or that was away, may have lost anything; what it says is compared with MySQL. So it is when
    /// MySQL may be another server, or may have lost commits.
    async fn watch(&self) {
        let mut ticks = every(WATCH);
        let (mut trusted, mut warned) = (String::new(), String::new());
        let mut session = None;
        loop {
            ticks.tick().await;
            match self.look_at_mysql(session).await {
                Found::Same(connection) => session = Some(connection),
                Found::Another(connection) => {
                    session = Some(connection);
                    trusted.clear();
                }
                Found::Nothing => session = None,
            }
            let was_away = self.outage.of_redis();
            let Some(run_id) = timeout(PATIENCE, read_run_id(&self.keyspace)).await.ok().flatten() else {
                self.outage.redis(true);
                continue;
            };
            self.outage.redis(false);
            if run_id == trusted && !was_away {
                continue;
            }
            if run_id != warned {
                warn_of_settings(&self.keyspace).await;
                warned.clone_from(&run_id);
            }
            match self.rounds.align_all().await {
                Ok(()) => trusted = run_id,
                Err(error) => tracing::warn!(error = with_sources(&error), "gates are not aligned yet"),
            }
        }
    }

    /// As long as one connection lasts, and its server writes, MySQL is the same server and has lost nothing.
    async fn look_at_mysql(&self, session: Option<MySqlConnection>) -> Found {
        if let Some(mut connection) = session
            && let Ok(Ok(true)) = timeout(PATIENCE, is_writable(&mut connection)).await
        {
            self.outage.mysql(false);
            return Found::Same(connection);
        }
        match timeout(PATIENCE, connect_ordering(&self.db.connect_options())).await {
            Ok(Ok(connection)) => {
                self.outage.mysql(false);
                Found::Another(connection)
            }
            Ok(Err(_)) | Err(_) => Found::Nothing,
        }
    }

    async fn recover(&self) {
        let mut ticks = every(RECOVER);
        loop {
            ticks.tick().await;
            if let Err(error) = self.recovery.look().await {
                tracing::debug!(%error, "abandoned orders cannot be looked for");
            }
        }
    }

    async fn compare(&self) {
        let mut ticks = every(COMPARE);
        loop {
            ticks.tick().await;
            if let Err(error) = self.rounds.compare(COMPARE).await {
                tracing::warn!(error = with_sources(&error), "gates cannot be compared with MySQL");
            }
        }
    }

    async fn warm(&self) {
        let mut ticks = every(WARM);
        loop {
            ticks.tick().await;
            if let Err(error) = self.rounds.warm(AHEAD, WARM).await {
                tracing::warn!(
                    error = with_sources(&error),
                    "gates cannot be opened ahead: their first shoppers will wait a moment"
                );
            }
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Names one life of a Redis.
async fn read_run_id(keyspace: &Keyspace) -> Option<String> {
    let mut connection = keyspace.connection.clone();
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await.ok()?;
    info.lines().find_map(|line| line.strip_prefix("run_id:")).map(str::to_owned)
}

/// Redis is asked once; some providers do not answer.
async fn warn_of_settings(keyspace: &Keyspace) {
    for (setting, wanted, why) in [
        ("appendonly", "yes", "orders that are pending when it dies wait longer"),
        ("maxmemory-policy", "noeviction", "gates may vanish in the middle of a sale"),
    ] {
        let mut connection = keyspace.connection.clone();
        let answer = redis::cmd("CONFIG").arg("GET").arg(setting).query_async(&mut connection).await;
        let Ok((_, value)): redis::RedisResult<(String, String)> = answer else { continue };
        if value != wanted {
            tracing::warn!(setting, value, wanted, "Redis is not set up for orders: {why}");
        }
    }
}
