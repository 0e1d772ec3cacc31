use reqwest::StatusCode;

use crate::support::{TestApp, index::products};

/// Asks for `path` and answers which parameters the problem names.
async fn refused(app: &TestApp, path: &str) -> Vec<String> {
    let answer = app.get(path).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.text);
    let problem = answer.json();
    assert_eq!(problem["code"], "invalid_parameter", "{path}");
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| error["parameter"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_value_that_cannot_be_used_is_refused_by_name() {
    let app = TestApp::with_products(&products(3)).await;
    let long = format!("keyword={}", "k".repeat(201));
    let huge = format!("keyword={}", "%EA%B0%80".repeat(3400));
    for (query, parameter) in [
        ("page=-1", "page"),
        ("page=x", "page"),
        ("page=1.5", "page"),
        ("page=2147483648", "page"),
        ("page=9223372036854775808", "page"),
        ("size=0", "size"),
        ("size=101", "size"),
        ("size=-1", "size"),
        ("lprice=cheap", "lprice"),
        ("gprice=1e3", "gprice"),
        ("gprice=9223372036854775808", "gprice"),
        ("lprice=2000&gprice=1999", "lprice"),
        ("status=SOLD", "status"),
        ("status=open", "status"),
        ("sortBy=name", "sortBy"),
        ("sortBy=price;DROP", "sortBy"),
        ("isAsc=maybe", "isAsc"),
        ("keyword=%00", "keyword"),
        ("keyword=a%00b", "keyword"),
        ("keyword=%FF%FE", "keyword"),
        ("category=%C3%28", "category"),
        ("status=%FF", "status"),
        ("page=%FF", "page"),
        ("cursor=abc", "cursor"),
        ("cursor=%FF", "cursor"),
        (&long, "keyword"),
        (&huge, "keyword"),
    ] {
        assert_eq!(refused(&app, &format!("/api/products/search?{query}")).await, [parameter], "{query}");
    }
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let app = TestApp::with_products(&products(3)).await;
    let named = refused(&app, "/api/products/search?page=-1&size=0&status=X&sortBy=Y").await;
    assert_eq!(named, ["status", "sortBy", "page", "size"]);
}

#[tokio::test]
async fn every_list_refuses_pages_that_cannot_be() {
    let app = TestApp::with_products(&products(3)).await;
    for list in ["/api/products", "/api/products/openrun", "/api/products/search"] {
        assert_eq!(refused(&app, &format!("{list}?page=-1")).await, ["page"]);
        assert_eq!(refused(&app, &format!("{list}?size=101")).await, ["size"]);
    }
}

#[tokio::test]
async fn parts_of_the_path_are_refused_by_name() {
    let app = TestApp::with_products(&products(3)).await;
    for id in ["abc", "1.5", "9223372036854775808", "-9223372036854775809", "%FF", "%00", "1%20OR%201"] {
        assert_eq!(refused(&app, &format!("/api/products/{id}")).await, ["id"], "{id}");
    }
    for count in ["0", "101", "-1", "many", "9223372036854775808"] {
        assert_eq!(refused(&app, &format!("/api/products/wishcount/{count}")).await, ["count"], "{count}");
    }
}

#[tokio::test]
async fn strange_but_usable_input_gets_the_right_answer() {
    let app = TestApp::with_products(&products(3)).await;
    for (query, total) in [
        ("keyword=&category=&status=&lprice=&gprice=&sortBy=&isAsc=", 3),
        ("colour=red&page=0", 3),
        ("size=2&size=bad", 3),
        ("keyword=%F0%9F%98%80", 0),
        ("keyword=%22%20OR%20*%20NOT%20(", 0),
        ("keyword=%2B-%26%7C!()%7B%7D%5B%5D%5E%22~*%3F%3A%5C", 0),
        ("category='%20OR%20'1'='1", 0),
        ("lprice=-5", 3),
        ("gprice=-5", 0),
        ("lprice=9223372036854775807", 0),
        ("lprice=2000&gprice=2000", 1),
    ] {
        let answer = app.get(&format!("/api/products/search?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
        assert_eq!(answer.json()["totalElements"], total, "{query}");
    }
}
