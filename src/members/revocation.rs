//! Tokens that are no longer good although they have not expired. Kept in memory, so that no request reads the database.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockWriteGuard},
    time::Duration,
};

use sqlx::{MySqlConnection, MySqlPool};
use tokio::time::{MissedTickBehavior, interval};

use super::token::{Bearer, LIFETIME};
use crate::{
    batch::Tasks,
    database::with_connection,
    error::{Code, Problem},
};

const LOOK: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);
/// Looks overlap by this many seconds: a revocation may be committed after a later one.
const OVERLAP: i64 = 30;

/// The least version that is good, by member. Nothing before the first look: then nobody can be told from a revoked one.
#[derive(Clone, Default)]
pub(super) struct Revocations(Arc<RwLock<Option<HashMap<i64, i32>>>>);

impl Revocations {
    /// Follows what other nodes revoke, a second behind at most while MySQL answers.
    pub(super) fn follow(&self, db: MySqlPool, tasks: &Tasks) {
        let (revocations, stop) = (self.clone(), tasks.stop.clone());
        tasks.tracker.spawn(async move {
            stop.run_until_cancelled(revocations.look_again_and_again(db)).await;
        });
    }

    /// Makes all tokens of this member below the version bad, on this node at once.
    pub(super) fn revoke(&self, member_id: i64, version: i32) {
        // Before the first look nobody is let in, and that look will find it.
        if let Some(known) = &mut *self.write() {
            raise(known, member_id, version);
        }
    }

    /// Whether the token was revoked; a problem while that cannot be told.
    pub(super) fn has_revoked(&self, bearer: &Bearer) -> Result<bool, Problem> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = &*known else {
            return Err(Problem::new(Code::DatabaseUnavailable, "Members cannot be recognised yet. Try again soon."));
        };
        Ok(known.get(&bearer.member_id).is_some_and(|least| bearer.version < *least))
    }

    async fn look_again_and_again(&self, db: MySqlPool) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Older tokens have expired by themselves.
        let mut since = LIFETIME + OVERLAP;
        loop {
            ticks.tick().await;
            match read_revoked(&db, since).await {
                Ok(revoked) => {
                    self.add(revoked);
                    since = OVERLAP;
                }
                Err(error) => {
                    since = LIFETIME + OVERLAP;
                    tracing::debug!(%error, "revoked tokens cannot be looked up");
                }
            }
        }
    }

    fn add(&self, revoked: Vec<(i64, i32)>) {
        let mut known = self.write();
        let known = known.get_or_insert_default();
        revoked.into_iter().for_each(|(member, version)| raise(known, member, version));
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<HashMap<i64, i32>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn raise(known: &mut HashMap<i64, i32>, member_id: i64, version: i32) {
    let least = known.entry(member_id).or_insert(version);
    *least = version.max(*least);
}

async fn read_revoked(db: &MySqlPool, seconds: i64) -> Result<Vec<(i64, i32)>, sqlx::Error> {
    let read = async |connection: &mut MySqlConnection| select_revoked(connection, seconds).await;
    with_connection(db, PATIENCE, read).await
}

async fn select_revoked(connection: &mut MySqlConnection, seconds: i64) -> Result<Vec<(i64, i32)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, token_version FROM members WHERE tokens_revoked_at > TIMESTAMPADD(SECOND, ?, UTC_TIMESTAMP(3))",
        -seconds
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.token_version)).collect())
}
