//! `openrace admin create`.

use std::fs::File;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::{
    process::{Process, openrace},
    support::{Setup, TestApp, mysql::url, rows::write_product},
};

const PASSWORD: &str = "correct horse battery";

fn account(email: &str) -> Value {
    json!({ "membername": "김민수", "memberpassword": PASSWORD, "memberemail": email })
}

/// The Authorization header that a log-in answers with.
async fn log_in(app: &TestApp, email: &str) -> String {
    let body = json!({ "memberemail": email, "memberpassword": PASSWORD });
    let headers = [("x-forwarded-for", "10.11.0.1")];
    let answer = app.send_json(Method::POST, "/api/members/login", &headers, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.header("authorization").unwrap().to_owned()
}

/// What becomes of a change of product 1.
async fn change(app: &TestApp, authorization: &str) -> StatusCode {
    let headers = [("authorization", authorization)];
    app.send_json(Method::PUT, "/api/admin/products/1/stock", &headers, &json!({ "totalQuantity": 50 })).await.status
}

async fn shop(db: &MySqlPool) -> TestApp {
    write_product(db, 1).await;
    TestApp::with_members(Setup::with_services(db.clone())).await
}

/// Exit code, what it says and what it complains of. The password is on standard input.
async fn create(db: &MySqlPool, arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password.txt");
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let mut command = openrace("admin");
    command.arg("create").args(arguments).env("DATABASE_URL", url(db)).stdin(File::open(password).unwrap());
    Process::start(&mut command).ended().await
}

#[sqlx::test]
async fn an_operator_who_was_made_logs_in_and_changes_products(db: MySqlPool) {
    let app = shop(&db).await;
    let (code, out, err) = create(&db, &["--email", "ops@example.com"]).await;
    assert_eq!((code, out.as_str()), (Some(0), "ops@example.com is an operator\n"), "{err}");
    assert_eq!(change(&app, &log_in(&app, "ops@example.com").await).await, StatusCode::OK);
    let (code, _, err) = create(&db, &["--email", "ops@example.com"]).await;
    assert!(code == Some(1) && err.contains("--promote"), "{err}");
}

#[sqlx::test]
async fn a_member_who_was_promoted_changes_products_from_the_next_log_in_on(db: MySqlPool) {
    let app = shop(&db).await;
    let email = "kim@example.com";
    let (code, _, err) = create(&db, &["--email", email, "--promote"]).await;
    assert!(code == Some(1) && err.contains("has no account"), "{err}");
    app.send_json(Method::POST, "/api/members/signup", &[("x-forwarded-for", "10.11.0.2")], &account(email)).await;
    let before = log_in(&app, email).await;
    assert_eq!(change(&app, &before).await, StatusCode::FORBIDDEN);
    let (code, _, err) = create(&db, &["--email", email, "--promote"]).await;
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(change(&app, &log_in(&app, email).await).await, StatusCode::OK);
}
