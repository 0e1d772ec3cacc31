//! A server of its own for each test, on free ports.

pub mod index;
pub mod log;
pub mod lossy;
pub mod mysql;
pub mod rows;

use std::{
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use clap::{Args, FromArgMatches};
use jiff::tz::TimeZone;
use metrics_exporter_prometheus::PrometheusHandle;
use openrace::{
    app::App,
    clock::ShopClock,
    config::ServeConfig,
    members::token::{Bearer, Role},
    server::{Listeners, ServerError, serve},
    telemetry::start_metrics,
};
use openrace_index::{IndexHome, Product};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap, redirect::Policy};
use serde_json::Value;
use sqlx::MySqlPool;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::interval};

/// 2026-11-22 12:00 in Seoul, where the shop is.
pub const NOON: i64 = 1_795_316_400_000;

/// What the servers of all tests sign tokens with.
pub const SECRET: &str = "7b0c4c9f5d1e4ad8b7f3a2906e15c8d4";

/// Whoever asks for the time then panics.
pub const BROKEN_CLOCK: i64 = i64::MIN;

/// What a test may choose before the start.
pub struct Setup {
    pub db: MySqlPool,
    pub redis_url: String,
    pub search_threads: usize,
    pub search_queue: usize,
    pub order_queue: u32,
    pub event_streams: u32,
    pub request_timeout: Duration,
    pub drain: Duration,
    /// Keep the index up to date; else its products need not be in MySQL.
    pub follow: bool,
}

impl Default for Setup {
    /// Without MySQL: nothing listens on port 1.
    fn default() -> Self {
        Self {
            db: openrace::database::pool("mysql://nobody:nothing@127.0.0.1:1/openrace").unwrap(),
            redis_url: "redis://127.0.0.1:1".to_owned(),
            search_threads: 2,
            search_queue: 256,
            order_queue: 10_000,
            event_streams: 1_000,
            request_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(10),
            follow: false,
        }
    }
}

impl Setup {
    /// With this database and the Redis of the test run.
    pub fn with_services(db: MySqlPool) -> Self {
        Self { db, redis_url: redis_url(), ..Self::default() }
    }

    /// The settings of a server in this folder. Its keys begin with the name of its database, which no other test has.
    fn config(&self, folder: &Path) -> ServeConfig {
        let arguments = [
            "serve".to_owned(),
            format!("--database-url={}", mysql::url(&self.db)),
            format!("--redis-url={}", self.redis_url),
            format!("--redis-prefix={}:", self.db.connect_options().get_database().unwrap()),
            format!("--follow={}", self.follow),
            format!("--index-dir={}", folder.display()),
            format!("--search-threads={}", self.search_threads),
            format!("--search-queue={}", self.search_queue),
            format!("--order-queue={}", self.order_queue),
            format!("--event-streams={}", self.event_streams),
            "--time-zone=Asia/Seoul".to_owned(),
            format!("--jwt-secret={SECRET}"),
            "--trusted-proxies=127.0.0.1".to_owned(),
        ];
        let command = ServeConfig::augment_args(clap::Command::new("serve"));
        let mut config = ServeConfig::from_arg_matches(&command.get_matches_from(arguments)).unwrap();
        config.request_timeout = self.request_timeout;
        config
    }
}

/// Where the Redis of the test run is.
#[allow(clippy::disallowed_methods, reason = "scripts/test tells it so")]
pub fn redis_url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL is set: run the tests with `make test`")
}

/// A running server, its clock and its index folder.
pub struct TestApp {
    pub app: Arc<App>,
    pub home: IndexHome,
    address: String,
    admin: String,
    client: Client,
    now: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), ServerError>>,
    _folder: Option<TempDir>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Ids of a page, or of an array.
    pub fn ids(&self) -> Vec<i64> {
        let json = self.json();
        let items = json.get("content").unwrap_or(&json);
        items.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    }
}

impl TestApp {
    /// A server whose index holds these products, at noon.
    pub async fn with_products(products: &[Product]) -> Self {
        let app = Self::start(Setup::default()).await;
        app.publish(products);
        app.app.catalogue.refresh().await.unwrap();
        app
    }

    /// A server without an index.
    pub async fn start(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("index");
        Self { _folder: Some(folder), ..Self::start_in(setup, &index).await }
    }

