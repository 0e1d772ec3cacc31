//! Members of a run's own, and what they send.

use std::net::SocketAddr;

use anyhow::Context;
use openrace::members::token::{Bearer, Role};
use sqlx::{MySqlPool, QueryBuilder};
use tokio::time::Instant;
use uuid::Uuid;

use super::Shop;

/// Ids of members that only load runs use.
const FIRST_MEMBER: i64 = 1_000_000_000;
const ROWS_AT_ONCE: usize = 1_000;

/// Members who are logged in. Their requests are put together from parts made beforehand.
pub struct Crowd {
    host: String,
    tokens: Vec<String>,
}

impl Shop {
    /// Adds members without a password; they stay for the next run.
    pub async fn gather(&self, members: usize) -> anyhow::Result<Crowd> {
        insert(&self.db, members).await.context("insert the members of this run")?;
        let now = self.clock().await?.millis(Instant::now());
        let token = |member| {
            let bearer = Bearer { member_id: Crowd::id(member), role: Role::Member, version: 0 };
            self.tokens.issue(bearer, now)
        };
        let tokens = (0..members).map(token).collect::<Result<_, _>>()?;
        Ok(Crowd { host: host(self.route.server), tokens })
    }
}

fn host(address: SocketAddr) -> String {
    format!("host: {address}\r\n")
}

async fn insert(db: &MySqlPool, members: usize) -> Result<(), sqlx::Error> {
    let ids: Vec<i64> = (0..members).map(Crowd::id).collect();
    for ids in ids.chunks(ROWS_AT_ONCE) {
        let mut rows = QueryBuilder::new("INSERT IGNORE INTO members (id, name, email, password_hash) ");
        rows.push_values(ids, |mut row, id| {
            row.push_bind(id).push("'load'").push_bind(format!("load-{id}@load.invalid")).push("'!'");
        });
        rows.build().execute(db).await?;
    }
    Ok(())
}

impl Crowd {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether nobody came.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The primary key of a member.
    pub fn id(member: usize) -> i64 {
        FIRST_MEMBER + i64::try_from(member).unwrap_or_default()
    }

    /// Writes a request of a member: its first line without protocol, such as `POST /api/orders/1`, and for an order its key
    /// and its JSON body.
    pub fn write(&self, member: usize, target: &str, order: Option<(Uuid, &str)>, into: &mut Vec<u8>) {
        let parts = [target, " HTTP/1.1\r\n", &self.host, "authorization: Bearer ", &self.tokens[member], "\r\n"];
        for part in parts {
            into.extend_from_slice(part.as_bytes());
        }
        match order {
            Some((key, body)) => {
                let (length, mut buffer) = (body.len().to_string(), Uuid::encode_buffer());
                let key = &*key.hyphenated().encode_lower(&mut buffer);
                let (kind, size) = ("\r\ncontent-type: application/json\r\ncontent-length: ", &*length);
                for part in ["idempotency-key: ", key, kind, size, "\r\n\r\n", body] {
                    into.extend_from_slice(part.as_bytes());
                }
            }
            None => into.extend_from_slice(b"content-length: 0\r\n\r\n"),
        }
    }
}
