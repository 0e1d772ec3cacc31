//! Keywords that nobody means.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use openrace_index::oracle::Document;
use openrace_index::{Catalog, Order, PopularQueries, Product, ProductQuery, Start};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::build;
use crate::keywords::{HARD_CASES, hard_cases};
use crate::scan::assert_equals_plain_scan;
use crate::support::{NOW, product};

#[test]
fn hostile_keywords_are_answered() {
    let (_folder, catalog) = hard_cases();
    let words = |word: &str, times| vec![word; times].join(" ");
    for keyword in [
        words("나이키", 200),
        words("가", 500),
        "ㄱ".repeat(10_000),
        "a1".repeat(300),
        "-".repeat(1000),
        "가나다라".repeat(200),
        "\u{202e}نايك\u{0}\u{301}\u{301}".into(),
        "👨‍👩‍👧‍👦".repeat(50),
        "ﷺ".repeat(50),
    ] {
        let query = ProductQuery { keyword: Some(keyword), ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 20, NOW).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Of any script, cut anywhere, with signs, marks and jamo that belong to nothing.
    #[test]
    fn whatever_is_typed_is_answered_exactly_and_suggested_for(
        keyword in "([가-힣ㄱ-ㅎㅏ-ㅣᄀ-ᇿa-zA-Z0-9 _.,%#()\\[\\]\u{300}-\u{310}א-תＡ-Ｚ😀-😂-]{0,24})|(나이키|에어맥스|ga-2100|ㄴㅇㅋ|skdlzl|[ㄱ-ㅣ가-힣a-z0-9 ]{0,3}){1,5}",
    ) {
        let (_folder, catalog) = &*SHARED;
        let documents: Vec<Document> = HARD_CASES.iter().map(|&(id, name)| Document::from(&product(id, name))).collect();
        let query = ProductQuery {
            keyword: Some(keyword.clone()),
            highlight: true,
            order: Order::RELEVANCE,
            ..ProductQuery::default()
        };
        assert_equals_plain_scan(catalog, &documents, &query, 5);
        for card in catalog.search(&query, &Start::Offset(0), 16, NOW).unwrap().cards {
            let length = card.name().encode_utf16().count();
            prop_assert!(card.highlights.iter().all(|marked| marked.start < marked.end && marked.end <= length));
        }
        catalog.suggest(&keyword, &PopularQueries::default(), 10).unwrap();
    }
}

/// Built once for many keywords.
static SHARED: LazyLock<(TempDir, Catalog)> = LazyLock::new(|| {
    let products: Vec<Product> = HARD_CASES.iter().map(|&(id, name)| product(id, name)).collect();
    build(&products, 1)
});

#[test]
fn what_is_read_into_a_keyword_grows_with_it_and_no_faster() {
    let (_folder, catalog) = hard_cases();
    let meaning = catalog.meaning(&["나이키nikr"; 12].join(" "), false).unwrap();
    assert!(meaning.pieces.len() <= 24, "{}", meaning.pieces.len());
}

#[test]
fn endless_keywords_take_no_endless_time() {
    let (_folder, catalog) = hard_cases();
    let endless = [
        "ㄱ".repeat(10_000),
        "나이카 ".repeat(200),
        "ㄴㅇㅋ".repeat(500),
        "skdlzl".repeat(1_000),
        "에어맥".repeat(2_000),
        "(나*)+".repeat(1_000),
        "a\u{300}".repeat(5_000),
    ];
    for keyword in endless {
        let query = ProductQuery { keyword: Some(keyword.as_str().into()), ..ProductQuery::default() };
        let start = Instant::now();
        catalog.search(&query, &Start::Offset(0), 10, NOW).unwrap();
        catalog.suggest(&keyword, &PopularQueries::default(), 10).unwrap();
        assert!(start.elapsed() < Duration::from_secs(10), "{}…", keyword.chars().take(9).collect::<String>());
    }
}
