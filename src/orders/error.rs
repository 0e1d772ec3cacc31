use super::protocol::{OrderError, Refusal};
use crate::{
    database::is_unavailable,
    error::{Code, Problem},
};

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Overloaded => {
                Self::new(Code::Overloaded, "Too many orders at once; nothing was bought. Try again in a moment.")
            }
            OrderError::Unavailable => {
                Self::new(Code::OrdersUnavailable, "Orders cannot be taken now; nothing was bought. Try again soon.")
            }
            OrderError::Unknown(_) | OrderError::Undecided => Self::new(
                Code::OrdersUnavailable,
                "It cannot be told now what became of this order. Ask again soon, or repeat it with the same Idempotency-Key.",
            )
            .caused_by(error),
            OrderError::NotFound => no_such_order(),
            OrderError::NotCancellable => {
                Self::new(Code::NotCancellable, "This order was not bought, so there is nothing to cancel.")
            }
            OrderError::MySql(ref source) if is_unavailable(source) => {
                Self::new(Code::DatabaseUnavailable, "Orders cannot be read or changed now. Try again soon.").caused_by(error)
            }
            OrderError::MySql(_) | OrderError::Panicked(_) => Self::internal().caused_by(error),
        }
    }
}

/// The same for an order that is another member's: nobody learns that it is there.
pub(super) fn no_such_order() -> Problem {
    Problem::new(Code::NotFound, "There is no such order.")
}

impl Problem {
    /// What the shopper is told who was refused.
    pub(crate) fn refused(refusal: Refusal, product_id: i64) -> Self {
        match refusal {
            Refusal::UnknownProduct => Self::new(Code::NotFound, format!("There is no product {product_id}.")),
            Refusal::NotOpen => Self::new(Code::NotOpen, "The sale has not opened yet."),
            Refusal::SaleClosed => Self::new(Code::SaleClosed, "The sale is over."),
            Refusal::LimitReached => {
                Self::new(Code::LimitReached, "You would hold more units of this product than one member may.")
            }
            Refusal::SoldOut => Self::new(Code::SoldOut, "Fewer units are left than you ordered."),
        }
    }
}
