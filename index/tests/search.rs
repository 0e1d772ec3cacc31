//! The index against a plain look at every product, and the hard cases by name.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

mod support;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use openrace_index::oracle::{self, Document, Keyword};
use openrace_index::{
    Batch, Catalog, Correction, CorrectionKind, FacetRequest, IndexHome, Order, Page, PopularQueries, Product,
    ProductQuery, SortKey, Start, Status,
};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::NOW;

fn product(id: i64, name: &str) -> Product {
    Product {
        id,
        name: name.into(),
        image: format!("/{id}.jpg"),
        price: 1000,
        mall: String::new(),
        brand: None,
        category: "기타".into(),
        opens_at: NOW,
        closes_at: NOW + 1,
        wish_count: 0,
        in_stock: true,
    }
}

fn build(products: &[Product], threads: usize) -> (TempDir, Catalog) {
    let texts = products.iter().map(Product::searchable_text);
    let (folder, home) = support::build(products, support::words(texts), threads);
    (folder, home.open().unwrap())
}

fn ids(catalog: &Catalog, keyword: &str) -> Vec<i64> {
    let query = ProductQuery { keyword: Some(keyword.into()), ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 100, NOW).unwrap();
    assert_eq!(page.total as usize, page.cards.len());
    let mut ids: Vec<i64> = page.cards.into_iter().map(|card| card.id).collect();
    ids.sort_unstable();
    ids
}

const HARD_CASES: [(i64, &str); 16] = [
    (1, "[무료배송]나이키 에어맥스 97 운동화"),
    (2, "나이키 에어 맥스 95"),
    (3, "NIKE Air Max 97"),
    (4, "[신상]뉴발란스 운동화"),
    (5, "경량패딩조끼"),
    (6, "지샥 GA-2100 시계"),
    (7, "애플 에어팟 프로"),
    (8, "삼성전자 갤럭시북3 노트북"),
    (9, "갤럭시북4"),
    (10, "보테가 베네타 가방"),
    (11, "[정품]마뗑킴 로고 티셔츠"),
    (12, "나이트 크림"),
    (13, "팟타이 소스"),
    (14, "애플 에어팟 맥스"),
    (15, "44사이즈비키니"),
    (16, "보테가 방수팩"),
];

fn hard_cases() -> (TempDir, Catalog) {
    let mut products: Vec<Product> = HARD_CASES.iter().map(|&(id, name)| product(id, name)).collect();
    products[2].mall = "나이키공식몰".into();
    for shoes in [0, 1, 2] {
        products[shoes].category = "신발".into();
    }
    build(&products, 1)
}

#[test]
fn hard_cases_are_answered_as_written() {
    let (_folder, catalog) = hard_cases();
    let answers: &[(&str, &[i64])] = &[
        ("에어맥스", &[1, 2, 3]),
        ("에어 맥스", &[1, 2, 3]),
        ("에 어맥스", &[1, 2, 3]),
        ("운동화 나이키", &[1]),
        ("나이키  97 운동화", &[1]),
        ("나이키", &[1, 2, 3]),
        ("nike", &[1, 2, 3]),
        ("ＮＩＫＥ", &[1, 2, 3]),
        ("skdlzl", &[1, 2, 3]),
        ("SKDLZL", &[1, 2, 3]),
        ("ㄴㅇㅋ", &[1, 2, 3]),
        ("나ㅇㅋ", &[1, 2, 3]),
        ("ㄴㅇㅋ ㅇㅇㅁㅅ", &[1, 2, 3]),
        ("나이카", &[1, 2, 3]),
        ("니이키", &[1, 2, 3]),
        ("에어멕스", &[1, 2, 3]),
        ("에어맥스 97", &[1, 3]),
        ("skdlzl97", &[1, 3]),
        ("ㅎㅁ-2100", &[6]),
        ("나잌", &[1, 2, 3]),
        ("에어맧", &[1, 2, 3]),
        ("갤럭시북5", &[]),
        ("갤럭시북3", &[8]),
        ("ga2100", &[6]),
        ("GA-2100", &[6]),
        ("ga 2100", &[6]),
        ("ＧＡ－２１００", &[6]),
        ("GA-21", &[6]),
        ("에어팟", &[7, 14]),
        ("나이트", &[12]),
        ("시게", &[6]),
        ("나이키nikee", &[1, 2, 3]),
        ("치", &[]),
        ("가방", &[10]),
        ("44사이즈", &[15]),
        ("패딩", &[5]),
        ("조끼", &[5]),
        ("경량 조끼", &[5]),
        ("나이키 신발", &[1, 2, 3]),
        ("티", &[11]),
        ("삼성노트북", &[8]),
        ("삼성 노트북", &[8]),
        ("배송나이키", &[]),
        ("나이키 없는말", &[]),
        ("97", &[1, 3]),
        ("+나이키* \"()@~-<>", &[1, 2, 3]),
        ("C#", &[]),
        ("%", &[]),
        ("\\", &[]),
        ("", &[]),
        ("😀", &[]),
    ];
    for (keyword, expected) in answers {
        assert_eq!(ids(&catalog, keyword), *expected, "{keyword}");
    }
}

