//! Lua scripts, several calls in one round trip.

use std::sync::OnceLock;

use redis::{ErrorKind, Pipeline, RedisError, ServerErrorKind, ToRedisArgs, Value};

use crate::keyspace::Keyspace;

/// A script that Redis knows by its digest once it has seen it.
pub(super) struct Script {
    text: &'static str,
    known: OnceLock<redis::Script>,
}

/// One call of a script.
pub(super) struct Call {
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Call {
    pub(super) fn new(keys: impl Iterator<Item = String>) -> Self {
        Self { keys: keys.collect(), arguments: Vec::new() }
    }

    pub(super) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.arguments.extend(argument.to_redis_args());
        self
    }
}

impl Script {
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text, known: OnceLock::new() }
    }

    /// Makes all calls, in order. After an error some of them may have been made.
    pub(super) async fn run(&self, keyspace: &Keyspace, calls: Vec<Call>) -> Result<Vec<Value>, RedisError> {
        let mut answers = self.send(keyspace, calls.iter()).await?;
        let unknown = |answer: &Result<Value, RedisError>| matches!(answer, Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript));
        let missed: Vec<usize> = (0..answers.len()).filter(|place| unknown(&answers[*place])).collect();
        if !missed.is_empty() {
            self.load(keyspace).await?;
            let again = self.send(keyspace, missed.iter().map(|place| &calls[*place])).await?;
            for (place, answer) in missed.into_iter().zip(again) {
                answers[place] = answer;
            }
        }
        answers.into_iter().collect()
    }

    async fn send(
        &self,
        keyspace: &Keyspace,
        calls: impl Iterator<Item = &Call>,
    ) -> Result<Vec<Result<Value, RedisError>>, RedisError> {
        let mut pipeline = Pipeline::new();
        for call in calls {
            let command = pipeline.cmd("EVALSHA").arg(self.digest()).arg(call.keys.len()).arg(&call.keys);
            for argument in &call.arguments {
                command.arg(argument);
            }
        }
        pipeline.ignore_errors().query_async(&mut keyspace.connection.clone()).await
    }

    async fn load(&self, keyspace: &Keyspace) -> Result<(), RedisError> {
        redis::cmd("SCRIPT").arg("LOAD").arg(self.text).exec_async(&mut keyspace.connection.clone()).await
    }

    fn digest(&self) -> &str {
        self.known.get_or_init(|| redis::Script::new(self.text)).get_hash()
    }
}
