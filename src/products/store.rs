use openrace_index::Status;
use sqlx::MySqlPool;
use time::PrimitiveDateTime;

use crate::database::unix_millis;

/// One product with its stock, as MySQL has it now.
pub(crate) struct StoredProduct {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) price: i64,
    pub(crate) mall_name: String,
    pub(crate) category: String,
    pub(crate) wish_count: i64,
    pub(crate) total: i32,
    pub(crate) remaining: i32,
    pub(crate) open_at: PrimitiveDateTime,
    pub(crate) close_at: PrimitiveDateTime,
}

impl StoredProduct {
    /// Opening of the sale, Unix milliseconds.
    pub(crate) fn opens_at(&self) -> i64 {
        unix_millis(self.open_at)
    }

    /// End of the sale, Unix milliseconds.
    pub(crate) fn closes_at(&self) -> i64 {
        unix_millis(self.close_at)
    }

    /// Where the sale stands at `now`, Unix milliseconds.
    pub(crate) fn status(&self, now: i64) -> Status {
        Status::at(now, self.opens_at(), self.closes_at())
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
