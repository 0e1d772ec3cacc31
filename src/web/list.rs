//! All products, or those on sale now: searched, filtered, ordered, page by page.

use std::{mem::take, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use openrace_index::{Correction, FacetRequest, Facets, ProductQuery, Start, Status};

use super::{
    card::ProductCard,
    fields::{Fields, is_searchable},
    filters::{Faults, Filters, ListOrder, STATUSES},
    page::{Frame, TOTAL, show},
    pager::Pager,
    visitor::Visitor,
};
use crate::{app::App, error::Problem};

const ON_SALE: &str = "/openrun/page/or";
const PAGE_SIZE: u32 = 24;

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    frame: Frame,
    path: &'static str,
    filters: Filters,
    faults: Faults,
    /// Whether all of it is on sale now, so that there is no status to choose.
    on_sale: bool,
    categories: Vec<(String, u64)>,
    facets: Facets,
    cards: Vec<ProductCard>,
    total: u64,
    pager: Pager,
    corrections: Vec<Correction>,
    offers: Vec<(String, u64)>,
    /// Seconds by which the list is late, if that is worth saying.
    stale: Option<u64>,
}

impl ListPage {
    /// Whether a category is chosen of which nothing matches.
    fn is_category_missing(&self) -> bool {
        let chosen = &self.filters.category;
        !chosen.is_empty() && self.categories.iter().all(|(name, _)| name != chosen)
    }

    fn page_address(&self, page: &u64) -> String {
        self.filters.address_with(self.path, |filters| filters.page = page.to_string())
    }

    fn keyword_address(&self, keyword: &str) -> String {
        self.filters.address_with(self.path, |filters| filters.keyword = keyword.to_owned())
    }

    fn exact_address(&self) -> String {
        self.filters.address_with(self.path, |filters| filters.exact = true)
    }

    fn cleared_address(&self) -> String {
        let keyword = self.filters.keyword.clone();
        Filters { keyword, ..Filters::default() }.address_with(self.path, |_| ())
    }

    fn band_address(&self, from: &i64, to: &Option<i64>) -> String {
        self.filters.address_with(self.path, |filters| {
            filters.lprice = from.to_string();
            filters.gprice = to.map_or(String::new(), |to| (to - 1).to_string());
        })
    }

    /// The share of a band in the greatest, in eighths: as high as its bar is drawn.
    fn band_height(&self, count: &u64) -> u64 {
        let greatest = self.facets.prices.iter().map(|band| band.count).max().unwrap_or(0);
        (count * 8).div_ceil(greatest.max(1))
    }

    fn statuses(&self) -> &'static [(&'static str, Status)] {
        &STATUSES
    }

    fn orders(&self) -> &'static [ListOrder] {
        ListOrder::ALL
    }

    /// What is wrong beside the fields that tell it themselves.
    fn other_faults(&self) -> Vec<&'static str> {
        let Faults { keyword, page, choice, .. } = self.faults;
        [keyword, page, choice].into_iter().filter(|fault| !fault.is_empty()).collect()
    }
}

