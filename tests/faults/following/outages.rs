//! MySQL or the disk is away for a while: lists are answered, say how old they are, and catch up.

use openrace_load::scribble::scribble;
use reqwest::StatusCode;

use super::{complaint, each_index_has_followed, followed, get, home, readiness, staleness, write};
use crate::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn without_mysql_lists_are_answered_and_say_how_old_they_are() {
    let stage = followed().await;
    let node = &stage.nodes[0];
    until("it is up to date", async || staleness(node).await.is_none()).await;
    stage.services.kill("database").await;
    let mut first = 0;
    until("lists are stale", async || {
        first = staleness(node).await.unwrap_or(0);
        first > 0
    })
    .await;
    until("lists are staler", async || staleness(node).await.unwrap() > first + 1).await;
    let ready = get(format!("http://{}/readyz", node.admin())).await;
    assert_eq!(ready.status(), StatusCode::OK);
    let ready = readiness(node).await;
    assert_eq!((&ready["following"]["ok"], &ready["mysql"]["ok"]), (&false.into(), &false.into()), "{ready}");
    assert!(ready["following"]["staleSeconds"].as_i64().unwrap() > first, "{ready}");
    assert!(!complaint(node).await.is_empty());
    let metrics = get(format!("http://{}/metrics", node.admin())).await.text().await.unwrap();
    assert!(metrics.contains("index_follows 0"), "{metrics}");

    stage.services.up().await;
    scribble(&stage.db.connect_options(), 2, 60).await.unwrap();
    until("lists are fresh", async || staleness(node).await.is_none()).await;
    until("it follows", async || complaint(node).await.is_empty()).await;
    each_index_has_followed(&stage).await;
}

/// First nothing can be written, not even a line of the log; then half of a frame of live values.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_lists_are_answered_and_catch_up_when_there_is_room() {
    let stage = followed().await;
    let node = &stage.nodes[0];
    let log = home(&stage, 0).path().join(home(&stage, 0).current().unwrap().unwrap()).join("live.log");
    write(&stage, "UPDATE products SET wish_count = wish_count + 1").await;
    each_index_has_followed(&stage).await;
    for (limit, change) in [
        (0, "UPDATE products SET price = price + 1, name = CONCAT('새 ', name)"),
        (log.metadata().unwrap().len() + 10, "UPDATE products SET wish_count = wish_count + 1"),
    ] {
        node.limit_files(Some(limit));
        write(&stage, change).await;
        until("it cannot be written", async || {
            staleness(node).await;
            !complaint(node).await.is_empty()
        })
        .await;
        until("lists are stale", async || staleness(node).await.is_some()).await;
        node.limit_files(None);
        until("lists are fresh", async || staleness(node).await.is_none()).await;
        until("it follows", async || complaint(node).await.is_empty()).await;
        each_index_has_followed(&stage).await;
    }
    assert!(node.ended().is_none());
}
