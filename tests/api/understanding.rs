//! Keywords as people type them, over HTTP.

use openrace_index::Product;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{Setup, TestApp, index::product, log, until};

fn shop() -> Vec<Product> {
    let named = |id, name: &str, price, category: &str| Product {
        name: name.to_owned(),
        price,
        category: category.to_owned(),
        mall: format!("몰{}", id % 2),
        brand: None,
        ..product(id)
    };
    vec![
        named(1, "[무료배송]나이키 에어맥스 97", 129_000, "신발"),
        named(2, "나이키 에어 맥스 95", 9_000, "신발"),
        named(3, "NIKE Air Force", 99_000, "신발"),
        named(4, "지샥 GA-2100 시계", 130_000, "시계"),
    ]
}

async fn search(app: &TestApp, query: &str) -> Value {
    let answer = app.get(&format!("/api/products/search?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_corrected_search_says_what_was_done_and_exact_switches_it_off() {
    let app = TestApp::with_products(&shop()).await;
    let body = search(&app, "keyword=나이카 에어맥스").await;
    assert_eq!(body["corrections"][0], json!({"kind": "typo", "from": "나이카", "to": "나이키"}));
    assert_eq!(body["totalElements"], 2);
    assert_eq!(search(&app, "keyword=skdlzl").await["corrections"][0]["kind"], "layout");
    assert_eq!(search(&app, "keyword=ㄴㅇㅋ").await["corrections"][0]["kind"], "chosung");
    assert_eq!(search(&app, "keyword=지샤").await["corrections"][0]["kind"], "completion");
    assert_eq!(search(&app, "keyword=nike").await["corrections"][0]["kind"], "synonym");
    let exact = search(&app, "keyword=나이카&exact=true").await;
    assert_eq!((&exact["totalElements"], &exact["corrections"]), (&json!(0), &Value::Null));
    assert_eq!(search(&app, "keyword=지샥").await["corrections"], Value::Null);
}

#[tokio::test]
async fn a_search_without_a_result_offers_what_its_parts_would_find() {
    let app = TestApp::with_products(&shop()).await;
    let body = search(&app, "keyword=나이키 없는말").await;
    assert_eq!(body["offers"], json!([{"keyword": "나이키", "totalElements": 3}]));
    assert_eq!(search(&app, "keyword=나이키").await["offers"], Value::Null);
}

#[tokio::test]
async fn facets_count_under_all_filters_and_highlights_mark_what_was_meant() {
    let app = TestApp::with_products(&shop()).await;
    let body = search(&app, "keyword=나이키&lprice=10000&facets=category,status,price,brand").await;
    assert_eq!(body["facets"]["category"], json!([{"value": "신발", "count": 2}]));
    assert_eq!(body["facets"]["brand"], json!([{"value": "몰1", "count": 2}]));
    let prices = body["facets"]["price"].as_array().unwrap();
    assert_eq!(prices.iter().map(|band| band["count"].as_u64().unwrap()).sum::<u64>(), 2);
    assert_eq!(prices[0], json!({"from": 0, "to": 10_000, "count": 0}));
    let open = body["facets"]["status"].as_array().unwrap().iter().find(|status| status["value"] == "OPEN");
    assert_eq!(open.unwrap()["count"], 2);
    assert_eq!(search(&app, "keyword=나이키&facets=").await["facets"], Value::Null);
    let refused = app.get("/api/products/search?facets=colour").await;
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["parameter"]),
        (StatusCode::BAD_REQUEST, &json!("facets"))
    );
    let body = search(&app, "keyword=에어멕스&highlight=true&sortBy=id").await;
    assert_eq!(body["content"][0]["highlight"], json!([[10, 14]]));
    assert_eq!(body["content"][1]["highlight"], json!([[4, 9]]));
    assert_eq!(search(&app, "keyword=에어맥스").await["content"][0]["highlight"], Value::Null);
}

