use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{Answer, Setup, TestApp, until};

const PASSWORD: &str = "correct horse battery";
/// Passwords that may wait for a thread.
const WAITING: usize = 64;

async fn started(db: MySqlPool) -> TestApp {
    TestApp::with_members(Setup::with_services(db)).await
}

async fn sign_up(app: &TestApp, from: &str, email: &str) -> Answer {
    let body = json!({ "membername": "김민수", "memberpassword": PASSWORD, "memberemail": email });
    app.send_json(Method::POST, "/api/members/signup", &[("x-forwarded-for", from)], &body).await
}

async fn log_in(app: &TestApp, from: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "memberemail": email, "memberpassword": password });
    app.send_json(Method::POST, "/api/members/login", &[("x-forwarded-for", from)], &body).await
}

async fn whoami(app: &TestApp, authorization: &str) -> StatusCode {
    app.send(Method::GET, "/api/orders/0", &[("authorization", authorization)]).await.status
}

/// A member is let in: nothing has this number.
const LET_IN: StatusCode = StatusCode::NOT_FOUND;

#[sqlx::test]
async fn who_signed_up_logs_in_and_is_recognised(db: MySqlPool) {
    let app = started(db).await;
    let signed_up = sign_up(&app, "10.1.0.1", "Kim@Example.com").await;
    assert_eq!((signed_up.status, signed_up.text.as_str()), (StatusCode::OK, ""));
    let answer = log_in(&app, "10.1.0.1", "kim@example.COM", PASSWORD).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "msg": "성공" })));
    let authorization = answer.header("authorization").unwrap();
    assert!(authorization.starts_with("Bearer "));
    assert_eq!(whoami(&app, authorization).await, LET_IN);
}

#[sqlx::test]
async fn an_unknown_address_and_a_wrong_password_look_the_same(db: MySqlPool) {
    let app = started(db).await;
    sign_up(&app, "10.1.0.1", "kim@example.com").await;
    let wrong = log_in(&app, "10.1.0.2", "kim@example.com", "not the password").await;
    let unknown = log_in(&app, "10.1.0.2", "lee@example.com", PASSWORD).await;
    for answer in [&wrong, &unknown] {
        assert_eq!((answer.status, answer.json()), (StatusCode::UNAUTHORIZED, json!({ "msg": "실패" })));
    }
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
}

#[sqlx::test]
async fn one_of_fifty_who_sign_up_at_once_with_one_address_in_any_case_gets_it(db: MySqlPool) {
    let app = started(db.clone()).await;
    let from = |number: usize| format!("10.2.0.{number}");
    let email = |number: usize| if number.is_multiple_of(2) { "kim@example.com" } else { "KIM@example.com" };
    let tries = (0..50).map(async |number| sign_up(&app, &from(number), email(number)).await);
    let answers = join_all(tries).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(StatusCode::OK), of(StatusCode::CONFLICT)), (1, 49));
    let members: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM members").fetch_one(&db).await.unwrap();
    assert_eq!(members, 1);
}

/// Passwords are hashed more slowly than they come.
#[sqlx::test]
async fn of_a_crowd_that_signs_up_at_once_those_who_cannot_wait_are_told_to_come_back(db: MySqlPool) {
    let setup = Setup { request_timeout: Duration::from_secs(60), ..Setup::with_services(db) };
    let app = TestApp::with_members(setup).await;
    let threads = std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2));
    let sign_up =
        async |n: usize| sign_up(&app, &format!("10.10.{}.{}", n / 250, n % 250), &format!("m{n}@example.com")).await;
    let answers = join_all((0..4 * (threads + WAITING)).map(sign_up)).await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert!(taken.len() >= threads + WAITING, "{}", taken.len());
    assert!(!refused.is_empty());
    for answer in refused {
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("overloaded")));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}

#[sqlx::test]
async fn a_bad_sign_up_names_the_place_and_makes_no_account(db: MySqlPool) {
    let app = started(db.clone()).await;
    let good = json!({ "membername": "김", "memberpassword": PASSWORD, "memberemail": "kim@example.com" });
    let cases = [
        ("memberpassword", json!("short"), "#/memberpassword"),
        ("memberpassword", json!("password123"), "#/memberpassword"),
        ("memberpassword", json!("x".repeat(2000)), "#/memberpassword"),
        ("memberpassword", json!(12_345_678), "#/memberpassword"),
        ("memberemail", json!("kim"), "#/memberemail"),
        ("membername", json!(""), "#/membername"),
        ("membername", Value::Null, "#/membername"),
        ("role", json!("ADMIN"), "#/role"),
    ];
    for (number, (field, value, pointer)) in cases.into_iter().enumerate() {
        let mut body = good.clone();
        body[field] = value;
        let from = format!("10.3.0.{number}");
        let answer = app.send_json(Method::POST, "/api/members/signup", &[("x-forwarded-for", &from)], &body).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_body")), "{body}");
        assert_eq!(body["errors"][0]["pointer"], pointer, "{body}");
    }
    let members: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM members").fetch_one(&db).await.unwrap();
    assert_eq!(members, 0);
}

