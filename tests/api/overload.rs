use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::StatusCode;

use crate::support::{Setup, TestApp, index::products, until};

const CROWD: usize = 500;

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

/// Each asks for another page: those who ask the same would share one search.
#[tokio::test]
async fn a_crowd_that_meets_a_full_queue_is_refused_while_the_search_before_it_still_runs() {
    let app = narrow(0).await;
    let release = keep_busy(&app).await;
    let answers = join_all((0..CROWD).map(async |page| app.get(&format!("/api/products?page={page}")).await)).await;
    assert_eq!(app.app.catalogue.pool().jobs(), 1, "nothing was waited for");
    for answer in answers {
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::SERVICE_UNAVAILABLE, &"overloaded".into()));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    drop(release);
}

#[tokio::test]
async fn browsers_beyond_those_that_may_watch_sales_are_refused_until_one_leaves() {
    let app = TestApp::start(Setup { event_streams: 1, ..Setup::default() }).await;
    let path = "/openrun/detail/7/events";
    let watching = app.get_meanwhile(path);
    until(async || app.app.sales.browsers() == 1).await;
    let refused = app.get(path).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("1")));
    watching.abort();
    until(async || app.app.sales.browsers() == 0).await;
    let next = app.get_meanwhile(path);
    until(async || app.app.sales.browsers() == 1).await;
    next.abort();
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
