//! Orders that were called pending: every node can tell where they stand.

use super::{
    gate::Gate,
    order::{OrderNo, PlaceOrder},
};
use crate::keyspace::Keyspace;

/// Longer than any outage of MySQL that an intent outlives unnoticed.
const REMEMBERED_SECONDS: u64 = 24 * 60 * 60;

/// Notes in Redis: number → product and intent.
#[derive(Clone)]
pub(super) struct PendingOrders {
    keyspace: Keyspace,
}

impl PendingOrders {
    /// The notes in this part of Redis.
    pub(super) fn new(keyspace: Keyspace) -> Self {
        Self { keyspace }
    }

    /// Notes an order. Without the note other nodes do not know the order until it is decided.
    pub(super) async fn note(&self, order: &PlaceOrder, intent: &str) {
        let mut set = redis::cmd("SET");
        set.arg(self.key(order.number)).arg(format!("{} {intent}", order.product_id)).arg("EX").arg(REMEMBERED_SECONDS);
        if let Err(error) = set.exec_async(&mut self.keyspace.connection.clone()).await {
            tracing::warn!(%error, order = %order.number, "a pending order is known to this node only");
        }
    }

    /// The order, as long as its intent is there. Nothing when Redis does not answer.
    pub(super) async fn find(&self, gate: &Gate, number: OrderNo) -> Option<PlaceOrder> {
        let mut get = redis::cmd("GET");
        let note: Option<String> =
            get.arg(self.key(number)).query_async(&mut self.keyspace.connection.clone()).await.ok()?;
        let note = note?;
        let (product, intent) = note.split_once(' ')?;
        let reserved = gate.reserved_as(product.parse().ok()?, intent).await.ok()??;
        Some(reserved.order)
    }

    fn key(&self, number: OrderNo) -> String {
        self.keyspace.key(format_args!("pending:{number}"))
    }
}
