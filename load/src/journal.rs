//! What clients asked and were told.

use std::{
    borrow::Cow,
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

/// One request and its answer. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who asked.
    pub member: i64,
    /// The product of the order.
    pub product: i64,
    /// What was asked.
    pub asked: Asked,
    /// When the first byte left.
    pub sent: i64,
    /// When the last byte came; `None`: the connection ended before.
    pub answered: Option<i64>,
    /// What was answered.
    pub outcome: Outcome,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An order.
    Order {
        /// Units.
        quantity: i64,
        /// The `Idempotency-Key`.
        key: Option<Box<str>>,
    },
    /// The end of an order.
    Cancel(Uuid),
}

/// What an answer promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The order is in MySQL.
    Confirmed(Uuid),
    /// The order will be decided, and can be asked for.
    Pending(Uuid),
    /// Nothing was bought or cancelled, for this reason.
    Rejected(Cow<'static, str>),
    /// The units go back on sale.
    Cancelled,
    /// The request cannot be carried out now; nothing else is promised.
    TurnedAway(Cow<'static, str>),
    /// The connection ended first: the order may exist.
    Unanswered,
    /// An answer that a correct request never gets: its status.
    Failed(u16),
}

impl Outcome {
    /// What the answer to an order means: its status, its `X-Order-No`, and the `code` of its problem.
    pub fn of_order(status: u16, order_no: Option<Uuid>, code: impl Into<Cow<'static, str>>) -> Self {
        match (status, order_no) {
            (200, Some(order_no)) => Self::Confirmed(order_no),
            (202, Some(order_no)) => Self::Pending(order_no),
            (409 | 422, _) => Self::Rejected(code.into()),
            _ => Self::not_carried_out(status, code),
        }
    }

    /// What the answer to a cancellation means.
    pub fn of_cancel(status: u16, code: impl Into<Cow<'static, str>>) -> Self {
        match status {
            200 => Self::Cancelled,
            404 | 409 => Self::Rejected(code.into()),
            _ => Self::not_carried_out(status, code),
        }
    }

    fn not_carried_out(status: u16, code: impl Into<Cow<'static, str>>) -> Self {
        match status {
            429 | 503 => Self::TurnedAway(code.into()),
            _ => Self::Failed(status),
        }
    }

    /// The number of the order that this answer promises.
    pub fn order_no(&self) -> Option<Uuid> {
        match self {
            Self::Confirmed(order_no) | Self::Pending(order_no) => Some(*order_no),
            Self::Rejected(_) | Self::Cancelled | Self::TurnedAway(_) | Self::Unanswered | Self::Failed(_) => None,
        }
    }

    /// Whether the request may have been carried out all the same.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Unanswered | Self::TurnedAway(_) | Self::Failed(_))
    }
}

/// The entries of a run, in the order of their answers. Many tasks may write.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Entry>>);

impl Journal {
    /// Adds an entry.
    pub fn push(&self, entry: Entry) {
        self.lock().push(entry);
    }

    /// Begins anew.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Entries from this position on.
    pub fn since(&self, position: usize) -> Vec<Entry> {
        self.lock().get(position..).unwrap_or_default().to_vec()
    }

    /// A push cannot leave half an entry behind.
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
