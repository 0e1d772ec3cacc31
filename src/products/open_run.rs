use std::sync::Arc;

use axum::{extract::State, response::Response};
use openrace_index::{Order, ProductQuery, Status};

use super::{ProductPage, answer_page, find_page};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Query,
    page::PageRequest,
};

/// Lists the products that are on sale now, newest first.
#[utoipa::path(
    get,
    path = "/api/products/openrun",
    tag = "products",
    params(PageRequest),
    responses(
        (status = 200, description = "One page", body = ProductPage<'_>),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_open_run(
    State(app): State<Arc<App>>,
    Query(page): Query<PageRequest>,
) -> Result<Response, Problem> {
    let query = ProductQuery { status: Some(Status::Open), ..ProductQuery::default() };
    answer_page(&*find_page(&app, query, &page).await?, Order::NEWEST, &page)
}
