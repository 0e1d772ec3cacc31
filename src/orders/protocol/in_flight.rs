//! The orders that this node has taken and not yet answered.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::order::{OrderNo, PlaceOrder};

/// What is under way here, by number.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<OrderNo, Slot>>>);

struct Slot {
    order: PlaceOrder,
    intent: Option<String>,
    /// Jobs of this number: a repeat may run beside the first.
    jobs: usize,
}

/// Keeps an order in the list until it is dropped.
pub(super) struct Flight {
    list: InFlight,
    number: OrderNo,
}

impl InFlight {
    /// Adds an order.
    pub(super) fn enter(&self, order: PlaceOrder) -> Flight {
        self.lock().entry(order.number).or_insert(Slot { order, intent: None, jobs: 0 }).jobs += 1;
        Flight { list: self.clone(), number: order.number }
    }

    /// The order, and its intent if it has one.
    pub(super) fn get(&self, number: OrderNo) -> Option<(PlaceOrder, Option<String>)> {
        self.lock().get(&number).map(|slot| (slot.order, slot.intent.clone()))
    }

    /// Whether it is under way here.
    pub(super) fn contains(&self, number: OrderNo) -> bool {
        self.lock().contains_key(&number)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrderNo, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Notes where the order's intent is.
    pub(super) fn reserved(&self, intent: &str) {
        if let Some(slot) = self.list.lock().get_mut(&self.number) {
            slot.intent = Some(intent.to_owned());
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut list = self.list.lock();
        if let Some(slot) = list.get_mut(&self.number) {
            slot.jobs -= 1;
            if slot.jobs == 0 {
                list.remove(&self.number);
            }
        }
    }
}
