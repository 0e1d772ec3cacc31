use std::sync::Arc;

use axum::{Json, extract::State};
use openrace_index::ProductQuery;

use super::{ProductPage, page_of};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Query,
    page::PageRequest,
};

/// Lists all products, newest first.
#[utoipa::path(
    get,
    path = "/api/products",
    tag = "products",
    params(PageRequest),
    responses(
        (status = 200, description = "One page", body = ProductPage),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_products(
    State(app): State<Arc<App>>,
    Query(page): Query<PageRequest>,
) -> Result<Json<ProductPage>, Problem> {
    page_of(&app, ProductQuery::default(), &page).await
}
