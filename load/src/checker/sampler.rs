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
    samples: JoinHandle<Samples>,
}

/// What the samples have shown.
#[derive(Debug, Default)]
pub struct Samples {
    /// Every rule that was seen broken.
    pub violations: Vec<Violation>,
    /// Samples that MySQL answered.
    pub taken: usize,
    /// Samples that it did not.
    pub missed: usize,
    /// Why the last of these was missed.
    pub last_error: Option<sqlx::Error>,
}

impl Sampler {
    /// Takes the first sample at once, and the next one `period` after it.
    pub fn start(db: MySqlPool, products: RangeInclusive<i64>, journal: Arc<Journal>, period: Duration) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let samples = tokio::spawn(async move {
            let (mut samples, mut position) = (Samples::default(), 0);
            loop {
                let entries = journal.since(position);
                match sample(&db, &products, &entries).await {
                    Ok(violations) => {
                        samples.taken += 1;
                        samples.violations.extend(violations);
                        position += entries.len();
                    }
                    Err(error) => {
                        samples.missed += 1;
                        samples.last_error = Some(error);
                    }
                }
                if timeout(period, &mut stopped).await.is_ok() {
                    return samples;
                }
            }
        });
        Self { stop, samples }
    }

    /// What was seen; nothing, not one sample, when the sampler has panicked.
    pub async fn finish(self) -> Samples {
        // It has ended by itself only if it panicked.
        let _ = self.stop.send(());
        self.samples.await.unwrap_or_default()
    }
}

async fn sample(
    db: &MySqlPool,
    products: &RangeInclusive<i64>,
    entries: &[Entry],
) -> Result<Vec<Violation>, sqlx::Error> {
    let mut found = balances(db, products).await?;
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
