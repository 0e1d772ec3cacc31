//! Orders: placed, shown, listed and cancelled.

pub mod protocol;

mod cancel;
mod detail;
mod error;
mod list;
mod place;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::protocol::{Decision, OrderNo, Orders, Refusal, Sought, Standing};
pub(crate) use self::{
    list::{ListedOrder, Outcome, orders_of},
    place::{MAX_KEY, count_of},
};
use crate::{app::App, error::Problem};

/// Everything below `/api/orders`.
pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(place::place_order, detail::read_order, cancel::cancel_order))
        .routes(routes!(list::list_orders))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OrderPath {
    /// Number of the order, or its id as lists show it.
    id: String,
}

impl OrderPath {
    /// The order's number. What is neither a number nor an id names no order.
    async fn number(&self, orders: &Orders, member_id: i64) -> Result<OrderNo, Problem> {
        if let Ok(id) = self.id.parse() {
            let number = orders.number_of(id, member_id).await?;
            return number.ok_or_else(error::no_such_order);
        }
        OrderNo::parse(&self.id).ok_or_else(error::no_such_order)
    }
}

/// Where an order stands, for clients.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum OrderStatus {
    Confirmed,
    Rejected,
    Cancelled,
    Pending,
}

/// One order of the member who asks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderBody {
    /// Names the order.
    #[schema(example = "019ac0de-7d00-7000-8000-000000000000")]
    order_no: String,
    status: OrderStatus,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Refusal>,
    product_id: i64,
    /// Units.
    count: i32,
    /// Whole won, once it is decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<i64>,
    /// Whole won, once it is decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_price: Option<i64>,
}

impl OrderBody {
    fn new(order: &Sought) -> Self {
        let (status, unit_price) = match order.standing {
            Standing::Pending => (OrderStatus::Pending, None),
            Standing::Decided(Decision::Confirmed { unit_price }) => (OrderStatus::Confirmed, Some(unit_price)),
            Standing::Decided(Decision::Cancelled { unit_price }) => (OrderStatus::Cancelled, Some(unit_price)),
            Standing::Decided(Decision::Rejected(_) | Decision::KeyReused) => (OrderStatus::Rejected, None),
        };
        let reason = match order.standing {
            Standing::Decided(Decision::Rejected(refusal)) => Some(refusal),
            Standing::Decided(_) | Standing::Pending => None,
        };
        Self {
            order_no: order.number.to_string(),
            status,
            reason,
            product_id: order.product_id,
            count: order.quantity,
            unit_price,
            total_price: unit_price.map(|price| price.saturating_mul(order.quantity.into())),
        }
    }
}
