//! The index against a plain look at every product, and the hard cases by name.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

use openrace_index::oracle::{self, Document, Keyword};
use openrace_index::{
    Catalog, IndexHome, LexiconBuilder, Order, Product, ProductQuery, SortKey, Start, Status, WriterOptions,
};
use proptest::prelude::*;
use tempfile::TempDir;

const NOW: i64 = 1_000_000;

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

/// Builds with as many commits' worth of segments as `threads` gives.
fn build(products: &[Product], threads: usize) -> (TempDir, Catalog) {
    let folder = TempDir::new().unwrap();
    let home = IndexHome::new(folder.path());
    let rebuild = home.begin().unwrap();
    let mut lexicon = LexiconBuilder::default();
    products.iter().for_each(|product| lexicon.add(&product.searchable_text()));
    let writer = rebuild.writer(lexicon, WriterOptions { threads, memory: threads * 15_000_000 }).unwrap();
    writer.add(products).unwrap();
    rebuild.publish(writer, NOW, None).unwrap();
    let catalog = home.open().unwrap();
    (folder, catalog)
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
        ("에어맥스", &[1, 2]),
        ("에어 맥스", &[1, 2]),
        ("에 어맥스", &[1, 2]),
        ("운동화 나이키", &[1]),
        ("나이키  97 운동화", &[1]),
        ("나이키", &[1, 2, 3]),
        ("nike", &[3]),
        ("ＮＩＫＥ", &[3]),
        ("갤럭시북3", &[8]),
        ("ga2100", &[6]),
        ("GA-2100", &[6]),
        ("ga 2100", &[6]),
        ("ＧＡ－２１００", &[6]),
        ("GA-21", &[6]),
        ("에어팟", &[7, 14]),
        ("나이트", &[12]),
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
        },
    )
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
            let keyword = query.keyword.as_deref().map(|keyword| Keyword::new(&catalog, keyword));
            let expected = oracle::search(documents.iter(), &query, keyword.as_ref(), NOW);
            let mut walked = Vec::new();
            let mut cursor = Some(Start::Offset(0));
            let mut offset = 0;
            while let Some(start) = cursor {
                let by_number = catalog.search(&query, &Start::Offset(offset), limit, NOW).unwrap();
                let by_cursor = catalog.search(&query, &start, limit, NOW).unwrap();
                prop_assert_eq!(&by_number, &by_cursor, "{:?}", query);
                prop_assert_eq!(by_number.total as usize, expected.len(), "{:?}", query);
                walked.extend(by_number.cards.iter().map(|card| card.id));
                offset += limit as u64;
                cursor = by_number.next.map(Start::After);
            }
            prop_assert_eq!(walked, expected, "{:?}", query);
        }
    }
}
