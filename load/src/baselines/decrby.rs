//! Count down in Redis and answer; write to MySQL afterwards, with Redis' count as the stock.
//!
//! As the service that this shop replaces did it, with its faults: it sells before the opening, a crash loses answered
//! orders, and MySQL takes its number from Redis.

use std::{collections::HashSet, sync::Arc};

use openrace::keyspace::Keyspace;
use redis::AsyncCommands;
use sqlx::MySqlPool;
use tokio::sync::{
    Mutex, RwLock,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::{CONNECTIONS, Order, Refusal};

/// The count is where the protocol has its gate, so that the checker finds it.
const FREE: &str = "free";

pub(super) struct Decrby {
    db: MySqlPool,
    redis: Keyspace,
    events: UnboundedSender<Order>,
    /// Products whose stock is in Redis.
    filled: RwLock<HashSet<i64>>,
}

impl Decrby {
    pub(super) fn start(db: MySqlPool, redis: Keyspace) -> Self {
        let (events, waiting) = unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..CONNECTIONS {
            tokio::spawn(write_all(db.clone(), redis.clone(), Arc::clone(&waiting)));
        }
        Self { db, redis, events, filled: RwLock::default() }
    }

    pub(super) async fn place(&self, order: Order) -> Result<(), Refusal> {
        let gate = self.redis.product_key(order.product, "gate");
        self.fill(&gate, order.product).await?;
        let mut redis = self.redis.connection.clone();
        let quantity = i64::from(order.quantity);
        let left: i64 = redis.hincr(&gate, FREE, -quantity).await?;
        if left < 0 {
            let () = redis.hincr(&gate, FREE, quantity).await?;
            return Err(Refusal::SoldOut);
        }
        // Its receiver lives as long as the server.
        let _ = self.events.send(order);
        Ok(())
    }

    /// Puts the stock into Redis before the first order of a product.
    async fn fill(&self, gate: &str, product: i64) -> Result<(), Refusal> {
        if self.filled.read().await.contains(&product) {
            return Ok(());
        }
        let mut filled = self.filled.write().await;
        let remaining = sqlx::query_scalar!("SELECT remaining FROM stock WHERE product_id = ?", product);
        let remaining = remaining.fetch_optional(&self.db).await?.ok_or(Refusal::NoProduct)?;
        let () = self.redis.connection.clone().hset_nx(gate, FREE, remaining).await?;
        filled.insert(product);
        Ok(())
    }
}

async fn write_all(db: MySqlPool, redis: Keyspace, waiting: Arc<Mutex<UnboundedReceiver<Order>>>) {
    loop {
        let Some(order) = waiting.lock().await.recv().await else { return };
        if let Err(error) = write(&db, &redis, order).await {
            tracing::error!(%error, "an answered order was not written");
        }
    }
}

async fn write(db: &MySqlPool, redis: &Keyspace, order: Order) -> Result<(), Refusal> {
    let mut transaction = db.begin().await?;
    sqlx::query!(
        "INSERT INTO orders (order_no, member_id, product_id, quantity, unit_price, status, admitted_at) \
         SELECT ?, ?, id, ?, price, 'CONFIRMED', UTC_TIMESTAMP(3) FROM products WHERE id = ?",
        &order.number.as_bytes()[..],
        order.member,
        order.quantity,
        order.product,
    )
    .execute(&mut *transaction)
    .await?;
    let gate = redis.product_key(order.product, "gate");
    let left: i64 = redis.connection.clone().hget(gate, FREE).await?;
    sqlx::query!("UPDATE stock SET remaining = ? WHERE product_id = ?", left.max(0), order.product)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}
