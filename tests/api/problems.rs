use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::MySqlPool;
use tracing::Instrument;

use crate::support::{BROKEN_CLOCK, Setup, TestApp, index::products, log, mysql::Door};

/// An order as it is asked for.
const ORDER: &str = "/api/orders/01890a5d-ac96-774b-bcce-b302099a8057";

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

/// What the log says caused the failure of a request, each cause of a cause by itself.
fn causes(request_id: &str) -> Vec<String> {
    let lines = log::lines();
    let failed = lines.iter().filter(|line| line["message"] == "a request failed" && line["request_id"] == request_id);
    failed.flat_map(|line| line["error"].as_str().unwrap().split(": ").map(str::to_owned)).collect()
}

/// MySQL goes away once it is known who is a member, Redis is not there, and the index is built, absent or broken.
#[sqlx::test]
async fn whatever_is_away_or_broken_no_answer_has_sql_paths_or_causes(db: MySqlPool) {
    log::keep();
    let door = Door::shut(&db).await;
    door.open();
    let start = async || {
        TestApp::with_members(Setup { db: openrace::database::pool(&door.url).unwrap(), ..Setup::default() }).await
    };
    let [built, absent, broken] = [start().await, start().await, start().await];
    built.publish(&products(1));
    built.app.catalogue.refresh().await.unwrap();
    std::fs::create_dir_all(broken.home.path().join("gen-0001")).unwrap();
    std::fs::write(broken.home.path().join("current"), "gen-0001\n").unwrap();
    door.close();
    let (_, mysql) = door.url.rsplit_once('@').unwrap();
    for app in [built, absent, broken] {
        let folder = app.home.path().parent().unwrap().to_str().unwrap();
        let token = app.member(1);
        // A wish fails with its batch, which logs why for all of them.
        for (method, path, logged) in [
            (Method::GET, "/api/products", false),
            (Method::GET, "/api/products/search?keyword=x", false),
            (Method::GET, "/api/products/suggest?q=x", false),
            (Method::GET, "/api/products/1", true),
            (Method::GET, "/api/products/wish", true),
            (Method::POST, "/api/products/1/wish", false),
            (Method::GET, ORDER, true),
            (Method::DELETE, ORDER, true),
            (Method::POST, "/api/orders/1", true),
            (Method::GET, "/", false),
            (Method::GET, "/openrun/detail/1", true),
        ] {
            let headers = [("authorization", token.as_str())];
            let answer = app.send_json(method.clone(), path, &headers, &json!({ "count": 1 })).await;
            let causes = causes(answer.header("x-request-id").unwrap());
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{path}: the member is recognised");
            assert_eq!(!causes.is_empty(), logged, "{method} {path}: {causes:?}");
            let leaks = [folder, "gen-0001", "127.0.0.1:1", mysql, "SELECT ", ".rs:"];
            let leaked =
                leaks.into_iter().chain(causes.iter().map(String::as_str)).find(|leak| answer.text.contains(leak));
            assert_eq!(leaked, None, "{path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn the_log_has_the_words_of_a_panic_under_its_request_id() {
    log::keep();
    let app = TestApp::with_products(&products(1)).await;
    app.set_now(BROKEN_CLOCK);
    app.send(Method::GET, "/api/products", &[("x-request-id", "panic-1")]).await;
    let lines = log::lines();
    let failure = lines.iter().find(|line| line["message"] == "a request failed" && line["request_id"] == "panic-1");
    assert!(failure.unwrap()["error"].as_str().unwrap().contains("planted"));
}

#[tokio::test]
async fn what_is_logged_of_a_value_is_one_line_whatever_is_in_it() {
    log::keep();
    let value = "first\r\n{\"message\":\"forged\"}\n\",\"message\":\"forged\u{1b}[2J\u{2028}";
    tracing::warn!(value, "{value}");
    let lines = log::lines();
    assert!(lines.iter().any(|line| line["value"] == value && line["message"] == value));
    assert!(lines.iter().all(|line| line["message"] != "forged"));
}

#[tokio::test]
async fn what_a_search_thread_logs_has_the_request_id() {
    log::keep();
    let app = TestApp::start(Setup::default()).await;
    let request = tracing::error_span!("request", request_id = "search-1");
    app.app.catalogue.pool().run(|| tracing::warn!("from a search thread")).instrument(request).await.unwrap();
    let lines = log::lines();
    let line = lines.iter().find(|line| line["message"] == "from a search thread").unwrap();
    assert_eq!(line["span"]["request_id"], "search-1");
}
