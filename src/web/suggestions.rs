//! What the search box offers.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    fields::{Fields, is_searchable},
    filters::Filters,
    page::{TOTAL, show},
};
use crate::app::App;

#[derive(Template)]
#[template(path = "suggestions.html")]
struct Suggestions {
    texts: Vec<(String, String)>,
}

/// How to go on from what is being typed.
pub(super) async fn suggest(State(app): State<Arc<App>>, fields: Fields) -> Response {
    let typed = fields.text("keyword");
    let suggestions = match typed.is_empty() || !is_searchable(typed) {
        true => Vec::new(),
        // Nobody waits for a suggestion that does not come.
        false => app.catalogue.suggest(fields.raw("keyword").to_owned(), 8).await.unwrap_or_default(),
    };
    let texts = suggestions.into_iter().map(|suggestion| {
        let filters = Filters { keyword: suggestion.text.clone(), ..Filters::default() };
        (suggestion.text, filters.address_with(TOTAL, |_| ()))
    });
    show(StatusCode::OK, &Suggestions { texts: texts.collect() })
}