    /// A server that knows whose tokens are revoked, so that it recognises members.
    pub async fn with_members(setup: Setup) -> Self {
        let app = Self::start(setup).await;
        let member = app.member(1);
        // Nothing has this number: who learns that was recognised.
        until(async || {
            app.send(Method::GET, "/api/orders/0", &[("authorization", &member)]).await.status == StatusCode::NOT_FOUND
        })
        .await;
        app
    }

    /// A server with this index folder.
    pub async fn start_in(setup: Setup, index: &Path) -> Self {
        let home = IndexHome::new(index);
        let now = Arc::new(AtomicI64::new(NOON));
        let clock = Arc::clone(&now);
        let clock = ShopClock::new(TimeZone::get("Asia/Seoul").unwrap(), move || read(&clock));
        let app = Arc::new(App::new(&setup.config(index), clock, metrics()).unwrap());
        let listeners = Listeners { public: free_port().await, admin: free_port().await };
        let address = format!("http://{}", listeners.public.local_addr().unwrap());
        let admin = format!("http://{}", listeners.admin.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { drop(stopped.await) };
        let served = tokio::spawn(serve(Arc::clone(&app), listeners, stopped, setup.drain));
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { app, home, address, admin, client, now, stop: Some(stop), served, _folder: None }
    }

    /// Makes the products the newest generation; the server opens it on its own.
    pub fn publish(&self, products: &[Product]) {
        index::publish(&self.home, products, self.app.clock.now());
    }

    /// Sets the server's clock.
    pub fn set_now(&self, millis: i64) {
        self.now.store(millis, Ordering::Relaxed);
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        send(&self.client, method, format!("{}{path}", self.address), headers).await.unwrap()
    }

    /// The Authorization header of a member, whether or not MySQL knows one.
    pub fn member(&self, member_id: i64) -> String {
        self.bearer(member_id, Role::Member)
    }

    /// The Authorization header of an operator.
    pub fn admin_member(&self, member_id: i64) -> String {
        self.bearer(member_id, Role::Admin)
    }

    fn bearer(&self, member_id: i64, role: Role) -> String {
        let token = self.app.members.tokens.issue(Bearer { member_id, role, version: 0 }, self.app.clock.now());
        format!("Bearer {}", token.unwrap())
    }

    /// Sends JSON.
    pub async fn send_json(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers = [headers, &[("content-type", "application/json")]].concat();
        self.send_body(method, path, &headers, body.to_string()).await
    }

    /// Sends any body.
    pub async fn send_body(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.address)).body(body);
        answer(with_headers(request, headers)).await.unwrap()
    }

    /// Asks the operators' listener.
    pub async fn admin(&self, path: &str) -> Answer {
        send(&self.client, Method::GET, format!("{}{path}", self.admin), &[]).await.unwrap()
    }

    /// Sends a request from a task of its own.
    pub fn get_meanwhile(&self, path: &str) -> JoinHandle<Answer> {
        let (client, address) = (self.client.clone(), format!("{}{path}", self.address));
        tokio::spawn(async move { send(&client, Method::GET, address, &[]).await.unwrap() })
    }

    /// Whether a new connection is taken.
    pub async fn accepts_connections(&self) -> bool {
        tokio::net::TcpStream::connect(self.address().trim_start_matches("http://")).await.is_ok()
    }

    /// Where clients find the server.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where the operators' listener is.
    pub fn admin_address(&self) -> &str {
        self.admin.trim_start_matches("http://")
    }

    /// Tells the server to stop, as a signal does.
    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// The end of the server.
    pub async fn ended(self) -> Result<(), ServerError> {
        self.served.await.unwrap()
    }
}

async fn send(client: &Client, method: Method, address: String, headers: &[(&str, &str)]) -> reqwest::Result<Answer> {
    answer(with_headers(client.request(method, address), headers)).await
}

fn with_headers(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

async fn answer(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}

/// Waits for a condition that another task brings about.
pub async fn until(condition: impl AsyncFnMut() -> bool) {
    within(Duration::from_secs(30), condition).await;
}

/// The same, for what takes so long at most.
pub async fn within(limit: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let mut ticks = interval(Duration::from_millis(5));
    let met = async {
        while !condition().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(limit, met).await.expect("the condition is met");
}

fn read(clock: &AtomicI64) -> i64 {
    let now = clock.load(Ordering::Relaxed);
    assert_ne!(now, BROKEN_CLOCK, "planted");
    now
}

async fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A process has one recorder, shared by all its tests.
fn metrics() -> PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| start_metrics().unwrap()).clone()
}