#[tokio::test]
async fn every_keystroke_has_suggestions() {
    let app = TestApp::with_products(&shop()).await;
    let suggest = async |typed: &str| {
        let body = app.get(&format!("/api/products/suggest?q={typed}")).await.json();
        let suggestions = body["suggestions"].as_array().unwrap().clone();
        suggestions.iter().map(|suggestion| suggestion["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for typed in ["ㄴ", "나", "낭", "나이", "나잌", "나이키"] {
        assert!(suggest(typed).await.contains(&"나이키".to_owned()), "{typed}");
    }
    assert!(suggest("").await.is_empty());
    assert_eq!(app.get("/api/products/suggest?q=나&size=0").await.status, StatusCode::BAD_REQUEST);
}

#[sqlx::test]
async fn what_many_search_for_is_suggested_and_told_to_operators(db: MySqlPool) {
    let app = TestApp::start(Setup::with_services(db)).await;
    app.publish(&shop());
    until(async || app.admin("/readyz").await.status == StatusCode::OK).await;
    for _ in 0..4 {
        search(&app, "keyword=나이키  에어맥스").await;
        search(&app, "keyword=없는말").await;
        search(&app, "keyword=나이키  에어맥스&page=1").await;
    }
    let counted = |list: &Value, keyword: &str| {
        list.as_array()
            .unwrap()
            .iter()
            .find(|counted| counted["keyword"] == keyword)
            .map(|it| it["times"].as_u64().unwrap())
    };
    until(async || {
        let report = app.admin("/searches").await.json();
        counted(&report["popular"], "나이키 에어맥스") == Some(4)
            && counted(&report["rising"], "나이키 에어맥스") == Some(4)
            && counted(&report["withoutResult"], "없는말") == Some(4)
    })
    .await;
    until(async || {
        let body = app.get("/api/products/suggest?q=나잌").await.json();
        body["suggestions"][0] == json!({"text": "나이키 에어맥스", "kind": "query"})
    })
    .await;
}

#[sqlx::test]
async fn a_keyword_is_suggested_to_others_from_the_third_search_on(db: MySqlPool) {
    let app = TestApp::start(Setup::with_services(db)).await;
    app.publish(&shop());
    until(async || app.admin("/readyz").await.status == StatusCode::OK).await;
    let is_suggested = async |keyword: &str| {
        let body = app.get(&format!("/api/products/suggest?q={keyword}")).await.json();
        body["suggestions"].as_array().unwrap().contains(&json!({"text": keyword, "kind": "query"}))
    };
    for keyword in ["지샥 시계", "지샥 시계", "나이키 에어맥스", "나이키 에어맥스", "나이키 에어맥스"]
    {
        search(&app, &format!("keyword={keyword}")).await;
    }
    until(async || is_suggested("나이키 에어맥스").await).await;
    assert!(!is_suggested("지샥 시계").await);
    search(&app, "keyword=지샥 시계").await;
    until(async || is_suggested("지샥 시계").await).await;
}

#[sqlx::test]
async fn what_was_searched_for_is_forgotten_after_two_days(db: MySqlPool) {
    const TWO_DAYS: i64 = 2 * 24 * 60 * 60;
    let app = TestApp::start(Setup::with_services(db)).await;
    app.publish(&shop());
    until(async || app.admin("/readyz").await.status == StatusCode::OK).await;
    search(&app, "keyword=나이키").await;
    search(&app, "keyword=없는말").await;
    let mut redis = app.app.redis.connection.clone();
    let mut keys = Vec::<String>::new();
    until(async || {
        let pattern = app.app.redis.key("searches:*");
        keys = redis::cmd("KEYS").arg(pattern).query_async(&mut redis).await.unwrap();
        keys.len() == 3
    })
    .await;
    for key in keys {
        let mut left = -1_i64;
        until(async || {
            left = redis::cmd("TTL").arg(&key).query_async(&mut redis).await.unwrap();
            left >= 0
        })
        .await;
        let whole = if key.contains(":hour:") { TWO_DAYS / 24 } else { TWO_DAYS };
        assert!((whole - 60..=whole).contains(&left), "{key}: {left}");
    }
}

#[tokio::test]
async fn synonyms_are_read_anew_when_their_file_changes() {
    log::keep();
    let app = TestApp::with_products(&shop()).await;
    assert_eq!(search(&app, "keyword=손목시계").await["totalElements"], 0);
    let file = app.home.path().join("synonyms.txt");
    std::fs::write(&file, "손목시계 = 시계\n").unwrap();
    until(async || search(&app, "keyword=손목시계").await["totalElements"] == 1).await;
    assert_eq!(search(&app, "keyword=nike").await["totalElements"], 1, "those that were shipped are gone");
    std::fs::write(&file, "nonsense\n").unwrap();
    std::fs::File::open(&file).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    let folder = app.home.path().to_str().unwrap();
    until(async || log::lines().iter().any(|line| line["error"].as_str().is_some_and(|told| told.contains(folder))))
        .await;
    assert_eq!(search(&app, "keyword=손목시계").await["totalElements"], 1, "those that were stay in use");
    std::fs::write(&file, "팔찌시계 = 시계\n").unwrap();
    until(async || search(&app, "keyword=팔찌시계").await["totalElements"] == 1).await;
}
