//! Gives an order back.

use std::time::Duration;

use sqlx::{Connection, MySqlConnection, MySqlPool};

use crate::{database::with_connection, fail_point};

/// Longer than anybody holds a stock row.
const PATIENCE: Duration = Duration::from_secs(3);

/// Flips a confirmed order and returns its units to the sale, in one transaction. Answers whether it was confirmed until now.
pub(super) async fn cancel(db: &MySqlPool, id: i64, product_id: i64, quantity: i32) -> Result<bool, sqlx::Error> {
    let cancel = async |connection: &mut MySqlConnection| transact(connection, id, product_id, quantity).await;
    with_connection(db, PATIENCE, cancel).await
}

async fn transact(
    connection: &mut MySqlConnection,
    id: i64,
    product_id: i64,
    quantity: i32,
) -> Result<bool, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    // The stock row first, as everybody does who decides about its orders: so no two wait for each other.
    sqlx::query!("SELECT product_id FROM stock WHERE product_id = ? FOR UPDATE", product_id)
        .fetch_optional(&mut *transaction)
        .await?;
    let flipped = sqlx::query!("UPDATE orders SET status = 'CANCELLED' WHERE id = ? AND status = 'CONFIRMED'", id)
        .execute(&mut *transaction)
        .await?;
    if flipped.rows_affected() == 0 && !fail_point::planted("cancel_again") {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE stock SET remaining = remaining + ?, version = version + 1 WHERE product_id = ?",
        if fail_point::planted("give_back_twice") { quantity * 2 } else { quantity },
        product_id
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}
