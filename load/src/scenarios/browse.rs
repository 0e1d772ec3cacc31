//! Searches and details of the catalogue that is there.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::asking;
use crate::{
    engine::{Pace, Timing, Traffic, run},
    http::{Lost, Reply, Route},
    shop::{SHELF, Shop},
    tally::Tally,
};

/// Different searches, and different details.
const DIFFERENT: i64 = 10_000;
const WARM_CONNECTIONS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);

/// Three searches, each different from those before it, then one detail, and again: what a server may have kept of earlier answers
/// is of no use, whether or not products change meanwhile.
#[derive(Clone)]
pub(super) struct Browsing {
    route: Route,
    host: String,
    searches: Vec<String>,
    /// Other searches for the same products.
    others: Vec<String>,
    details: Vec<i64>,
}

impl Browsing {
    /// Looks at products that no load run has made.
    pub(super) async fn new(shop: &Shop, seed: u64) -> Result<Self, sqlx::Error> {
        let details = sqlx::query_scalar!(
            "SELECT product_id FROM stock WHERE product_id < ? ORDER BY product_id LIMIT ?",
            SHELF.start(),
            DIFFERENT
        );
        let details = details.fetch_all(&shop.db).await?;
        let products = asking::products(&shop.db, DIFFERENT).await?;
        let searches = asking::searches(&products, 2 * DIFFERENT as usize, seed);
        let mut searches: Vec<String> = searches.into_iter().map(|(path, _)| path).collect();
        let others = searches.split_off(searches.len() / 2);
        Ok(Self { route: shop.route, host: shop.route.server.to_string(), searches, others, details })
    }

    /// Searches for the same products in other ways, so that no word is read from disk while searches are timed.
    pub(super) async fn warm(&self) -> anyhow::Result<()> {
        let warming = Self { searches: self.others.clone(), others: Vec::new(), details: Vec::new(), ..self.clone() };
        let connections = self.route.connect_all(WARM_CONNECTIONS).await?;
        let pace = Pace::Once { requests: self.others.len(), duration: PATIENCE };
        run(connections, Instant::now(), pace, Arc::new(warming), Arc::new(Tally::default())).await;
        Ok(())
    }

    fn path(&self, number: usize) -> String {
        let turn = number / 4;
        if number % 4 == 3 && !self.details.is_empty() {
            return format!("/api/products/{}", self.details[turn % self.details.len()]);
        }
        self.searches[(number - turn) % self.searches.len()].clone()
    }
}

impl Traffic for Browsing {
    fn request(&self, number: usize, into: &mut Vec<u8>) {
        for part in ["GET ", &self.path(number), " HTTP/1.1\r\nhost: ", &self.host, "\r\n\r\n"] {
            into.extend_from_slice(part.as_bytes());
        }
    }

    fn answered(&self, number: usize, answer: Result<&Reply<'_>, Lost>, _timing: Timing) -> &'static str {
        match answer.map(Reply::code) {
            Ok("ok") if number % 4 == 3 && !self.details.is_empty() => "detail",
            Ok("ok") => "search",
            Ok(code) => code,
            Err(Lost::Unsent) => "unsent",
            Err(Lost::Unanswered) => "unanswered",
        }
    }
}
