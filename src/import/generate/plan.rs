//! What catalogue was asked for, and how much of it is in.

use jiff::civil::Date;
use sqlx::MySqlPool;

/// Everything that decides the generated rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) products: i64,
    pub(super) seed: u64,
    pub(super) days: u32,
    pub(super) today: Date,
    /// IANA name.
    pub(super) time_zone: String,
}

/// What is in MySQL.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No products.
    Empty,
    /// A load that was interrupted.
    Begun(Plan),
    /// Products, generated or imported.
    Filled,
}

impl State {
    pub(super) async fn read(pool: &MySqlPool) -> Result<State, sqlx::Error> {
        let any = sqlx::query!("SELECT id FROM products LIMIT 1").fetch_optional(pool).await?;
        if any.is_none() {
            return Ok(State::Empty);
        }
        let begun = sqlx::query!(
            "SELECT products, seed, days, CAST(today AS CHAR) AS `today!: String`, time_zone FROM catalogue_load WHERE finished_at IS NULL"
        )
        .fetch_optional(pool)
        .await?;
        let Some(row) = begun else { return Ok(State::Filled) };
        let today = row.today.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let plan = Plan { products: row.products, seed: row.seed, days: row.days, today, time_zone: row.time_zone };
        Ok(State::Begun(plan))
    }
}

impl Plan {
    /// Notes that this load begins.
    pub(super) async fn begin(&self, pool: &MySqlPool) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "REPLACE INTO catalogue_load (products, seed, days, today, time_zone) VALUES (?, ?, ?, ?, ?)",
            self.products,
            self.seed,
            self.days,
            self.today.to_string(),
            self.time_zone
        )
        .execute(pool)
        .await?;
        Ok(())
    }
}

/// Notes that every product is in.
pub(super) async fn finish(pool: &MySqlPool) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE catalogue_load SET finished_at = UTC_TIMESTAMP(3)").execute(pool).await?;
    Ok(())
}
