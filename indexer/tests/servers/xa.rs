//! XA transactions, on servers of their own: a follower that may have missed what one prepared gives up at its commit, in
//! whatever schema.

use std::time::{Duration, Instant};

use openrace_index::{Catalog, IndexHome};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use tempfile::TempDir;

use crate::server::Server;
use crate::support::{Following, PACE, build, connect, insert, run, user};

async fn on(connection: &mut MySqlConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

#[tokio::test]
async fn an_xa_transaction_counts_when_it_is_committed() {
    let server = Server::start("").await;
    insert(&server.db, 1..=20).await;
    let following = Following::start(&server.db, PACE).await;
    let (kept, undone) = ("'kept'", "'undone'");
    let (mut first, mut second) = (connect(&server.db).await, connect(&server.db).await);
    // More changes than are told at a time.
    let rows = |row: fn(i64) -> String| (90..5_000).map(row).collect::<Vec<_>>().join(", ");
    let new_products = rows(|id| format!("({id}, '새', '', 1, '몰', '옷')"));
    let new_sales = rows(|id| format!("({id}, 5, 5, '2026-01-01', '2026-01-02')"));
    on(
        &mut first,
        &format!(
            "XA START {kept}; UPDATE products SET price = 5, name = '둘' WHERE id = 2;
             UPDATE products SET wish_count = 5 WHERE id = 3; UPDATE stock SET remaining = 0 WHERE product_id = 4;
             DELETE FROM stock WHERE product_id = 5;
             INSERT INTO products (id, name, image, price, mall_name, category) VALUES {new_products};
             INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES {new_sales};
             XA END {kept}; XA PREPARE {kept}"
        ),
    )
    .await;
    on(
        &mut second,
        &format!(
            "XA START {undone}; UPDATE products SET price = 6 WHERE id = 6;
             UPDATE products SET wish_count = 6 WHERE id = 7; DELETE FROM stock WHERE product_id = 8;
             XA END {undone}; XA PREPARE {undone}"
        ),
    )
    .await;
    // It stays prepared for longer than a product is waited for that does not come.
    let prepared = Instant::now();
    let mut price = 100;
    while prepared.elapsed() < Duration::from_secs(3) {
        price += 1;
        run(&server.db, &format!("UPDATE products SET price = {price} WHERE id = 1")).await;
        following.equals_table().await;
    }
    on(&mut first, &format!("XA COMMIT {kept}")).await;
    on(&mut second, &format!("XA ROLLBACK {undone}")).await;
    following.until("what was committed", |catalog: &Catalog| catalog.find(90).is_some()).await;
    following.equals_table().await;
    first.close().await.unwrap();
}

#[tokio::test]
async fn a_follower_that_ended_after_the_prepare_sees_the_commit() {
    let server = Server::start("").await;
    insert(&server.db, 1..=5).await;
    let following = Following::start(&server.db, PACE).await;
    let name = "'prepared'";
    let mut prepared = connect(&server.db).await;
    let changes = format!(
        "XA START {name}; UPDATE products SET price = 50, wish_count = 50 WHERE id = 1;
         UPDATE products SET wish_count = 5 WHERE id = 2; XA END {name}; XA PREPARE {name}"
    );
    on(&mut prepared, &changes).await;
    run(&server.db, "UPDATE products SET price = 30 WHERE id = 3").await;
    following.equals_table().await;
    let (url, folder) = (following.url.clone(), following.stop().await);
    let following = Following::resume(folder, url, PACE);
    run(&server.db, "UPDATE products SET price = 31 WHERE id = 3").await;
    following.equals_table().await;
    on(&mut prepared, &format!("XA COMMIT {name}")).await;
    following.equals_table().await;
}

#[tokio::test]
async fn what_was_prepared_before_a_rebuild_and_is_committed_after_it_is_not_missed() {
    let server = Server::start("").await;
    insert(&server.db, 1..=5).await;
    let mut prepared = connect(&server.db).await;
    let name = "'prepared'";
    let xa = |outcome: &str| {
        format!(
            "XA START {name}; UPDATE products SET price = price + 50 WHERE id = 1; XA END {name}; XA PREPARE {name}; {outcome}"
        )
    };
    on(&mut prepared, &xa("DO 0")).await;
    let following = Following::start(&server.db, PACE).await;
    on(&mut prepared, &format!("XA ROLLBACK {name}")).await;
    run(&server.db, "UPDATE products SET price = 30 WHERE id = 3").await;
    following.equals_table().await;
    following.stop().await;
    on(&mut prepared, &xa("DO 0")).await;
    let following = Following::start(&server.db, PACE).await;
    on(&mut prepared, &format!("XA COMMIT {name}")).await;
    let reason = following.lost().await;
    assert!(reason.contains("prepared before"), "{reason}");
}

/// MariaDB tells everybody what is prepared.
#[tokio::test]
async fn on_mysql_a_right_spares_rebuilds_when_others_commit_xa_transactions() {
    let server = Server::start("").await;
    if server.is_mariadb {
        return;
    }
    insert(&server.db, 1..=5).await;
    run(&server.db, "CREATE DATABASE other; CREATE TABLE other.notes (id INT)").await;
    for (price, right) in [(50, ""), (60, ", XA_RECOVER_ADMIN")] {
        let rights = format!("REPLICATION SLAVE, REPLICATION CLIENT{right}");
        let (drop_user, url) = user(&server.db, "SELECT, INSERT, UPDATE, DELETE", &rights).await;
        let folder = TempDir::new().unwrap();
        build(&IndexHome::new(folder.path()), &url).await;
        let following = Following::resume(folder, url.clone(), PACE);
        let mut others = connect(&server.db).await;
        let name = "'others'";
        let prepare = format!("XA START {name}; INSERT INTO other.notes VALUES (1); XA END {name}; XA PREPARE {name}");
        on(&mut others, &prepare).await;
        run(&server.db, &format!("UPDATE products SET price = {price} WHERE id = 1")).await;
        following.equals_table().await;
        let following = Following::resume(following.stop().await, url, PACE);
        on(&mut others, &format!("XA COMMIT {name}")).await;
        if right.is_empty() {
            let reason = following.lost().await;
            assert!(reason.contains("prepared before"), "{reason}");
        } else {
            run(&server.db, "UPDATE products SET price = 70 WHERE id = 2").await;
            following.equals_table().await;
        }
        run(&server.db, &drop_user).await;
    }
}