/// All products.
pub(super) async fn all_products(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Problem> {
    list(&app, &visitor, &fields, TOTAL, None).await
}

/// What is on sale now.
pub(super) async fn on_sale_now(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Problem> {
    list(&app, &visitor, &fields, ON_SALE, Some(Status::Open)).await
}

async fn list(
    app: &App,
    visitor: &Visitor,
    fields: &Fields,
    path: &'static str,
    status: Option<Status>,
) -> Result<Response, Problem> {
    let filters = Filters::read(fields);
    let jump = fields.text("jump");
    if !jump.is_empty() {
        let there = filters.address_with(path, |filters| filters.page = jump.to_owned());
        return Ok(Redirect::to(&there).into_response());
    }
    let (mut query, page, faults) = filters.query(visitor.texts);
    query.status = status.or(query.status);
    let mut shown = ListPage {
        frame: Frame { keyword: filters.keyword.clone(), search_at: path, ..Frame::new(visitor) },
        path,
        on_sale: status.is_some(),
        categories: Vec::new(),
        facets: Facets::default(),
        cards: Vec::new(),
        total: 0,
        pager: Pager::new(page.into(), 0, PAGE_SIZE.into()),
        corrections: Vec::new(),
        offers: Vec::new(),
        stale: None,
        filters,
        faults,
    };
    if shown.faults.any() {
        return Ok(show(StatusCode::BAD_REQUEST, &shown));
    }
    shown.categories = other_categories(app, &query).await?;
    let start = Start::Offset(u64::from(page - 1) * u64::from(PAGE_SIZE));
    let keyword = query.keyword.clone().filter(|_| page == 1);
    let mut found = app.catalogue.search(query, start, PAGE_SIZE as usize, app.clock.now()).await?;
    if let Some(keyword) = keyword {
        app.searches.count(&keyword, found.total > 0);
    }
    shown.facets = found.facets.take().unwrap_or_default();
    if shown.categories.is_empty() {
        shown.categories = take(&mut shown.facets.categories);
    }
    shown.corrections = take(&mut found.corrections);
    shown.offers = take(&mut found.offers);
    shown.total = found.total;
    shown.pager = Pager::new(page.into(), found.total, PAGE_SIZE.into());
    shown.cards = found.cards.into_iter().map(ProductCard::from).collect();
    shown.stale = stale_seconds(app);
    Ok(show(StatusCode::OK, &shown))
}

/// When a category is chosen, those that could be chosen instead.
async fn other_categories(app: &App, query: &ProductQuery) -> Result<Vec<(String, u64)>, Problem> {
    if query.category.is_none() {
        return Ok(Vec::new());
    }
    let facets = FacetRequest { category: true, ..FacetRequest::default() };
    let others = ProductQuery { category: None, facets, highlight: false, ..query.clone() };
    let found = app.catalogue.search(others, Start::Offset(0), 1, app.clock.now()).await?;
    Ok(found.facets.unwrap_or_default().categories)
}

/// For how long MySQL may have had what lists have not, once that is worth saying.
pub(super) fn stale_seconds(app: &App) -> Option<u64> {
    let lag = app.catalogue.lag(app.clock.now()).and_then(|lag| u64::try_from(lag).ok()).map(Duration::from_millis);
    lag.filter(|lag| *lag > app.stale_after).map(|lag| lag.as_secs())
}

#[derive(Template)]
#[template(path = "suggestions.html")]
struct Suggestions {
    texts: Vec<(String, String)>,
}

/// How to go on from what is being typed: what the search box offers.
pub(super) async fn suggest(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Problem> {
    let typed = fields.text("keyword");
    let suggestions = match typed.is_empty() || !is_searchable(typed) {
        true => Vec::new(),
        false => app.catalogue.suggest(fields.raw("keyword").to_owned(), 8).await?,
    };
    let texts = suggestions.into_iter().map(|suggestion| {
        let filters = Filters { keyword: suggestion.text.clone(), ..Filters::default() };
        (suggestion.text, filters.address_with(TOTAL, |_| ()))
    });
    Ok(show(StatusCode::OK, &Suggestions { texts: texts.collect() }))
}

#[derive(Template)]
#[template(path = "main.html")]
struct MainPage {
    frame: Frame,
    most_wished: Vec<ProductCard>,
    on_sale: Vec<ProductCard>,
    on_sale_total: u64,
    stale: Option<u64>,
}

/// The first page: what is wished most of today's sales, and what is on sale now.
pub(super) async fn main_page(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Response, Problem> {
    let today = app.clock.today().map_err(|error| Problem::internal().caused_by(error))?;
    let order = ListOrder::MostWished.order(false);
    let most_wished = ProductQuery { opens: Some(today), order, ..ProductQuery::default() };
    let on_sale = ProductQuery { status: Some(Status::Open), in_stock: true, order, ..ProductQuery::default() };
    let now = app.clock.now();
    let (most_wished, on_sale) = tokio::try_join!(
        app.catalogue.search(most_wished, Start::Offset(0), 12, now),
        app.catalogue.search(on_sale, Start::Offset(0), 8, now),
    )?;
    let cards = |cards: Vec<openrace_index::Card>| cards.into_iter().map(ProductCard::from).collect();
    let page = MainPage {
        frame: Frame::new(&visitor),
        most_wished: cards(most_wished.cards),
        on_sale_total: on_sale.total,
        on_sale: cards(on_sale.cards),
        stale: stale_seconds(&app),
    };
    Ok(show(StatusCode::OK, &page))
}
