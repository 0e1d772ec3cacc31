use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{Answer, Setup, TestApp, until, within};

const DAY: i64 = 24 * 60 * 60;

/// Writes product 7 for 1,000 won, whose sale opens and closes at these seconds from now.
async fn write_sale(db: &MySqlPool, total: i32, limit: Option<i32>, opens: i64, closes: i64) {
    sqlx::query(
        "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (7, 'a', 'b', 1000, 'm', 'c')",
    )
    .execute(db)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO stock (product_id, total, remaining, per_member_limit, open_at, close_at) VALUES (7, ?, ?, ?, \
         TIMESTAMPADD(SECOND, ?, UTC_TIMESTAMP(3)), TIMESTAMPADD(SECOND, ?, UTC_TIMESTAMP(3)))",
    )
    .bind(total)
    .bind(total)
    .bind(limit)
    .bind(opens)
    .bind(closes)
    .execute(db)
    .await
    .unwrap();
}

/// A server on which product 7 is on sale.
async fn on_sale(db: MySqlPool, total: i32, limit: Option<i32>) -> TestApp {
    write_sale(&db, total, limit, -DAY, DAY).await;
    started(db).await
}

async fn started(db: MySqlPool) -> TestApp {
    TestApp::with_members(Setup::with_services(db)).await
}

async fn order(app: &TestApp, member: i64, count: Value, headers: &[(&str, &str)]) -> Answer {
    let authorization = app.member(member);
    let headers = [headers, &[("authorization", &authorization), ("accept", "application/json")]].concat();
    app.send_json(Method::POST, "/api/orders/7", &headers, &json!({ "count": count })).await
}

async fn units_sold(app: &TestApp) -> (i64, i64) {
    sqlx::query_as(
        "SELECT CAST(remaining AS SIGNED), (SELECT CAST(COALESCE(SUM(quantity), 0) AS SIGNED) FROM orders \
         WHERE product_id = 7 AND status = 'CONFIRMED') FROM stock WHERE product_id = 7",
    )
    .fetch_one(&app.app.db)
    .await
    .unwrap()
}

/// What the gate would give out; nothing without a gate.
async fn free(app: &TestApp) -> Option<i64> {
    let mut get = redis::cmd("HGET");
    get.arg(app.app.redis.product_key(7, "gate")).arg("free");
    get.query_async(&mut app.app.redis.connection.clone()).await.unwrap_or(None)
}

#[sqlx::test]
async fn a_confirmed_order_is_in_mysql_at_the_price_of_the_moment(db: MySqlPool) {
    let app = on_sale(db, 30, None).await;
    let answer = order(&app, 1, json!("2"), &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    let number = body["orderNo"].as_str().unwrap();
    assert_eq!(
        body,
        json!({ "orderNo": number, "status": "CONFIRMED", "productId": 7, "count": 2, "unitPrice": 1000, "totalPrice": 2000 })
    );
    assert_eq!(answer.header("x-order-no"), Some(number));
    let location = answer.header("location").unwrap().to_owned();
    assert_eq!(units_sold(&app).await, (28, 2));
    let member = app.member(1);
    assert_eq!(app.send(Method::GET, &location, &[("authorization", &member)]).await.json(), body);
}

/// A table of few rows may be scanned instead, and all of it locked.
#[sqlx::test]
async fn an_order_waits_for_no_other_product(db: MySqlPool) {
    let app = on_sale(db.clone(), 30, None).await;
    for copy in [
        "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (6, 'a', 'b', 1, 'm', 'c'), (8, 'a', 'b', 1, 'm', 'c')",
        "INSERT INTO stock (product_id, total, remaining, open_at, close_at) \
         SELECT id, total, remaining, open_at, close_at FROM stock JOIN (SELECT 6 AS id UNION SELECT 8) others",
    ] {
        sqlx::raw_sql(copy).execute(&db).await.unwrap();
    }
    let mut other = db.begin().await.unwrap();
    for id in [6, 8] {
        let lock = sqlx::query("SELECT remaining FROM stock WHERE product_id = ? FOR UPDATE");
        lock.bind(id).fetch_one(&mut *other).await.unwrap();
    }
    let answer = order(&app, 1, json!(1), &[]).await;
    assert_eq!((answer.status, units_sold(&app).await), (StatusCode::OK, (29, 1)));
}

#[sqlx::test]
async fn an_order_waits_for_nobody_who_changes_the_product(db: MySqlPool) {
    let app = on_sale(db.clone(), 30, None).await;
    let mut operator = db.begin().await.unwrap();
    sqlx::query("UPDATE products SET price = 1 WHERE id = 7").execute(&mut *operator).await.unwrap();
    let answer = order(&app, 1, json!(1), &[]).await;
    assert_eq!((answer.status, &answer.json()["unitPrice"]), (StatusCode::OK, &json!(1000)));
}

#[sqlx::test]
async fn the_original_clients_read_their_text(db: MySqlPool) {
    let app = on_sale(db, 30, None).await;
    let member = app.member(1);
    let answer =
        app.send_json(Method::POST, "/api/orders/7", &[("authorization", &member)], &json!({ "count": 1 })).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "주문을 처리중입니다."));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let location = answer.header("location").unwrap();
    let cancelled = app.send(Method::DELETE, location, &[("authorization", &member)]).await;
    assert_eq!((cancelled.status, cancelled.text.as_str()), (StatusCode::OK, "구매 취소 성공"));
    assert_eq!(units_sold(&app).await, (30, 0));
}

