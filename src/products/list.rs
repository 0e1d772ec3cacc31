use std::sync::Arc;

use axum::{extract::State, response::Response};
use openrace_index::{Order, ProductQuery};

use super::{ProductPage, answer_page, find_page};
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
        (status = 200, description = "One page", body = ProductPage<'_>),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_products(
    State(app): State<Arc<App>>,
    Query(page): Query<PageRequest>,
) -> Result<Response, Problem> {
    let found = find_page(&app, ProductQuery::default(), &page).await?;
    answer_page(&found, Order::NEWEST, &page)
}
