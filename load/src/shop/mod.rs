//! The shop under load, and what a run puts into it.

mod crowd;
mod shelf;

use std::{io, time::Duration};

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
use crate::{checker::Gates, http::Route};

const CLOCK_READINGS: usize = 10;

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

    /// Addresses of 127.0.0.0/8 that shoppers come from, when the server is on loopback
    #[arg(long, default_value_t = 64, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub addresses: u32,

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
    /// To the server.
    pub route: Route,
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
            route: Route::new(
                address.with_context(|| format!("--url {} is not of the form http://host:port", config.url))?,
                config.addresses,
            ),
            tokens: config.tokens.keys()?,
        })
    }

    /// The clock that opens sales, by the quickest of several answers: the first one may wait for its connection.
    pub async fn clock(&self) -> Result<SaleClock, redis::RedisError> {
        let mut clock = SaleClock::ask(&self.redis).await?;
        for _ in 1..CLOCK_READINGS {
            let other = SaleClock::ask(&self.redis).await?;
            clock = if other.doubt() < clock.doubt() { other } else { clock };
        }
        Ok(clock)
    }
}

/// Redis' clock as it was once, between a question and its answer.
#[derive(Debug, Clone, Copy)]
pub struct SaleClock {
    asked: Instant,
    told: Duration,
    answered: Instant,
}

impl SaleClock {
    async fn ask(redis: &Keyspace) -> Result<Self, redis::RedisError> {
        let asked = Instant::now();
        let (seconds, micros) = redis::cmd("TIME").query_async(&mut redis.connection.clone()).await?;
        let told = Duration::from_secs(seconds) + Duration::from_micros(micros);
        Ok(Self { asked, told, answered: Instant::now() })
    }

    fn doubt(self) -> Duration {
        self.answered - self.asked
    }

    /// A moment in Unix milliseconds, at least: Redis may not read as much yet.
    pub fn millis(self, at: Instant) -> i64 {
        let since = at.saturating_duration_since(self.asked);
        i64::try_from((self.told + since).as_millis()).unwrap_or(i64::MAX)
    }

    /// A moment at which Redis reads this or a little more.
    pub fn instant(self, millis: i64) -> Instant {
        let at = Duration::from_millis(millis.try_into().unwrap_or_default());
        self.answered + at.saturating_sub(self.told)
    }
}
