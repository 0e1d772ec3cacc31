//! The catalogue: lists and searches from the index, one product's live state from MySQL.

mod admin;
mod detail;
mod error;
pub(crate) mod limits;
mod list;
mod most_wished;
mod open_run;
mod search;
mod store;
mod suggest;

use std::sync::Arc;

use axum::{extract::State, http::HeaderName, middleware::map_response_with_state, response::Response};
use openrace_index::{Card, Order, ProductQuery};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::error::ProductError;
pub(crate) use self::{most_wished::most_wished_today, search::STATUSES, store::StoredProduct};
use crate::{
    answers::Answer,
    app::App,
    cursor::List,
    error::Problem,
    explanation::Explanation,
    page::{PageBody, PageRequest, Stretch, answer_json, write_json},
};

/// One product as MySQL has it now.
pub(crate) async fn find_product(app: &App, id: i64) -> Result<StoredProduct, Problem> {
    let product = store::find_product(&app.db, id).await.map_err(ProductError::from)?;
    Ok(product.ok_or(ProductError::Unknown(id))?)
}

/// Everything below `/api/products`.
pub(crate) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    let lists = OpenApiRouter::new()
        .routes(routes!(list::list_products))
        .routes(routes!(search::search_products))
        .routes(routes!(suggest::suggest_keywords))
        .routes(routes!(open_run::list_open_run))
        .routes(routes!(most_wished::list_most_wished))
        .layer(map_response_with_state(Arc::clone(app), tell_staleness));
    lists.routes(routes!(detail::read_product)).merge(admin::router())
}

const STALE_SECONDS: HeaderName = HeaderName::from_static("x-stale-seconds");

/// Says of a list that it may be behind MySQL, once that is worth saying.
async fn tell_staleness(State(app): State<Arc<App>>, mut response: Response) -> Response {
    if let Some(lag) = app.staleness() {
        response.headers_mut().insert(STALE_SECONDS, lag.as_secs().into());
    }
    response
}

/// A product as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProductCard<'a> {
    id: i64,
    product_name: &'a str,
    product_image: &'a str,
    /// Whole won.
    price: i64,
    mall_name: &'a str,
    category: &'a str,
    /// Where the name has what was searched for: first and last (excluded) UTF-16 code unit of each place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    highlight: Vec<[usize; 2]>,
}

impl<'a> From<&'a Card> for ProductCard<'a> {
    fn from(card: &'a Card) -> Self {
        Self {
            id: card.id,
            product_name: card.name(),
            product_image: card.image(),
            price: card.price,
            mall_name: card.mall(),
            category: card.category(),
            highlight: card.highlights.iter().map(|range| [range.start, range.end]).collect(),
        }
    }
}

/// One page of products, and what there is to say of the search.
#[derive(Debug, Serialize, ToSchema)]
struct ProductPage<'a> {
    #[serde(flatten)]
    page: PageBody<ProductCard<'a>>,
    #[serde(flatten)]
    explanation: Explanation<'a>,
}

/// One page of the products that match.
async fn find_page(app: &App, query: ProductQuery, request: &PageRequest) -> Result<Arc<Answer>, Problem> {
    let start = request.start(List::Products(query.order))?;
    Ok(app.catalogue.search(query, start, request.size() as usize, app.clock.now()).await?)
}

/// Answers with a page that was found.
fn answer_page(found: &Answer, order: Order, request: &PageRequest) -> Result<Response, Problem> {
    // All of it follows from the question whose answer this is.
    let json = found.json(|page| {
        let items = page.cards.iter().map(ProductCard::from).collect();
        let stretch = Stretch { items, total: page.total, offset: page.offset, next: page.next };
        let body = PageBody::new(stretch, request.size(), List::Products(order));
        write_json(&ProductPage { page: body, explanation: page.into() })
    });
    Ok(answer_json(json?))
}
