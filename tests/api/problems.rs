use reqwest::{Method, StatusCode};

use crate::support::{BROKEN_CLOCK, Setup, TestApp, index::products};

#[tokio::test]
async fn an_unknown_address_is_a_problem() {
    let app = TestApp::start(Setup::default()).await;
    let answer = app.get("/api/nothing?secret=1").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["title"], "Not Found");
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["code"], "not_found");
    assert_eq!(problem["instance"], "/api/nothing");
    assert_eq!(problem["requestId"], answer.header("x-request-id").unwrap());
}

#[tokio::test]
async fn a_wrong_method_is_told_which_are_right() {
    let app = TestApp::start(Setup::default()).await;
    for path in ["/api/products", "/api/products/search", "/api/products/1", "/health-check"] {
        let answer = app.send(Method::DELETE, path, &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), Some("GET,HEAD"));
        assert_eq!(answer.json()["code"], "method_not_allowed");
    }
}

#[tokio::test]
async fn a_harmless_request_id_is_kept() {
    let app = TestApp::start(Setup::default()).await;
    let answer = app.send(Method::GET, "/api/nothing", &[("x-request-id", "shop-7.a_B")]).await;
    assert_eq!(answer.header("x-request-id"), Some("shop-7.a_B"));
    assert_eq!(answer.json()["requestId"], "shop-7.a_B");
}

#[tokio::test]
async fn any_other_request_id_is_replaced() {
    let app = TestApp::start(Setup::default()).await;
    let long = "a".repeat(65);
    for sent in ["", "two words", "{\"a\":1}", &long] {
        let answer = app.send(Method::GET, "/health-check", &[("x-request-id", sent)]).await;
        let id = answer.header("x-request-id").unwrap();
        assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7, "{sent}");
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let app = TestApp::start(Setup::default()).await;
    for path in ["/health-check", "/api/nothing", "/api/products", "/swagger-ui/"] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{path}");
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing_of_it_and_the_server_lives_on() {
    let app = TestApp::with_products(&products(1)).await;
    let now = app.app.clock.now();
    app.set_now(BROKEN_CLOCK);
    let answer = app.get("/api/products").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json()["code"], "internal");
    assert!(!answer.text.contains("planted"));
    app.set_now(now);
    assert_eq!(app.get("/api/products").await.status, StatusCode::OK);
}
