use std::sync::Arc;

use axum::{Json, extract::State};
use openrace_index::{ProductQuery, Status};

use super::{ProductPage, page_of};
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
        (status = 200, description = "One page", body = ProductPage),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_open_run(
    State(app): State<Arc<App>>,
    Query(page): Query<PageRequest>,
) -> Result<Json<ProductPage>, Problem> {
    let query = ProductQuery { status: Some(Status::Open), ..ProductQuery::default() };
    page_of(&app, query, &page).await
}
