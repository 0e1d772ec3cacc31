use reqwest::{Method, StatusCode};

use crate::{
    overload::{keep_busy, narrow},
    support::{NOON, Setup, TestApp, index::products, until},
};

#[tokio::test]
async fn the_process_is_alive_without_index_mysql_and_redis() {
    let app = TestApp::start(Setup::default()).await;
    assert_eq!(app.admin("/livez").await.status, StatusCode::OK);
    assert_eq!(app.get("/health-check").await.status, StatusCode::OK);
    assert_eq!(app.admin("/version").await.json()["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn readiness_needs_the_index_and_tells_what_else_is_away() {
    let app = TestApp::with_products(&products(3)).await;
    let readiness = app.admin("/readyz").await;
    assert_eq!(readiness.status, StatusCode::OK);
    let checks = readiness.json();
    assert_eq!(checks["index"]["ok"], true);
    assert_eq!(checks["mysql"]["ok"], false);
    assert_eq!(checks["mysql"]["neededFor"], "product details, members, orders and wishes");
    assert_eq!(checks["redis"]["ok"], false);
}

#[tokio::test]
async fn metrics_count_by_route_and_never_by_path() {
    let app = TestApp::with_products(&products(3)).await;
    app.set_now(NOON + 5000);
    app.get("/api/products/77").await;
    app.get("/api/nothing/88").await;
    app.send(Method::from_bytes(b"INVENTED").unwrap(), "/api/products", &[]).await;
    let metrics = app.admin("/metrics").await.text;
    for line in [
        "http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/products/{id}\",status=\"503\",le=\"10\"}",
        "http_request_duration_seconds_count{method=\"GET\",route=\"unmatched\",status=\"404\"}",
        "http_request_duration_seconds_count{method=\"OTHER\",route=\"/api/products\",status=\"405\"}",
        "http_requests_in_flight ",
        "search_pool_jobs ",
        "search_pool_capacity ",
        "orders_under_way ",
        "index_documents ",
        "index_generation ",
        "index_age_seconds ",
        "build_info{version=",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(!metrics.contains("/77") && !metrics.contains("/88") && !metrics.contains("INVENTED"), "{metrics}");
}

#[tokio::test]
async fn a_client_that_left_before_the_answer_is_counted_as_499() {
    let app = narrow(1).await;
    let _release = keep_busy(&app).await;
    let counted = async |status: u16| {
        let labels = format!("{{method=\"GET\",route=\"/api/products/openrun\",status=\"{status}\"}}");
        app.admin("/metrics").await.text.contains(&format!("http_request_duration_seconds_count{labels}"))
    };
    let impatient = app.get_meanwhile("/api/products/openrun");
    until(async || app.app.catalogue.pool().jobs() == 2).await;
    assert!(!counted(499).await, "it still waits");
    impatient.abort();
    until(async || counted(499).await).await;
}

#[tokio::test]
async fn the_operators_paths_are_not_public() {
    let app = TestApp::start(Setup::default()).await;
    for path in ["/metrics", "/readyz", "/livez", "/version"] {
        assert_eq!(app.get(path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn answers_above_a_kibibyte_are_compressed_for_those_who_want_it() {
    let app = TestApp::with_products(&products(50)).await;
    let gzip = [("accept-encoding", "gzip")];
    let encoding = async |path: &str| {
        let answer = app.send(Method::GET, path, &gzip).await;
        answer.header("content-encoding").map(str::to_owned)
    };
    assert_eq!(encoding("/api/products?size=50").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("/api/products?size=1").await, None);
}
