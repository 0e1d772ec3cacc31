//! One page of a list, in the shape that Spring prints.

use openrace_index::{Order, Start};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    cursor,
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
    /// `nextCursor` of the page before; `page` is then ignored. Stays in place while the catalogue changes.
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
    /// Items on the page.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// Where the page begins in a list of this order; a cursor of another order is refused.
    pub fn start(&self, order: Order) -> Result<Start, Problem> {
        match &self.cursor {
            None => Ok(Start::Offset(u64::from(self.page) * u64::from(self.size))),
            Some(text) => cursor::decode(text, order).map(Start::After).ok_or_else(|| {
                Problem::invalid_parameter("cursor", "must be the nextCursor of a page of the same order")
            }),
        }
    }

    /// The number of the page, which a cursor leaves to the count of products before it.
    fn number(&self, offset: u64) -> u64 {
        if self.cursor.is_none() { u64::from(self.page) } else { offset / u64::from(self.size) }
    }
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
    /// The page that answers `request` on a list of `order`.
    pub fn new(
        page: openrace_index::Page,
        request: &PageRequest,
        order: Order,
        item: impl Fn(openrace_index::Card) -> T,
    ) -> Self {
        let content: Vec<T> = page.cards.into_iter().map(item).collect();
        let number = request.number(page.offset);
        let total_pages = page.total.div_ceil(u64::from(request.size));
        Self {
            pageable: Pageable {
                page_number: number,
                page_size: request.size,
                sort: SORTED,
                offset: if request.cursor.is_none() { number * u64::from(request.size) } else { page.offset },
                paged: true,
                unpaged: false,
            },
            last: page.next.is_none(),
            total_pages,
            total_elements: page.total,
            size: request.size,
            number,
            sort: SORTED,
            first: number == 0,
            number_of_elements: content.len(),
            empty: content.is_empty(),
            next_cursor: page.next.map(|place| cursor::encode(place, order)),
            content,
        }
    }
}
