//! Readers of lists and pages, and the least that a server takes to answer them.

use std::{
    fs::File,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use axum::{Router, http::header, routing::get, serve::ListenerExt};
use openrace::{surround, telemetry};
use tokio::{net::TcpListener, runtime, time::Instant};
use tracing_subscriber::EnvFilter;

use super::progress::Progress;
use crate::{
    engine::{Pace, Timing, Traffic, run},
    http::{Lost, Reply, Route},
    report::Report,
    tally::Tally,
};

const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What readers ask for, in turn.
pub(super) struct Reading {
    host: String,
    /// Path and kind of each.
    paths: Vec<(String, &'static str)>,
    /// Which of them comes when; again from the first after the last.
    order: Vec<u32>,
    bodies: AtomicU64,
    bytes: AtomicU64,
}

impl Reading {
    /// Each in turn.
    pub(super) fn new(route: Route, paths: Vec<(String, &'static str)>) -> Arc<Self> {
        let order = (0..paths.len() as u32).collect();
        Self::in_order(route, paths, order)
    }

    /// By their numbers, in this order.
    pub(super) fn in_order(route: Route, paths: Vec<(String, &'static str)>, order: Vec<u32>) -> Arc<Self> {
        Arc::new(Self {
            host: route.server.to_string(),
            paths,
            order,
            bodies: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    fn path(&self, number: usize) -> &(String, &'static str) {
        &self.paths[self.order[number % self.order.len()] as usize]
    }

    /// Adds a table row for the answers of all readers, and tells how many came in a second.
    pub(super) async fn ask(
        self: &Arc<Self>,
        name: &str,
        route: Route,
        connections: usize,
        pace: Pace,
        report: &mut Report,
    ) -> anyhow::Result<f64> {
        let connections = route.connect_all(connections).await.context("connect to the server")?;
        let (tally, start) = (Arc::new(Tally::default()), Instant::now());
        let _progress = Progress::show(name, Arc::clone(&tally), self.paths[0].1);
        run(connections, start, pace, Arc::clone(self), Arc::clone(&tally)).await;
        let counts = tally.counts();
        report.add(name, &counts, start.elapsed());
        Ok(counts.all().len() as f64 / start.elapsed().as_secs_f64())
    }

    /// Bytes of a body, on average of all that came so far.
    pub(super) fn mean_body(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed) / self.bodies.load(Ordering::Relaxed).max(1)
    }
}

impl Traffic for Reading {
    fn request(&self, number: usize, into: &mut Vec<u8>) {
        let (path, _) = self.path(number);
        for part in ["GET ", path, " HTTP/1.1\r\nhost: ", &self.host, "\r\n\r\n"] {
            into.extend_from_slice(part.as_bytes());
        }
    }

    fn answered(&self, number: usize, answer: Result<&Reply<'_>, Lost>, _timing: Timing) -> &'static str {
        match answer {
            Ok(reply) if reply.code() == "ok" => {
                self.bodies.fetch_add(1, Ordering::Relaxed);
                self.bytes.fetch_add(reply.body.len() as u64, Ordering::Relaxed);
                self.path(number).1
            }
            Ok(reply) => reply.code(),
            Err(Lost::Unsent) => "unsent",
            Err(Lost::Unanswered) => "unanswered",
        }
    }
}

/// Writes logs that nobody reads, and keeps such metrics; what they are of is the layers' part of an answer.
fn observe() -> anyhow::Result<()> {
    static STARTED: AtomicBool = AtomicBool::new(false);
    if !STARTED.swap(true, Ordering::Relaxed) {
        let nobody = Arc::new(File::options().write(true).open("/dev/null").context("open /dev/null")?);
        tracing::subscriber::set_global_default(telemetry::json_logs(EnvFilter::new("info"), nobody))?;
        tokio::spawn(telemetry::keep_metrics(telemetry::start_metrics()?));
    }
    Ok(())
}

/// Answers everything with so many bytes, through the layers of the real server and on as many threads; each answer has its
/// log line and its metrics, as there.
pub(super) async fn serve_constant(bytes: u64) -> anyhow::Result<SocketAddr> {
    observe()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?.into_std()?;
    let address = listener.local_addr()?;
    let body: Arc<str> = "0".repeat(bytes as usize).into();
    std::thread::spawn(move || {
        let serving = async {
            let listener = TcpListener::from_std(listener)?.tap_io(|stream| drop(stream.set_nodelay(true)));
            let answer = get(async move || ([(header::CONTENT_TYPE, "application/json")], body.to_string()));
            axum::serve(listener, surround(Router::new().route("/{*path}", answer), TIME_LIMIT)).await
        };
        runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serving)
    });
    Ok(address)
}
