//! Extractors that refuse with a problem that names the parameter.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, path::ErrorKind, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path as JsonPath, Segment};

use crate::{
    error::{Code, Problem},
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

/// Largest body, in bytes.
pub(crate) const MAX_BODY: usize = 16 * 1024;

/// A JSON body. Every type that is read this way refuses unknown fields, and says what is wrong with a value.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "Send the body as JSON, with Content-Type: application/json.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        read_json(&read_body(request, state).await?).map(Self)
    }
}

/// The whole body.
pub(crate) async fn read_body(request: Request, state: &(impl Send + Sync)) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Code::BodyTooLarge, format!("The body must have at most {MAX_BODY} bytes."))
        }
        _ => Problem::invalid_body(String::from("#"), "could not be read to its end"),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::invalid_body(pointer, error.into_inner())
    })?;
    json.end().map_err(|error| Problem::invalid_body(String::from("#"), error))?;
    Ok(value)
}

/// The place as a JSON pointer, such as `#/count`.
fn pointer(path: &JsonPath) -> String {
    path.iter().fold(String::from("#"), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{key}"),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}
