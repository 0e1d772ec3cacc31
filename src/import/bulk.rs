//! Many products at once into `products` and `stock`.

use sqlx::{MySqlConnection, QueryBuilder};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::CatalogueRow;

/// Rows in one statement: more make it no faster, and 7,281 is the most that MySQL's 65,535
/// parameters allow.
const ROWS_PER_STATEMENT: usize = 1000;

/// Writes the rows in their order. Run it in a transaction, or a failure leaves products without
/// stock.
pub(super) async fn insert(connection: &mut MySqlConnection, rows: &[CatalogueRow]) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        insert_products(connection, rows).await?;
        insert_stock(connection, rows).await?;
    }
    Ok(())
}

async fn insert_products(connection: &mut MySqlConnection, rows: &[CatalogueRow]) -> Result<(), sqlx::Error> {
    let mut insert = QueryBuilder::new(
        "INSERT INTO products (id, name, image, price, mall_name, brand, category, wish_count) ",
    );
    insert.push_values(rows, |mut values, CatalogueRow { product, .. }| {
        values
            .push_bind(product.id)
            .push_bind(&product.name)
            .push_bind(&product.image)
            .push_bind(product.price)
            .push_bind(&product.mall)
            .push_bind(&product.brand)
            .push_bind(&product.category)
            .push_bind(product.wish_count);
    });
    insert.build().execute(connection).await?;
    Ok(())
}

async fn insert_stock(connection: &mut MySqlConnection, rows: &[CatalogueRow]) -> Result<(), sqlx::Error> {
    let mut insert =
        QueryBuilder::new("INSERT INTO stock (product_id, total, remaining, open_at, close_at, per_member_limit) ");
    insert.push_values(rows, |mut values, row| {
        values
            .push_bind(row.product.id)
            .push_bind(row.total)
            .push_bind(row.remaining)
            .push_bind(utc(row.product.opens_at))
            .push_bind(utc(row.product.closes_at))
            .push_bind(row.per_member_limit);
    });
    insert.build().execute(connection).await?;
    Ok(())
}

fn utc(milliseconds: i64) -> PrimitiveDateTime {
    let time = OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(milliseconds);
    PrimitiveDateTime::new(time.date(), time.time())
}
