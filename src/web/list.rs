//! All products, or those on sale now: searched, filtered, ordered, page by page.

use std::{mem::take, sync::Arc};

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use openrace_index::{Correction, FacetRequest, Facets, ProductQuery, Start, Status};

use super::{
    card::ProductCard,
    fields::Fields,
    filters::{Faults, Filters, ListOrder},
    page::{Frame, TOTAL, show},
    pager::{Links, Pager},
    visitor::Visitor,
};
use crate::{app::App, error::Problem, products::STATUSES};

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
    on_phone: bool,
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
    /// Whether the filters are seen at once: where they leave room for products, or hold something wrong.
    fn is_unfolded(&self) -> bool {
        !self.on_phone || !self.faults.lprice.is_empty() || !self.faults.gprice.is_empty()
    }

    /// Whether a category is chosen of which nothing matches.
    fn is_category_missing(&self) -> bool {
        let chosen = &self.filters.category;
        !chosen.is_empty() && self.categories.iter().all(|(name, _)| name != chosen)
    }

    fn page_address(&self, page: u64) -> String {
        self.filters.address_with(self.path, |filters| filters.page = page.to_string())
    }

    fn links(&self) -> Links {
        self.pager.links(|page| self.page_address(page))
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
        STATUSES
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
    let (mut query, page, faults) = filters.query(visitor.texts);
    query.status = status.or(query.status);
    let mut shown = ListPage {
        frame: Frame { keyword: filters.keyword.clone(), search_at: path, ..Frame::new(visitor) },
        path,
        on_sale: status.is_some(),
        on_phone: visitor.on_phone,
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
    let found = app.catalogue.search(query, start, PAGE_SIZE as usize, app.clock.now()).await?;
    let found = &found.page;
    if let Some(keyword) = keyword {
        app.searches.count(&keyword, found.total > 0);
    }
    shown.facets = found.facets.clone().unwrap_or_default();
    if shown.categories.is_empty() {
        shown.categories = take(&mut shown.facets.categories);
    }
    shown.corrections = found.corrections.clone();
    shown.offers = found.offers.clone();
    shown.total = found.total;
    shown.pager = Pager::new(page.into(), found.total, PAGE_SIZE.into());
    shown.cards = found.cards.iter().map(ProductCard::from).collect();
    shown.stale = app.staleness().map(|lag| lag.as_secs());
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
    Ok(found.page.facets.as_ref().map_or_else(Vec::new, |facets| facets.categories.clone()))
}
