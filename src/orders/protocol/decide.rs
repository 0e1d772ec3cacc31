//! What becomes of each order of a batch, given what MySQL says under the locks of its stock rows. No I/O: rules only.

use std::collections::HashMap;

use super::order::{Decision, OrderNo, PlaceOrder, Refusal};
use crate::fail_point;

/// An order that waits for its decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What was asked for.
    pub(super) order: PlaceOrder,
    /// When the gate admitted it, Unix milliseconds; without a gate the moment of the decision counts.
    pub(super) admitted_at: Option<i64>,
    /// Whether there may be an intent for it: then a refusal too must be written down, or somebody else might decide otherwise.
    pub(super) recorded: bool,
    /// Whether it may have been decided before. A number that is wrongly believed new is refused by its unique key.
    pub(super) may_be_decided: bool,
}

/// The sale of one product, and its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sale {
    /// Units not sold.
    pub(super) remaining: i32,
    /// Unix milliseconds, inclusive.
    pub(super) opens_at: i64,
    /// Unix milliseconds, exclusive.
    pub(super) closes_at: i64,
    /// Units that a member may hold.
    pub(super) per_member_limit: Option<i32>,
    /// Whole won.
    pub(super) unit_price: i64,
}

/// An order that MySQL knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// What it is about.
    pub(super) product_id: i64,
    /// Its units.
    pub(super) quantity: i32,
    /// What became of it.
    pub(super) decision: Decision,
}

impl Known {
    /// What an order of the same number is told.
    pub(super) fn answer(&self, order: &PlaceOrder) -> Decision {
        let same = self.product_id == order.product_id && self.quantity == order.quantity;
        if same { self.decision } else { Decision::KeyReused }
    }
}

/// What became of one candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The decision.
    pub(super) decision: Decision,
    /// Whether it was made now, rather than found.
    pub(super) fresh: bool,
}

/// An order to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// What was asked for.
    pub(super) order: PlaceOrder,
    /// Confirmed or rejected.
    pub(super) decision: Decision,
    /// Unix milliseconds.
    pub(super) admitted_at: i64,
}

/// The books of the products of one batch, as the locks hold them still.
#[derive(Debug, Default, Clone)]
pub(super) struct Books {
    /// Sales by product.
    pub(super) sales: HashMap<i64, Sale>,
    /// Units in confirmed orders, by product and member; only where a limit is set.
    pub(super) held: HashMap<(i64, i64), i64>,
    /// Orders that were decided before.
    pub(super) known: HashMap<OrderNo, Known>,
    /// Unix milliseconds.
    pub(super) now: i64,
}

impl Books {
    /// Decides all candidates, in turn, and lists what must be written for it.
    pub(super) fn decide(mut self, candidates: &[Candidate]) -> (Vec<Verdict>, Vec<Entry>) {
        let mut entries = Vec::with_capacity(candidates.len());
        let verdicts = candidates.iter().map(|candidate| self.decide_one(candidate, &mut entries)).collect();
        (verdicts, entries)
    }

    fn decide_one(&mut self, candidate: &Candidate, entries: &mut Vec<Entry>) -> Verdict {
        let order = candidate.order;
        if let Some(known) = self.known.get(&order.number) {
            return Verdict { decision: known.answer(&order), fresh: false };
        }
        let admitted_at = candidate.admitted_at.unwrap_or(self.now);
        let decision = self
            .sell(&order, admitted_at)
            .map_or_else(Decision::Rejected, |unit_price| Decision::Confirmed { unit_price });
        if candidate.recorded || !matches!(decision, Decision::Rejected(_)) {
            entries.push(Entry { order, decision, admitted_at });
            let known = Known { product_id: order.product_id, quantity: order.quantity, decision };
            self.known.insert(order.number, known);
        }
        Verdict { decision, fresh: true }
    }

    /// Takes the units, for which the price is answered, or none.
    fn sell(&mut self, order: &PlaceOrder, admitted_at: i64) -> Result<i64, Refusal> {
        let sale = self.sales.get_mut(&order.product_id).ok_or(Refusal::UnknownProduct)?;
        if admitted_at < sale.opens_at && !fail_point::planted("open_early") {
            return Err(Refusal::NotOpen);
        }
        if admitted_at >= sale.closes_at {
            return Err(Refusal::SaleClosed);
        }
        let held = self.held.entry((order.product_id, order.member_id)).or_default();
        let holds = *held + i64::from(order.quantity);
        let limit = sale.per_member_limit.filter(|_| !fail_point::planted("forget_limits"));
        if limit.is_some_and(|limit| holds > i64::from(limit)) {
            return Err(Refusal::LimitReached);
        }
        if order.quantity > sale.remaining {
            return Err(Refusal::SoldOut);
        }
        *held = holds;
        sale.remaining -= order.quantity;
        Ok(sale.unit_price)
    }
}

