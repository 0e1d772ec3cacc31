//! The catalogue as administrators change it.

mod body;
mod change;
mod check;
mod create;
mod error;
mod store;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{
    body::{Description, Sale, Stock},
    store::Stored,
};
use crate::{app::App, clock::ShopClock, database::unix_millis};

/// Everything below `/api/admin/products`.
pub(super) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create::create_product))
        .routes(routes!(change::change_product))
        .routes(routes!(change::change_stock))
        .routes(routes!(change::change_sale))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ProductPath {
    /// Primary key.
    id: i64,
}

/// What an administrator wants of one product.
#[derive(Debug)]
enum Change {
    Description(Description),
    Stock(Stock),
    Sale(Sale),
}

/// A product as administrators see it, after a change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AdminProduct {
    id: i64,
    product_name: String,
    product_image: String,
    /// Whole won.
    price: i64,
    mall_name: String,
    brand: Option<String>,
    category: String,
    /// Units, sold ones included.
    total_quantity: i32,
    /// Units left.
    current_quantity: i32,
    /// Units one member may hold; null: no limit.
    per_member_limit: Option<i32>,
    /// Local time in the shop's zone.
    #[schema(example = "2026-11-22T09:00:00")]
    event_start_time: String,
    /// Local time in the shop's zone.
    #[schema(example = "2026-11-23T09:00:00")]
    event_end_time: String,
}

impl AdminProduct {
    fn new(stored: Stored, clock: &ShopClock) -> Self {
        Self {
            event_start_time: clock.local(unix_millis(stored.open_at)),
            event_end_time: clock.local(unix_millis(stored.close_at)),
            id: stored.id,
            product_name: stored.name,
            product_image: stored.image,
            price: stored.price,
            mall_name: stored.mall_name,
            brand: stored.brand,
            category: stored.category,
            total_quantity: stored.total,
            current_quantity: stored.remaining,
            per_member_limit: stored.per_member_limit,
        }
    }
}
