use std::sync::Arc;

use axum::{extract::State, response::Response};
use openrace_index::{FacetRequest, Order, ProductQuery, SortKey, Status};
use utoipa::IntoParams;

use super::{ProductPage, answer_page, find_page};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Query,
    page::PageRequest,
    parameters::{FromParameters, Parameters},
};

/// The words for where a sale stands.
pub(crate) const STATUSES: &[(&str, Status)] =
    &[("WAITING", Status::Waiting), ("OPEN", Status::Open), ("CLOSE", Status::Close)];

const BOOLEANS: &[(&str, bool)] = &[("true", true), ("false", false)];

const SORT_KEYS: &[(&str, SortKey)] = &[
    ("price", SortKey::Price),
    ("eventStartTime", SortKey::EventStartTime),
    ("wishCount", SortKey::WishCount),
    ("id", SortKey::Id),
    ("relevance", SortKey::Relevance),
];

/// An empty parameter is an absent one, unknown parameters are ignored.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(super) struct SearchParameters {
    /// Words that name, brand or mall must contain, all of them.
    #[param(max_length = 200)]
    keyword: Option<String>,
    /// Take the keyword as it is typed: no correction, no synonym.
    #[param(value_type = bool, default = false, required = false)]
    exact: bool,
    /// Exact category.
    #[param(max_length = 200, example = "신발")]
    category: Option<String>,
    /// Where the sale stands now: WAITING, OPEN or CLOSE.
    #[param(value_type = Option<String>, example = "OPEN")]
    status: Option<Status>,
    /// Lowest price in won, inclusive.
    lprice: Option<i64>,
    /// Greatest price in won, inclusive.
    gprice: Option<i64>,
    /// Only products with units left.
    #[param(value_type = bool, default = false, required = false)]
    in_stock: bool,
    /// What is counted apart, under all filters: some of category, status, price, brand, divided by commas.
    #[param(value_type = Option<String>, example = "category,status")]
    facets: FacetRequest,
    /// Whether each product says where its name has what was searched for.
    #[param(value_type = bool, default = false, required = false)]
    highlight: bool,
    /// price, eventStartTime, wishCount, id or relevance. Default: relevance with a keyword, else newest first.
    #[param(value_type = Option<String>, example = "price")]
    sort_by: Option<SortKey>,
    /// Smallest first. Counts only with `sortBy`; relevance ignores it.
    #[param(value_type = bool, default = true, required = false)]
    is_asc: bool,
}

impl FromParameters for SearchParameters {
    fn from_parameters(parameters: &mut Parameters<'_>) -> Self {
        let lprice = parameters.integer("lprice", i64::MIN..=i64::MAX);
        let gprice = parameters.integer("gprice", i64::MIN..=i64::MAX);
        if lprice.zip(gprice).is_some_and(|(lowest, greatest)| lowest > greatest) {
            parameters.refuse::<()>("lprice", "must not be above gprice");
        }
        Self {
            keyword: parameters.text("keyword"),
            exact: parameters.choice("exact", BOOLEANS).unwrap_or(false),
            category: parameters.text("category"),
            status: parameters.choice("status", STATUSES),
            lprice,
            gprice,
            in_stock: parameters.choice("inStock", BOOLEANS).unwrap_or(false),
            facets: read_facets(parameters),
            highlight: parameters.choice("highlight", BOOLEANS).unwrap_or(false),
            sort_by: parameters.choice("sortBy", SORT_KEYS),
            is_asc: parameters.choice("isAsc", BOOLEANS).unwrap_or(true),
        }
    }
}

fn read_facets(parameters: &mut Parameters<'_>) -> FacetRequest {
    let mut facets = FacetRequest::default();
    for facet in parameters.text("facets").iter().flat_map(|text| text.split(',')) {
        match facet.trim() {
            "category" => facets.category = true,
            "status" => facets.status = true,
            "price" => facets.price = true,
            "brand" => facets.mall = true,
            _ => {
                parameters.refuse::<()>("facets", "must be some of category, status, price, brand, divided by commas");
            }
        }
    }
    facets
}

impl From<SearchParameters> for ProductQuery {
    fn from(parameters: SearchParameters) -> Self {
        let order = match parameters.sort_by {
            Some(key) => Order { key, ascending: parameters.is_asc },
            None if parameters.keyword.is_some() => Order::RELEVANCE,
            None => Order::NEWEST,
        };
        Self {
            keyword: parameters.keyword,
            exact: parameters.exact,
            category: parameters.category,
            status: parameters.status,
            min_price: parameters.lprice,
            max_price: parameters.gprice,
            opens: None,
            in_stock: parameters.in_stock,
            order,
            facets: parameters.facets,
            highlight: parameters.highlight,
        }
    }
}

/// Searches the catalogue: every filter that is given must hold.
#[utoipa::path(
    get,
    path = "/api/products/search",
    tag = "products",
    params(SearchParameters, PageRequest),
    responses(
        (status = 200, description = "One page", body = ProductPage<'_>),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn search_products(
    State(app): State<Arc<App>>,
    Query((search, page)): Query<(SearchParameters, PageRequest)>,
) -> Result<Response, Problem> {
    let keyword = search.keyword.clone().filter(|_| page.is_first());
    let query = ProductQuery::from(search);
    let order = query.order;
    let found = find_page(&app, query, &page).await?;
    if let Some(keyword) = keyword {
        app.searches.count(&keyword, found.page.total > 0);
    }
    answer_page(&found, order, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(query: &str) -> Order {
        ProductQuery::from(Parameters::read::<SearchParameters>(query).unwrap()).order
    }

    #[test]
    fn without_sort_a_keyword_is_sorted_by_relevance_and_all_else_newest_first() {
        assert_eq!(order("keyword=a&isAsc=true"), Order::RELEVANCE);
        assert_eq!(order("keyword=&category=b&isAsc=true"), Order::NEWEST);
    }

    #[test]
    fn a_sort_is_ascending_unless_told_otherwise() {
        assert_eq!(order("keyword=a&sortBy=price"), Order { key: SortKey::Price, ascending: true });
        assert_eq!(order("sortBy=id&isAsc=false"), Order::NEWEST);
    }
}
