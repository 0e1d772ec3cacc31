//! What the users of docs/operations.md may do, and may not.

use openrace::{database::DatabaseError, schema};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, MySqlPool, mysql::MySqlConnectOptions};

use crate::{
    process::{Process, openrace},
    support::{Setup, TestApp, index::build, mysql, until},
};

const OPERATIONS: &str = include_str!("../../docs/operations.md");
const PASSWORD: &str = "correct horse";
/// A catalogue of one product.
const PRODUCTS: &str = "product_name,product_image,price,mall_name,category\n운동화,,1000,몰,신발\n";

/// Users that the documentation makes, for this database only; their names end in its own.
struct Users {
    ending: String,
    db: MySqlPool,
}

impl Users {
    async fn create(db: &MySqlPool) -> Self {
        let database = db.connect_options().get_database().unwrap().to_owned();
        let ending = database[database.len() - 12..].to_owned();
        let (_, statements) = OPERATIONS.split_once("```sql\nCREATE USER").unwrap();
        let (statements, _) = statements.split_once("```").unwrap();
        for statement in format!("CREATE USER{statements}").split_terminator(";\n") {
            let statement = statement
                .replace("openrace.*", &format!("`{database}`.*"))
                .replace("'openrace_migrate'", &format!("'migrate{ending}'"))
                .replace("'openrace'", &format!("'serve{ending}'"))
                .replace("'a password'", &format!("'{PASSWORD}'"))
                .replace("'another password'", &format!("'{PASSWORD}'"));
            db.execute(AssertSqlSafe(statement)).await.unwrap();
        }
        Self { ending, db: db.clone() }
    }

    fn address(&self, name: &str) -> String {
        let options: MySqlConnectOptions = (*self.db.connect_options()).clone();
        options.username(&format!("{name}{}", self.ending)).password(PASSWORD).to_url_lossy().to_string()
    }

    async fn drop(self) {
        for name in ["migrate", "serve"] {
            self.db.execute(AssertSqlSafe(format!("DROP USER '{name}{}'@'%'", self.ending))).await.unwrap();
        }
    }
}