/// What was typed comes first, what only means the same after it.
#[test]
fn the_word_as_typed_beats_its_synonym_and_exact_leaves_that_out() {
    let (_folder, catalog) = hard_cases();
    let list = |exact| {
        let (keyword, order) = (Some("에어맥스".into()), Order::RELEVANCE);
        let query = ProductQuery { keyword, exact, order, ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 10, NOW).unwrap()
    };
    let listed = |page: &Page| page.cards.iter().map(|card| card.id).collect::<Vec<_>>();
    assert_eq!(listed(&list(false)), [2, 1, 3]);
    assert_eq!(listed(&list(true)), [2, 1]);
    assert!(list(true).corrections.is_empty());
}

#[test]
fn an_answer_says_how_its_keyword_was_changed() {
    let (_folder, catalog) = hard_cases();
    use CorrectionKind::{Chosung, Completion, Layout, Synonym, Typo};
    type Told<'a> = (CorrectionKind, &'a str, &'a str);
    let cases: [(&str, &[Told<'_>]); 10] = [
        ("운동화", &[]),
        ("나이트", &[]),
        ("nike", &[(Synonym, "nike", "나이키")]),
        ("skdlzl", &[(Layout, "skdlzl", "나이키")]),
        ("ㅜㅑㅏㄷ", &[(Layout, "ㅜㅑㅏㄷ", "nike")]),
        ("ㄴㅇㅋ 운동화", &[(Chosung, "ㄴㅇㅋ", "나이키")]),
        ("갤럭시ㅂ", &[(Completion, "갤럭시ㅂ", "갤럭시북3")]),
        ("나이카 운동화", &[(Typo, "나이카", "나이키")]),
        ("나이키 없는말", &[(Synonym, "나이키", "nike")]),
        ("나이카 & 운동화", &[(Typo, "나이카", "나이키")]),
    ];
    for (keyword, expected) in cases {
        let corrections = catalog.meaning(keyword, false).unwrap().corrections.clone();
        let told: Vec<_> = corrections.iter().map(|told| (told.kind, &*told.from, &*told.to)).collect();
        assert_eq!(told, expected, "{keyword}");
        assert!(catalog.meaning(keyword, true).unwrap().corrections.is_empty());
    }
}

#[test]
fn of_words_that_never_come_together_the_rarer_was_a_slip() {
    let names = ["보테가 가방", "보테가 지갑", "보테거 크림"];
    let products: Vec<Product> = (1..).zip(names).map(|(id, name)| product(id, name)).collect();
    let (_folder, catalog) = build(&products, 1);
    let corrections = |keyword: &str| catalog.meaning(keyword, false).unwrap().corrections.clone();
    let slip = |from: &str, to: &str| Correction { kind: CorrectionKind::Typo, from: from.into(), to: to.into() };
    assert_eq!(corrections("보테거 가방"), [slip("보테거", "보테가")]);
    assert_eq!((corrections("보테거 크림"), corrections("보테가 크림")), (vec![], vec![]));
}

#[test]
fn no_keystroke_on_the_way_to_a_word_is_without_a_suggestion() {
    let (_folder, catalog) = hard_cases();
    let popular = PopularQueries::new([("나이키 운동화", 7)]);
    let suggest = |typed: &str| {
        let suggestions = catalog.suggest(typed, &popular, 10).unwrap();
        suggestions.into_iter().map(|suggestion| suggestion.text).collect::<Vec<_>>()
    };
    let chains: [(&str, &[&str]); 6] = [
        ("나이키", &["ㄴ", "나", "낭", "나이", "나잌", "나이키", "skd", "ㄴㅇ", "ㄴㅇㅋ", "나이카"]),
        ("에어맥스", &["ㅇ", "에", "에어", "에엄", "에어매", "에어맥", "에어맧", "에어맥스", "맥스", "dpdj"]),
        ("가방", &["ㄱ", "가", "갑", "가바", "가방"]),
        ("nike", &["n", "ni", "nik", "ㅜㅑ"]),
        ("나이키 운동화", &["나이키 ㅇ", "나이키 우", "나이키 운", "나이키 운동", "나이키 운동ㅎ", "나"]),
        ("지샥", &["지", "짓", "지샤", "지샥"]),
    ];
    for (word, chain) in chains {
        for typed in chain {
            assert!(suggest(typed).iter().any(|suggestion| suggestion == word), "{typed}: {:?}", suggest(typed));
        }
    }
    assert_eq!(suggest("나이키 노트"), Vec::<String>::new(), "no product has both");
    assert_eq!(suggest("애플 에"), ["애플 에어팟", "애플 에어"], "no product of 애플 has 에어맥스");
    let all = suggest("ㅇ");
    for most in 0..=all.len() {
        let suggestions = catalog.suggest("ㅇ", &popular, most).unwrap();
        assert_eq!(suggestions.into_iter().map(|suggestion| suggestion.text).collect::<Vec<_>>(), all[..most]);
    }
    assert_eq!(suggest(" "), Vec::<String>::new());
}

#[test]
fn a_keyword_that_finds_nothing_is_told_what_its_parts_would_find() {
    let (_folder, catalog) = hard_cases();
    assert_eq!(catalog.offers("나이키 없는말").unwrap(), [("나이키".to_owned(), 3)]);
    assert_eq!(catalog.offers("나이키 노트북").unwrap(), [("나이키".to_owned(), 3), ("노트북".to_owned(), 1)]);
    assert_eq!(catalog.offers("없는말").unwrap(), []);
    let offers = |keyword: &str, exact| {
        let query = ProductQuery { keyword: Some(keyword.into()), exact, ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 1, NOW).unwrap().offers.len()
    };
    assert_eq!(
        [offers("나이키 없는말", false), offers("나이키 없는말", true), offers("나이키 운동화", false)],
        [1, 0, 0]
    );
}

/// How rare a code may be beside its parts, so that `갤럭시 3` does not only find what is called 갤럭시3.
#[test]
fn letters_and_digits_typed_apart_are_a_code_when_that_is_a_fifth_as_common_as_its_rarer_part() {
    for (apart, is_code) in [(3, true), (4, true), (5, false), (6, false)] {
        let names = ["지샥 GA-2100".to_owned()].into_iter().chain((0..apart).map(|_| "지샥 2100 시계 GA".to_owned()));
        let products: Vec<Product> = (1..).zip(names).map(|(id, name)| product(id, &name)).collect();
        let (_folder, catalog) = build(&products, 1);
        let found = if is_code { 1 } else { products.len() };
        assert_eq!(ids(&catalog, "ga 2100").len(), found, "beside {apart}");
    }
}

/// Independent of how a keyword is cut: whatever the cut, spaces between known words must not change the answer.
#[test]
fn spaces_between_known_words_change_nothing() {
    let (_folder, catalog) = hard_cases();
    let words = [
        "나이키",
        "에어맥스",
        "운동화",
        "신발",
        "지샥",
        "시계",
        "애플",
        "에어팟",
        "노트북",
        "보테가",
        "가방",
        "티셔츠",
    ];
    for first in words {
        for second in words {
            let apart = ids(&catalog, &format!("{first} {second}"));
            for spelling in [format!("{first}{second}"), format!("{first}-{second}"), format!(" {first}   {second} ")] {
                assert_eq!(ids(&catalog, &spelling), apart, "{spelling}");
            }
            let letters: Vec<String> = format!("{first}{second}").chars().map(String::from).collect();
            assert_eq!(
                ids(&catalog, &format!("{} {}", letters[..2].concat(), letters[2..].concat())),
                apart,
                "{letters:?}"
            );
        }
    }
}

#[test]
fn a_name_that_starts_with_the_brand_comes_before_newer_mentions() {
    let names =
        ["나이키 운동화", "[무료배송] 나이키 가방", "아디다스 나이키 비교", "나이키 나이키 나이키", "신발끈 나이키용"];
    let products: Vec<Product> = (1..).zip(names).map(|(id, name)| product(id, name)).collect();
    let (_folder, catalog) = build(&products, 1);
    let query = ProductQuery { keyword: Some("나이키".into()), order: Order::RELEVANCE, ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 10, NOW).unwrap();
    let ids: Vec<i64> = page.cards.iter().map(|card| card.id).collect();
    assert_eq!(ids, [4, 2, 1, 5, 3]);
}

#[test]
fn a_sale_opens_and_closes_on_its_millisecond() {
    let (_folder, catalog) = build(&[product(1, "나이키")], 1);
    let total = |status, now| {
        let query = ProductQuery { status: Some(status), ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 1, now).unwrap().total
    };
    for (now, status) in [(NOW - 1, Status::Waiting), (NOW, Status::Open), (NOW + 1, Status::Close)] {
        for asked in [Status::Waiting, Status::Open, Status::Close] {
            assert_eq!(total(asked, now), u64::from(asked == status), "{asked:?} at {now}");
        }
    }
    assert_eq!(catalog.still_time(NOW - 5), i64::MIN..NOW);
    assert_eq!(catalog.still_time(NOW), NOW..NOW + 1);
    assert_eq!(catalog.still_time(NOW + 5), NOW + 1..i64::MAX);
}

#[test]
fn while_no_sale_turns_every_moment_has_the_same_answers() {
    let products: Vec<Product> = (1..60)
        .map(|id| Product { opens_at: NOW + id * 7 % 40, closes_at: NOW + id * 13 % 50, ..product(id, "나이키") })
        .collect();
    let (_folder, catalog) = build(&products, 3);
    let facets = FacetRequest { status: true, ..FacetRequest::default() };
    let query = ProductQuery { facets, ..ProductQuery::default() };
    let statuses = |now| catalog.search(&query, &Start::Offset(0), 1, now).unwrap().facets.unwrap().statuses;
    let mut now = NOW - 1;
    let mut turns = 0;
    while catalog.still_time(now).end < i64::MAX {
        let still = catalog.still_time(now);
        assert_eq!(still.start.max(NOW - 1), now);
        for later in now..still.end {
            assert_eq!((catalog.still_time(later), statuses(later)), (still.clone(), statuses(now)));
        }
        assert_ne!(statuses(still.end), statuses(now));
        (now, turns) = (still.end, turns + 1);
    }
    assert!(turns > 30, "{turns}");
}

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

fn any_product() -> impl Strategy<Value = Product> {
    let word = prop::sample::select(vec![
        "나이키",
        "에어맥스",
        "에어",
        "맥스",
        "운동화",
        "나이키운동화",
        "nike",
        "air",
        "airmax",
        "GA-2100",
        "ga",
        "2100",
        "97",
        "128GB",
        "패딩",
        "경량패딩조끼",
        "조끼",
        "NJ1DQ91A",
        "티",
        "갤럭시북3",
        "가방",
        "보테가",
    ]);
    let gap = prop::sample::select(vec![" ", " ", "-", "", "/", "[", "] ", "_"]);
    let name = prop::collection::vec((word, gap), 1..6)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, gap)| [word, gap]).collect::<String>());
    let times = (-3i64..4, 1i64..4);
    (name, 0i64..6, prop::sample::select(vec!["신발", "가방", ""]), times, 0i64..4).prop_map(
        |(name, price, category, (opens, lasts), wishes)| Product {
            price: price * 1000,
            category: category.into(),
            opens_at: NOW + opens,
            closes_at: NOW + opens + lasts,
            wish_count: wishes,
            in_stock: wishes != 2,
            ..product(0, &name)
        },
    )
}

