//! Logs and metrics, set up once for each process.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter,
    filter::ParseError,
    fmt::{MakeWriter, fmt},
    util::SubscriberInitExt,
};

/// From a search that hits every cache to a request that runs into its time limit.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Writes logs to standard error: for people on a terminal, else one JSON object a line, in which no value can forge a line.
/// `filter` is in the form of `RUST_LOG`. Panics are logged too.
pub fn start_logs(filter: &str) -> Result<(), ParseError> {
    let filter = EnvFilter::try_new(filter)?;
    if io::stderr().is_terminal() {
        fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false).compact().init();
    } else {
        json_logs(filter, io::stderr).init();
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(panic = %panic, "a thread panicked")));
    Ok(())
}

/// One JSON object a line; `span` tells the request that it belongs to.
pub fn json_logs<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    // A line that cannot be written is lost. To say so on standard error would fail as well, and end the process.
    let lines = fmt().with_env_filter(filter).with_writer(writer).log_internal_errors(false);
    lines.json().flatten_event(true).with_span_list(false).finish()
}

/// Installs the recorder behind `/metrics`. A process has one; a second call fails.
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()?;
    describe();
    Ok(handle)
}

/// Drains what histograms have collected, for ever: without it they grow while nobody scrapes.
pub async fn keep_metrics(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};

    describe_histogram!("http_request_duration_seconds", "Time to the answer's head; status 499: the client left");
    describe_gauge!("http_requests_in_flight", "Requests being answered");
    describe_histogram!("search_pool_wait_seconds", "Time that a search waited for a thread");
    describe_gauge!("search_pool_jobs", "Searches that run or wait");
    describe_gauge!("search_pool_capacity", "Searches that can run and wait; more are refused");
    describe_counter!("list_answers_total", "Lists and searches answered, or failed");
    describe_counter!(
        "list_searches_total",
        "Searches made for them: no answer was kept for the same question about the same snapshot"
    );
    describe_counter!("search_pool_refused_total", "Searches refused because the queue was full");
    describe_counter!("search_pool_skipped_total", "Searches skipped because the client left before their turn");
    describe_counter!(
        "wish_batch_failures_total",
        "Transactions of wishes that MySQL did not confirm; most are done again"
    );
    describe_counter!("orders_decided_total", "Orders decided in MySQL, by outcome; found: decided before");
    describe_counter!("orders_refused_total", "Orders turned away at the gate, by reason");
    describe_histogram!("order_batch_size", "Orders in one transaction");
    describe_gauge!("orders_under_way", "Orders taken and not yet answered");
    describe_gauge!("event_streams", "Browsers that watch a sale");
    describe_gauge!("index_documents", "Products in the index generation in use");
    describe_gauge!("index_generation", "Number of the index generation in use; 0: none");
    describe_gauge!("index_age_seconds", "Time since the generation in use was built");
    describe_gauge!("build_info", "Always 1; the labels tell the version");
}
