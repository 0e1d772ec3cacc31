use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, MySqlPool};

use crate::support::{NOON, Setup, TestApp, index::HOUR, mysql::waiting_for_table, until};

/// Writes product 7, whose sale opens at noon (03:00 UTC) and lasts a day.
async fn write_product(db: &MySqlPool) {
    sqlx::query(
        "INSERT INTO products (id, name, image, price, mall_name, category, wish_count) \
         VALUES (7, '나이키 에어맥스', 'https://images.example/7.jpg', 129000, '나이키공식', '신발', 12)",
    )
    .execute(db)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO stock (product_id, total, remaining, open_at, close_at) \
         VALUES (7, 30, 18, '2026-11-22 03:00:00', '2026-11-23 03:00:00')",
    )
    .execute(db)
    .await
    .unwrap();
}

#[sqlx::test]
async fn a_product_is_shown_as_mysql_has_it(db: MySqlPool) {
    write_product(&db).await;
    let app = TestApp::start(Setup { db, ..Setup::default() }).await;
    let answer = app.get("/api/products/7").await;
    assert_eq!(
        answer.json(),
        json!({
            "id": 7,
            "productName": "나이키 에어맥스",
            "productImage": "https://images.example/7.jpg",
            "price": 129_000,
            "mallName": "나이키공식",
            "currentQuantity": 18,
            "eventStartTime": "2026-11-22T12:00:00",
            "category": "신발",
            "totalQuantity": 30,
            "wishCount": 12,
            "status": "OPEN",
        })
    );
}

#[sqlx::test]
async fn the_quantity_is_live(db: MySqlPool) {
    write_product(&db).await;
    let app = TestApp::start(Setup { db: db.clone(), ..Setup::default() }).await;
    sqlx::query("UPDATE stock SET remaining = 0 WHERE product_id = 7").execute(&db).await.unwrap();
    assert_eq!(app.get("/api/products/7").await.json()["currentQuantity"], 0);
}

#[sqlx::test]
async fn the_status_follows_the_clock_to_the_millisecond(db: MySqlPool) {
    write_product(&db).await;
    let app = TestApp::start(Setup { db, ..Setup::default() }).await;
    let close = NOON + 24 * HOUR;
    for (now, status) in [(NOON - 1, "WAITING"), (NOON, "OPEN"), (close - 1, "OPEN"), (close, "CLOSE")] {
        app.set_now(now);
        assert_eq!(app.get("/api/products/7").await.json()["status"], status, "{now}");
    }
}

#[sqlx::test]
async fn an_unknown_product_is_not_found(db: MySqlPool) {
    let app = TestApp::start(Setup { db, ..Setup::default() }).await;
    for id in ["1", "0", "-1", "9223372036854775807"] {
        let answer = app.get(&format!("/api/products/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.json()["code"], "not_found");
    }
}

#[sqlx::test]
async fn before_the_schema_is_there_details_are_unavailable(db: MySqlPool) {
    sqlx::raw_sql("DROP TABLE stock").execute(&db).await.unwrap();
    let app = TestApp::start(Setup { db, ..Setup::default() }).await;
    let answer = app.get("/api/products/7").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["code"], "database_unavailable");
}

#[sqlx::test]
async fn a_connection_that_mysql_ends_makes_details_unavailable_once(db: MySqlPool) {
    write_product(&db).await;
    let app = TestApp::start(Setup { db: db.clone(), ..Setup::default() }).await;
    let mut owner = db.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES stock WRITE").execute(&mut *owner).await.unwrap();
    let asked = app.get_meanwhile("/api/products/7");
    until(async || waiting_for_table(&db).await.is_some()).await;
    let kill = format!("KILL {}", waiting_for_table(&db).await.unwrap());
    sqlx::raw_sql(AssertSqlSafe(kill)).execute(&db).await.unwrap();
    let answer = asked.await.unwrap();
    assert_eq!(answer.json()["code"], "database_unavailable");
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut *owner).await.unwrap();
    assert_eq!(app.get("/api/products/7").await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_mysql_details_are_unavailable_and_nothing_of_it_leaks() {
    let app = TestApp::start(Setup::default()).await;
    let answer = app.get("/api/products/7").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["code"], "database_unavailable");
    assert!(answer.header("retry-after").is_some());
    for secret in ["nobody", "127.0.0.1", "sqlx", "refused"] {
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
}