/// Units sold by these entries, by product, in the order of their ids.
pub(super) fn units_sold(entries: &[Entry]) -> Vec<(i64, i64)> {
    let mut sold: HashMap<i64, i64> = HashMap::new();
    for entry in entries.iter().filter(|entry| matches!(entry.decision, Decision::Confirmed { .. })) {
        *sold.entry(entry.order.product_id).or_default() += i64::from(entry.order.quantity);
    }
    let mut sold: Vec<_> = sold.into_iter().collect();
    sold.sort_unstable();
    sold
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENS: i64 = 1000;
    const CLOSES: i64 = 2000;

    fn books(remaining: i32, per_member_limit: Option<i32>) -> Books {
        let sale = Sale { remaining, opens_at: OPENS, closes_at: CLOSES, per_member_limit, unit_price: 500 };
        Books { sales: HashMap::from([(1, sale)]), now: OPENS, ..Books::default() }
    }

    fn candidate(member_id: i64, quantity: i32) -> Candidate {
        let order = PlaceOrder { number: OrderNo::fresh(), member_id, product_id: 1, quantity, keyed: false };
        Candidate { order, admitted_at: Some(OPENS), recorded: true, may_be_decided: false }
    }

    fn decisions(books: Books, candidates: &[Candidate]) -> Vec<Decision> {
        books.decide(candidates).0.into_iter().map(|verdict| verdict.decision).collect()
    }

    const CONFIRMED: Decision = Decision::Confirmed { unit_price: 500 };
    const fn rejected(refusal: Refusal) -> Decision {
        Decision::Rejected(refusal)
    }

    #[test]
    fn the_last_unit_goes_to_the_first_in_line() {
        let candidates = [candidate(1, 1), candidate(2, 1)];
        assert_eq!(decisions(books(1, None), &candidates), [CONFIRMED, rejected(Refusal::SoldOut)]);
    }

    #[test]
    fn an_order_that_is_too_large_leaves_the_units_to_the_next() {
        let candidates = [candidate(1, 3), candidate(2, 2)];
        assert_eq!(decisions(books(2, None), &candidates), [rejected(Refusal::SoldOut), CONFIRMED]);
    }

    #[test]
    fn a_member_holds_no_more_than_the_limit() {
        let mut books = books(10, Some(2));
        books.held.insert((1, 7), 1);
        let candidates = [candidate(7, 1), candidate(7, 1), candidate(8, 2)];
        assert_eq!(decisions(books, &candidates), [CONFIRMED, rejected(Refusal::LimitReached), CONFIRMED]);
    }

    #[test]
    fn the_moment_of_admission_counts() {
        let at = |admitted_at| Candidate { admitted_at, ..candidate(1, 1) };
        let candidates = [at(Some(OPENS - 1)), at(Some(OPENS)), at(Some(CLOSES - 1)), at(Some(CLOSES)), at(None)];
        assert_eq!(
            decisions(books(10, None), &candidates),
            [rejected(Refusal::NotOpen), CONFIRMED, CONFIRMED, rejected(Refusal::SaleClosed), CONFIRMED]
        );
    }

    #[test]
    fn a_decided_order_is_found_and_never_decided_again() {
        let first = candidate(1, 1);
        let mut books = books(10, None);
        let decision = rejected(Refusal::SoldOut);
        books.known.insert(first.order.number, Known { product_id: 1, quantity: 1, decision });
        let (verdicts, entries) = books.decide(&[first]);
        assert_eq!(verdicts, [Verdict { decision, fresh: false }]);
        assert_eq!(entries, []);
    }

    #[test]
    fn repeats_within_a_batch_are_one_order() {
        let first = candidate(1, 1);
        let (verdicts, entries) = books(10, None).decide(&[first, first]);
        assert!(verdicts[0].fresh && !verdicts[1].fresh);
        assert_eq!(entries.len(), 1);
    }

    #[test]
    fn a_number_of_another_order_is_refused_without_effect() {
        let first = candidate(1, 1);
        let other = Candidate { order: PlaceOrder { quantity: 2, ..first.order }, ..first };
        let (verdicts, entries) = books(10, None).decide(&[first, other]);
        assert_eq!(verdicts[1].decision, Decision::KeyReused);
        assert_eq!(units_sold(&entries), [(1, 1)]);
    }

    #[test]
    fn a_refusal_is_written_only_where_an_intent_may_be() {
        let unrecorded = Candidate { recorded: false, admitted_at: None, ..candidate(1, 11) };
        assert_eq!(books(10, None).decide(&[unrecorded]).1, []);
        assert_eq!(books(10, None).decide(&[candidate(1, 11)]).1.len(), 1);
    }

    #[test]
    fn what_is_not_for_sale_is_refused() {
        let mut unknown = candidate(1, 1);
        unknown.order.product_id = 2;
        assert_eq!(decisions(books(1, None), &[unknown]), [rejected(Refusal::UnknownProduct)]);
    }
}
