use openrace::database;
use sqlx::{AssertSqlSafe, MySqlPool};

async fn accepts(pool: &MySqlPool, statement: &str) -> bool {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(pool).await.is_ok()
}

const PRODUCT: &str =
    "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (1, '이름', '', 1000, '쿠팡', '신발')";

fn stock(total: i64, remaining: i64, open_at: &str, close_at: &str) -> String {
    format!(
        "INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES (1, {total}, {remaining}, '{open_at}', '{close_at}')"
    )
}

fn order(number: &str, status: &str, reason: &str) -> String {
    format!(
        "INSERT INTO orders (order_no, member_id, product_id, quantity, unit_price, status, reject_reason, admitted_at)
         VALUES ({number}, 1, 1, 1, 1000, '{status}', {reason}, UTC_TIMESTAMP(3))"
    )
}

#[sqlx::test]
async fn migrating_twice_changes_nothing(pool: MySqlPool) {
    database::migrate(&pool).await.unwrap();
}

/// The columns of text, by table, and their collations.
async fn texts(pool: &MySqlPool) -> Vec<(String, String, String)> {
    let columns = "SELECT CONVERT(table_name USING utf8mb4), CONVERT(column_name USING utf8mb4), \
                          CONVERT(collation_name USING utf8mb4) FROM information_schema.columns \
                   WHERE table_schema = DATABASE() AND collation_name IS NOT NULL \
                         AND table_name <> '_sqlx_migrations' ORDER BY 1, 2";
    sqlx::query_as(columns).fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn the_schema_is_the_same_in_a_database_of_another_collation(pool: MySqlPool) {
    database::migrate(&pool).await.unwrap();
    let usual = texts(&pool).await;
    assert!(usual.len() > 5);
    let name = pool.connect_options().get_database().unwrap().to_owned();
    let anew = format!("DROP DATABASE `{name}`; CREATE DATABASE `{name}` COLLATE latin1_german2_ci; USE `{name}`");
    assert!(accepts(&pool, &anew).await);
    database::migrate(&pool).await.unwrap();
    assert_eq!(texts(&pool).await, usual);
}

#[sqlx::test]
async fn an_email_address_belongs_to_one_member_whatever_its_case(pool: MySqlPool) {
    let sign_up =
        |email: &str| format!("INSERT INTO members (name, email, password_hash) VALUES ('김', '{email}', 'x')");
    assert!(accepts(&pool, &sign_up("kim@example.com")).await);
    assert!(!accepts(&pool, &sign_up("Kim@Example.com")).await);
}

#[sqlx::test]
async fn remaining_units_stay_between_nothing_and_all(pool: MySqlPool) {
    assert!(accepts(&pool, PRODUCT).await);
    for (total, remaining) in [(30, -1), (30, 31)] {
        assert!(!accepts(&pool, &stock(total, remaining, "2026-11-22", "2026-11-23")).await);
    }
    assert!(accepts(&pool, &stock(30, 30, "2026-11-22", "2026-11-23")).await);
    assert!(!accepts(&pool, "UPDATE stock SET remaining = remaining - 31").await);
}

#[sqlx::test]
async fn a_sale_opens_before_it_closes(pool: MySqlPool) {
    assert!(accepts(&pool, PRODUCT).await);
    assert!(!accepts(&pool, &stock(30, 30, "2026-11-22", "2026-11-22")).await);
}

#[sqlx::test]
async fn stock_belongs_to_a_product(pool: MySqlPool) {
    assert!(!accepts(&pool, &stock(30, 30, "2026-11-22", "2026-11-23")).await);
    assert!(accepts(&pool, PRODUCT).await);
    assert!(accepts(&pool, &stock(30, 30, "2026-11-22", "2026-11-23")).await);
    assert!(!accepts(&pool, "DELETE FROM products").await);
}

#[sqlx::test]
async fn prices_and_wish_counts_are_never_negative(pool: MySqlPool) {
    assert!(accepts(&pool, PRODUCT).await);
    assert!(!accepts(&pool, "UPDATE products SET price = -1").await);
    assert!(!accepts(&pool, "UPDATE products SET wish_count = wish_count - 1").await);
}

#[sqlx::test]
async fn a_rejected_order_has_a_reason_and_no_other_does(pool: MySqlPool) {
    let order = |status: &str, reason: &str| order("RANDOM_BYTES(16)", status, reason);
    assert!(accepts(&pool, &order("CONFIRMED", "NULL")).await);
    assert!(accepts(&pool, &order("REJECTED", "'sold_out'")).await);
    assert!(!accepts(&pool, &order("REJECTED", "NULL")).await);
    assert!(!accepts(&pool, &order("CANCELLED", "'sold_out'")).await);
    assert!(!accepts(&pool, &order("PENDING", "NULL")).await);
}

#[sqlx::test]
async fn a_number_names_one_order(pool: MySqlPool) {
    let order = order("REPEAT('x', 16)", "CONFIRMED", "NULL");
    assert!(accepts(&pool, &order).await);
    assert!(!accepts(&pool, &order).await);
}

#[tokio::test]
async fn an_address_where_nothing_listens_is_named_without_its_password() {
    let error = database::connect("mysql://kim:secret@127.0.0.1:1/openrace").await.unwrap_err();
    let message = format!("{error} {error:?}");
    assert!(message.contains("cannot reach MySQL at 127.0.0.1:1") && !message.contains("secret"), "{message}");
}
