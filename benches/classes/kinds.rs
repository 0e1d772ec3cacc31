//! Which classes there are: what their requests ask, what differs, and which page they open.

use openrace_index::{FacetRequest, Order, ProductQuery, SortKey, Status};

use super::shopper::Shopper;

/// Which page of a list is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    FirstOfAnySize,
    FirstTwelve,
    AnyPage,
    Last,
}

/// How the requests of a class are made.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) differ_in: &'static str,
    pub(crate) place: Place,
    /// One request; `None` when what was drawn has none.
    pub(crate) query: fn(&mut Shopper) -> Option<ProductQuery>,
    /// Fewest matches, given the number of products.
    pub(crate) fewest: fn(u64) -> u64,
}

const CHEAPEST: Order = Order { key: SortKey::Price, ascending: true };
const MOST_WISHED: Order = Order { key: SortKey::WishCount, ascending: false };

pub(crate) fn all() -> Vec<Kind> {
    lists().into_iter().chain(keywords()).chain(spellings()).collect()
}

/// Lists without a keyword.
fn lists() -> [Kind; 14] {
    let sized = |name, query| kind(name, "page size", Place::FirstOfAnySize, query);
    [
        sized("all_newest/first", |_| Some(ProductQuery::default())),
        kind("all_newest/any_page", "page", Place::AnyPage, |_| Some(ProductQuery::default())),
        sized("all_cheapest/first", |_| Some(cheapest())),
        kind("all_cheapest/any_page", "page", Place::AnyPage, |_| Some(cheapest())),
        kind("category_cheapest/first", "category, page size", Place::FirstOfAnySize, |shopper| {
            in_category(shopper, cheapest())
        }),
        kind("category_cheapest/any_page", "category, page", Place::AnyPage, |shopper| {
            in_category(shopper, cheapest())
        }),
        kind("category_price_most_wished/first", "category, prices", Place::First, |shopper| {
            Some(ProductQuery { order: MOST_WISHED, ..priced_in_category(shopper, None) })
        }),
        kind("price_cheapest/first", "prices", Place::First, |shopper| Some(priced(shopper, None))),
        kind("price_cheapest/any_page", "prices, page", Place::AnyPage, |shopper| Some(priced(shopper, None))),
        sized("on_sale_newest/first", |_| Some(on_sale())),
        kind("on_sale_newest/any_page", "page", Place::AnyPage, |_| Some(on_sale())),
        kind("on_sale_in_stock_most_wished/any_page", "page", Place::AnyPage, |_| {
            Some(ProductQuery { in_stock: true, order: MOST_WISHED, ..on_sale() })
        }),
        kind("on_sale_price_cheapest/first", "prices", Place::First, |shopper| {
            Some(ProductQuery { status: Some(Status::Open), ..priced(shopper, None) })
        }),
        kind("opening_most_wished/twelve", "openings", Place::FirstTwelve, |shopper| {
            Some(ProductQuery { opens: Some(shopper.openings()), order: MOST_WISHED, ..ProductQuery::default() })
        }),
    ]
}

/// Words as products have them.
fn keywords() -> [Kind; 13] {
    let kind = |name, place, query| Kind { fewest: |_| 1, ..kind(name, "keyword", place, query) };
    let filtered = |name, place, query| Kind { differ_in: "keyword, filters", ..kind(name, place, query) };
    let facets = |shopper: &mut Shopper| {
        let facets = FacetRequest { category: true, status: true, price: true, mall: true };
        shopper.word().map(|word| ProductQuery { facets, ..keyword(word) })
    };
    [
        kind("keyword_newest/first", Place::First, |shopper| shopper.word().map(keyword)),
        Kind {
            fewest: |products| products / 100,
            ..kind("common_keyword_newest/first", Place::First, |shopper| shopper.word().map(keyword))
        },
        kind("keyword_newest/any_page", Place::AnyPage, |shopper| shopper.word().map(keyword)),
        kind("keyword_newest/last", Place::Last, |shopper| shopper.word().map(keyword)),
        kind("keyword_relevance/first", Place::First, |shopper| {
            shopper.beginning().map(|words| ProductQuery { order: Order::RELEVANCE, ..keyword(words) })
        }),
        filtered("keyword_category_price_cheapest/first", Place::First, |shopper| {
            shopper.word().map(|word| priced_in_category(shopper, Some(word)))
        }),
        filtered("keyword_category_price_cheapest/any_page", Place::AnyPage, |shopper| {
            shopper.word().map(|word| priced_in_category(shopper, Some(word)))
        }),
        filtered("keyword_price_cheapest/any_page", Place::AnyPage, |shopper| {
            shopper.word().map(|word| priced(shopper, Some(word)))
        }),
        kind("keyword_in_stock_newest/first", Place::First, |shopper| {
            shopper.word().map(|word| ProductQuery { in_stock: true, ..keyword(word) })
        }),
        kind("keyword_with_facets/first", Place::First, facets),
        kind("two_words_newest/first", Place::First, |shopper| shopper.words(2).map(keyword)),
        kind("three_words_newest/first", Place::First, |shopper| shopper.words(3).map(keyword)),
        kind("rare_and_common_word/first", Place::First, |shopper| shopper.word_and_code().map(keyword)),
    ]
}

/// Words as people type them.
fn spellings() -> [Kind; 7] {
    let kind = |name, query| kind(name, "keyword", Place::First, query);
    [
        kind("joined_words_newest/first", |shopper| shopper.joined_words().map(keyword)),
        kind("code_prefix_newest/first", |shopper| shopper.code_prefix().map(keyword)),
        kind("substring_newest/first", |shopper| shopper.inner_part().map(keyword)),
        kind("one_syllable_newest/first", |shopper| shopper.syllable().map(keyword)),
        kind("chosung/first", |shopper| shopper.initials().map(keyword)),
        kind("mistyped/first", |shopper| shopper.mistyped().map(keyword)),
        kind("unknown_word/first", |shopper| shopper.unknown_word().map(keyword)),
    ]
}

fn kind(
    name: &'static str,
    differ_in: &'static str,
    place: Place,
    query: fn(&mut Shopper) -> Option<ProductQuery>,
) -> Kind {
    Kind { name, differ_in, place, query, fewest: |_| 0 }
}

fn keyword(keyword: String) -> ProductQuery {
    ProductQuery { keyword: Some(keyword), ..ProductQuery::default() }
}

fn cheapest() -> ProductQuery {
    ProductQuery { order: CHEAPEST, ..ProductQuery::default() }
}

fn on_sale() -> ProductQuery {
    ProductQuery { status: Some(Status::Open), ..ProductQuery::default() }
}

fn in_category(shopper: &mut Shopper, query: ProductQuery) -> Option<ProductQuery> {
    Some(ProductQuery { category: Some(shopper.product.category.clone()), ..query })
}

/// Around the price of the product in mind, cheapest first.
fn priced(shopper: &mut Shopper, keyword: Option<String>) -> ProductQuery {
    ProductQuery { category: None, ..priced_in_category(shopper, keyword) }
}

/// The same, in the category of that product.
fn priced_in_category(shopper: &mut Shopper, keyword: Option<String>) -> ProductQuery {
    let (low, high) = shopper.prices();
    let category = Some(shopper.product.category.clone());
    ProductQuery { keyword, category, min_price: Some(low), max_price: Some(high), ..cheapest() }
}
