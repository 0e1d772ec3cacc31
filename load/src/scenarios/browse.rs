//! Searches and details of the catalogue that is there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use tokio::time::Instant;

use super::{asking, progress::Progress, reading::Reading};
use crate::{
    engine::{Pace, Timing, Traffic, run},
    http::{Lost, Reply, Route},
    report::Report,
    shop::{SHELF, Shop},
    tally::Tally,
};

/// Different searches, and different details.
const DIFFERENT: i64 = 10_000;
const WARM_CONNECTIONS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);

/// Three searches, each different from those before it, then one detail, and again: what a server may have kept of earlier answers
/// is of no use, whether or not products change meanwhile.
pub(super) struct Browsing {
    route: Route,
    host: String,
    searches: Vec<String>,
    /// Other searches for the same products, each with its kind.
    others: Vec<(String, &'static str)>,
    details: Vec<i64>,
    /// Asked before this flow: each begins where the one before has ended.
    before: AtomicUsize,
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
        let mut searches = asking::searches(&products, 2 * DIFFERENT as usize, seed);
        let others = searches.split_off(searches.len() / 2);
        let searches = searches.into_iter().map(|(path, _)| path).collect();
        let (route, host) = (shop.route, shop.route.server.to_string());
        Ok(Self { route, host, searches, others, details, before: AtomicUsize::default() })
    }

    /// Searches for the same products in other ways, so that no word is read from disk while searches are timed.
    pub(super) async fn warm(&self) -> anyhow::Result<()> {
        let others = Reading::new(self.route, self.others.clone());
        let once = Pace::Once { requests: self.others.len(), duration: PATIENCE };
        others.ask("searches to warm up", self.route, WARM_CONNECTIONS, once, &mut Report::default()).await?;
        Ok(())
    }

    /// Looks at this pace for what no flow before has looked at, and adds the answers to the report.
    pub(super) async fn look(
        self: &Arc<Self>,
        name: &str,
        connections: usize,
        pace: Pace,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let connections = self.route.connect_all(connections).await.context("connect to the server")?;
        let (tally, start) = (Arc::new(Tally::default()), Instant::now());
        let _progress = Progress::show(name, Arc::clone(&tally), "search");
        run(connections, start, pace, Arc::clone(self), Arc::clone(&tally)).await;
        report.add(name, &tally.counts(), start.elapsed());
        self.before.fetch_add(tally.counts().all().len() as usize, Ordering::Relaxed);
        Ok(())
    }

    /// The number among those of all flows, of one in this flow.
    fn of_all(&self, number: usize) -> usize {
        self.before.load(Ordering::Relaxed) + number
    }

    fn is_detail(&self, number: usize) -> bool {
        number % 4 == 3 && !self.details.is_empty()
    }

    fn path(&self, number: usize) -> String {
        let turn = number / 4;
        if self.is_detail(number) {
            return format!("/api/products/{}", self.details[turn % self.details.len()]);
        }
        self.searches[(number - turn) % self.searches.len()].clone()
    }
}

impl Traffic for Browsing {
    fn request(&self, number: usize, into: &mut Vec<u8>) {
        let path = self.path(self.of_all(number));
        for part in ["GET ", &path, " HTTP/1.1\r\nhost: ", &self.host, "\r\n\r\n"] {
            into.extend_from_slice(part.as_bytes());
        }
    }

    fn answered(&self, number: usize, answer: Result<&Reply<'_>, Lost>, _timing: Timing) -> &'static str {
        match answer.map(Reply::code) {
            Ok("ok") if self.is_detail(self.of_all(number)) => "detail",
            Ok("ok") => "search",
            Ok(code) => code,
            Err(Lost::Unsent) => "unsent",
            Err(Lost::Unanswered) => "unanswered",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, net::SocketAddr};

    use super::*;

    #[test]
    fn no_flow_asks_what_another_has_asked() {
        let browsing = Browsing {
            route: SocketAddr::from(([127, 0, 0, 1], 1)).into(),
            host: String::new(),
            searches: (0..60).map(|search| format!("/{search}")).collect(),
            others: Vec::new(),
            details: (0..20).collect(),
            before: AtomicUsize::default(),
        };
        let mut asked = HashSet::new();
        for flow in [7, 30, 43] {
            for number in 0..flow {
                let mut request = Vec::new();
                browsing.request(number, &mut request);
                assert!(asked.insert(request), "{number} of {flow}");
            }
            browsing.before.fetch_add(flow, Ordering::Relaxed);
        }
        assert_eq!(asked.len(), 80);
    }
}