fn any_query() -> impl Strategy<Value = ProductQuery> {
    let keyword = prop::option::of(prop::sample::select(vec![
        "나이키",
        "에어 맥스",
        "에어맥스",
        "나이키 운동화",
        "나이키운동화",
        "air max",
        "ga2100",
        "GA-21",
        "ga 2100",
        "97",
        "패딩",
        "량패",
        "티",
        "nike 97",
        "갤럭시북3",
        "에어맥스97",
        "nj1d",
        "가방",
        "없는말",
        "%",
    ]));
    let category = prop::option::of(prop::sample::select(vec!["신발", "가방", "없음"]));
    let status = prop::option::of(prop::sample::select(vec![Status::Waiting, Status::Open, Status::Close]));
    let price = (prop::option::of(0i64..6), prop::option::of(0i64..6));
    let opens = prop::option::of((-3i64..3, 0i64..3));
    let key = prop::sample::select(vec![
        SortKey::Id,
        SortKey::Price,
        SortKey::EventStartTime,
        SortKey::WishCount,
        SortKey::Relevance,
    ]);
    (keyword, category, status, price, opens, key, any::<(bool, bool)>()).prop_map(
        |(keyword, category, status, (low, high), opens, key, (ascending, in_stock))| ProductQuery {
            keyword: keyword.map(Into::into),
            category: category.map(Into::into),
            status,
            min_price: low.map(|price| price * 1000),
            max_price: high.map(|price| price * 1000),
            opens: opens.map(|(start, length)| NOW + start..NOW + start + length),
            in_stock,
            order: Order { key, ascending },
            ..ProductQuery::default()
        },
    )
}

