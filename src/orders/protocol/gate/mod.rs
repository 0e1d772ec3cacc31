//! The gate of each sale in Redis: how many units are still to be had, and who has reserved some. MySQL decides; whatever the
//! gate says can be made anew from it.

mod script;

use std::collections::HashMap;

use redis::{RedisError, Value, from_redis_value};

use self::script::{Call, Script};
use super::order::{OrderNo, PlaceOrder, Refusal};
use crate::{fail_point, keyspace::Keyspace};

static RESERVE: Script = Script::new(include_str!("reserve.lua"));
static SETTLE: Script = Script::new(include_str!("settle.lua"));
static ALIGN: Script = Script::new(include_str!("align.lua"));
static DROP: Script = Script::new(include_str!("drop.lua"));

/// Units reserved for one order, until it is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Intent {
    /// Its place in the product's stream.
    pub(super) id: String,
    /// When the order was admitted, Unix milliseconds of Redis' clock.
    pub(super) admitted_at: i64,
}

/// What the gate says to one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Units are reserved.
    Reserved(Intent),
    /// Not to be had.
    Refused(Refusal),
    /// An order of this number came by before.
    Again,
    /// An order of this number, but of other content, came by before.
    KeyReused,
}

/// An intent that is no longer needed.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    /// Its place in the stream.
    pub(super) intent: String,
    /// Who reserved.
    pub(super) member_id: i64,
    /// Units that were not sold after all.
    pub(super) give_back: i32,
}

/// What MySQL says about a sale, read under its stock row's lock.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    /// Units not sold.
    pub(super) remaining: i32,
    /// Unix milliseconds.
    pub(super) opens_at: i64,
    /// Unix milliseconds.
    pub(super) closes_at: i64,
    /// Units that a member may hold.
    pub(super) per_member_limit: Option<i32>,
    /// Raised by every change of the row.
    pub(super) version: i64,
    /// A newer version that the gate has seen, and that is no more: MySQL has gone back.
    pub(super) outdated: Option<i64>,
    /// Intents that are decided already.
    pub(super) decided: Vec<String>,
    /// Units held in confirmed orders.
    pub(super) held: HashMap<i64, i64>,
    /// Whether nobody else holds any.
    pub(super) all_members: bool,
}

/// The gates of all sales.
#[derive(Clone)]
pub(super) struct Gate {
    keyspace: Keyspace,
}

impl Gate {
    /// The gates in this part of Redis.
    pub(super) fn new(keyspace: Keyspace) -> Self {
        Self { keyspace }
    }

    /// Reserves for all these orders, which are grouped by product. `None` for a product without a gate. After an error
    /// nobody knows what was reserved.
    pub(super) async fn reserve(
        &self,
        groups: &[(i64, Vec<PlaceOrder>)],
    ) -> Result<Vec<Option<Vec<Answer>>>, RedisError> {
        let calls = groups.iter().map(|(product, orders)| {
            let mut call = self.call(*product, &["gate", "intents", "bought", "orders"]);
            for order in orders {
                call.arg(order.number.hex()).arg(order.member_id).arg(order.quantity).arg(i32::from(order.keyed));
            }
            call
        });
        let answers = RESERVE.run(&self.keyspace, calls.collect()).await?;
        answers.into_iter().map(read_answers).collect()
    }

    /// Removes decided intents of one product, and gives back what was not sold.
    pub(super) async fn settle(&self, groups: &[(i64, Vec<Settled>)]) -> Result<(), RedisError> {
        let calls = groups.iter().map(|(product, settled)| {
            let mut call = self.call(*product, &["gate", "intents", "bought"]);
            for order in settled {
                let times = if fail_point::planted("give_back_twice") { 2 } else { 1 };
                call.arg(&order.intent).arg(order.member_id).arg(order.give_back * times);
            }
            call
        });
        SETTLE.run(&self.keyspace, calls.collect()).await?;
        Ok(())
    }

