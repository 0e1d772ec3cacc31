use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use reqwest::StatusCode;

use crate::support::{Setup, TestApp, index::products, until};

/// Keeps the only search thread busy until the sender is dropped.
pub async fn keep_busy(app: &TestApp) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let shared = Arc::clone(&app.app);
    tokio::spawn(async move { shared.catalogue.pool().run(move || released.recv()).await });
    until(async || app.app.catalogue.pool().jobs() == 1).await;
    release
}

/// A server with one search thread, and room for this many searches to wait.
pub async fn narrow(search_queue: usize) -> TestApp {
    let app = TestApp::start(Setup { search_threads: 1, search_queue, ..Setup::default() }).await;
    app.publish(&products(3));
    app.app.catalogue.refresh().await.unwrap();
    app
}

#[tokio::test]
async fn a_full_queue_is_told_at_once_and_goes_on_when_there_is_room() {
    let app = narrow(0).await;
    let release = keep_busy(&app).await;
    let answer = app.get("/api/products").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["code"], "overloaded");
    assert_eq!(answer.header("retry-after"), Some("1"));
    drop(release);
    until(async || app.get("/api/products").await.status == StatusCode::OK).await;
}

#[tokio::test]
async fn a_search_whose_client_left_gives_its_place_back() {
    let app = narrow(1).await;
    let release = keep_busy(&app).await;
    let impatient = app.get_meanwhile("/api/products");
    until(async || app.app.catalogue.pool().jobs() == 2).await;
    impatient.abort();
    drop(release);
    until(async || app.app.catalogue.pool().jobs() == 0).await;
    assert_eq!(app.get("/api/products").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_given_up() {
    let setup = Setup { search_threads: 1, request_timeout: Duration::from_millis(50), ..Setup::default() };
    let app = TestApp::start(setup).await;
    app.publish(&products(1));
    app.app.catalogue.refresh().await.unwrap();
    let _release = keep_busy(&app).await;
    let answer = app.get("/api/products").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["code"], "timeout");
}

#[tokio::test]
async fn busy_search_threads_do_not_hold_up_anything_else() {
    let app = narrow(0).await;
    let _release = keep_busy(&app).await;
    assert_eq!(app.get("/health-check").await.status, StatusCode::OK);
    assert_eq!(app.admin("/livez").await.status, StatusCode::OK);
}
