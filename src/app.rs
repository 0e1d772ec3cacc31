//! What every request handler shares.

use std::{net::IpAddr, sync::Arc, time::Duration};

use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::MySqlPool;
use tokio_util::sync::CancellationToken;

use crate::{
    batch::Tasks, catalogue::Catalogue, clock::ShopClock, keyspace::Keyspace, members::Members,
    orders::protocol::Orders, searches::Searches, web::Sales, wishes::Wishes,
};

/// The server's parts, behind one `Arc`.
pub struct App {
    /// MySQL: the truth.
    pub db: MySqlPool,
    /// Redis: counters.
    pub redis: Keyspace,
    /// Who is who.
    pub members: Members,
    /// The way of orders.
    pub orders: Orders,
    /// Changes of wishes.
    pub wishes: Wishes,
    /// The index: lists and searches.
    pub catalogue: Arc<Catalogue>,
    /// What is searched for.
    pub searches: Searches,
    /// Sales that browsers watch.
    pub sales: Sales,
    /// Whether the index is kept up to date, with the MySQL at this address.
    pub follow: Option<String>,
    /// Lists that are further behind say so.
    pub stale_after: Duration,
    /// The present moment.
    pub clock: ShopClock,
    /// What `/metrics` prints.
    pub metrics: PrometheusHandle,
    /// Proxies that say truly for whom they ask.
    pub trusted_proxies: Vec<IpAddr>,
    /// After this a request is answered 503.
    pub request_timeout: Duration,
    /// What runs beside the requests.
    pub tasks: Tasks,
    /// Set when a signal to stop arrives: readiness then says no.
    pub stopping: Stopping,
}

impl App {
    /// By how much lists may be behind MySQL, once that is worth saying.
    pub fn staleness(&self) -> Option<Duration> {
        let lag = self.catalogue.lag(self.clock.now()).and_then(|lag| u64::try_from(lag).ok());
        lag.map(Duration::from_millis).filter(|lag| *lag > self.stale_after)
    }
}

/// Whether the process is about to end; set once.
#[derive(Debug, Default)]
pub struct Stopping(CancellationToken);

impl Stopping {
    /// Says so, for good.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Whether it was said.
    pub fn has_begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// What `work` answers, unless the process is about to end before it does.
    pub async fn before<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.run_until_cancelled(work).await
    }
}