const ALL_FACETS: FacetRequest = FacetRequest { category: true, status: true, price: true, mall: true };

/// Pages by number and by cursor, totals and facets are those of a plain scan.
fn assert_equals_plain_scan(catalog: &Catalog, documents: &[Document], query: &ProductQuery, limit: usize) {
    let keyword = query.keyword.as_deref().map(|keyword| Keyword::new(catalog, keyword));
    let expected = oracle::search(documents.iter(), query, keyword.as_ref(), NOW);
    let with_facets = ProductQuery { facets: ALL_FACETS, ..query.clone() };
    let facets = catalog.search(&with_facets, &Start::Offset(0), 1, NOW).unwrap().facets;
    assert_eq!(facets, Some(oracle::facets(documents.iter(), query, keyword.as_ref(), NOW)), "{query:?}");
    let mut walked = Vec::new();
    let mut cursor = Some(Start::Offset(0));
    while let Some(start) = cursor {
        let by_number = catalog.search(query, &Start::Offset(walked.len() as u64), limit, NOW).unwrap();
        let by_cursor = catalog.search(query, &start, limit, NOW).unwrap();
        let listed: Vec<i64> = by_number.cards.iter().map(|card| card.id).collect();
        let due: Vec<i64> = expected.iter().skip(walked.len()).take(limit).copied().collect();
        assert_eq!(listed, due, "{query:?} from {}", walked.len());
        assert_eq!(by_number, by_cursor, "{query:?}");
        assert_eq!(by_number.total as usize, expected.len(), "{query:?}");
        walked.extend(listed);
        cursor = by_number.next.map(Start::After);
    }
    assert_eq!(walked.len(), expected.len(), "{query:?}");
}

