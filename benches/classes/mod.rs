//! The classes of queries that shoppers send, each with several queries to rotate.

use openrace_index::{Catalog, FacetRequest, Order, ProductQuery, SortKey, Start, Status};

use crate::corpus::NOW;

/// Products on a page.
const PAGE: usize = 20;
const DAY: i64 = 86_400_000;

/// Brands in a tenth of the products down to a thousandth, and an item word in many categories.
const KEYWORDS: [&str; 5] = ["나이키", "티셔츠", "아디다스", "노트북", "뉴발란스"];

#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) query: ProductQuery,
    pub(crate) offset: u64,
    pub(crate) limit: usize,
}

pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) requests: Vec<Request>,
}

pub(crate) fn all(catalog: &Catalog) -> Vec<Class> {
    let order = |key, ascending| Order { key, ascending };
    let cheapest = order(SortKey::Price, true);
    let most_wished = order(SortKey::WishCount, false);
    let all = ProductQuery::default();
    let keyword = |keyword: &str| ProductQuery { keyword: Some(keyword.into()), ..ProductQuery::default() };
    let hot: Vec<ProductQuery> = KEYWORDS.map(keyword).into();
    let priced = |query: &ProductQuery| ProductQuery {
        min_price: Some(30_000),
        max_price: Some(90_000),
        order: cheapest,
        ..query.clone()
    };
    let in_shoes = |query: ProductQuery| ProductQuery { category: Some("신발".into()), ..query };
    let in_notebooks = |query: ProductQuery| ProductQuery { category: Some("노트북".into()), ..query };
    let open = ProductQuery { status: Some(Status::Open), ..ProductQuery::default() };
    let in_stock = |query: &ProductQuery| ProductQuery { in_stock: true, ..query.clone() };
    let facets = FacetRequest { category: true, status: true, price: true, mall: true };
    let with_facets = |query: &ProductQuery| ProductQuery { facets, ..query.clone() };
    let relevant = |query: &ProductQuery| ProductQuery { order: Order::RELEVANCE, ..query.clone() };
    let today = ProductQuery { opens: Some(NOW - DAY / 2..NOW + DAY / 2), order: most_wished, ..all.clone() };
    let first = |queries: &[ProductQuery]| requests(catalog, queries, |_| 0, PAGE);
    let middle = |queries: &[ProductQuery]| requests(catalog, queries, |total| total / 2, PAGE);
    let last = |queries: &[ProductQuery]| requests(catalog, queries, |total| total.saturating_sub(PAGE as u64), PAGE);
    let class = |name, requests| Class { name, requests };
    vec![
        class("all_newest/first", first(std::slice::from_ref(&all))),
        class("all_newest/middle", middle(std::slice::from_ref(&all))),
        class("all_cheapest/first", first(&[ProductQuery { order: cheapest, ..all.clone() }])),
        class("all_cheapest/middle", middle(&[ProductQuery { order: cheapest, ..all.clone() }])),
        class("keyword_newest/first", first(&hot)),
        class("keyword_newest/middle", middle(&hot)),
        class("keyword_newest/last", last(&hot)),
        class("keyword_relevance/first", first(&hot.iter().map(relevant).collect::<Vec<_>>())),
        class(
            "keyword_category_price_cheapest/first",
            first(&hot.iter().map(|q| in_shoes(priced(q))).collect::<Vec<_>>()),
        ),
        class("keyword_price_cheapest/middle", middle(&hot.iter().map(priced).collect::<Vec<_>>())),
        class(
            "two_words_newest/first",
            first(&["나이키 운동화", "아디다스 티셔츠", "삼성 노트북", "나이키 블랙"].map(keyword)),
        ),
        class(
            "three_words_newest/first",
            first(&["나이키 블랙 운동화", "아디다스 반팔 티셔츠", "삼성 노트북 화이트"].map(keyword)),
        ),
        class("rare_and_common_word/first", first(&["사은품 노트북", "GA-2100 블랙", "디스커버 나이키"].map(keyword))),
        class("chosung/first", first(&["ㄴㅇㅋ", "ㄴㅌㅂ", "ㅇㄷㄷㅅ ㅌㅅㅊ"].map(keyword))),
        class("corrected/first", first(&["나이카", "아디다즈 티셔츠", "shxmqnr", "노트북 화이ㅌ"].map(keyword))),
        class("keyword_in_stock_newest/first", first(&hot.iter().map(in_stock).collect::<Vec<_>>())),
        class("keyword_with_facets/first", first(&hot.iter().map(with_facets).collect::<Vec<_>>())),
        class(
            "keyword_category_price_cheapest/middle",
            middle(&hot.iter().map(|q| in_shoes(priced(q))).collect::<Vec<_>>()),
        ),
        class(
            "on_sale_in_stock_most_wished/middle",
            middle(&[in_stock(&ProductQuery { order: most_wished, ..open.clone() })]),
        ),
        class("joined_words_newest/first", first(&["나이키운동화", "반팔 티셔츠", "에어 맥스"].map(keyword))),
        class("code_prefix_newest/first", first(&["NT7-21", "nj1", "GA-2100"].map(keyword))),
        class("substring_newest/first", first(&["디스커버", "이키", "버핏"].map(keyword))),
        class("one_syllable_newest/first", first(&["티", "백"].map(keyword))),
        class("no_match/first", first(&["없는말", "zzzz", "뷁뷁"].map(keyword))),
        class(
            "category_price_most_wished/first",
            first(&[in_shoes(ProductQuery { order: most_wished, ..priced(&all) })]),
        ),
        class("category_cheapest/first", first(&[in_notebooks(ProductQuery { order: cheapest, ..all.clone() })])),
        class("category_cheapest/middle", middle(&[in_notebooks(ProductQuery { order: cheapest, ..all.clone() })])),
        class("price_cheapest/first", first(&[priced(&all)])),
        class("price_cheapest/middle", middle(&[priced(&all)])),
        class("on_sale_newest/first", first(std::slice::from_ref(&open))),
        class("on_sale_newest/middle", middle(std::slice::from_ref(&open))),
        class("today_most_wished/twelve", requests(catalog, &[today], |_| 0, 12)),
    ]
}

/// One request for each query; where it begins may depend on its total.
fn requests(catalog: &Catalog, queries: &[ProductQuery], offset: impl Fn(u64) -> u64, limit: usize) -> Vec<Request> {
    let place = |query: &ProductQuery| {
        let total = catalog.search(query, &Start::Offset(0), 0, NOW).expect("an answer").total;
        Request { query: query.clone(), offset: offset(total), limit }
    };
    queries.iter().map(place).collect()
}
