//! One page of a list, in the shape that Spring prints.

use axum::{
    body::Bytes,
    http::header,
    response::{IntoResponse, Response},
};
use openrace_index::{Cursor, Start};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    cursor::{self, List},
    error::Problem,
    parameters::{FromParameters, Parameters},
};

/// Highest page number: the highest that fits the clients' 32-bit integers.
const MAX_PAGE: u32 = i32::MAX as u32;

/// Which page of a list.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageRequest {
    /// Number of the page, from 0.
    #[param(minimum = 0, maximum = 2_147_483_647, default = 0, required = false)]
    page: u32,
    /// Items on a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    size: u32,
    /// `nextCursor` of the page before; `page` is then ignored. Stays in place while the list changes.
    cursor: Option<String>,
}

impl FromParameters for PageRequest {
    fn from_parameters(parameters: &mut Parameters<'_>) -> Self {
        Self {
            page: parameters.integer("page", 0..=MAX_PAGE).unwrap_or(0),
            size: parameters.integer("size", 1..=100).unwrap_or(20),
            cursor: parameters.text("cursor"),
        }
    }
}

impl PageRequest {
    /// A page by its number, from 0.
    pub(crate) fn new(page: u32, size: u32) -> Self {
        Self { page, size, cursor: None }
    }

    /// Whether nothing of the list was asked for before.
    pub(crate) fn is_first(&self) -> bool {
        self.page == 0 && self.cursor.is_none()
    }

    /// Items on the page.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Where the page begins in this list; a cursor of another list is refused.
    pub(crate) fn start(&self, list: List) -> Result<Start, Problem> {
        match &self.cursor {
            None => Ok(Start::Offset(u64::from(self.page) * u64::from(self.size))),
            Some(text) => cursor::decode(text, list).map(Start::After).ok_or_else(|| {
                Problem::invalid_parameter(
                    "cursor",
                    "must be the nextCursor of a page of the same list in the same order",
                )
            }),
        }
    }
}

/// A stretch of a list and the size of the whole, from one snapshot.
pub(crate) struct Stretch<T> {
    /// At most as many as were asked for.
    pub(crate) items: Vec<T>,
    /// Items of the whole list.
    pub(crate) total: u64,
    /// Items before these.
    pub(crate) offset: u64,
    /// Where the list goes on; `None` at its end.
    pub(crate) next: Option<Cursor>,
}

impl<T> Stretch<T> {
    /// The same stretch of other items.
    pub(crate) fn map<U>(self, item: impl Fn(T) -> U) -> Stretch<U> {
        let Self { items, total, offset, next } = self;
        Stretch { items: items.into_iter().map(item).collect(), total, offset, next }
    }
}

/// A page of twenty products, as JSON.
const BYTES: usize = 8192;

/// Writes a body, for one answer or many.
pub(crate) fn write_json(body: &impl Serialize) -> Result<Bytes, Problem> {
    let mut bytes = Vec::with_capacity(BYTES);
    serde_json::to_writer(&mut bytes, body).map_err(|error| Problem::internal().caused_by(error))?;
    Ok(bytes.into_boxed_slice().into())
}

/// Answers with a body that is written.
pub(crate) fn answer_json(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// One page of a list. `totalElements` is exact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageBody<T: ToSchema> {
    /// The items.
    content: Vec<T>,
    /// The page that was asked for.
    pageable: Pageable,
    /// Whether nothing follows.
    last: bool,
    /// Number of pages of this size.
    total_pages: u64,
    /// Number of items on all pages.
    total_elements: u64,
    /// Items that fit on a page.
    size: u32,
    /// Number of this page, from 0.
    number: u64,
    /// Whether the list is sorted.
    sort: Sort,
    /// Whether this is page 0.
    first: bool,
    /// Items on this page.
    number_of_elements: usize,
    /// Whether this page has no items.
    empty: bool,
    /// Continues after the last item here; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Pageable {
    page_number: u64,
    page_size: u32,
    sort: Sort,
    offset: u64,
    paged: bool,
    unpaged: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Sort {
    empty: bool,
    sorted: bool,
    unsorted: bool,
}

/// Every list has an order.
const SORTED: Sort = Sort { empty: false, sorted: true, unsorted: false };

impl<T: ToSchema> PageBody<T> {
    /// A page of `list` with places for `size` items.
    pub(crate) fn new(stretch: Stretch<T>, size: u32, list: List) -> Self {
        let Stretch { items, total, offset, next } = stretch;
        let number = offset / u64::from(size);
        Self {
            pageable: Pageable {
                page_number: number,
                page_size: size,
                sort: SORTED,
                offset,
                paged: true,
                unpaged: false,
            },
            last: next.is_none(),
            total_pages: total.div_ceil(u64::from(size)),
            total_elements: total,
            size,
            number,
            sort: SORTED,
            first: number == 0,
            number_of_elements: items.len(),
            empty: items.is_empty(),
            next_cursor: next.map(|place| cursor::encode(place, list)),
            content: items,
        }
    }
}
