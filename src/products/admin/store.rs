//! Each change is one transaction; what it left is read before the end of it.

use sqlx::{MySqlConnection, MySqlPool};
use time::PrimitiveDateTime;

use super::{
    Change,
    body::{Description, Sale, Stock},
    error::AdminError,
};
use crate::{
    database::utc,
    import::{CatalogueRow, insert_new},
};

/// A product with its stock, as MySQL has it now.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) image: String,
    pub(super) price: i64,
    pub(super) mall_name: String,
    pub(super) brand: Option<String>,
    pub(super) category: String,
    pub(super) total: i32,
    pub(super) remaining: i32,
    pub(super) per_member_limit: Option<i32>,
    pub(super) open_at: PrimitiveDateTime,
    pub(super) close_at: PrimitiveDateTime,
}

/// Writes a new product with its stock.
pub(super) async fn create(db: &MySqlPool, row: CatalogueRow) -> Result<Stored, AdminError> {
    let mut transaction = db.begin().await?;
    let mut rows = [row];
    insert_new(&mut transaction, &mut rows).await?;
    let stored = find(&mut transaction, rows[0].product.id).await?;
    transaction.commit().await?;
    Ok(stored)
}

/// Changes one product.
pub(super) async fn change(db: &MySqlPool, id: i64, change: &Change) -> Result<Stored, AdminError> {
    let mut transaction = db.begin().await?;
    match change {
        Change::Description(description) => describe(&mut transaction, id, description).await?,
        Change::Stock(stock) => restock(&mut transaction, id, stock).await?,
        Change::Sale(sale) => schedule(&mut transaction, id, sale).await?,
    }
    let stored = find(&mut transaction, id).await?;
    transaction.commit().await?;
    Ok(stored)
}

async fn describe(connection: &mut MySqlConnection, id: i64, description: &Description) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE products SET name = ?, image = ?, price = ?, mall_name = ?, brand = ?, category = ?, version = version + 1 \
         WHERE id = ?",
        description.name,
        description.image,
        description.price,
        description.mall,
        description.brand,
        description.category,
        id,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves the units left as far as the total moves. The lock keeps orders from selling meanwhile.
async fn restock(connection: &mut MySqlConnection, id: i64, stock: &Stock) -> Result<(), AdminError> {
    let before = sqlx::query!("SELECT total, remaining FROM stock WHERE product_id = ? FOR UPDATE", id)
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(AdminError::Unknown(id))?;
    let sold = before.total - before.remaining;
    if stock.total < sold {
        return Err(AdminError::BelowSold { sold });
    }
    sqlx::query!(
        "UPDATE stock SET total = ?, remaining = ?, per_member_limit = ?, version = version + 1 WHERE product_id = ?",
        stock.total,
        stock.total - sold,
        stock.per_member_limit,
        id,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn schedule(connection: &mut MySqlConnection, id: i64, sale: &Sale) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE stock SET open_at = ?, close_at = ?, version = version + 1 WHERE product_id = ?",
        utc(sale.opens_at),
        utc(sale.closes_at),
        id,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn find(connection: &mut MySqlConnection, id: i64) -> Result<Stored, AdminError> {
    let stored = sqlx::query_as!(
        Stored,
        "SELECT p.id, p.name, p.image, p.price, p.mall_name, p.brand, p.category, \
                s.total, s.remaining, s.per_member_limit, s.open_at, s.close_at \
         FROM products p JOIN stock s ON s.product_id = p.id WHERE p.id = ?",
        id,
    )
    .fetch_optional(connection)
    .await?;
    stored.ok_or(AdminError::Unknown(id))
}