#[sqlx::test]
async fn exactly_the_units_there_are_go_to_a_crowd(db: MySqlPool) {
    let app = on_sale(db, 30, None).await;
    let answers = join_all((1..=400).map(|member| order(&app, member, json!(1), &[]))).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(StatusCode::OK), of(StatusCode::CONFLICT)), (30, 370));
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK || answer.json()["code"] == "sold_out"));
    assert_eq!(units_sold(&app).await, (0, 30));
}

#[sqlx::test]
async fn a_member_buys_no_more_than_the_limit_however_many_orders_are_sent_at_once(db: MySqlPool) {
    let app = on_sale(db, 100, Some(2)).await;
    let answers = join_all((0..200).map(|_| order(&app, 1, json!(1), &[]))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 2);
    let refused = answers.iter().find(|answer| answer.status == StatusCode::CONFLICT).unwrap();
    assert_eq!(refused.json()["code"], "limit_reached");
    assert_eq!(units_sold(&app).await, (98, 2));
}

#[sqlx::test]
async fn a_cancelled_order_gives_back_its_units_and_its_share_of_the_limit_once(db: MySqlPool) {
    let app = on_sale(db, 1, Some(1)).await;
    let member = app.member(1);
    let location = order(&app, 1, json!(1), &[]).await.header("location").unwrap().to_owned();
    let headers = [("authorization", member.as_str())];
    let cancels = join_all((0..50).map(|_| app.send(Method::DELETE, &location, &headers))).await;
    assert_eq!(cancels.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
    assert_eq!(cancels.iter().filter(|answer| answer.status == StatusCode::NOT_FOUND).count(), 49);
    assert_eq!(units_sold(&app).await, (1, 0));
    assert_eq!(order(&app, 1, json!(1), &[]).await.status, StatusCode::OK);
    assert_eq!(order(&app, 2, json!(1), &[]).await.json()["code"], "sold_out");
}

#[sqlx::test]
async fn one_key_is_one_order(db: MySqlPool) {
    let app = on_sale(db, 30, None).await;
    let key = [("idempotency-key", "click-1")];
    let answers = join_all((0..50).map(|_| order(&app, 1, json!(1), &key))).await;
    let first = answers[0].json();
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK && answer.json() == first));
    assert_eq!(units_sold(&app).await, (29, 1));
    let reused = order(&app, 1, json!(2), &key).await;
    assert_eq!((reused.status, &reused.json()["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("key_reused")));
    assert_eq!(order(&app, 2, json!(1), &key).await.status, StatusCode::OK);
    assert_eq!(units_sold(&app).await, (28, 2));
}

#[sqlx::test]
async fn a_repeat_is_answered_like_the_order_although_all_is_sold(db: MySqlPool) {
    let app = on_sale(db, 1, None).await;
    let key = [("idempotency-key", "click-1")];
    let first = order(&app, 1, json!(1), &key).await.json();
    assert_eq!(order(&app, 2, json!(1), &[]).await.json()["code"], "sold_out");
    assert_eq!(order(&app, 1, json!(1), &key).await.json(), first);
}

#[sqlx::test]
async fn a_sale_is_bought_from_only_while_it_is_open(db: MySqlPool) {
    write_sale(&db, 30, None, 30, DAY).await;
    let app = started(db.clone()).await;
    assert_eq!(order(&app, 1, json!(1), &[]).await.json()["code"], "not_open");
    for (open, close, code) in
        [("+ INTERVAL 9 DAY", "+ INTERVAL 10 DAY", "not_open"), ("- INTERVAL 9 DAY", "- INTERVAL 8 DAY", "sale_closed")]
    {
        let update = format!("UPDATE stock SET open_at = UTC_TIMESTAMP(3) {open}, close_at = UTC_TIMESTAMP(3) {close}");
        sqlx::query(sqlx::AssertSqlSafe(update)).execute(&db).await.unwrap();
        app.app.orders.refresh_gate(7).await;
        let answer = order(&app, 1, json!(1), &[]).await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::CONFLICT, &json!(code)));
    }
    assert_eq!(units_sold(&app).await, (30, 0));
}

