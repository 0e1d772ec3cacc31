//! Failures as clients see them: RFC 9457 problems with a stable code.

use std::{error::Error, iter, sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{catalogue::SearchError, search_pool::SearchPoolError};

/// What clients branch on. Words are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A parameter has a value that cannot be used; `errors` names it.
    InvalidParameter,
    /// The body is not what this address takes; `errors` names the place.
    InvalidBody,
    /// Nobody is logged in, or no longer.
    Unauthorized,
    /// The member may not do this.
    Forbidden,
    /// The password given is not the member's.
    WrongPassword,
    /// Another member has this e-mail address.
    EmailTaken,
    /// Too many tries.
    TooManyRequests,
    /// Nothing has this address.
    NotFound,
    /// The address exists, but not for this method; `Allow` lists those it has.
    MethodNotAllowed,
    /// The member wishes the product already.
    AlreadyWished,
    /// The member does not wish the product.
    NotWished,
    /// More units are sold than the new total would hold.
    BelowSold,
    /// `indexer rebuild` has not been run yet.
    IndexNotBuilt,
    /// The body is larger than any that is taken.
    BodyTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// Fewer units are left than were ordered.
    SoldOut,
    /// The sale has not opened yet.
    NotOpen,
    /// The sale is over.
    SaleClosed,
    /// The member would hold more units than one may.
    LimitReached,
    /// The order was never bought.
    NotCancellable,
    /// The `Idempotency-Key` belongs to another order.
    KeyReused,
    /// Orders cannot be decided or looked up now.
    OrdersUnavailable,
    /// More requests than this server can answer now.
    Overloaded,
    /// The answer took too long.
    Timeout,
    /// MySQL does not answer.
    DatabaseUnavailable,
    /// A defect of the server; the log has more under the same `requestId`.
    Internal,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::InvalidParameter | Self::InvalidBody => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::WrongPassword => StatusCode::FORBIDDEN,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotFound | Self::NotWished => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::AlreadyWished
            | Self::BelowSold
            | Self::EmailTaken
            | Self::SoldOut
            | Self::NotOpen
            | Self::SaleClosed
            | Self::LimitReached
            | Self::NotCancellable => StatusCode::CONFLICT,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::IndexNotBuilt
            | Self::OrdersUnavailable
            | Self::Overloaded
            | Self::Timeout
            | Self::DatabaseUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Seconds after which another try makes sense.
    fn retry_after(self) -> Option<HeaderValue> {
        match self {
            Self::Overloaded | Self::Timeout | Self::TooManyRequests => Some(HeaderValue::from_static("1")),
            Self::OrdersUnavailable => Some(HeaderValue::from_static("2")),
            Self::DatabaseUnavailable => Some(HeaderValue::from_static("5")),
            Self::IndexNotBuilt => Some(HeaderValue::from_static("30")),
            Self::InvalidParameter
            | Self::InvalidBody
            | Self::Unauthorized
            | Self::Forbidden
            | Self::WrongPassword
            | Self::EmailTaken
            | Self::BodyTooLarge
            | Self::UnsupportedMediaType
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::AlreadyWished
            | Self::NotWished
            | Self::BelowSold
            | Self::SoldOut
            | Self::NotOpen
            | Self::SaleClosed
            | Self::LimitReached
            | Self::NotCancellable
            | Self::KeyReused
            | Self::Internal => None,
        }
    }
}

/// A failure on its way to the client. Its body is written by [`crate::access`], which knows the request.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<Fault>,
    retry_after: Option<Duration>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// A parameter that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvalidParameter {
    /// Name in the query string or in the path.
    pub parameter: String,
    /// What it should be.
    pub detail: String,
}

/// A place in the body that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvalidPlace {
    /// JSON pointer, such as `#/count`.
    #[schema(example = "#/count")]
    pub pointer: String,
    /// What it should be.
    pub detail: String,
}

/// What is wrong with a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Fault {
    /// In the query string, the path or a header.
    Parameter(InvalidParameter),
    /// In the body.
    Place(InvalidPlace),
}

/// Body of every failure, `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`: `code` tells more.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// Name of the HTTP status.
    #[schema(example = "Bad Request")]
    title: &'static str,
    /// HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// For people.
    detail: String,
    /// Path of the request.
    instance: String,
    /// For programs.
    code: Code,
    /// Finds the request in the log.
    request_id: String,
    /// The parameters or places at fault, if any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
}

impl Problem {
    /// A failure with a message for the client.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None, cause: None }
    }

    /// One or more parameters that cannot be used.
    pub fn invalid_parameters(errors: Vec<InvalidParameter>) -> Self {
        let detail = errors.iter().map(|error| format!("{} {}", error.parameter, error.detail)).collect::<Vec<_>>();
        let errors = errors.into_iter().map(Fault::Parameter).collect();
        Self { errors, ..Self::new(Code::InvalidParameter, detail.join("; ")) }
    }

    /// A body that is not what was asked for.
    pub fn invalid_body(pointer: String, detail: impl std::fmt::Display) -> Self {
        Self::invalid_places(vec![InvalidPlace { pointer, detail: detail.to_string() }])
    }

    /// A body with one or more values that cannot be used.
    pub fn invalid_places(places: Vec<InvalidPlace>) -> Self {
        let text = places.iter().map(|place| format!("{} {}", place.pointer, place.detail)).collect::<Vec<_>>();
        Self { errors: places.into_iter().map(Fault::Place).collect(), ..Self::new(Code::InvalidBody, text.join("; ")) }
    }

    /// One parameter that cannot be used.
    pub fn invalid_parameter(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid_parameters(vec![InvalidParameter { parameter: parameter.into(), detail: detail.into() }])
    }

    /// A defect of ours: the client learns only that, the log gets the cause.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "The server failed to answer; its log has more under this requestId.")
    }

    /// Says when another try makes sense, where that is known better than the code tells.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds what only the log shall see.
    pub fn caused_by(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// What clients branch on.
    pub fn code(&self) -> Code {
        self.code
    }

    /// As HTTP has it.
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// When another try makes sense, where that is known.
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What failed and why, for the log.
    pub fn cause(&self) -> Option<String> {
        let cause = self.cause.as_deref()?;
        Some(with_sources(cause))
    }

    /// The body for a request with this path and id.
    pub fn into_body(self, instance: String, request_id: String) -> ProblemBody {
        let status = self.code.status();
        ProblemBody {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.detail,
            instance,
            code: self.code,
            request_id,
            errors: self.errors,
        }
    }
}

/// An error and what lies behind it, in one line for the log.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    let chain = iter::successors(Some(error), |error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        let known = self.retry_after.map(|wait| HeaderValue::from(wait.as_millis().div_ceil(1000) as u64));
        if let Some(seconds) = known.or_else(|| self.code.retry_after()) {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if self.code == Code::Unauthorized {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::NotBuilt => {
                Self::new(Code::IndexNotBuilt, "The index is not built yet: run `indexer rebuild`.")
            }
            SearchError::Pool(SearchPoolError::Full) => Self::new(Code::Overloaded, "Too many searches at once."),
            SearchError::Pool(error @ SearchPoolError::Panicked) => Self::internal().caused_by(error),
            SearchError::Index(error) => Self::internal().caused_by(error),
        }
    }
}
