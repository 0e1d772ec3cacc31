//! What the search box offers.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    fields::{Fields, is_searchable},
    filters::Filters,
    page::{TOTAL, show},
};
use crate::{app::App, error::Problem};

#[derive(Template)]
#[template(path = "suggestions.html")]
struct Suggestions {
    texts: Vec<(String, String)>,
}

/// How to go on from what is being typed.
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
