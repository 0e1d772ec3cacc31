//! Where a follower begins, and when there is nowhere to begin.

use std::time::Duration;

use openrace_index::IndexHome;
use openrace_indexer::{Pace, Position};
use sqlx::MySqlPool;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::support::{Following, LONG, PACE, build, insert, run, url, user};

#[sqlx::test(migrations = "../migrations")]
async fn a_follower_goes_on_where_it_ended(pool: MySqlPool) {
    insert(&pool, 1..=10).await;
    let following = Following::start(&pool, PACE).await;
    insert(&pool, 11..=20).await;
    following.equals_table().await;
    let (url, folder) = (following.url.clone(), following.stop().await);
    run(&pool, "UPDATE products SET price = 5, wish_count = 5; DELETE FROM stock WHERE product_id = 3").await;
    let following = Following::resume(folder, url, PACE);
    following.catches_up().await;
    following.equals_table().await;
    assert_eq!(following.catalog().documents(), 19);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sweep_finds_what_the_log_did_not_tell(pool: MySqlPool) {
    insert(&pool, 1..=10).await;
    let following = Following::start(&pool, Pace { sweep: Duration::from_millis(100), ..PACE }).await;
    run(
        &pool,
        "SET sql_log_bin = 0; UPDATE products SET price = 99 WHERE id = 2; DELETE FROM stock WHERE product_id = 3;
                UPDATE products SET wish_count = 4 WHERE id = 4; SET sql_log_bin = 1",
    )
    .await;
    following.becomes_equal().await;
    assert_eq!(*following.seen.mended.borrow(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_changed_schema_or_a_foreign_position_asks_for_a_new_generation(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let following = Following::start(&pool, PACE).await;
    let folder = TempDir::new().unwrap();
    run(&pool, "ALTER TABLE products ADD COLUMN note INT FIRST").await;
    assert!(following.lost().await.contains("ALTER"));
    let home = IndexHome::new(folder.path());
    build(&home, &url(&pool)).await;
    let position = home.position().unwrap().unwrap();
    let mut foreign: Position = serde_json::from_str(&position).unwrap();
    (foreign.server, foreign.gtids) = ("another".into(), None);
    home.update().unwrap().apply(Default::default(), Some(&foreign.to_string())).unwrap();
    let lost = Following::resume(folder, url(&pool), PACE).lost().await;
    assert!(lost.contains("another MySQL"), "{lost}");
    let folder = TempDir::new().unwrap();
    let home = IndexHome::new(folder.path());
    build(&home, &url(&pool)).await;
    // A new layout of the columns is understood from then on.
    run(&pool, "UPDATE products SET price = 4 WHERE id = 1").await;
    let mut purged: Position = serde_json::from_str(&home.position().unwrap().unwrap()).unwrap();
    Following::resume(folder, url(&pool), PACE).equals_table().await;
    purged.file = "binlog.999999".into();
    let folder = TempDir::new().unwrap();
    let home = IndexHome::new(folder.path());
    build(&home, &url(&pool)).await;
    home.update().unwrap().apply(Default::default(), Some(&purged.to_string())).unwrap();
    Following::resume(folder, url(&pool), PACE).lost().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_right_to_read_the_log_sweeps_do_it(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    for (round, right) in (5..).zip(["USAGE", "REPLICATION CLIENT"]) {
        let (drop_user, poor) = user(&pool, "ALL", right).await;
        let following = Following::start(&pool, PACE).await;
        let folder = following.stop().await;
        let following = Following::resume(folder, poor, PACE);
        run(
            &pool,
            &format!("UPDATE products SET price = {round} WHERE id = 1; DELETE FROM stock WHERE product_id = 2"),
        )
        .await;
        following.becomes_equal().await;
        let reason = following.seen.without_log.borrow().clone().unwrap();
        assert!(reason.contains("grant the user REPLICATION SLAVE"), "{right}: {reason}");
        following.stop().await;
        run(&pool, &drop_user).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_log_is_followed_from_when_its_rights_are_granted(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    for (round, right) in (5..).zip(["USAGE", "REPLICATION CLIENT"]) {
        let (drop_user, poor) = user(&pool, "ALL", right).await;
        let folder = Following::start(&pool, PACE).await.stop().await;
        let following = Following::resume(folder, poor, PACE);
        let mut reason = following.seen.without_log.subscribe();
        timeout(LONG, reason.wait_for(Option::is_some)).await.expect("it says why it has no log").unwrap();
        let user = drop_user.strip_prefix("DROP USER ").unwrap();
        run(&pool, &format!("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {user}")).await;
        following.catches_up().await;
        run(&pool, &format!("UPDATE products SET price = {round} WHERE id = 1")).await;
        following.equals_table().await;
        assert_eq!(*following.seen.away.borrow(), None, "{right}");
        following.stop().await;
        run(&pool, &drop_user).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_rights_that_are_asked_for_are_enough(pool: MySqlPool) {
    insert(&pool, 1..=3).await;
    let rights = ("SELECT, INSERT, UPDATE, DELETE", "REPLICATION SLAVE, REPLICATION CLIENT");
    let (drop_user, url) = user(&pool, rights.0, rights.1).await;
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &url).await;
    let following = Following::resume(folder, url, PACE);
    following.catches_up().await;
    run(&pool, "UPDATE products SET price = 8, wish_count = 8 WHERE id = 1; DELETE FROM stock WHERE product_id = 2")
        .await;
    insert(&pool, 4..=5).await;
    following.until("the last product", |catalog| catalog.find(5).is_some()).await;
    following.equals_table().await;
    assert_eq!(*following.seen.without_log.borrow(), None);
    run(&pool, &drop_user).await;
}
