use std::{cell::Cell, collections::BTreeSet};

use futures_util::future::{join, join_all};
use openrace::wishes::{Change, Command};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{
    Answer, Setup, TestApp,
    lossy::Lossy,
    mysql::{kill, running},
    rows::write_products,
    until,
};

/// A server with products 1 to `count`.
async fn shop(db: &MySqlPool, count: i64) -> TestApp {
    write_products(db, count).await;
    TestApp::with_members(Setup::with_services(db.clone())).await
}

async fn send(app: &TestApp, method: Method, member: i64, path: &str) -> Answer {
    app.send(method, path, &[("authorization", &app.member(member))]).await
}

async fn wish(app: &TestApp, member: i64, product: i64) -> Answer {
    send(app, Method::POST, member, &format!("/api/products/{product}/wish")).await
}

async fn unwish(app: &TestApp, member: i64, product: i64) -> Answer {
    send(app, Method::DELETE, member, &format!("/api/products/{product}/wish")).await
}

async fn list(app: &TestApp, member: i64, query: &str) -> Answer {
    send(app, Method::GET, member, &format!("/api/products/wish?{query}")).await
}

fn code(answer: &Answer) -> (u16, Value) {
    (answer.status.as_u16(), answer.json()["code"].clone())
}

fn wish_count(answer: &Answer) -> i64 {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["wishCount"].as_i64().unwrap()
}

