//! A server whose index follows MySQL.

use reqwest::StatusCode;
use serde_json::json;
use sqlx::MySqlPool;

use crate::support::{
    NOON, Setup, TestApp,
    index::{build, products},
    mysql, until,
};

async fn insert(db: &MySqlPool, ids: std::ops::RangeInclusive<i64>) {
    for id in ids {
        let product = "INSERT INTO products (id, name, image, price, mall_name, category) \
                       VALUES (?, '나이키 운동화', '', 1000, '몰', '신발')";
        sqlx::query(product).bind(id).execute(db).await.unwrap();
        let stock = "INSERT INTO stock (product_id, total, remaining, open_at, close_at) \
                     VALUES (?, 2, 2, '2026-01-01', '2027-01-01')";
        sqlx::query(stock).bind(id).execute(db).await.unwrap();
    }
}

async fn following(db: &MySqlPool) -> TestApp {
    let app = TestApp::start(Setup { follow: true, ..Setup::with_services(db.clone()) }).await;
    build(&app.home, &mysql::url(db)).await;
    until(async || app.admin("/readyz").await.json()["following"]["ok"] == true).await;
    app
}

async fn generation(app: &TestApp) -> String {
    app.app.catalogue.current().unwrap().manifest().generation.clone()
}

#[sqlx::test]
async fn what_is_committed_is_searched_at_once(db: MySqlPool) {
    insert(&db, 1..=5).await;
    let app = following(&db).await;
    let search = async |query: &str| app.get(&format!("/api/products/search?{query}")).await.ids();
    assert_eq!(search("keyword=운동화&sortBy=id").await, [1, 2, 3, 4, 5]);
    sqlx::query("UPDATE products SET name = '패딩 조끼', price = 9 WHERE id = 2").execute(&db).await.unwrap();
    until(async || search("keyword=패딩").await == [2] && search("gprice=9").await == [2]).await;
    sqlx::query("UPDATE stock SET remaining = 0 WHERE product_id IN (1, 4)").execute(&db).await.unwrap();
    until(async || search("inStock=true&sortBy=id").await == [2, 3, 5]).await;
    sqlx::query("UPDATE products SET wish_count = 10 - id").execute(&db).await.unwrap();
    until(async || search("sortBy=wishCount&isAsc=false").await == [1, 2, 3, 4, 5]).await;
    let metrics = app.admin("/metrics").await.text;
    for name in ["index_lag_seconds", "index_segments", "index_deleted_ratio", "index_follows 1", "index_commits_total"]
    {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
}

#[sqlx::test]
async fn a_rebuild_and_a_rollback_catch_up_before_they_are_switched_in(db: MySqlPool) {
    insert(&db, 1..=3).await;
    let app = following(&db).await;
    insert(&db, 4..=4).await;
    build(&app.home, &mysql::url(&db)).await;
    until(async || generation(&app).await == "gen-0002").await;
    insert(&db, 5..=6).await;
    until(async || app.get("/api/products").await.ids() == [6, 5, 4, 3, 2, 1]).await;
    assert_eq!(app.home.roll_back().unwrap(), "gen-0001");
    until(async || generation(&app).await == "gen-0001").await;
    assert_eq!(app.get("/api/products").await.ids(), [6, 5, 4, 3, 2, 1]);
}

#[sqlx::test]
async fn a_table_that_was_altered_is_indexed_anew_while_the_old_index_answers(db: MySqlPool) {
    insert(&db, 1..=3).await;
    let app = following(&db).await;
    sqlx::query("ALTER TABLE products ADD COLUMN note INT").execute(&db).await.unwrap();
    until(async || {
        assert_eq!(app.get("/api/products").await.status, StatusCode::OK);
        generation(&app).await == "gen-0002"
    })
    .await;
    insert(&db, 4..=4).await;
    until(async || app.get("/api/products").await.ids() == [4, 3, 2, 1]).await;
}

#[sqlx::test]
async fn neither_a_clock_that_is_set_nor_a_session_that_dates_its_changes_makes_lists_look_stale(db: MySqlPool) {
    insert(&db, 1..=1).await;
    let app = following(&db).await;
    let mut session = db.acquire().await.unwrap();
    for (price, (shop, dated)) in (2000..).zip([(0, 1_000), (0, 2_000_000_000), (3_600_000, 0), (-3_600_000, 0)]) {
        app.set_now(NOON + shop);
        sqlx::query("SET timestamp = ?").bind(dated).execute(&mut *session).await.unwrap();
        sqlx::query("UPDATE products SET price = ?").bind(price).execute(&mut *session).await.unwrap();
        until(async || app.get(&format!("/api/products/search?lprice={price}&gprice={price}")).await.ids() == [1])
            .await;
        until(async || app.get("/api/products").await.header("x-stale-seconds").is_none()).await;
        assert!(app.app.catalogue.lag(NOON + shop).unwrap() < 5_000);
    }
}

#[sqlx::test]
async fn a_second_server_on_one_folder_refuses(db: MySqlPool) {
    insert(&db, 1..=1).await;
    let app = following(&db).await;
    let second = Setup { follow: true, ..Setup::with_services(db.clone()) };
    let refusal = TestApp::start_in(second, app.home.path()).await.ended().await.unwrap_err().to_string();
    assert!(refusal.contains("OPENRACE_INDEX_DIR"), "{refusal}");
    assert_eq!(app.get("/api/products").await.ids(), [1]);
}

#[sqlx::test]
async fn an_index_folder_that_vanishes_is_answered_from_and_built_anew(db: MySqlPool) {
    insert(&db, 1..=3).await;
    let app = following(&db).await;
    std::fs::remove_dir_all(app.home.path()).unwrap();
    insert(&db, 4..=4).await;
    until(async || {
        let answer = app.get("/api/products").await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.ids() == [4, 3, 2, 1]
    })
    .await;
}

#[tokio::test]
async fn lists_say_how_far_they_are_behind_when_it_is_worth_saying() {
    let app = TestApp::with_products(&products(2)).await;
    assert_eq!(app.get("/api/products").await.header("x-stale-seconds"), None);
    app.app.catalogue.fresh_at(NOON - 5_000);
    assert_eq!(app.get("/api/products").await.header("x-stale-seconds"), None);
    app.set_now(NOON + 7_300);
    for list in ["/api/products", "/api/products/search", "/api/products/openrun", "/api/products/wishcount/3"] {
        assert_eq!(app.get(list).await.header("x-stale-seconds"), Some("12"), "{list}");
    }
    assert_eq!(
        app.admin("/readyz").await.json()["following"],
        json!({"ok": false, "staleSeconds": 12, "error": "nothing follows MySQL"})
    );
}