    /// Makes the gate follow the truth; opens it if it is missing. Answers the version that the gate has seen if that is newer: then
    /// nothing was done.
    pub(super) async fn align(&self, product_id: i64, truth: &Truth) -> Result<Option<i64>, RedisError> {
        self.enter(product_id).await?;
        let mut call = self.call(product_id, &["gate", "intents", "bought", "orders", "dirty"]);
        call.arg(truth.remaining).arg(truth.opens_at).arg(truth.closes_at);
        call.arg(truth.per_member_limit.unwrap_or(0)).arg(truth.version);
        call.arg(truth.outdated.unwrap_or(-1)).arg(i32::from(truth.all_members));
        call.arg(truth.decided.len());
        for intent in &truth.decided {
            call.arg(intent);
        }
        for (member, units) in &truth.held {
            call.arg(*member).arg(*units);
        }
        let seen: i64 = from_redis_value(ALIGN.run(&self.keyspace, vec![call]).await?.pop().unwrap_or_default())?;
        Ok((seen != 0).then_some(seen))
    }

    /// Removes the gate of a sale that is over, unless units are reserved.
    pub(super) async fn drop_gate(&self, product_id: i64) -> Result<(), RedisError> {
        let call = self.call(product_id, &["gate", "intents", "bought", "orders", "dirty"]);
        let dropped = DROP.run(&self.keyspace, vec![call]).await?;
        if dropped == [Value::Int(1)] {
            redis::cmd("SREM")
                .arg(self.keyspace.key("gates"))
                .arg(product_id)
                .exec_async(&mut self.connection())
                .await?;
        }
        Ok(())
    }

    /// The set of gates holds every gate there is, and perhaps some that are gone.
    async fn enter(&self, product_id: i64) -> Result<(), RedisError> {
        redis::cmd("SADD").arg(self.keyspace.key("gates")).arg(product_id).exec_async(&mut self.connection()).await
    }

    /// Products that have a gate, or had one.
    pub(super) async fn products(&self) -> Result<Vec<i64>, RedisError> {
        redis::cmd("SMEMBERS").arg(self.keyspace.key("gates")).query_async(&mut self.connection()).await
    }

    /// Notes that what the gate says of this member is about to be wrong.
    pub(super) async fn mark_member(&self, product_id: i64, member_id: i64) -> Result<(), RedisError> {
        let key = self.keyspace.product_key(product_id, "dirty");
        redis::cmd("SADD").arg(key).arg(member_id).exec_async(&mut self.connection()).await
    }

    /// Members so marked.
    pub(super) async fn marked_members(&self, product_id: i64) -> Result<Vec<i64>, RedisError> {
        let key = self.keyspace.product_key(product_id, "dirty");
        redis::cmd("SMEMBERS").arg(key).query_async(&mut self.connection()).await
    }

    fn call(&self, product_id: i64, keys: &[&str]) -> Call {
        Call::new(keys.iter().map(|key| self.keyspace.product_key(product_id, key)))
    }

    pub(super) fn keyspace(&self) -> &Keyspace {
        &self.keyspace
    }

    fn connection(&self) -> redis::aio::ConnectionManager {
        self.keyspace.connection.clone()
    }
}

fn read_answers(value: Value) -> Result<Option<Vec<Answer>>, RedisError> {
    if value == Value::Nil {
        return Ok(None);
    }
    let Value::Array(values) = value else { return Err(strange("an answer that is no list")) };
    let mut values = values.into_iter();
    let admitted_at: i64 = from_redis_value(values.next().unwrap_or_default())?;
    values.map(|value| read_answer(from_redis_value(value)?, admitted_at)).collect::<Result<_, _>>().map(Some)
}

fn read_answer(text: String, admitted_at: i64) -> Result<Answer, RedisError> {
    Ok(match text.as_str() {
        "again" => Answer::Again,
        "key_reused" => Answer::KeyReused,
        word => match Refusal::from_word(word) {
            Some(refusal) => Answer::Refused(refusal),
            None if word.contains('-') => Answer::Reserved(Intent { id: text, admitted_at }),
            None => return Err(strange("an unknown word")),
        },
    })
}

fn strange(what: &'static str) -> RedisError {
    RedisError::from((redis::ErrorKind::UnexpectedReturnType, what))
}