#[sqlx::test]
async fn another_members_order_and_none_at_all_look_the_same(db: MySqlPool) {
    let app = on_sale(db, 30, None).await;
    let theirs = order(&app, 1, json!(1), &[]).await.header("location").unwrap().to_owned();
    let me = app.member(2);
    let nobodys = "/api/orders/019ac0de-7d00-7000-8000-000000000000";
    for method in [Method::GET, Method::DELETE] {
        let mut bodies = Vec::new();
        for path in [theirs.as_str(), nobodys, "/api/orders/123456", "/api/orders/none"] {
            let answer = app.send(method.clone(), path, &[("authorization", &me)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            let mut body = answer.json();
            body["instance"] = Value::Null;
            body["requestId"] = Value::Null;
            bodies.push(body);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]));
    }
    assert_eq!(units_sold(&app).await, (29, 1));
}

#[sqlx::test]
async fn a_bad_order_is_refused_with_its_place_and_leaves_the_stock_alone(db: MySqlPool) {
    let app = on_sale(db, 30, None).await;
    for count in
        [json!(0), json!(-1), json!(1.5), json!("x"), json!(1e9), json!(9_223_372_036_854_775_808_u64), json!(null)]
    {
        let answer = order(&app, 1, count.clone(), &[]).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_body")), "{count}");
        assert_eq!(body["errors"][0]["pointer"], "#/count", "{count}: {body}");
    }
    let member = app.member(1);
    let json_type = ("content-type", "application/json");
    let post = async |headers: &[(&str, &str)], body: String| {
        let headers = [headers, &[("authorization", &member)]].concat();
        app.send_body(Method::POST, "/api/orders/7", &headers, body).await.status
    };
    assert_eq!(post(&[json_type], "{}".to_owned()).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&[json_type], "count=1".to_owned()).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&[json_type], r#"{"count":1,"price":1}"#.to_owned()).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&[json_type], "{\"count\":1} x".to_owned()).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&[json_type], " ".repeat(1 << 20)).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        post(&[("content-type", "text/plain")], r#"{"count":1}"#.to_owned()).await,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(post(&[json_type, ("idempotency-key", "")], r#"{"count":1}"#.to_owned()).await, StatusCode::BAD_REQUEST);
    let unknown =
        app.send_json(Method::POST, "/api/orders/8", &[("authorization", &member)], &json!({ "count": 1 })).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(units_sold(&app).await, (30, 0));
}

#[sqlx::test]
async fn without_redis_orders_are_decided_by_mysql_alone(db: MySqlPool) {
    write_sale(&db, 30, Some(2), -DAY, DAY).await;
    let app = TestApp::start(Setup { db, ..Setup::default() }).await;
    until(async || order(&app, 1, json!(1), &[]).await.status == StatusCode::OK).await;
    let answers = join_all((2..=400).map(|member| order(&app, member, json!(1), &[]))).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(StatusCode::OK), of(StatusCode::CONFLICT)), (29, 370));
    assert_eq!(units_sold(&app).await, (0, 30));
}

