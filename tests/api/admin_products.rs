use futures_util::future::join;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{
    Answer, Setup, TestApp,
    rows::{sell, write_product},
};

/// A server with product 1, whose 30 units are on sale.
async fn shop(db: &MySqlPool) -> TestApp {
    write_product(db, 1).await;
    TestApp::with_members(Setup::with_services(db.clone())).await
}

async fn send(app: &TestApp, method: Method, path: &str, body: &Value) -> Answer {
    let admin = app.admin_member(9);
    app.send_json(method, &format!("/api/admin/products{path}"), &[("authorization", &admin)], body).await
}

async fn put(app: &TestApp, path: &str, body: &Value) -> Answer {
    send(app, Method::PUT, path, body).await
}

fn description() -> Value {
    json!({
        "productName": "아디다스 삼바", "productImage": "https://images.example/samba.jpg", "price": 139_000,
        "mallName": "아디다스공식", "brand": "아디다스", "category": "신발",
    })
}

fn stock() -> Value {
    json!({ "totalQuantity": 50, "perMemberLimit": 2 })
}

fn sale() -> Value {
    json!({ "eventStartTime": "2026-11-22T10:00:00", "eventEndTime": "2026-11-22T18:00:00" })
}

fn merged(parts: &[Value]) -> Value {
    parts.iter().flat_map(|part| part.as_object().unwrap().clone()).collect::<serde_json::Map<_, _>>().into()
}

/// The body with this field changed, or without it.
fn with(body: &Value, field: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    let fields = body.as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    body
}

/// Total, remaining and version of product 1.
async fn stock_row(db: &MySqlPool) -> (i32, i32, i64) {
    sqlx::query_as("SELECT total, remaining, version FROM stock WHERE product_id = 1").fetch_one(db).await.unwrap()
}

fn refusal(answer: &Answer) -> (u16, Value) {
    (answer.status.as_u16(), answer.json()["code"].clone())
}

