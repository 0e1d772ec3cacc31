//! What a form or an address carries, as it was typed: a page shows it again, right or wrong.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{header, request::Parts},
};
use url::form_urlencoded;

use crate::{
    error::{Code, Problem},
    extract::read_body,
    parameters::MAX_TEXT,
};

/// Names and values; of a repeated name the first value counts, and an absent one is empty.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value without the blanks around it.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The value with its blanks: a password may have some.
    pub(super) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub(super) fn is_checked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }
}

/// Whether a text is one that can be searched for.
pub(super) fn is_searchable(text: &str) -> bool {
    !text.contains('\0') && text.chars().nth(MAX_TEXT).is_none()
}

impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

/// The fields of a form that was sent.
pub(super) struct Form(pub(super) Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let form = "application/x-www-form-urlencoded";
        let sent = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !sent.is_some_and(|sent| sent.starts_with(form)) {
            return Err(Problem::new(Code::UnsupportedMediaType, format!("Send the form as {form}.")));
        }
        Ok(Self(Fields::parse(&read_body(request, state).await?)))
    }
}
