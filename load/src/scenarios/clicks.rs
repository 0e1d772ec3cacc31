//! Who clicks on the button of an order, and who does so twice.

use clap::Args;

/// Who orders with the request of a number.
pub(super) type Turn = Box<dyn Fn(usize) -> Click + Send + Sync>;

/// One request for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Click {
    /// An index into the crowd.
    pub(super) member: usize,
    /// Each order has its own key.
    pub(super) order: usize,
    /// Whether the order was asked for before.
    pub(super) again: bool,
}

/// How many cannot wait for an answer.
#[derive(Args, Clone, Copy)]
pub(super) struct DoubleClicks {
    /// One order in so many is sent twice with its Idempotency-Key, as by a double click; 0: none
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    double_clicks: usize,
}

impl DoubleClicks {
    /// Whether this order is sent twice.
    pub(super) fn doubles(self, order: usize) -> bool {
        order.checked_rem(self.double_clicks).is_some_and(|turn| turn + 1 == self.double_clicks)
    }

    /// Members who order one after the other; a second click follows its first at once.
    pub(super) fn in_turn(self, members: usize) -> Turn {
        Box::new(move |number| {
            let round = self.double_clicks + 1;
            let (order, again) = match self.double_clicks {
                0 => (number, false),
                orders => (number / round * orders + (number % round).min(orders - 1), number % round == orders),
            };
            Click { member: order % members, order, again }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clicks(double_clicks: usize, requests: usize) -> Vec<(usize, usize, bool)> {
        let turn = DoubleClicks { double_clicks }.in_turn(4);
        (0..requests).map(turn).map(|click| (click.member, click.order, click.again)).collect()
    }

    #[test]
    fn a_double_click_is_the_same_order_of_the_same_member_again() {
        let third_and_sixth = [
            (0, 0, false),
            (1, 1, false),
            (2, 2, false),
            (2, 2, true),
            (3, 3, false),
            (0, 4, false),
            (1, 5, false),
            (1, 5, true),
        ];
        assert_eq!(clicks(3, 8), third_and_sixth);
        assert_eq!(
            [0, 1, 2, 5].map(|order| DoubleClicks { double_clicks: 3 }.doubles(order)),
            [false, false, true, true]
        );
    }

    #[test]
    fn without_double_clicks_each_order_is_sent_once() {
        assert_eq!(clicks(0, 3), [(0, 0, false), (1, 1, false), (2, 2, false)]);
        assert!(!DoubleClicks { double_clicks: 0 }.doubles(0));
    }
}
