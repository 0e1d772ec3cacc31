//! The rules about what a member holds and when it was bought: I5, I6, and the orders nobody asked for of I4.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    Invariant, Violation,
    snapshot::{Snapshot, Status},
};
use crate::journal::{Asked, Entry};

pub(super) fn violations(snapshot: &Snapshot, entries: &[Entry]) -> Vec<Violation> {
    let mut found = over_limit(snapshot);
    found.extend(untimely(snapshot));
    found.extend(unasked(snapshot, entries));
    found
}

fn over_limit(snapshot: &Snapshot) -> Vec<Violation> {
    let mut held: HashMap<(i64, i64), i64> = HashMap::new();
    for order in snapshot.orders.values().filter(|order| order.status == Status::Confirmed) {
        *held.entry((order.product, order.member)).or_default() += order.quantity;
    }
    let violation = |((product, member), held): ((i64, i64), i64)| {
        let limit = snapshot.sales.get(&product)?.per_member_limit.filter(|&limit| held > limit)?;
        Some(Violation { invariant: Invariant::I5, product, what: format!("member {member} holds {held} of {limit}") })
    };
    held.into_iter().filter_map(violation).collect()
}

fn untimely(snapshot: &Snapshot) -> Vec<Violation> {
    let violation = |(order_no, order): (&Uuid, &super::snapshot::Order)| {
        let sale = snapshot.sales.get(&order.product)?;
        let on_sale = (sale.open_at..sale.close_at).contains(&order.admitted_at);
        let what =
            format!("order {order_no} admitted at {}, sale {}..{}", order.admitted_at, sale.open_at, sale.close_at);
        (order.status != Status::Rejected && !on_sale).then_some(Violation {
            invariant: Invariant::I6,
            product: order.product,
            what,
        })
    };
    snapshot.orders.iter().filter_map(violation).collect()
}

/// Orders that no answer names can only come from requests that got no usable answer, one from each.
fn unasked(snapshot: &Snapshot, entries: &[Entry]) -> Vec<Violation> {
    let named: HashSet<Uuid> = entries.iter().filter_map(|entry| entry.outcome.order_no()).collect();
    let mut unexplained: HashMap<(i64, i64), usize> = HashMap::new();
    for (order_no, order) in &snapshot.orders {
        if order.status != Status::Rejected && !named.contains(order_no) {
            *unexplained.entry((order.product, order.member)).or_default() += 1;
        }
    }
    if unexplained.is_empty() {
        return Vec::new();
    }
    let open = open_requests(entries);
    let violation = |((product, member), orders): ((i64, i64), usize)| {
        let open = open.get(&(product, member)).copied().unwrap_or_default();
        let what = format!("member {member} has {orders} orders beyond the answers, {open} requests without one");
        (orders > open).then_some(Violation { invariant: Invariant::I4, product, what })
    };
    unexplained.into_iter().filter_map(violation).collect()
}

/// Requests for orders that may have been carried out, by product and member; repeats with one key count once.
fn open_requests(entries: &[Entry]) -> HashMap<(i64, i64), usize> {
    let mut keys = HashSet::new();
    let mut open = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.outcome.is_open()) {
        let Asked::Order { key, .. } = &entry.asked else { continue };
        let repeated = key.as_ref().is_some_and(|key| !keys.insert((entry.member, key)));
        if !repeated {
            *open.entry((entry.product, entry.member)).or_default() += 1;
        }
    }
    open
}
