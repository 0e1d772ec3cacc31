//! Lock the stock row, insert, update, commit: right, and one order at a time.

use sqlx::MySqlPool;

use super::{Order, Refusal};

pub(super) struct OneTransaction {
    db: MySqlPool,
}

impl OneTransaction {
    pub(super) fn new(db: MySqlPool) -> Self {
        Self { db }
    }

    pub(super) async fn place(&self, order: Order) -> Result<(), Refusal> {
        let mut transaction = self.db.begin().await?;
        let stock = sqlx::query!(
            "SELECT remaining, UTC_TIMESTAMP(3) >= open_at AND UTC_TIMESTAMP(3) < close_at AS `on_sale!: bool`, \
                    (SELECT price FROM products WHERE id = product_id) AS `price!: i64` \
             FROM stock WHERE product_id = ? FOR UPDATE",
            order.product
        );
        let stock = stock.fetch_optional(&mut *transaction).await?.ok_or(Refusal::NoProduct)?;
        if !stock.on_sale {
            return Err(Refusal::NotOnSale);
        }
        if stock.remaining < order.quantity {
            return Err(Refusal::SoldOut);
        }
        sqlx::query!(
            "INSERT INTO orders (order_no, member_id, product_id, quantity, unit_price, status, admitted_at) \
             VALUES (?, ?, ?, ?, ?, 'CONFIRMED', UTC_TIMESTAMP(3))",
            &order.number.as_bytes()[..],
            order.member,
            order.product,
            order.quantity,
            stock.price,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("UPDATE stock SET remaining = remaining - ? WHERE product_id = ?", order.quantity, order.product)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}
