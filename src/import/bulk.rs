//! Many products at once into `products` and `stock`.

use sqlx::{MySqlConnection, QueryBuilder, mysql::MySqlQueryResult};

use super::CatalogueRow;
use crate::database::utc;

/// Rows in one statement: 200 to 4,000 are about equally fast, and MySQL allows 65,535 parameters.
const ROWS_PER_STATEMENT: usize = 500;

/// Writes rows that have their ids. Run it in a transaction, or a failure leaves products without
/// stock.
pub(super) async fn insert(connection: &mut MySqlConnection, rows: &[CatalogueRow]) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        insert_products(connection, rows).await?;
        insert_stock(connection, rows).await?;
    }
    Ok(())
}

/// Writes rows that have no ids, and gives them the ids that MySQL chose. Run it in a transaction.
pub(crate) async fn insert_new(connection: &mut MySqlConnection, rows: &mut [CatalogueRow]) -> Result<(), sqlx::Error> {
    let step: i64 =
        sqlx::query_scalar("SELECT CAST(@@auto_increment_increment AS SIGNED)").fetch_one(&mut *connection).await?;
    for rows in rows.chunks_mut(ROWS_PER_STATEMENT) {
        // Both servers give the rows of one INSERT … VALUES consecutive ids and report the first.
        let first = insert_products(connection, rows).await?.last_insert_id();
        for (id, row) in (first.cast_signed()..).step_by(step as usize).zip(rows.iter_mut()) {
            row.product.id = id;
        }
        insert_stock(connection, rows).await?;
    }
    Ok(())
}

async fn insert_products(
    connection: &mut MySqlConnection,
    rows: &[CatalogueRow],
) -> Result<MySqlQueryResult, sqlx::Error> {
    let mut insert =
        QueryBuilder::new("INSERT INTO products (id, name, image, price, mall_name, brand, category, wish_count) ");
    insert.push_values(rows, |mut values, CatalogueRow { product, .. }| {
        values
            .push_bind((product.id != 0).then_some(product.id))
            .push_bind(&product.name)
            .push_bind(&product.image)
            .push_bind(product.price)
            .push_bind(&product.mall)
            .push_bind(&product.brand)
            .push_bind(&product.category)
            .push_bind(product.wish_count);
    });
    insert.build().execute(connection).await
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
