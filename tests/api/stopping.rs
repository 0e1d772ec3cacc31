use std::time::Duration;

use reqwest::StatusCode;

use crate::{
    overload::{keep_busy, narrow},
    support::{Setup, TestApp, index::products, until},
};

#[tokio::test]
async fn a_server_told_to_stop_answers_what_is_in_flight_and_takes_nothing_new() {
    let mut app = narrow(1).await;
    let release = keep_busy(&app).await;
    let in_flight = app.get_meanwhile("/api/products");
    until(async || app.app.catalogue.pool().jobs() == 2).await;
    app.stop();
    until(async || !app.accepts_connections().await).await;
    let readiness = app.admin("/readyz").await;
    assert_eq!(readiness.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(readiness.json()["stopping"], true);
    drop(release);
    assert_eq!(in_flight.await.unwrap().ids(), [3, 2, 1]);
    assert!(app.ended().await.is_ok());
}

#[tokio::test]
async fn a_request_that_does_not_end_cannot_keep_the_server_from_stopping() {
    let setup = Setup { search_threads: 1, drain: Duration::from_millis(50), ..Setup::default() };
    let mut app = TestApp::start(setup).await;
    app.publish(&products(1));
    app.app.catalogue.refresh().await.unwrap();
    let _never_released = keep_busy(&app).await;
    let _stuck = app.get_meanwhile("/api/products");
    until(async || app.app.catalogue.pool().jobs() == 2).await;
    app.stop();
    assert!(app.ended().await.is_ok());
}
