//! The index against a plain look at every product.

use openrace_index::oracle::{self, Document, Keyword};
use openrace_index::{Batch, Catalog, FacetRequest, IndexHome, Order, Product, ProductQuery, SortKey, Start, Status};
use proptest::prelude::*;

use crate::build;
use crate::support::{NOW, product};

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
pub(crate) fn assert_equals_plain_scan(catalog: &Catalog, documents: &[Document], query: &ProductQuery, limit: usize) {
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
