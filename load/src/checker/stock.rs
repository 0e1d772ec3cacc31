//! The rules about units: I1, I3, I7, I8 and I10.

use super::{
    Expectation, Invariant, Violation,
    snapshot::{Sale, Snapshot},
};

pub(super) fn violations(snapshot: &Snapshot, expectation: Expectation) -> Vec<Violation> {
    let mut found = Vec::new();
    for (&product, sale) in &snapshot.sales {
        let mut add = |invariant, what| found.push(Violation { invariant, product, what });
        if let Some(what) = unbalanced(sale.total, sale.remaining, sale.sold) {
            add(Invariant::I1, what);
            if let Some(what) = copied(sale) {
                add(Invariant::I10, what);
            }
        }
        if expectation.at_rest {
            at_rest(sale, &mut add);
        }
        if expectation.sells_out && sale.sold != sale.total {
            add(Invariant::I8, format!("sold {} of {} although more were asked for", sale.sold, sale.total));
        }
    }
    found
}

/// Why units left and units sold are not the total.
pub(super) fn unbalanced(total: i64, remaining: i64, sold: i64) -> Option<String> {
    let holds = remaining >= 0 && remaining + sold == total;
    (!holds).then(|| format!("total {total}, remaining {remaining}, sold {sold}"))
}

/// A wrong count that happens to be the gate's is taken for a copy.
fn copied(sale: &Sale) -> Option<String> {
    let copied = sale.gate.free == Some(sale.remaining);
    copied.then(|| format!("remaining {} is what Redis has, not what {} sold leave", sale.remaining, sale.sold))
}

fn at_rest(sale: &Sale, add: &mut impl FnMut(Invariant, String)) {
    if sale.gate.intents > 0 {
        add(Invariant::I3, format!("{} orders undecided", sale.gate.intents));
    }
    let Some(free) = sale.gate.free else {
        if sale.is_open {
            add(Invariant::I3, "the sale is open and has no gate".to_owned());
        }
        return;
    };
    if free == sale.remaining {
        return;
    }
    add(Invariant::I3, format!("gate free {free}, remaining {}", sale.remaining));
    if free > sale.remaining {
        add(Invariant::I7, format!("the gate was given {} units back too many", free - sale.remaining));
    }
}
