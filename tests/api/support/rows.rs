//! Rows for tests, written to MySQL directly.

use sqlx::MySqlPool;

/// A product for 1,000 won a unit times its id, with 30 units on sale from noon to noon.
pub async fn write_product(db: &MySqlPool, id: i64) {
    sqlx::query(
        "INSERT INTO products (id, name, image, price, mall_name, category) \
         VALUES (?, CONCAT('나이키 운동화 ', ?), CONCAT('https://images.example/', ?, '.jpg'), ?, '나이키공식', '신발')",
    )
    .bind(id)
    .bind(id)
    .bind(id)
    .bind(1000 * id)
    .execute(db)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO stock (product_id, total, remaining, open_at, close_at) \
         VALUES (?, 30, 30, '2026-11-22 03:00:00', '2026-11-23 03:00:00')",
    )
    .bind(id)
    .execute(db)
    .await
    .unwrap();
}

/// Products 1 to `count`.
pub async fn write_products(db: &MySqlPool, count: i64) {
    for id in 1..=count {
        write_product(db, id).await;
    }
}

/// Units of a product that have been sold to nobody the tests know.
pub async fn sell(db: &MySqlPool, product_id: i64, units: i32) {
    sqlx::query("UPDATE stock SET remaining = remaining - ? WHERE product_id = ?")
        .bind(units)
        .bind(product_id)
        .execute(db)
        .await
        .unwrap();
}
