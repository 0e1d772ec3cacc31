//! Extractors that refuse with a problem that names the parameter.

use axum::{
    extract::{FromRequestParts, path::ErrorKind, rejection::PathRejection},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::{
    error::Problem,
    parameters::{FromParameters, Parameters},
};

/// The query string.
pub struct Query<T>(pub T);

impl<T: FromParameters, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        Parameters::read(query).map(Self).map_err(Problem::invalid_parameters)
    }
}

/// The variable parts of the path, as a struct with a field for each: only then is the one at fault known by name.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => Err(path_problem(error.into_kind())),
            Err(rejection) => Err(Problem::internal().caused_by(rejection)),
        }
    }
}

fn path_problem(kind: ErrorKind) -> Problem {
    match kind {
        ErrorKind::ParseErrorAtKey { key, .. } => Problem::invalid_parameter(key, "must be a whole number below 2^63"),
        ErrorKind::InvalidUtf8InPathParam { key } => Problem::invalid_parameter(key, "must be UTF-8"),
        other => Problem::invalid_parameter("path", other.to_string()),
    }
}
