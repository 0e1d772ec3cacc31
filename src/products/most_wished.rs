use std::sync::Arc;

use axum::{extract::State, response::Response};
use openrace_index::{Order, ProductQuery, SortKey, Start};
use serde::Deserialize;
use utoipa::IntoParams;

use super::ProductCard;
use crate::{
    answers::Answer,
    app::App,
    error::{Problem, ProblemBody},
    extract::Path,
    page::{answer_json, write_json},
};

const MOST: i64 = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct MostWishedPath {
    /// How many.
    #[param(minimum = 1, maximum = 100)]
    count: i64,
}

impl MostWishedPath {
    fn limit(&self) -> Result<usize, Problem> {
        let count = Some(self.count).filter(|count| (1..=MOST).contains(count));
        let limit = count.and_then(|count| usize::try_from(count).ok());
        limit.ok_or_else(|| Problem::invalid_parameter("count", format!("must be a whole number from 1 to {MOST}")))
    }
}

/// Lists the products whose sale opens today (in the shop's zone), most wished first.
#[utoipa::path(
    get,
    path = "/api/products/wishcount/{count}",
    tag = "products",
    params(MostWishedPath),
    responses(
        (status = 200, description = "At most `count` products", body = [ProductCard<'_>]),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_most_wished(
    State(app): State<Arc<App>>,
    Path(path): Path<MostWishedPath>,
) -> Result<Response, Problem> {
    let found = most_wished_today(&app, path.limit()?).await?;
    let cards: Vec<ProductCard<'_>> = found.page.cards.iter().map(ProductCard::from).collect();
    Ok(answer_json(write_json(&cards)?))
}

/// The products whose sale opens today, most wished first.
pub(crate) async fn most_wished_today(app: &App, limit: usize) -> Result<Arc<Answer>, Problem> {
    let today = app.clock.today().map_err(|error| Problem::internal().caused_by(error))?;
    let query = ProductQuery {
        opens: Some(today),
        order: Order { key: SortKey::WishCount, ascending: false },
        ..ProductQuery::default()
    };
    Ok(app.catalogue.search(query, Start::Offset(0), limit, app.clock.now()).await?)
}
