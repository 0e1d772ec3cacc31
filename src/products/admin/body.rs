//! What administrators send, and what it means once it is checked.

use openrace_index::Product;
use serde::Deserialize;
use utoipa::ToSchema;

use super::check::Checks;
use crate::{clock::ShopClock, error::Problem, import::CatalogueRow, products::limits};

/// What a product is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DescriptionBody {
    #[schema(min_length = 1, max_length = 500)]
    product_name: String,
    /// An address, or empty.
    #[schema(max_length = 1000)]
    product_image: String,
    /// Whole won.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    price: i64,
    #[schema(min_length = 1, max_length = 100)]
    mall_name: String,
    #[schema(max_length = 100)]
    brand: Option<String>,
    #[schema(min_length = 1, max_length = 50)]
    category: String,
}

/// How much of it there is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StockBody {
    /// Units, sold ones included.
    #[schema(minimum = 1, maximum = 1_000_000)]
    total_quantity: i64,
    /// Units one member may hold; absent or null: no limit.
    #[schema(minimum = 1, maximum = 1_000_000)]
    per_member_limit: Option<i64>,
}

/// When it is sold.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SaleBody {
    /// Local time in the shop's zone.
    #[schema(example = "2026-11-22T09:00:00")]
    event_start_time: String,
    /// Local time in the shop's zone, after the start.
    #[schema(example = "2026-11-23T09:00:00")]
    event_end_time: String,
}

/// A product with its stock and its sale.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewProductBody {
    #[schema(min_length = 1, max_length = 500)]
    product_name: String,
    /// An address, or empty.
    #[schema(max_length = 1000)]
    product_image: String,
    /// Whole won.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    price: i64,
    #[schema(min_length = 1, max_length = 100)]
    mall_name: String,
    #[schema(max_length = 100)]
    brand: Option<String>,
    #[schema(min_length = 1, max_length = 50)]
    category: String,
    /// Units for sale.
    #[schema(minimum = 1, maximum = 1_000_000)]
    total_quantity: i64,
    /// Units one member may hold; absent or null: no limit.
    #[schema(minimum = 1, maximum = 1_000_000)]
    per_member_limit: Option<i64>,
    /// Local time in the shop's zone.
    #[schema(example = "2026-11-22T09:00:00")]
    event_start_time: String,
    /// Local time in the shop's zone, after the start.
    #[schema(example = "2026-11-23T09:00:00")]
    event_end_time: String,
}

#[derive(Debug)]
pub(super) struct Description {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) price: i64,
    pub(super) mall: String,
    pub(super) brand: Option<String>,
    pub(super) category: String,
}

#[derive(Debug)]
pub(super) struct Stock {
    pub(super) total: i32,
    pub(super) per_member_limit: Option<i32>,
}

/// Unix milliseconds.
#[derive(Debug)]
pub(super) struct Sale {
    pub(super) opens_at: i64,
    pub(super) closes_at: i64,
}

impl DescriptionBody {
    pub(super) fn check(&self, checks: &mut Checks) -> Description {
        let brand = checks.optional_text("brand", self.brand.as_deref().unwrap_or_default(), limits::BRAND);
        Description {
            name: checks.text("productName", &self.product_name, limits::NAME),
            image: checks.image("productImage", &self.product_image),
            price: checks.number("price", self.price, limits::PRICE),
            mall: checks.text("mallName", &self.mall_name, limits::MALL),
            brand: Some(brand).filter(|brand| !brand.is_empty()),
            category: checks.text("category", &self.category, limits::CATEGORY),
        }
    }
}

impl StockBody {
    pub(super) fn check(&self, checks: &mut Checks) -> Stock {
        Stock {
            total: checks.number("totalQuantity", self.total_quantity, limits::UNITS),
            per_member_limit: self.per_member_limit.map(|most| checks.number("perMemberLimit", most, limits::UNITS)),
        }
    }
}

impl SaleBody {
    pub(super) fn check(&self, checks: &mut Checks, clock: &ShopClock) -> Sale {
        let opens_at = checks.moment("eventStartTime", &self.event_start_time, clock);
        let closes_at = checks.moment("eventEndTime", &self.event_end_time, clock);
        if closes_at <= opens_at {
            checks.refuse("eventEndTime", "must be after eventStartTime");
        }
        Sale { opens_at, closes_at }
    }
}

impl NewProductBody {
    /// The rows to write, their ids left to MySQL.
    pub(super) fn check(self, clock: &ShopClock) -> Result<CatalogueRow, Problem> {
        let (description, stock, sale) = self.parts();
        let mut checks = Checks::default();
        let (description, stock, sale) =
            (description.check(&mut checks), stock.check(&mut checks), sale.check(&mut checks, clock));
        let Description { name, image, price, mall, brand, category } = description;
        let Sale { opens_at, closes_at } = sale;
        let total = stock.total.unsigned_abs();
        checks.finish(CatalogueRow {
            product: Product {
                id: 0,
                name,
                image,
                price,
                mall,
                brand,
                category,
                opens_at,
                closes_at,
                wish_count: 0,
                in_stock: total > 0,
            },
            total,
            remaining: total,
            per_member_limit: stock.per_member_limit.map(i32::unsigned_abs),
        })
    }

    fn parts(self) -> (DescriptionBody, StockBody, SaleBody) {
        let Self { product_name, product_image, price, mall_name, brand, category, .. } = self;
        (
            DescriptionBody { product_name, product_image, price, mall_name, brand, category },
            StockBody { total_quantity: self.total_quantity, per_member_limit: self.per_member_limit },
            SaleBody { event_start_time: self.event_start_time, event_end_time: self.event_end_time },
        )
    }
}
