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

use std::sync::Arc;

use axum::Json;
use openrace_index::{Card, ProductQuery};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    cursor::List,
    error::Problem,
    page::{PageBody, PageRequest, Stretch},
};

/// Everything below `/api/products`.
pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_products))
        .routes(routes!(search::search_products))
        .routes(routes!(open_run::list_open_run))
        .routes(routes!(most_wished::list_most_wished))
        .routes(routes!(detail::read_product))
        .merge(admin::router())
}

/// A product as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProductCard {
    id: i64,
    product_name: String,
    product_image: String,
    /// Whole won.
    price: i64,
    mall_name: String,
    category: String,
}

impl From<Card> for ProductCard {
    fn from(card: Card) -> Self {
        Self {
            id: card.id,
            product_name: card.name,
            product_image: card.image,
            price: card.price,
            mall_name: card.mall,
            category: card.category,
        }
    }
}

type ProductPage = PageBody<ProductCard>;

/// Answers one page of the products that match.
async fn page_of(app: &App, query: ProductQuery, request: &PageRequest) -> Result<Json<ProductPage>, Problem> {
    let list = List::Products(query.order);
    let start = request.start(list)?;
    let page = app.catalogue.search(query, start, request.size(), app.clock.now()).await?;
    Ok(Json(PageBody::new(Stretch::from(page).map(ProductCard::from), request, list)))
}
