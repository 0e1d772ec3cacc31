use std::sync::Arc;

use axum::{Json, extract::State};
use openrace_index::SuggestionKind;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Query,
    parameters::{FromParameters, Parameters},
};

/// What was typed so far.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SuggestParameters {
    /// As typed, however unfinished.
    #[param(max_length = 200, example = "나잌")]
    q: Option<String>,
    /// Most suggestions.
    #[param(minimum = 1, maximum = 20, default = 10, required = false)]
    size: u32,
}

impl FromParameters for SuggestParameters {
    fn from_parameters(parameters: &mut Parameters<'_>) -> Self {
        Self { q: parameters.text("q"), size: parameters.integer("size", 1..=20).unwrap_or(10) }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Suggestions {
    suggestions: Vec<SuggestionBody>,
}

/// One way to go on.
#[derive(Serialize, ToSchema)]
struct SuggestionBody {
    /// The whole keyword.
    text: String,
    /// query: others search for it; word: the catalogue has it.
    kind: &'static str,
}

/// Suggests keywords while somebody types.
#[utoipa::path(
    get,
    path = "/api/products/suggest",
    tag = "products",
    params(SuggestParameters),
    responses(
        (status = 200, description = "The likeliest first; none for an empty `q`", body = Suggestions),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn suggest_keywords(
    State(app): State<Arc<App>>,
    Query(parameters): Query<SuggestParameters>,
) -> Result<Json<Suggestions>, Problem> {
    let SuggestParameters { q: Some(typed), size } = parameters else {
        return Ok(Json(Suggestions { suggestions: Vec::new() }));
    };
    let suggestions = app.catalogue.suggest(typed, size as usize).await?;
    let suggestions = suggestions.into_iter().map(|suggestion| SuggestionBody {
        text: suggestion.text,
        kind: match suggestion.kind {
            SuggestionKind::Query => "query",
            SuggestionKind::Word => "word",
        },
    });
    Ok(Json(Suggestions { suggestions: suggestions.collect() }))
}
