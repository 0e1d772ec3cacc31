use std::sync::Arc;

use axum::{Json, extract::State};
use openrace_index::Status;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{StoredProduct, find_product};
use crate::{
    app::App,
    clock::ShopClock,
    error::{Problem, ProblemBody},
    extract::Path,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ProductPath {
    /// Primary key.
    id: i64,
}

/// One product with its live stock.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductDetail {
    id: i64,
    product_name: String,
    product_image: String,
    /// Whole won.
    price: i64,
    mall_name: String,
    /// Units left now.
    current_quantity: i32,
    /// Local time in the shop's zone.
    #[schema(example = "2026-11-22T09:00:00")]
    event_start_time: String,
    category: String,
    /// Units at the opening.
    total_quantity: i32,
    wish_count: i64,
    /// Where the sale stands now: WAITING, OPEN or CLOSE.
    #[schema(value_type = String, example = "OPEN")]
    status: Status,
}

impl ProductDetail {
    fn new(product: StoredProduct, clock: &ShopClock) -> Self {
        Self {
            status: product.status(clock.now()),
            event_start_time: clock.local(product.opens_at()),
            id: product.id,
            product_name: product.name,
            product_image: product.image,
            price: product.price,
            mall_name: product.mall_name,
            current_quantity: product.remaining,
            category: product.category,
            total_quantity: product.total,
            wish_count: product.wish_count,
        }
    }
}

/// Shows one product; its quantity is live.
#[utoipa::path(
    get,
    path = "/api/products/{id}",
    tag = "products",
    params(ProductPath),
    responses(
        (status = 200, description = "The product", body = ProductDetail),
        (status = 404, description = "No such product", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read_product(
    State(app): State<Arc<App>>,
    Path(path): Path<ProductPath>,
) -> Result<Json<ProductDetail>, Problem> {
    Ok(Json(ProductDetail::new(find_product(&app, path.id).await?, &app.clock)))
}
