//! The shop under load, and what a run puts into it.

mod crowd;
mod shelf;

use std::{io, net::SocketAddr, time::Duration};

use anyhow::Context;
use clap::Args;
use openrace::{
    config::{DatabaseConfig, RedisConfig, TokenConfig},
    database,
    keyspace::Keyspace,
    members::token::TokenKeys,
};
use sqlx::MySqlPool;
use tokio::{net::lookup_host, time::Instant};

pub use self::{
    crowd::Crowd,
    shelf::{SHELF, Sale},
};
use crate::checker::Gates;

/// Where the shop is: the server, and what it stores in, which is read and prepared directly.
#[derive(Clone, Args)]
pub struct ShopConfig {
    #[command(flatten)]
    /// Where MySQL is.
    pub database: DatabaseConfig,

    #[command(flatten)]
    /// Where Redis is.
    pub redis: RedisConfig,

    /// Address of the server
    #[arg(long, env = "OPENRACE_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,

    #[command(flatten)]
    /// What the server signs tokens with.
    pub tokens: TokenConfig,
}

/// A running server, its MySQL and its Redis.
pub struct Shop {
    /// MySQL.
    pub db: MySqlPool,
    /// Redis.
    pub redis: Keyspace,
    /// The same, as the checker reads it.
    pub gates: Gates,
    /// The server.
    pub address: SocketAddr,
    tokens: TokenKeys,
}

impl Shop {
    /// Connects to MySQL; Redis and the server are met later.
    pub async fn find(config: &ShopConfig) -> anyhow::Result<Self> {
        let host = config.url.trim_start_matches("http://").trim_end_matches('/');
        let address = lookup_host(host).await.and_then(|mut found| found.next().ok_or(io::ErrorKind::NotFound.into()));
        let RedisConfig { redis_url, redis_prefix } = &config.redis;
        let wrong_redis = "REDIS_URL is not of the form redis://host:port";
        Ok(Self {
            db: database::connect(&config.database.database_url).await?,
            redis: Keyspace::new(&config.redis).context(wrong_redis)?,
            gates: Gates::new(redis_url, redis_prefix).context(wrong_redis)?,
            address: address.with_context(|| format!("--url {} is not of the form http://host:port", config.url))?,
            tokens: config.tokens.keys()?,
        })
    }

    /// The clock that opens sales.
    pub async fn clock(&self) -> Result<SaleClock, redis::RedisError> {
        let asked = Instant::now();
        let (seconds, micros) = redis::cmd("TIME").query_async(&mut self.redis.connection.clone()).await?;
        Ok(SaleClock { asked, told: Duration::from_secs(seconds) + Duration::from_micros(micros) })
    }
}

/// Redis' clock as it was once. Reads at most the time of one answer late, and never early.
#[derive(Debug, Clone, Copy)]
pub struct SaleClock {
    asked: Instant,
    told: Duration,
}

impl SaleClock {
    /// A moment in Unix milliseconds.
    pub fn millis(self, at: Instant) -> i64 {
        let since = at.saturating_duration_since(self.asked);
        i64::try_from((self.told + since).as_millis()).unwrap_or(i64::MAX)
    }

    /// The moment at which the clock reads this.
    pub fn instant(self, millis: i64) -> Instant {
        let at = Duration::from_millis(millis.try_into().unwrap_or_default());
        self.asked + at.saturating_sub(self.told)
    }
}
