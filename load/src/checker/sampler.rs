//! Looks at MySQL while a run goes on.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use sqlx::MySqlPool;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use super::{Invariant, Violation, stock::unbalanced};
use crate::journal::{Entry, Journal, Outcome};

/// Answers looked up at each sample; the check at the end looks at all.
const LOOKUPS: usize = 50;

/// Samples I1 and I2 until it is finished. A MySQL that does not answer is asked again.
pub struct Sampler {
    stop: oneshot::Sender<()>,
    samples: JoinHandle<Vec<Violation>>,
}

impl Sampler {
    /// Takes the first sample at once, and the next one `period` after it.
    pub fn start(db: MySqlPool, products: RangeInclusive<i64>, journal: Arc<Journal>, period: Duration) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let samples = tokio::spawn(async move {
            let (mut found, mut position) = (Vec::new(), 0);
            loop {
                let sampled = sample(&db, &products, &journal, &mut position).await;
                found.extend(sampled.unwrap_or_default());
                if timeout(period, &mut stopped).await.is_ok() {
                    return found;
                }
            }
        });
        Self { stop, samples }
    }

    /// What the samples have shown.
    pub async fn finish(self) -> Vec<Violation> {
        // It has ended by itself only if it panicked.
        let _ = self.stop.send(());
        self.samples.await.unwrap_or_default()
    }
}

async fn sample(
    db: &MySqlPool,
    products: &RangeInclusive<i64>,
    journal: &Journal,
    position: &mut usize,
) -> Result<Vec<Violation>, sqlx::Error> {
    let mut found = balances(db, products).await?;
    let entries = journal.since(*position);
    *position += entries.len();
    for entry in entries.iter().rev().take(LOOKUPS) {
        found.extend(lost(db, entry).await?);
    }
    Ok(found)
}

/// One statement, and so one moment.
async fn balances(db: &MySqlPool, products: &RangeInclusive<i64>) -> Result<Vec<Violation>, sqlx::Error> {
    let violations = sqlx::query!(
        "SELECT s.product_id, s.total, s.remaining, CAST(COALESCE(SUM(o.quantity), 0) AS SIGNED) AS `sold!: i64` \
         FROM stock s LEFT JOIN orders o ON o.product_id = s.product_id AND o.status = 'CONFIRMED' \
         WHERE s.product_id BETWEEN ? AND ? GROUP BY s.product_id, s.total, s.remaining",
        products.start(),
        products.end(),
    )
    .map(|row| {
        let what = unbalanced(row.total.into(), row.remaining.into(), row.sold)?;
        Some(Violation { invariant: Invariant::I1, product: row.product_id, what: format!("while it sold: {what}") })
    });
    Ok(violations.fetch_all(db).await?.into_iter().flatten().collect())
}

/// A confirmed order that another connection does not see.
async fn lost(db: &MySqlPool, entry: &Entry) -> Result<Option<Violation>, sqlx::Error> {
    let Outcome::Confirmed(order_no) = entry.outcome else { return Ok(None) };
    let rows = sqlx::query_scalar!("SELECT COUNT(*) FROM orders WHERE order_no = ?", &order_no.as_bytes()[..])
        .fetch_one(db)
        .await?;
    let what = format!("order {order_no} was confirmed and not yet there");
    Ok((rows == 0).then_some(Violation { invariant: Invariant::I2, product: entry.product, what }))
}
