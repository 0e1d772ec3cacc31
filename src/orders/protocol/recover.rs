//! Takes over orders whose node is gone: an intent that is not settled soon is decided by whoever finds it.

use std::{sync::Arc, time::Duration};

use redis::RedisError;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    commit::{Commit, Committers, Ticket},
    gate::{Gate, Reserved},
    in_flight::InFlight,
};

/// Intents that old are abandoned, or their node is slow: then both decide, which is harmless.
pub(super) const ABANDONED: Duration = Duration::from_secs(2);
/// Products asked for in one round trip.
const CHUNK: usize = 500;

/// Looks for abandoned intents.
pub(super) struct Recovery {
    /// Where they are.
    pub(super) gate: Gate,
    /// Where they go.
    pub(super) committers: Committers,
    /// What is under way here is not abandoned.
    pub(super) in_flight: InFlight,
    /// An abandoned order counts like any other; those that find no place wait for the next look.
    pub(super) permits: Arc<Semaphore>,
}

impl Recovery {
    /// Sends what it finds on its way.
    pub(super) async fn look(&self) -> Result<(), RedisError> {
        for products in self.gate.products().await?.chunks(CHUNK) {
            let abandoned = self.gate.reserved_longer_than(ABANDONED.as_millis() as i64, products).await?;
            abandoned.into_iter().flatten().for_each(|reserved| self.take_over(reserved));
        }
        Ok(())
    }

    fn take_over(&self, Reserved { order, intent }: Reserved) {
        if self.in_flight.contains(order.number) {
            return;
        }
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else { return };
        tracing::info!(order = %order.number, product = order.product_id, "taking over an abandoned order");
        let flight = self.in_flight.enter(order);
        flight.reserved(&intent.id);
        let ticket = Ticket { order, waiting: None, pending_from: Instant::now(), flight, permit };
        self.committers.push(Commit::abandoned(ticket, intent));
    }
}