/// What a gate says of itself; nothing where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GateState {
    /// Units to be had.
    pub(super) free: Option<i64>,
    /// Unix milliseconds.
    pub(super) opens_at: Option<i64>,
    /// Unix milliseconds.
    pub(super) closes_at: Option<i64>,
    /// Units that a member may hold; 0 is no limit.
    pub(super) limit: Option<i64>,
    /// Whether units are reserved, or members marked.
    pub(super) busy: bool,
}

/// An order whose units are reserved, as its intent tells.
#[derive(Debug, Clone)]
pub(super) struct Reserved {
    /// The order. Whether it has a key is not kept: it counts as one that may have been placed before.
    pub(super) order: PlaceOrder,
    /// Its intent.
    pub(super) intent: Intent,
}

impl Gate {
    /// All undecided orders of a product, oldest first.
    pub(super) async fn reserved(&self, product_id: i64) -> Result<Vec<Reserved>, RedisError> {
        Ok(self.reserved_before(&[product_id], "+").await?.pop().unwrap_or_default())
    }

    /// Up to 500 undecided orders of each product whose intents are older than this many milliseconds.
    pub(super) async fn reserved_longer_than(
        &self,
        age: i64,
        products: &[i64],
    ) -> Result<Vec<Vec<Reserved>>, RedisError> {
        let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(&mut self.connection()).await?;
        let last = seconds * 1000 + micros / 1000 - age;
        self.reserved_before(products, &last.to_string()).await
    }

    /// The order of this intent, if it is not settled.
    pub(super) async fn reserved_as(&self, product_id: i64, intent: &str) -> Result<Option<Reserved>, RedisError> {
        let mut range = redis::cmd("XRANGE");
        range.arg(self.keyspace.product_key(product_id, "intents")).arg(intent).arg(intent);
        let stream = range.query_async(&mut self.connection()).await?;
        Ok(read_stream(product_id, stream).pop())
    }

    /// What the gates of these products say.
    pub(super) async fn states(&self, products: &[i64]) -> Result<Vec<GateState>, RedisError> {
        type Said = (Option<i64>, Option<i64>, Option<i64>, Option<i64>);

        let mut pipe = redis::pipe();
        for product in products {
            let key = |name| self.keyspace.product_key(*product, name);
            pipe.cmd("HMGET").arg(key("gate")).arg(&["free", "open", "close", "limit"]);
            pipe.cmd("XLEN").arg(key("intents")).cmd("SCARD").arg(key("dirty"));
        }
        let answers: Vec<Value> = pipe.query_async(&mut self.connection()).await?;
        let state = |answers: &[Value]| {
            let (free, opens_at, closes_at, limit): Said = from_redis_value(answers[0].clone())?;
            let busy = answers[1..] != [Value::Int(0), Value::Int(0)];
            Ok(GateState { free, opens_at, closes_at, limit, busy })
        };
        answers.chunks_exact(3).map(state).collect()
    }

    async fn reserved_before(&self, products: &[i64], last: &str) -> Result<Vec<Vec<Reserved>>, RedisError> {
        let mut pipe = redis::pipe();
        for product in products {
            let range = pipe.cmd("XRANGE").arg(self.keyspace.product_key(*product, "intents")).arg("-").arg(last);
            if last != "+" {
                range.arg("COUNT").arg(500);
            }
        }
        let streams: Vec<Vec<(String, Vec<String>)>> = pipe.query_async(&mut self.connection()).await?;
        Ok(products.iter().zip(streams).map(|(product, stream)| read_stream(*product, stream)).collect())
    }
}

/// Entries that nobody of ours wrote are left where they are.
fn read_stream(product_id: i64, stream: Vec<(String, Vec<String>)>) -> Vec<Reserved> {
    let read = |(id, fields): (String, Vec<String>)| {
        let [_, number, _, member, _, quantity, _, admitted_at] = fields.try_into().ok()?;
        let order = PlaceOrder {
            number: OrderNo::parse(&number)?,
            member_id: member.parse().ok()?,
            product_id,
            quantity: quantity.parse().ok()?,
            keyed: true,
        };
        Some(Reserved { order, intent: Intent { id, admitted_at: admitted_at.parse().ok()? } })
    };
    stream.into_iter().filter_map(read).collect()
}