#[sqlx::test]
async fn a_created_product_can_be_read_and_ordered(db: MySqlPool) {
    let app = shop(&db).await;
    let body = merged(&[description(), stock(), sale()]);
    let answer = send(&app, Method::POST, "", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let created = answer.json();
    let id = created["id"].as_i64().unwrap();
    assert_eq!(answer.header("location"), Some(format!("/api/products/{id}").as_str()));
    assert_eq!(created, merged(&[body, json!({ "id": id, "currentQuantity": 50 })]));
    let detail = app.get(&format!("/api/products/{id}")).await.json();
    assert_eq!(detail["eventStartTime"], "2026-11-22T10:00:00");
    assert_eq!((&detail["status"], &detail["currentQuantity"]), (&json!("OPEN"), &json!(50)));
}

#[sqlx::test]
async fn a_description_is_replaced_as_a_whole(db: MySqlPool) {
    let app = shop(&db).await;
    let answer = put(&app, "/1", &with(&description(), "brand", None)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["brand"], Value::Null);
    let detail = app.get("/api/products/1").await.json();
    assert_eq!((&detail["productName"], &detail["price"]), (&json!("아디다스 삼바"), &json!(139_000)));
    assert_eq!(stock_row(&db).await, (30, 30, 0));
}

#[sqlx::test]
async fn what_is_left_moves_with_the_total(db: MySqlPool) {
    let app = shop(&db).await;
    sell(&db, 1, 10).await;
    let answer = put(&app, "/1/stock", &stock()).await;
    assert_eq!((&answer.json()["totalQuantity"], &answer.json()["currentQuantity"]), (&json!(50), &json!(40)));
    assert_eq!(answer.json()["perMemberLimit"], 2);
    let answer = put(&app, "/1/stock", &json!({ "totalQuantity": 10 })).await;
    assert_eq!((&answer.json()["currentQuantity"], &answer.json()["perMemberLimit"]), (&json!(0), &Value::Null));
    assert_eq!(stock_row(&db).await, (10, 0, 2));
}

#[sqlx::test]
async fn a_total_below_what_is_sold_is_refused(db: MySqlPool) {
    let app = shop(&db).await;
    sell(&db, 1, 10).await;
    let answer = put(&app, "/1/stock", &json!({ "totalQuantity": 9 })).await;
    assert_eq!(refusal(&answer), (409, json!("below_sold")));
    assert!(answer.json()["detail"].as_str().unwrap().contains("10"));
    assert_eq!(stock_row(&db).await, (30, 20, 0));
}

#[sqlx::test]
async fn a_total_may_change_while_units_are_sold(db: MySqlPool) {
    let app = shop(&db).await;
    let selling = async {
        for _ in 0..20 {
            sell(&db, 1, 1).await;
        }
    };
    let changing = async {
        for total in 31..=50 {
            assert_eq!(put(&app, "/1/stock", &json!({ "totalQuantity": total })).await.status, StatusCode::OK);
        }
    };
    join(selling, changing).await;
    assert_eq!(stock_row(&db).await, (50, 30, 20));
}

#[sqlx::test]
async fn a_sale_is_moved(db: MySqlPool) {
    let app = shop(&db).await;
    let answer = put(&app, "/1/sale", &sale()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["eventEndTime"], "2026-11-22T18:00:00");
    assert_eq!(app.get("/api/products/1").await.json()["eventStartTime"], "2026-11-22T10:00:00");
    assert_eq!(stock_row(&db).await.2, 1);
}

#[sqlx::test]
async fn orders_follow_a_change_at_once(db: MySqlPool) {
    let app = shop(&db).await;
    let order = async |count: i32| {
        let member = app.member(1);
        let body = json!({ "count": count });
        app.send_json(Method::POST, "/api/orders/1", &[("authorization", &member)], &body).await
    };
    let from_2000 = |end: &str| json!({ "eventStartTime": "2000-01-01T00:00:00", "eventEndTime": end });
    put(&app, "/1/sale", &from_2000("9000-01-01T00:00:00")).await;
    assert_eq!(order(30).await.status, StatusCode::OK);
    assert_eq!(refusal(&order(1).await), (409, json!("sold_out")));
    put(&app, "/1/stock", &json!({ "totalQuantity": 32 })).await;
    assert_eq!(order(1).await.status, StatusCode::OK);
    put(&app, "/1/stock", &json!({ "totalQuantity": 32, "perMemberLimit": 31 })).await;
    assert_eq!(refusal(&order(1).await), (409, json!("limit_reached")));
    put(&app, "/1/stock", &json!({ "totalQuantity": 31 })).await;
    assert_eq!(refusal(&order(1).await), (409, json!("sold_out")));
    put(&app, "/1/stock", &json!({ "totalQuantity": 40 })).await;
    put(&app, "/1/sale", &from_2000("2001-01-01T00:00:00")).await;
    assert_eq!(refusal(&order(1).await), (409, json!("sale_closed")));
    let (total, remaining, _) = stock_row(&db).await;
    assert_eq!((total, remaining), (40, 9));
}

#[sqlx::test]
async fn a_product_that_does_not_exist_is_not_changed(db: MySqlPool) {
    let app = shop(&db).await;
    for (path, body) in [("/2", description()), ("/2/stock", stock()), ("/2/sale", sale()), ("/-1", description())] {
        assert_eq!(refusal(&put(&app, path, &body).await), (404, json!("not_found")), "{path}");
    }
}

#[sqlx::test]
async fn only_administrators_change_products(db: MySqlPool) {
    let app = shop(&db).await;
    let member = app.member(1);
    for (method, path, body) in [
        (Method::POST, "", merged(&[description(), stock(), sale()])),
        (Method::PUT, "/1", description()),
        (Method::PUT, "/1/stock", stock()),
        (Method::PUT, "/1/sale", sale()),
    ] {
        let path = format!("/api/admin/products{path}");
        let answer = app.send_json(method.clone(), &path, &[("authorization", &member)], &body).await;
        assert_eq!(refusal(&answer), (403, json!("forbidden")), "{path}");
        let answer = app.send_json(method, &path, &[], &body).await;
        assert_eq!(refusal(&answer), (401, json!("unauthorized")), "{path}");
    }
    assert_eq!(stock_row(&db).await, (30, 30, 0));
}

#[sqlx::test]
async fn a_value_that_cannot_be_used_is_named(db: MySqlPool) {
    let app = shop(&db).await;
    let body = merged(&[description(), stock(), sale()]);
    for (field, value) in [
        ("productName", json!(" ")),
        ("productName", json!("가".repeat(501))),
        ("productName", json!("a\u{0}b")),
        ("productImage", json!("javascript:alert(1)")),
        ("price", json!(-1)),
        ("price", json!(1_000_000_000_001_i64)),
        ("mallName", json!("")),
        ("brand", json!("가".repeat(101))),
        ("category", json!("가".repeat(51))),
        ("totalQuantity", json!(0)),
        ("totalQuantity", json!(1_000_001)),
        ("perMemberLimit", json!(0)),
        ("eventStartTime", json!("2026-11-22T10:00:00+09:00")),
        ("eventStartTime", json!("1999-12-31T10:00:00")),
        ("eventEndTime", json!("tomorrow")),
        ("eventEndTime", json!("2026-11-22T10:00:00")),
    ] {
        let answer = send(&app, Method::POST, "", &with(&body, field, Some(value.clone()))).await;
        assert_eq!(refusal(&answer), (400, json!("invalid_body")), "{field} {value}");
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("#/{field}"), "{value}");
    }
    let products: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM products").fetch_one(&db).await.unwrap();
    assert_eq!(products, 1);
}

#[sqlx::test]
async fn a_body_of_another_shape_is_refused(db: MySqlPool) {
    let app = shop(&db).await;
    for (path, body) in [
        ("/1", with(&description(), "price", None)),
        ("/1", with(&description(), "price", Some(json!("1000")))),
        ("/1", with(&description(), "wishCount", Some(json!(1)))),
        ("/1/stock", json!({ "totalQuantity": 1.5 })),
        ("/1/stock", json!({ "totalQuantity": 50, "remaining": 50 })),
        ("/1/sale", json!({ "eventStartTime": "2026-11-22T10:00:00" })),
        ("/1/sale", json!([])),
    ] {
        assert_eq!(refusal(&put(&app, path, &body).await), (400, json!("invalid_body")), "{body}");
    }
    assert_eq!(stock_row(&db).await, (30, 30, 0));
}
