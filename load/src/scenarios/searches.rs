//! Searches of all kinds, beside the same server's answers when there is nothing to look for.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use axum::{Router, http::header, routing::get, serve::ListenerExt};
use clap::Args;
use openrace::surround;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::MySqlPool;
use tokio::{net::TcpListener, runtime, time::Instant};

use super::progress::Progress;
use crate::{
    engine::{Pace, Timing, Traffic, run},
    http::{Lost, Reply, connect_all},
    report::Report,
    shop::{SHELF, Shop},
    tally::Tally,
};

/// Products whose names are searched for, from all over the catalogue.
const SAMPLE: i64 = 2_000;
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Of what is reached when nobody waits, so much is asked for evenly.
const PART: f64 = 0.7;

/// Settings of `searches`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load searches --seconds 20 --connections 32")]
pub struct SearchesArgs {
    /// Connections of those who search
    #[arg(long, default_value_t = 32, value_name = "NUMBER")]
    connections: usize,
    /// Length of each of the three runs
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    seconds: u64,
}

impl SearchesArgs {
    /// As many searches as are answered; then as many constant bodies of the same size, through the same layers; then
    /// fewer searches, evenly: how long they take when the server is not full.
    pub async fn run(self, shop: &Shop) -> anyhow::Result<Report> {
        let searches = Searches::new(&shop.db, shop.address).await.context("read names to search for")?;
        let searches = Arc::new(searches);
        let mut report = Report::new(format!("searches: {} connections", self.connections));
        let duration = Duration::from_secs(self.seconds);
        let searched = self.ask("searches", shop.address, Pace::Closed { duration }, &searches, &mut report).await?;
        let size = searches.mean_body();
        let constant = serve_constant(size).await.context("serve a constant body")?;
        let name = format!("{size} constant bytes");
        let answered = self.ask(&name, constant, Pace::Closed { duration }, &searches, &mut report).await?;
        let rate = searched * PART;
        let name = format!("searches, {rate:.0} due");
        self.ask(&name, shop.address, Pace::Open { rate, duration }, &searches, &mut report).await?;
        report.title += &format!("; searches reach {:.0} % of constant bodies", 100.0 * searched / answered);
        Ok(report)
    }

    /// Answers a second.
    async fn ask(
        &self,
        name: &str,
        address: SocketAddr,
        pace: Pace,
        searches: &Arc<Searches>,
        report: &mut Report,
    ) -> anyhow::Result<f64> {
        let connections = connect_all(address, self.connections).await.context("connect to the server")?;
        let (tally, start) = (Arc::new(Tally::default()), Instant::now());
        let _progress = Progress::show(name, Arc::clone(&tally), "relevance");
        run(connections, start, pace, Arc::clone(searches), Arc::clone(&tally)).await;
        let counts = tally.counts();
        report.add(name, &counts, start.elapsed());
        Ok(counts.all().len() as f64 / start.elapsed().as_secs_f64())
    }
}

/// Serves on threads of its own, as many as a server has.
async fn serve_constant(bytes: u64) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?.into_std()?;
    let address = listener.local_addr()?;
    let body: Arc<str> = "0".repeat(bytes as usize).into();
    std::thread::spawn(move || {
        let serving = async {
            let listener = TcpListener::from_std(listener)?.tap_io(|stream| drop(stream.set_nodelay(true)));
            let answer = get(async move || ([(header::CONTENT_TYPE, "application/json")], body.to_string()));
            let routes = Router::new().route("/api/products/search", answer.clone()).route("/api/products", answer);
            axum::serve(listener, surround(routes, TIME_LIMIT)).await
        };
        runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serving)
    });
    Ok(address)
}

/// What shoppers ask, in turn: names, words with filters, and pages of lists.
struct Searches {
    host: String,
    /// Path and kind of each.
    paths: Vec<(String, &'static str)>,
    bodies: AtomicU64,
    bytes: AtomicU64,
}

impl Searches {
    async fn new(db: &MySqlPool, host: impl ToString) -> Result<Self, sqlx::Error> {
        let last = sqlx::query_scalar!("SELECT MAX(id) FROM products WHERE id < ?", SHELF.start());
        let last = last.fetch_one(db).await?.unwrap_or(0);
        let names = sqlx::query!(
            "SELECT name, category, price FROM products WHERE id <= ? AND id % ? = 0 ORDER BY id",
            last,
            (last / SAMPLE).max(1)
        );
        let mut paths = Vec::new();
        for (number, product) in names.fetch_all(db).await?.into_iter().enumerate() {
            let keyword: Vec<&str> = product.name.split_whitespace().take(2).collect();
            let (name, word) = (encoded(&keyword.join(" ")), encoded(keyword.last().unwrap_or(&"")));
            let (category, page) = (encoded(&product.category), number % 50);
            let (low, high) = (product.price / 2, product.price * 2);
            let search = "/api/products/search?";
            paths.push(match number % 8 {
                0..=2 => (format!("{search}keyword={name}"), "relevance"),
                3 => (format!("{search}keyword={word}&sortBy=id&isAsc=false&page={page}"), "newest"),
                4 => (format!("{search}keyword={word}&category={category}&facets=price,brand"), "facets"),
                5 => (
                    format!("{search}category={category}&lprice={low}&gprice={high}&sortBy=price&page={page}"),
                    "cheapest",
                ),
                6 => (format!("{search}status=OPEN&inStock=true&sortBy=wishCount&isAsc=false&page={page}"), "on sale"),
                _ => (format!("/api/products?page={}", number * 100), "all"),
            });
        }
        Ok(Self { host: host.to_string(), paths, bodies: AtomicU64::new(0), bytes: AtomicU64::new(0) })
    }

    fn mean_body(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed) / self.bodies.load(Ordering::Relaxed).max(1)
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Traffic for Searches {
    fn request(&self, number: usize, into: &mut Vec<u8>) {
        let (path, _) = &self.paths[number % self.paths.len()];
        for part in ["GET ", path, " HTTP/1.1\r\nhost: ", &self.host, "\r\n\r\n"] {
            into.extend_from_slice(part.as_bytes());
        }
    }

    fn answered(&self, number: usize, answer: Result<&Reply<'_>, Lost>, _timing: Timing) -> &'static str {
        match answer {
            Ok(reply) if reply.code() == "ok" => {
                self.bodies.fetch_add(1, Ordering::Relaxed);
                self.bytes.fetch_add(reply.body.len() as u64, Ordering::Relaxed);
                self.paths[number % self.paths.len()].1
            }
            Ok(reply) => reply.code(),
            Err(Lost::Unsent) => "unsent",
            Err(Lost::Unanswered) => "unanswered",
        }
    }
}
