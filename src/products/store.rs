use openrace_index::Status;
use sqlx::MySqlPool;
use time::PrimitiveDateTime;

use crate::database::unix_millis;

/// One product with its stock, as MySQL has it now.
pub(super) struct StoredProduct {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) image: String,
    pub(super) price: i64,
    pub(super) mall_name: String,
    pub(super) category: String,
    pub(super) wish_count: i64,
    pub(super) total: i32,
    pub(super) remaining: i32,
    pub(super) open_at: PrimitiveDateTime,
    pub(super) close_at: PrimitiveDateTime,
}

impl StoredProduct {
    /// Opening of the sale, Unix milliseconds.
    pub(super) fn opens_at(&self) -> i64 {
        unix_millis(self.open_at)
    }

    /// Where the sale stands at `now`, Unix milliseconds.
    pub(super) fn status(&self, now: i64) -> Status {
        Status::at(now, self.opens_at(), unix_millis(self.close_at))
    }
}

/// Reads one product; `None` if there is none, or none with a stock.
pub(super) async fn find_product(db: &MySqlPool, id: i64) -> Result<Option<StoredProduct>, sqlx::Error> {
    sqlx::query_as!(
        StoredProduct,
        "SELECT p.id, p.name, p.image, p.price, p.mall_name, p.category, p.wish_count, \
                s.total, s.remaining, s.open_at, s.close_at \
         FROM products p JOIN stock s ON s.product_id = p.id WHERE p.id = ?",
        id
    )
    .fetch_optional(db)
    .await
}
