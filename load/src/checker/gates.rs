//! What Redis holds of sales. The keys are written out here, so that a server that writes others is found out.

use redis::{
    RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

/// A product's keys in Redis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gate {
    /// Units that the gate would give out; `None`: there is no gate now.
    pub free: Option<i64>,
    /// Orders that are reserved and not decided.
    pub intents: i64,
}

/// Reads gates, on one connection that is made anew when it is lost.
#[derive(Clone)]
pub struct Gates {
    connection: ConnectionManager,
    prefix: String,
}

impl Gates {
    /// Connects on first use. All keys begin with `prefix`.
    ///
    /// # Errors
    /// The URL is none of a Redis.
    pub fn new(redis_url: &str, prefix: &str) -> Result<Self, RedisError> {
        let client = redis::Client::open(redis_url)?;
        let connection = ConnectionManager::new_lazy_with_config(client, ConnectionManagerConfig::new())?;
        Ok(Self { connection, prefix: prefix.to_owned() })
    }

    /// The gates of these products, in their order.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn read(&self, products: &[i64]) -> Result<Vec<Gate>, RedisError> {
        let mut pipe = redis::pipe();
        for product in products {
            pipe.hget(self.key(*product, "gate"), "free").xlen(self.key(*product, "intents"));
        }
        let answers: Vec<Option<i64>> = pipe.query_async(&mut self.connection.clone()).await?;
        let gate = |answers: &[Option<i64>]| Gate { free: answers[0], intents: answers[1].unwrap_or_default() };
        Ok(answers.chunks_exact(2).map(gate).collect())
    }

    /// `openrace:{7}:gate`, say.
    pub(super) fn key(&self, product: i64, name: &str) -> String {
        format!("{}{{{product}}}:{name}", self.prefix)
    }
}
