use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{Answer, Setup, TestApp, rows::write_products};

/// A server with products 1 to 3.
async fn shop(db: &MySqlPool) -> TestApp {
    write_products(db, 3).await;
    TestApp::with_members(Setup::with_services(db.clone())).await
}

async fn list(app: &TestApp, member: i64, query: &str) -> Answer {
    app.send(Method::GET, &format!("/api/orders?{query}"), &[("authorization", &app.member(member))]).await
}

/// Writes an order of two units for 900 won each, last changed at noon; its number ends in its id.
async fn write_order(db: &MySqlPool, id: i64, member: i64, product: i64, status: &str) {
    sqlx::query(
        "INSERT INTO orders (id, order_no, member_id, product_id, quantity, unit_price, status, reject_reason, admitted_at, updated_at) \
         VALUES (?, UNHEX(LPAD(?, 32, '0')), ?, ?, 2, 900, ?, IF(? = 'REJECTED', 'sold_out', NULL), '2026-11-22 03:00:00', '2026-11-22 03:00:00')",
    )
    .bind(id)
    .bind(id)
    .bind(member)
    .bind(product)
    .bind(status)
    .bind(status)
    .execute(db)
    .await
    .unwrap();
}

fn statuses(answer: &Answer) -> Vec<Value> {
    answer.json()["content"].as_array().unwrap().iter().map(|order| order["orderStatus"].clone()).collect()
}

#[sqlx::test]
async fn an_order_is_listed_at_the_price_that_was_agreed(db: MySqlPool) {
    let app = shop(&db).await;
    write_order(&db, 5, 1, 3, "CONFIRMED").await;
    let body = list(&app, 1, "").await.json();
    assert_eq!(
        body["content"],
        json!([{
            "id": 5,
            "orderNo": "00000000-0000-0000-0000-000000000005",
            "productName": "나이키 운동화 3",
            "price": 900,
            "mallName": "나이키공식",
            "count": 2,
            "modifiedAt": "2026-11-22T12:00:00",
            "orderStatus": "SUCCESS",
        }])
    );
    assert_eq!((&body["totalElements"], &body["last"]), (&json!(1), &json!(true)));
}

#[sqlx::test]
async fn cancelled_orders_and_those_of_others_are_left_out(db: MySqlPool) {
    let app = shop(&db).await;
    for (id, member, status) in
        [(1, 1, "CONFIRMED"), (2, 1, "CANCELLED"), (3, 1, "REJECTED"), (4, 2, "CONFIRMED"), (5, 1, "CANCELLED")]
    {
        write_order(&db, id, member, 1, status).await;
    }
    let answer = list(&app, 1, "").await;
    assert_eq!(answer.ids(), [3, 1]);
    assert_eq!(statuses(&answer), ["FAIL", "SUCCESS"]);
    assert_eq!(answer.json()["totalElements"], 2);
    assert_eq!(list(&app, 3, "").await.json()["totalElements"], 0);
}

#[sqlx::test]
async fn pages_and_cursors_show_every_order_once(db: MySqlPool) {
    let app = shop(&db).await;
    for id in 1..=7 {
        write_order(&db, id, 1, 1, if id == 4 { "CANCELLED" } else { "CONFIRMED" }).await;
    }
    for (page, ids) in [(0, vec![7, 6]), (1, vec![5, 3]), (2, vec![2, 1]), (3, vec![])] {
        let answer = list(&app, 1, &format!("size=2&page={page}")).await;
        assert_eq!((answer.ids(), &answer.json()["totalPages"]), (ids, &json!(3)));
    }
    let mut cursor = list(&app, 1, "size=2").await.json()["nextCursor"].as_str().unwrap().to_owned();
    write_order(&db, 8, 1, 1, "CONFIRMED").await;
    let second = list(&app, 1, &format!("size=2&cursor={cursor}")).await;
    assert_eq!((second.ids(), &second.json()["pageable"]["offset"]), (vec![5, 3], &json!(3)));
    cursor = second.json()["nextCursor"].as_str().unwrap().to_owned();
    let last = list(&app, 1, &format!("size=2&cursor={cursor}")).await;
    assert_eq!((last.ids(), last.json().get("nextCursor")), (vec![2, 1], None));
}

#[sqlx::test]
async fn only_members_have_a_history(db: MySqlPool) {
    let app = shop(&db).await;
    let answer = app.get("/api/orders").await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthorized")));
}