/// Large enough for bands of orders, lists of few and sets of many; then with deletes, and values that have changed since.
#[test]
fn every_page_of_a_large_segment_equals_a_plain_scan() {
    const PRODUCTS: i64 = 20_000;
    let names = ["나이키 에어맥스 97 운동화", "나이키 패딩", "지샥 GA-2100 시계", "보테가 가방", "에어 맥스 조끼"];
    let made = |id: i64| Product {
        // One in 997 has the rare word.
        name: if id % 997 == 0 {
            format!("희귀 {}", names[(id % 5) as usize])
        } else {
            names[(id * id % 5) as usize].into()
        },
        price: id * 7919 % 1_200_000,
        mall: format!("몰{}", id % 37),
        // One in 50 is in a small category, one in 500 in a tiny one.
        category: match id {
            _ if id % 500 == 1 => "양말",
            _ if id % 50 == 0 => "시계",
            _ => ["신발", "옷", "가방"][(id % 3) as usize],
        }
        .into(),
        opens_at: NOW + id * 31 % 1000 - 500,
        closes_at: NOW + id * 31 % 1000 - 500 + id % 300,
        wish_count: id * 13 % 101,
        in_stock: id % 4 != 0,
        ..product(id, "")
    };
    let mut products: Vec<Product> = (1..=PRODUCTS).map(made).collect();
    let (folder, catalog) = build(&products, 1);
    assert_lists(&catalog, &products);

    let mut updater = IndexHome::new(folder.path()).update().unwrap();
    let deleted = |product: &Product| product.id % 7 == 0;
    let mut batch =
        Batch { deleted: products.iter().filter(|it| deleted(it)).map(|it| it.id).collect(), ..Batch::default() };
    products.retain(|product| !deleted(product));
    for product in &mut products {
        if product.id % 11 == 0 {
            product.price = product.price * 31 % 1_200_000;
            batch.replaced.push(product.clone());
        } else if product.id % 17 == 0 {
            (product.wish_count, product.in_stock) = (product.id % 89, product.id % 2 == 0);
            batch.live.push((product.id, product.live()));
        }
    }
    updater.apply(batch, None).unwrap();
    assert_lists(updater.catalog(), &products);

    // Deletes beside deletes, and a new segment without some of the categories.
    let (gone, kept): (Vec<Product>, Vec<Product>) = products.into_iter().partition(|product| product.id % 10 == 9);
    let mut batch = Batch { deleted: gone.iter().map(|product| product.id).collect(), ..Batch::default() };
    products = kept;
    for product in products.iter_mut().filter(|product| product.id % 9 == 3) {
        product.category = "모자".into();
        batch.replaced.push(product.clone());
    }
    updater.apply(batch, None).unwrap();
    assert_lists(updater.catalog(), &products);
}