/// Products whose count is not the number of their wishes.
async fn miscounted(db: &MySqlPool) -> Vec<i64> {
    sqlx::query_scalar(
        "SELECT id FROM products p WHERE wish_count <> (SELECT COUNT(*) FROM wishes WHERE product_id = p.id)",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

async fn wishes(db: &MySqlPool) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM wishes").fetch_one(db).await.unwrap()
}

#[sqlx::test]
async fn a_wish_is_counted_and_taken_back(db: MySqlPool) {
    let app = shop(&db, 1).await;
    assert_eq!(wish(&app, 1, 1).await.json(), json!({ "wishCount": 1 }));
    assert_eq!(wish_count(&wish(&app, 2, 1).await), 2);
    let is_wish = async |member| send(&app, Method::GET, member, "/api/products/1/wish/user").await.json();
    assert_eq!(is_wish(1).await, json!({ "isWish": true }));
    assert_eq!(unwish(&app, 1, 1).await.json(), json!({ "wishCount": 1 }));
    assert_eq!(is_wish(1).await, json!({ "isWish": false }));
    assert_eq!(app.get("/api/products/1").await.json()["wishCount"], 1);
}

#[sqlx::test]
async fn a_wish_can_neither_be_doubled_nor_taken_back_twice(db: MySqlPool) {
    let app = shop(&db, 1).await;
    wish(&app, 1, 1).await;
    assert_eq!(code(&wish(&app, 1, 1).await), (409, json!("already_wished")));
    unwish(&app, 1, 1).await;
    assert_eq!(code(&unwish(&app, 1, 1).await), (404, json!("not_wished")));
    assert_eq!((wishes(&db).await, miscounted(&db).await), (0, vec![]));
}

#[sqlx::test]
async fn nobody_wishes_a_product_that_does_not_exist(db: MySqlPool) {
    let app = shop(&db, 1).await;
    for product in [0, -1, 2, i64::MAX, i64::MIN] {
        assert_eq!(code(&wish(&app, 1, product).await), (404, json!("not_found")));
        assert_eq!(code(&unwish(&app, 1, product).await), (404, json!("not_found")));
    }
    assert_eq!(code(&send(&app, Method::POST, 1, "/api/products/x/wish").await), (400, json!("invalid_parameter")));
    assert_eq!(wishes(&db).await, 0);
}

#[sqlx::test]
async fn only_members_have_wishes(db: MySqlPool) {
    let app = shop(&db, 1).await;
    for (method, path) in [
        (Method::POST, "/api/products/1/wish"),
        (Method::DELETE, "/api/products/1/wish"),
        (Method::GET, "/api/products/1/wish/user"),
        (Method::GET, "/api/products/wish"),
    ] {
        assert_eq!(code(&app.send(method, path, &[]).await), (401, json!("unauthorized")), "{path}");
    }
    assert_eq!(wishes(&db).await, 0);
}

#[sqlx::test]
async fn a_thousand_members_wish_one_product_at_once(db: MySqlPool) {
    let app = shop(&db, 1).await;
    let answers = join_all((1..=1000).map(|member| wish(&app, member, 1))).await;
    let counts: BTreeSet<_> = answers.iter().map(wish_count).collect();
    assert_eq!(counts, (1..=1000).collect());
    assert_eq!((wishes(&db).await, miscounted(&db).await), (1000, vec![]));
}

/// Batches that this server has begun for wishes: each marks its number in the row of its writer. One that is tried again counts once.
async fn batches(db: &MySqlPool) -> i64 {
    sqlx::query_scalar("SELECT CAST(SUM(batch) AS SIGNED) FROM wish_writers").fetch_one(db).await.unwrap()
}

#[sqlx::test]
async fn ten_thousand_members_who_wish_one_product_two_thousand_at_once_are_some_tens_of_batches(db: MySqlPool) {
    let app = shop(&db, 1).await;
    let wish = |member_id| app.app.wishes.change(Command { member_id, product_id: 1, change: Change::Wish });
    let mut counts = BTreeSet::new();
    for round in 0..5 {
        let first = round * 2000 + 1;
        let wished = join_all((first..first + 2000).map(wish)).await;
        counts.extend(wished.into_iter().map(Result::unwrap));
    }
    assert_eq!(counts, (1..=10_000).collect());
    assert_eq!((wishes(&db).await, miscounted(&db).await), (10_000, vec![]));
    let batches = batches(&db).await;
    assert!((1..100).contains(&batches), "{batches}");
}

#[sqlx::test]
async fn one_member_who_wishes_fifty_times_at_once_wishes_once(db: MySqlPool) {
    let app = shop(&db, 1).await;
    let answers = join_all((0..50).map(|_| wish(&app, 1, 1))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
    assert_eq!((wishes(&db).await, miscounted(&db).await), (1, vec![]));
}

#[sqlx::test]
async fn wishing_and_taking_back_may_race_on_two_nodes(db: MySqlPool) {
    let app = shop(&db, 3).await;
    let other = TestApp::with_members(Setup::with_services(db.clone())).await;
    let turns = (0..600).map(|turn| (turn % 20, 1 + turn % 3));
    let wished = join_all(turns.clone().map(|(member, product)| wish(&app, member, product)));
    let unwished = join_all(turns.map(|(member, product)| unwish(&other, member, product)));
    let (wished, unwished) = join(wished, unwished).await;
    let done = |answers: &[Answer]| answers.iter().filter(|answer| answer.status == StatusCode::OK).count() as i64;
    assert_eq!(wishes(&db).await, done(&wished) - done(&unwished));
    assert_eq!(miscounted(&db).await, [0; 0]);
}

#[sqlx::test]
async fn a_commit_whose_answer_is_lost_is_answered_as_done(db: MySqlPool) {
    write_products(&db, 1).await;
    for losses in 1..=3 {
        let lossy = Lossy::new(&db, losses).await;
        let app = TestApp::with_members(Setup { db: lossy.db.clone(), ..Setup::with_services(db.clone()) }).await;
        for member in 1..=4 {
            assert_eq!(wish_count(&wish(&app, member, 1).await), member);
        }
        for member in 1..=4 {
            assert_eq!(wish_count(&unwish(&app, member, 1).await), 4 - member);
        }
        assert!(lossy.is_done());
        assert_eq!((wishes(&db).await, miscounted(&db).await), (0, vec![]));
    }
}

#[sqlx::test]
async fn connections_killed_amid_batches_lose_and_double_nothing(db: MySqlPool) {
    let app = shop(&db, 4).await;
    let mut killer = db.acquire().await.unwrap();
    let (mut killed, done) = (0, Cell::new(false));
    let killing = until(async || {
        if killed < 10 {
            let amid = running(&mut killer).await;
            killed += kill(&mut killer, &amid).await;
        }
        done.get()
    });
    let wishing = async {
        let answers = join_all((0..2000).map(|turn| wish(&app, turn / 4, 1 + turn % 4))).await;
        done.set(true);
        answers
    };
    let (_, answers) = join(killing, wishing).await;
    assert!(killed > 0);
    for product in 0..4 {
        let counts: BTreeSet<_> = answers.iter().skip(product).step_by(4).map(wish_count).collect();
        assert_eq!(counts, (1..=500).collect());
    }
    assert_eq!((wishes(&db).await, miscounted(&db).await), (2000, vec![]));
}

#[sqlx::test]
async fn a_wish_is_made_even_if_the_client_leaves(db: MySqlPool) {
    let app = shop(&db, 1).await;
    let mut locked = db.begin().await.unwrap();
    sqlx::query("SELECT id FROM products FOR UPDATE").fetch_all(&mut *locked).await.unwrap();
    let mut looking = db.acquire().await.unwrap();
    let waiting = async || !running(&mut looking).await.is_empty();
    tokio::select! {
        answer = wish(&app, 1, 1) => panic!("answered although the row was locked: {}", answer.text),
        () = until(waiting) => (),
    }
    locked.commit().await.unwrap();
    until(async || wishes(&db).await == 1).await;
    assert_eq!(miscounted(&db).await, [0; 0]);
}

/// A table of few rows may be scanned instead, and all of it locked.
#[sqlx::test]
async fn a_wish_waits_for_no_other_product(db: MySqlPool) {
    let app = shop(&db, 3).await;
    let mut other = db.begin().await.unwrap();
    for id in [1, 3] {
        sqlx::query("SELECT id FROM products WHERE id = ? FOR UPDATE").bind(id).fetch_one(&mut *other).await.unwrap();
    }
    assert_eq!(wish_count(&wish(&app, 1, 2).await), 1);
    assert_eq!(wish_count(&unwish(&app, 1, 2).await), 0);
}

#[sqlx::test]
async fn without_mysql_a_wish_is_refused_in_time(db: MySqlPool) {
    let app = shop(&db, 1).await;
    wish(&app, 1, 1).await;
    let mut locked = db.begin().await.unwrap();
    sqlx::query("SELECT id FROM products FOR UPDATE").fetch_all(&mut *locked).await.unwrap();
    let answer = wish(&app, 2, 1).await;
    assert_eq!(code(&answer), (503, json!("database_unavailable")));
    assert!(answer.header("retry-after").is_some());
}

#[sqlx::test]
async fn wishes_are_listed_newest_first(db: MySqlPool) {
    let app = shop(&db, 3).await;
    for product in [2, 3, 1] {
        wish(&app, 1, product).await;
    }
    wish(&app, 2, 2).await;
    let answer = list(&app, 1, "size=2").await;
    assert_eq!(answer.ids(), [1, 3]);
    assert_eq!(
        answer.json()["content"][0],
        json!({
            "id": 1,
            "productName": "나이키 운동화 1",
            "price": 1000,
            "mallName": "나이키공식",
            "productImage": "https://images.example/1.jpg",
        })
    );
    assert_eq!(answer.json()["totalElements"], 3);
    assert_eq!(list(&app, 1, "size=2&page=1").await.ids(), [2]);
    unwish(&app, 1, 2).await;
    wish(&app, 1, 2).await;
    assert_eq!(list(&app, 1, "").await.ids(), [2, 1, 3]);
}

#[sqlx::test]
async fn a_cursor_keeps_its_place_while_wishes_come_and_go(db: MySqlPool) {
    let app = shop(&db, 8).await;
    for product in 1..=6 {
        wish(&app, 1, product).await;
    }
    let page = list(&app, 1, "size=2").await;
    assert_eq!(page.ids(), [6, 5]);
    wish(&app, 1, 7).await;
    wish(&app, 1, 8).await;
    unwish(&app, 1, 5).await;
    let cursor = page.json()["nextCursor"].as_str().unwrap().to_owned();
    let page = list(&app, 1, &format!("size=2&cursor={cursor}")).await;
    assert_eq!(page.ids(), [4, 3]);
    assert_eq!((&page.json()["totalElements"], &page.json()["pageable"]["offset"]), (&json!(7), &json!(3)));
    let cursor = page.json()["nextCursor"].as_str().unwrap().to_owned();
    let last = list(&app, 1, &format!("size=2&cursor={cursor}")).await;
    assert_eq!((last.ids(), &last.json()["last"]), (vec![2, 1], &json!(true)));
    assert_eq!(last.json().get("nextCursor"), None);
}

#[sqlx::test]
async fn a_cursor_of_another_list_is_refused(db: MySqlPool) {
    let app = shop(&db, 2).await;
    wish(&app, 1, 1).await;
    wish(&app, 1, 2).await;
    let cursor = list(&app, 1, "size=1").await.json()["nextCursor"].as_str().unwrap().to_owned();
    let answer = send(&app, Method::GET, 1, &format!("/api/orders?cursor={cursor}")).await;
    assert_eq!(code(&answer), (400, json!("invalid_parameter")));
    assert_eq!(answer.json()["errors"][0]["parameter"], "cursor");
}

#[sqlx::test]
async fn a_member_without_wishes_has_one_empty_page(db: MySqlPool) {
    let app = shop(&db, 1).await;
    let body = list(&app, 1, "").await.json();
    assert_eq!((&body["totalElements"], &body["empty"], &body["last"]), (&json!(0), &json!(true), &json!(true)));
    let past_the_end = list(&app, 1, "page=2147483647&size=100").await;
    assert_eq!((past_the_end.status, past_the_end.ids()), (StatusCode::OK, vec![]));
}