#[sqlx::test]
async fn the_gate_of_a_sale_about_to_open_is_open_before_anybody_asks(db: MySqlPool) {
    write_sale(&db, 30, None, 45, DAY).await;
    let app = TestApp::start(Setup::with_services(db)).await;
    until(async || free(&app).await == Some(30)).await;
}

#[sqlx::test]
async fn beyond_what_a_node_takes_at_once_the_answer_is_503_and_nothing_is_reserved(db: MySqlPool) {
    write_sale(&db, 30, None, -DAY, DAY).await;
    let app = TestApp::start(Setup { order_queue: 2, ..Setup::with_services(db.clone()) }).await;
    until(async || order(&app, 1, json!(1), &[]).await.status == StatusCode::OK).await;
    let mut lock = db.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM stock WHERE product_id = 7 FOR UPDATE").fetch_one(&mut *lock).await.unwrap();
    let (orders, third) = (join_all((2..4).map(|member| order(&app, member, json!(1), &[]))), async {
        until(async || app.app.orders.under_way() == 2).await;
        let third = order(&app, 4, json!(1), &[]).await;
        lock.rollback().await.unwrap();
        third
    });
    let (orders, third) = tokio::join!(orders, third);
    assert_eq!((third.status, &third.json()["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("overloaded")));
    assert_eq!(third.header("retry-after"), Some("1"));
    assert!(orders.iter().all(|answer| answer.status == StatusCode::OK), "{orders:?}");
    assert_eq!(units_sold(&app).await, (27, 3));
}

#[sqlx::test]
async fn an_order_that_mysql_keeps_waiting_is_pending_and_can_be_asked_for_until_it_is_decided(db: MySqlPool) {
    let app = on_sale(db.clone(), 30, None).await;
    order(&app, 1, json!(1), &[]).await;
    let mut lock = db.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM stock WHERE product_id = 7 FOR UPDATE").fetch_one(&mut *lock).await.unwrap();
    let pending = order(&app, 2, json!(1), &[]).await;
    assert_eq!((pending.status, &pending.json()["status"]), (StatusCode::ACCEPTED, &json!("PENDING")));
    let (location, me, another) = (pending.header("location").unwrap(), app.member(2), app.member(3));
    let asked = app.send(Method::GET, location, &[("authorization", &me)]).await;
    assert_eq!(asked.json()["status"], "PENDING");
    let others = app.send(Method::GET, location, &[("authorization", &another)]).await;
    assert_eq!(others.status, StatusCode::NOT_FOUND);
    lock.rollback().await.unwrap();
    let headers = [("authorization", me.as_str())];
    until(async || app.send(Method::GET, location, &headers).await.json()["status"] == "CONFIRMED").await;
    assert_eq!(units_sold(&app).await, (28, 2));
}

#[sqlx::test]
async fn without_redis_an_order_that_mysql_keeps_waiting_is_not_promised(db: MySqlPool) {
    write_sale(&db, 30, None, -DAY, DAY).await;
    let app = TestApp::start(Setup { db: db.clone(), ..Setup::default() }).await;
    until(async || order(&app, 1, json!(1), &[]).await.status == StatusCode::OK).await;
    let mut lock = db.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM stock WHERE product_id = 7 FOR UPDATE").fetch_one(&mut *lock).await.unwrap();
    let answer = order(&app, 2, json!(1), &[]).await;
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("orders_unavailable"))
    );
    assert_eq!(answer.header("retry-after"), Some("2"));
    lock.rollback().await.unwrap();
}

#[sqlx::test]
async fn a_stock_row_changed_by_hand_is_followed_within_a_minute(db: MySqlPool) {
    let app = on_sale(db.clone(), 30, None).await;
    let key = [("idempotency-key", "one")];
    until(async || order(&app, 1, json!(1), &key).await.status == StatusCode::OK).await;
    assert_eq!(free(&app).await, Some(29));
    sqlx::query("UPDATE stock SET total = 40, remaining = 39").execute(&db).await.unwrap();
    // A turn of 30 s, and what a loaded machine adds to it.
    within(Duration::from_secs(45), async || free(&app).await == Some(39)).await;
}
