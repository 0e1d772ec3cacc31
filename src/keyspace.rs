//! The part of a Redis that is ours.

use std::{fmt::Display, sync::Arc, time::Duration};

use redis::{
    RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use crate::config::RedisConfig;

/// An answer that takes longer is not coming. The command may have been carried out all the same.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// One connection, shared by all, that reconnects by itself, and the beginning of all our keys.
#[derive(Clone)]
pub struct Keyspace {
    /// The connection; a clone costs little.
    pub connection: ConnectionManager,
    prefix: Arc<str>,
}

impl Keyspace {
    /// Connects on first use.
    pub fn new(config: &RedisConfig) -> Result<Self, RedisError> {
        let client = redis::Client::open(config.redis_url.as_str())?;
        // Whoever waits for Redis has something better to do than to wait for its return.
        let settings = ConnectionManagerConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_connection_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(100));
        let connection = ConnectionManager::new_lazy_with_config(client, settings)?;
        Ok(Self { connection, prefix: config.redis_prefix.as_str().into() })
    }

    /// A key of ours.
    pub fn key(&self, name: impl Display) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A key of one product. All keys of a product share a hash tag, so that one script may use them.
    pub fn product_key(&self, product_id: i64, name: &str) -> String {
        format!("{}{{{product_id}}}:{name}", self.prefix)
    }
}
