//! The rules about answers: I2, I4, I6, I7 and I9.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    Expectation, Invariant, Violation,
    snapshot::{Order, Snapshot, Status},
};
use crate::journal::{Asked, Entry, Outcome};

pub(super) fn violations(snapshot: &Snapshot, entries: &[Entry], expectation: Expectation) -> Vec<Violation> {
    let mut reading =
        Reading { snapshot, cancels: cancels(entries), keys: HashMap::new(), kept: HashMap::new(), found: Vec::new() };
    for entry in entries {
        reading.read(entry, expectation);
    }
    reading.cancelled_twice();
    reading.found
}

/// How often the end of an order was asked for, and granted.
#[derive(Default)]
struct Cancels {
    product: i64,
    asked: usize,
    granted: usize,
}

fn cancels(entries: &[Entry]) -> HashMap<Uuid, Cancels> {
    let mut cancels: HashMap<Uuid, Cancels> = HashMap::new();
    for entry in entries {
        let Asked::Cancel(order_no) = entry.asked else { continue };
        let cancel = cancels.entry(order_no).or_default();
        cancel.product = entry.product;
        cancel.asked += 1;
        cancel.granted += usize::from(entry.outcome == Outcome::Cancelled);
    }
    cancels
}

struct Reading<'a> {
    snapshot: &'a Snapshot,
    cancels: HashMap<Uuid, Cancels>,
    /// The order that a member's key has stood for so far.
    keys: HashMap<(i64, &'a str), Uuid>,
    /// Since when its client knows it to be confirmed.
    kept: HashMap<(i64, &'a str), i64>,
    found: Vec<Violation>,
}

impl<'a> Reading<'a> {
    fn read(&mut self, entry: &'a Entry, expectation: Expectation) {
        match &entry.outcome {
            Outcome::Confirmed(order_no) => {
                self.confirmed(entry, *order_no);
                self.same_order(entry, *order_no);
            }
            Outcome::Pending(order_no) => {
                let excused = expectation.redis_forgot && matches!(entry.asked, Asked::Order { key: None, .. });
                if expectation.at_rest && !excused && !self.snapshot.orders.contains_key(order_no) {
                    self.add(entry, Invariant::I9, format!("order {order_no} was promised a decision and has none"));
                }
                self.same_order(entry, *order_no);
            }
            Outcome::Unanswered if expectation.all_answered => {
                self.add(entry, Invariant::I9, format!("member {} got no answer", entry.member));
            }
            Outcome::Failed(status) => {
                self.add(entry, Invariant::I9, format!("member {} was answered {status}", entry.member));
            }
            Outcome::Cancelled => self.cancelled(entry),
            Outcome::Rejected(code) => self.refused(entry, code),
            Outcome::Unanswered | Outcome::TurnedAway(_) => (),
        }
    }

    fn add(&mut self, entry: &Entry, invariant: Invariant, what: String) {
        self.found.push(Violation { invariant, product: entry.product, what });
    }

    fn confirmed(&mut self, entry: &Entry, order_no: Uuid) {
        let Some(order) = self.snapshot.orders.get(&order_no) else {
            return self.add(entry, Invariant::I2, format!("confirmed order {order_no} has no row"));
        };
        let given_up = self.cancels.contains_key(&order_no);
        let stands = order.status == Status::Confirmed || order.status == Status::Cancelled && given_up;
        if !stands {
            self.add(entry, Invariant::I2, format!("confirmed order {order_no} is {:?}", order.status));
        }
        if let Some(what) = self.untimely(entry) {
            self.add(entry, Invariant::I6, format!("order {order_no} {what}"));
        }
    }

    /// As the client's clock has it. A repeat with a key may be sent after the close.
    fn untimely(&self, entry: &Entry) -> Option<String> {
        let sale = self.snapshot.sales.get(&entry.product)?;
        let early = sale.open_at - entry.answered?;
        let late = entry.sent - sale.close_at;
        if early > 0 {
            return Some(format!("was confirmed {early} ms before the opening"));
        }
        let once = matches!(entry.asked, Asked::Order { key: None, .. });
        (once && late > 0).then(|| format!("was asked for {late} ms after the close and confirmed"))
    }

    /// The order is the one that was asked for, and the one that the key stood for before.
    fn same_order(&mut self, entry: &'a Entry, order_no: Uuid) {
        let Asked::Order { quantity, key } = &entry.asked else { return };
        if let Some(order) = self.snapshot.orders.get(&order_no).filter(|order| !is_of(order, entry, *quantity)) {
            let what = format!(
                "order {order_no} is {} of product {} for member {}; {quantity} were asked by member {}",
                order.quantity, order.product, order.member, entry.member
            );
            self.add(entry, Invariant::I4, what);
        }
        let Some(key) = key else { return };
        let before = *self.keys.entry((entry.member, key)).or_insert(order_no);
        if before != order_no {
            let what = format!("key {key} of member {} stands for orders {before} and {order_no}", entry.member);
            self.add(entry, Invariant::I4, what);
        }
        if let (Outcome::Confirmed(_), Some(answered)) = (&entry.outcome, entry.answered) {
            self.kept.entry((entry.member, key)).or_insert(answered);
        }
    }

    /// The same request again, sent when its order was known to be confirmed, is answered by that order. Of another product or
    /// quantity it is another request, and an order that was given up may be refused.
    fn refused(&mut self, entry: &Entry, code: &str) {
        let Asked::Order { quantity, key: Some(key) } = &entry.asked else { return };
        let Some(&order_no) = self.keys.get(&(entry.member, &**key)) else { return };
        let is_known = self.kept.get(&(entry.member, &**key)).is_some_and(|&answered| answered < entry.sent);
        let order = self.snapshot.orders.get(&order_no);
        if is_known
            && order.is_some_and(|order| is_of(order, entry, *quantity))
            && !self.cancels.contains_key(&order_no)
        {
            let what = format!("order {order_no} of key {key} was confirmed, and its repeat was refused: {code}");
            self.add(entry, Invariant::I4, what);
        }
    }

    fn cancelled(&mut self, entry: &Entry) {
        let Asked::Cancel(order_no) = entry.asked else { return };
        let status = self.snapshot.orders.get(&order_no).map(|order| order.status);
        if status != Some(Status::Cancelled) {
            self.add(entry, Invariant::I2, format!("cancelled order {order_no} is {status:?}"));
        }
    }

    fn cancelled_twice(&mut self) {
        for (order_no, cancel) in &self.cancels {
            if cancel.granted > 1 {
                let what = format!("order {order_no} was cancelled {} times of {}", cancel.granted, cancel.asked);
                self.found.push(Violation { invariant: Invariant::I7, product: cancel.product, what });
            }
        }
    }
}

fn is_of(order: &Order, entry: &Entry, quantity: i64) -> bool {
    order.member == entry.member && order.product == entry.product && order.quantity == quantity
}