#[sqlx::test]
async fn after_five_wrong_passwords_an_account_waits_whether_it_exists_or_not(db: MySqlPool) {
    let app = started(db).await;
    sign_up(&app, "10.4.0.1", "kim@example.com").await;
    for (place, email) in ["kim@example.com", "nobody@example.com"].into_iter().enumerate() {
        for number in 0..5 {
            let answer = log_in(&app, &format!("10.4.{place}.{number}"), email, "not the password").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
        let answer = log_in(&app, "10.4.9.9", email, PASSWORD).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_requests"))
        );
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}

#[sqlx::test]
async fn an_address_has_twenty_tries_a_minute_on_all_nodes(db: MySqlPool) {
    let nodes = [started(db.clone()).await, started(db).await];
    for number in 0..20 {
        let answer =
            log_in(&nodes[number % 2], "10.5.0.1", &format!("m{number}@example.com"), "not the password").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    for node in &nodes {
        let answer = log_in(node, "10.5.0.1", "kim@example.com", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!((1..=60).contains(&answer.header("retry-after").unwrap().parse().unwrap()));
    }
    assert_eq!(log_in(&nodes[0], "10.5.0.2", "kim@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test]
async fn without_redis_a_node_counts_by_itself(db: MySqlPool) {
    let app = TestApp::start(Setup { db, ..Setup::default() }).await;
    for number in 0..20 {
        log_in(&app, "10.6.0.1", &format!("m{number}@example.com"), "not the password").await;
    }
    assert_eq!(log_in(&app, "10.6.0.1", "kim@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test]
async fn logging_out_makes_all_tokens_bad_on_every_node(db: MySqlPool) {
    let nodes = [started(db.clone()).await, started(db).await];
    sign_up(&nodes[0], "10.7.0.1", "kim@example.com").await;
    let answer = log_in(&nodes[0], "10.7.0.1", "kim@example.com", PASSWORD).await;
    let old = [("authorization", answer.header("authorization").unwrap())];
    assert_eq!(whoami(&nodes[1], old[0].1).await, LET_IN);
    assert_eq!(nodes[0].send(Method::POST, "/api/members/logout", &old).await.status, StatusCode::NO_CONTENT);
    assert_eq!(whoami(&nodes[0], old[0].1).await, StatusCode::UNAUTHORIZED);
    until(async || whoami(&nodes[1], old[0].1).await == StatusCode::UNAUTHORIZED).await;
    let anew = log_in(&nodes[0], "10.7.0.1", "kim@example.com", PASSWORD).await;
    assert_eq!(whoami(&nodes[1], anew.header("authorization").unwrap()).await, LET_IN);
}

#[sqlx::test]
async fn a_changed_password_replaces_the_old_one_and_its_tokens(db: MySqlPool) {
    let app = started(db).await;
    sign_up(&app, "10.8.0.1", "kim@example.com").await;
    let answer = log_in(&app, "10.8.0.1", "kim@example.com", PASSWORD).await;
    let old = answer.header("authorization").unwrap().to_owned();
    let change = async |from: &str, to: &str| {
        let body = json!({ "oldPassword": from, "newPassword": to });
        let headers = [("authorization", old.as_str()), ("x-forwarded-for", "10.8.0.2")];
        app.send_json(Method::PUT, "/api/members/password", &headers, &body).await
    };
    assert_eq!(change("not the password", "another one entirely").await.json()["code"], "wrong_password");
    assert_eq!(change(PASSWORD, "another one entirely").await.status, StatusCode::NO_CONTENT);
    assert_eq!(whoami(&app, &old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&app, "10.8.0.1", "kim@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&app, "10.8.0.1", "kim@example.com", "another one entirely").await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_mysql_nobody_can_log_in_or_be_recognised_and_is_told_to_come_back() {
    let app = TestApp::start(Setup::default()).await;
    for answer in [
        log_in(&app, "10.9.0.1", "kim@example.com", PASSWORD).await,
        sign_up(&app, "10.9.0.1", "kim@example.com").await,
        app.send(Method::GET, "/api/orders/0", &[("authorization", &app.member(1))]).await,
    ] {
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (StatusCode::SERVICE_UNAVAILABLE, &json!("database_unavailable"))
        );
        assert!(answer.header("retry-after").is_some());
    }
}