#[sqlx::test(migrations = false)]
async fn one_user_changes_the_schema_and_another_serves(db: MySqlPool) {
    let users = Users::create(&db).await;
    let error = schema::prepare(&users.address("serve")).await.err().unwrap();
    assert!(matches!(error, DatabaseError::MayNotMigrate { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("run `openrace migrate`") && !message.contains(PASSWORD), "{message}");

    let migrating = openrace::database::connect(&users.address("migrate")).await.unwrap();
    openrace::database::migrate(&migrating).await.unwrap();
    schema::prepare(&users.address("serve")).await.unwrap().await;
    users.drop().await;
}

#[sqlx::test]
async fn who_serves_sells_and_follows_without_any_right_to_the_schema(db: MySqlPool) {
    let users = Users::create(&db).await;
    for statement in [
        "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (7, '운동화', '', 1, 'm', 'c')",
        "INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES (7, 3, 3, '2026-01-01', '2099-01-01')",
    ] {
        db.execute(statement).await.unwrap();
    }
    let own = openrace::database::pool(&users.address("serve")).unwrap();
    let app = TestApp::with_members(Setup { follow: true, ..Setup::with_services(own.clone()) }).await;
    build(&app.home, &mysql::url(&own)).await;
    until(async || app.admin("/readyz").await.json()["following"]["ok"] == true).await;
    let headers = [("authorization", app.member(1)), ("accept", "application/json".to_owned())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = app.send_json(reqwest::Method::POST, "/api/orders/7", &headers, &json!({ "count": 3 })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let wished = app.send(reqwest::Method::POST, "/api/products/7/wish", &headers).await;
    assert_eq!(wished.status, StatusCode::OK, "{}", wished.text);
    until(async || app.get("/api/products/search?keyword=운동화&inStock=true").await.ids().is_empty()).await;
    let altered = own.execute("ALTER TABLE products ADD COLUMN extra INT").await;
    assert!(altered.is_err());
    users.drop().await;
}

#[sqlx::test]
async fn who_serves_may_also_fill_the_catalogue(db: MySqlPool) {
    let users = Users::create(&db).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("products.csv");
    std::fs::write(&file, PRODUCTS).unwrap();
    for (command, arguments) in [("generate", vec!["--products", "300"]), ("import", vec![file.to_str().unwrap()])] {
        let mut command = openrace(command);
        let (code, _, err) =
            Process::start(command.args(arguments).env("DATABASE_URL", users.address("serve"))).ended().await;
        assert_eq!(code, Some(0), "{err}");
    }
    let products: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM products").fetch_one(&db).await.unwrap();
    assert_eq!(products, 301);
    users.drop().await;
}

#[sqlx::test]
async fn a_right_to_the_log_that_comes_later_needs_no_restart(db: MySqlPool) {
    let users = Users::create(&db).await;
    let right = |change: &str, preposition: &str| {
        format!("{change} REPLICATION SLAVE ON *.* {preposition} 'serve{}'@'%'", users.ending)
    };
    db.execute(AssertSqlSafe(right("REVOKE", "FROM"))).await.unwrap();
    let own = openrace::database::pool(&users.address("serve")).unwrap();
    let app = TestApp::start(Setup { follow: true, ..Setup::with_services(own.clone()) }).await;
    build(&app.home, &mysql::url(&own)).await;
    let following = async || app.admin("/readyz").await.json()["following"].take();
    let without = "changes are found by sweeps alone";
    until(async || following().await["error"].as_str().is_some_and(|error| error.starts_with(without))).await;
    db.execute(AssertSqlSafe(right("GRANT", "TO"))).await.unwrap();
    until(async || following().await["ok"] == true).await;
    users.drop().await;
}

#[sqlx::test]
async fn an_index_that_was_built_without_a_log_is_built_anew_when_there_is_one(db: MySqlPool) {
    let users = Users::create(&db).await;
    let rights = |change: &str, preposition: &str| {
        let user = format!("{preposition} 'serve{}'@'%'", users.ending);
        format!("{change} REPLICATION SLAVE, REPLICATION CLIENT ON *.* {user}")
    };
    db.execute(AssertSqlSafe(rights("REVOKE", "FROM"))).await.unwrap();
    let own = openrace::database::pool(&users.address("serve")).unwrap();
    let app = TestApp::start(Setup { follow: true, ..Setup::with_services(own.clone()) }).await;
    build(&app.home, &mysql::url(&own)).await;
    let generation = || app.app.catalogue.current().map(|catalog| catalog.manifest().generation.clone());
    until(async || generation().as_deref() == Some("gen-0001")).await;
    db.execute(AssertSqlSafe(rights("GRANT", "TO"))).await.unwrap();
    until(async || generation().as_deref() == Some("gen-0002")).await;
    until(async || app.admin("/readyz").await.json()["following"]["ok"] == true).await;
    users.drop().await;
}

#[sqlx::test]
async fn a_password_is_taken_without_encryption_or_the_start_says_what_to_do(db: MySqlPool) {
    let users = Users::create(&db).await;
    let address = users.address("serve");
    let address = address.split_once('?').map_or(&*address, |(address, _)| address);
    let plain = format!("{address}?ssl-mode=DISABLED");
    let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(&db).await.unwrap();
    match openrace::database::connect(&plain).await {
        Ok(_) => assert!(version.contains("MariaDB"), "MySQL has not seen this password encrypted"),
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains("take ssl-mode=DISABLED out") && !message.contains(PASSWORD), "{message}");
        }
    }
    openrace::database::connect(address).await.unwrap();
    openrace::database::connect(&plain).await.unwrap();
    users.drop().await;
}
