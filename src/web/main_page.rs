//! The first page.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use openrace_index::{Order, ProductQuery, SortKey, Start, Status};

use super::{
    card::ProductCard,
    page::{Frame, show},
    visitor::Visitor,
};
use crate::{answers::Answer, app::App, error::Problem, products::most_wished_today};

const MOST_WISHED: usize = 12;
const ON_SALE: usize = 8;

#[derive(Template)]
#[template(path = "main.html")]
struct MainPage {
    frame: Frame,
    most_wished: Vec<ProductCard>,
    on_sale: Vec<ProductCard>,
    on_sale_total: u64,
    stale: Option<u64>,
}

/// What is wished most of today's sales, and what is on sale now.
pub(super) async fn main_page(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Response, Problem> {
    let order = Order { key: SortKey::WishCount, ascending: false };
    let on_sale = ProductQuery { status: Some(Status::Open), in_stock: true, order, ..ProductQuery::default() };
    let on_sale = async { Ok(app.catalogue.search(on_sale, Start::Offset(0), ON_SALE, app.clock.now()).await?) };
    let (most_wished, on_sale) = tokio::try_join!(most_wished_today(&app, MOST_WISHED), on_sale)?;
    let cards = |found: &Answer| found.page.cards.iter().map(ProductCard::from).collect();
    let page = MainPage {
        frame: Frame::new(&visitor),
        most_wished: cards(&most_wished),
        on_sale_total: on_sale.page.total,
        on_sale: cards(&on_sale),
        stale: app.staleness().map(|lag| lag.as_secs()),
    };
    Ok(show(StatusCode::OK, &page))
}