/// Lists in every order, under filters that let many, few, or a stretch of an order pass.
fn assert_lists(catalog: &Catalog, products: &[Product]) {
    let documents: Vec<Document> = products.iter().map(Document::from).collect();
    let priced = |query: &ProductQuery, category: &str| ProductQuery {
        category: Some(category.into()),
        min_price: Some(100_000),
        max_price: Some(900_000),
        ..query.clone()
    };
    let orders = [
        (SortKey::Price, true),
        (SortKey::Price, false),
        (SortKey::EventStartTime, false),
        (SortKey::WishCount, true),
        (SortKey::Relevance, false),
    ];
    for (key, ascending) in orders {
        for keyword in [None, Some("나이키"), Some("희귀"), Some("ㄴㅇㅋ 시계"), Some("운동화 97")] {
            for status in [None, Some(Status::Waiting), Some(Status::Open), Some(Status::Close)] {
                let order = Order { key, ascending };
                let query = ProductQuery { keyword: keyword.map(Into::into), status, order, ..ProductQuery::default() };
                assert_equals_plain_scan(catalog, &documents, &query, 1999);
                let in_stock = ProductQuery { in_stock: true, ..priced(&query, "신발") };
                assert_equals_plain_scan(catalog, &documents, &in_stock, 499);
                assert_equals_plain_scan(catalog, &documents, &priced(&query, "신발"), 499);
                assert_equals_plain_scan(catalog, &documents, &priced(&query, "시계"), 49);
                assert_equals_plain_scan(catalog, &documents, &priced(&query, "양말"), 9);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_page_and_total_equals_a_plain_scan(
        products in prop::collection::vec(any_product(), 1..120),
        queries in prop::collection::vec((any_query(), 1usize..8), 40),
        threads in 1usize..4,
    ) {
        let products: Vec<Product> =
            (1..).zip(products).map(|(id, product)| Product { id, ..product }).collect();
        let documents: Vec<Document> = products.iter().map(Document::from).collect();
        let (_folder, catalog) = build(&products, threads);
        for (query, limit) in queries {
            assert_equals_plain_scan(&catalog, &documents, &query, limit);
        }
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
fn another_layout_is_meant_only_if_it_is_found_with_the_rest() {
    let (_folder, catalog) = build(&[product(1, "보드 skate"), product(2, "남 셔츠")], 1);
    assert_eq!(ids(&catalog, "보드 ska"), [1]);
    assert_eq!(ids(&catalog, "ska"), [2]);
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
