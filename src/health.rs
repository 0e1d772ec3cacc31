//! What operators and their machines ask: is it alive, is it ready, how does it do.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    app::App,
    catalogue::{Catalogue, Standing},
    searches::{self, SearchReport},
};

/// A check that takes longer has failed.
const CHECK_LIMIT: Duration = Duration::from_secs(1);

/// The operators' listener: nothing here is for the public.
pub fn admin_router(app: Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive" }))
        .route("/readyz", get(read_readiness))
        .route("/metrics", get(read_metrics))
        .route("/searches", get(read_searches))
        .route(
            "/version",
            get(|| async { Json(Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }) }),
        )
        .with_state(app)
}

/// Says that the server answers, for load balancers that see only the public listener.
#[utoipa::path(get, path = "/health-check", tag = "operations", responses((status = 200, description = "The server answers", body = str)))]
pub async fn check_health() -> &'static str {
    "ok"
}

#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
}

/// Ready means that lists are answered. MySQL or Redis away is told but is no reason to send nobody here: all servers
/// would drop out at once, and the catalogue with them.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    stopping: bool,
    index: Check,
    following: Following,
    mysql: Check,
    redis: Check,
}

/// How the index stands to MySQL. However far behind, it answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Following {
    ok: bool,
    /// Seconds that it may be behind; null while that is not known.
    stale_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Following {
    fn of(catalogue: &Catalogue, now: i64) -> Self {
        let error = match &*catalogue.standing() {
            Standing::Follows => None,
            Standing::Still => Some("nothing follows MySQL".to_owned()),
            Standing::SweepsOnly(reason) => Some(format!("changes are found by sweeps alone: {reason}")),
            Standing::Lost(reason) => Some(format!("a new generation is needed: {reason}")),
            Standing::Failed(error) => Some(error.clone()),
        };
        Self { ok: error.is_none(), stale_seconds: catalogue.lag(now).map(|lag| lag / 1000), error }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    ok: bool,
    /// What shoppers cannot do while it is not.
    needed_for: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Check {
    fn new(needed_for: &'static str, result: Result<(), String>) -> Self {
        Self { ok: result.is_ok(), needed_for, error: result.err() }
    }
}

async fn read_readiness(State(app): State<Arc<App>>) -> (StatusCode, Json<Readiness>) {
    let (mysql, redis) = tokio::join!(check_mysql(&app), check_redis(&app));
    let index = app.catalogue.current().map(|_| ()).ok_or_else(|| "not built yet: run `indexer rebuild`".to_owned());
    let stopping = app.stopping.has_begun();
    let ready = index.is_ok() && !stopping;
    let body = Readiness {
        ready,
        stopping,
        index: Check::new("lists and searches", index),
        following: Following::of(&app.catalogue, app.clock.now()),
        mysql: Check::new("product details, members, orders and wishes", mysql),
        redis: Check::new("orders at full speed", redis),
    };
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body))
}

async fn check_mysql(app: &App) -> Result<(), String> {
    let ping = async { sqlx::Connection::ping(&mut *app.db.acquire().await?).await };
    timeout(CHECK_LIMIT, ping)
        .await
        .map_err(|_| "no answer within a second".to_owned())?
        .map_err(|error| error.to_string())
}

async fn check_redis(app: &App) -> Result<(), String> {
    let mut redis = app.redis.connection.clone();
    let ping = redis::cmd("PING");
    let ping = ping.exec_async(&mut redis);
    timeout(CHECK_LIMIT, ping)
        .await
        .map_err(|_| "no answer within a second".to_owned())?
        .map_err(|error| error.to_string())
}

/// What is searched for, or why that cannot be told.
async fn read_searches(State(app): State<Arc<App>>) -> Result<Json<SearchReport>, (StatusCode, String)> {
    let report = searches::report(&app.redis, app.clock.now()).await;
    report.map(Json).map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, format!("Redis: {error}")))
}

/// Gauges are set when they are asked for: nothing has to keep them up to date.
async fn read_metrics(State(app): State<Arc<App>>) -> String {
    metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
    metrics::gauge!("search_pool_jobs").set(app.catalogue.pool().jobs() as f64);
    metrics::gauge!("search_pool_capacity").set(app.catalogue.pool().capacity() as f64);
    metrics::gauge!("event_streams").set(app.sales.browsers() as f64);
    metrics::gauge!("orders_under_way").set(app.orders.under_way() as f64);
    measure_index(&app.catalogue, app.clock.now());
    app.metrics.render()
}

fn measure_index(catalogue: &Catalogue, now: i64) {
    let Some(catalog) = catalogue.current() else {
        metrics::gauge!("index_generation").set(0);
        return;
    };
    let manifest = catalog.manifest();
    let number: u32 = manifest.generation.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
    metrics::gauge!("index_generation").set(number);
    let documents = catalog.documents();
    let (segments, deleted) = catalog.segment_counts();
    metrics::gauge!("index_documents").set(documents as f64);
    metrics::gauge!("index_segments").set(segments as f64);
    metrics::gauge!("index_deleted_ratio").set(deleted as f64 / (documents + deleted).max(1) as f64);
    let follows = *catalogue.standing() == Standing::Follows;
    metrics::gauge!("index_follows").set(f64::from(u8::from(follows)));
    if let Some(lag) = catalogue.lag(now) {
        metrics::gauge!("index_lag_seconds").set(lag as f64 / 1000.0);
    }
    metrics::gauge!("index_age_seconds").set((now - manifest.built_at) as f64 / 1000.0);
}
