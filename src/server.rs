//! From settings to a server that answers, until it is told to stop.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, serve::ListenerExt};
use metrics_exporter_prometheus::PrometheusHandle;
use openrace_index::{IndexError, IndexHome};
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::timeout};

use crate::{
    app::{App, Stopping},
    batch::Tasks,
    catalogue::{self, Catalogue},
    clock::ShopClock,
    config::{ServeConfig, TokenConfigError},
    database::{self, DatabaseError},
    follow::follow,
    health::admin_router,
    keyspace::Keyspace,
    members::{Members, PasswordError},
    orders::protocol::Orders,
    router::router,
    search_pool::SearchPool,
    searches::{Searches, keep_popular},
    telemetry::keep_metrics,
    web::{Sales, keep_watch},
    wishes::Wishes,
};

/// A server that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// An address is taken or not ours.
    #[error("cannot listen on {address}: set {variable} to another address")]
    Listen {
        /// The setting.
        variable: &'static str,
        /// Its value.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// `DATABASE_URL` cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// `REDIS_URL` cannot be read.
    #[error("REDIS_URL is not of the form redis://host:port")]
    RedisUrl(#[source] redis::RedisError),
    /// There is nothing to sign tokens with.
    #[error(transparent)]
    Tokens(#[from] TokenConfigError),
    /// Passwords cannot be hashed here.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
    /// The search threads did not start.
    #[error("cannot start the search threads")]
    SearchThreads(#[source] io::Error),
    /// The index belongs to another server.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A listener broke.
    #[error("cannot go on listening")]
    Accept(#[from] io::Error),
}

impl App {
    /// Connects to nothing yet: MySQL and Redis may be away, the index may not be built.
    pub fn new(config: &ServeConfig, clock: ShopClock, metrics: PrometheusHandle) -> Result<Self, ServerError> {
        let pool = SearchPool::new(config.search_threads(), config.search_queue).map_err(ServerError::SearchThreads)?;
        let tasks = Tasks::default();
        let redis = Keyspace::new(&config.redis).map_err(ServerError::RedisUrl)?;
        let options = database::options(&config.database.database_url)?;
        let db = database::pool(&config.database.database_url)?;
        Ok(Self {
            wishes: Wishes::start(db.connect_options(), &tasks),
            members: Members::start(config.tokens.keys()?, &db, &redis, &tasks)?,
            db,
            orders: Orders::start(options, &redis, config.order_queue, &tasks),
            redis,
            catalogue: Arc::new(Catalogue::new(IndexHome::new(&config.index_dir), pool)),
            searches: Searches::default(),
            sales: Sales::new(config.event_streams),
            follow: config.follow.then(|| config.database.database_url.clone()),
            stale_after: config.stale_after,
            clock,
            metrics,
            trusted_proxies: config.trusted_proxies.clone(),
            request_timeout: config.request_timeout,
            tasks,
            stopping: Stopping::default(),
        })
    }
}

/// The two addresses of a server.
pub struct Listeners {
    /// For clients.
    pub public: TcpListener,
    /// For operators.
    pub admin: TcpListener,
}

impl Listeners {
    /// Takes both addresses.
    pub async fn bind(config: &ServeConfig) -> Result<Self, ServerError> {
        Ok(Self {
            public: listen("OPENRACE_LISTEN", config.listen).await?,
            admin: listen("OPENRACE_ADMIN_LISTEN", config.admin.admin_listen).await?,
        })
    }
}

async fn listen(variable: &'static str, address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|source| ServerError::Listen { variable, address, source })
}

/// Serves until `stop` resolves, then answers what is in flight for at most `drain`.
pub async fn serve(
    app: Arc<App>,
    listeners: Listeners,
    stop: impl Future<Output = ()>,
    drain: Duration,
) -> Result<(), ServerError> {
    // Dropped, and so ended, with this function.
    let mut tasks = JoinSet::new();
    let mut following = app.tasks.tracker.spawn(keep_fresh(Arc::clone(&app)));
    tasks.spawn(keep_popular(Arc::clone(&app)));
    tasks.spawn(keep_watch(Arc::clone(&app)));
    tasks.spawn(catalogue::keep_synonyms(Arc::clone(&app.catalogue)));
    tasks.spawn(keep_metrics(app.metrics.clone()));
    // Until the last request is answered: a server that drains must still say that it is not ready.
    tasks.spawn(serve_admin(listeners.admin, admin_router(Arc::clone(&app))));

    let (stopping, mut stopped) = watch::channel(());
    let public = listeners.public.tap_io(|stream| {
        // Answers are written whole; waiting to fill a packet would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    let service = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let serving =
        axum::serve(public, service).with_graceful_shutdown(async move { drop(stopped.changed().await) }).into_future();
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        Ok(Err(error)) = &mut following => return Err(error.into()),
        () = stop => (),
    }
    tracing::info!(deadline_seconds = drain.as_secs(), "stopping: no new connections, requests in flight are answered");
    app.stopping.begin();
    drop(stopping);
    let finish = async {
        let ended = serving.await;
        // Nobody asks for more: what has been begun is finished.
        app.tasks.stop.cancel();
        app.tasks.tracker.close();
        app.tasks.tracker.wait().await;
        ended
    };
    if let Ok(ended) = timeout(drain, finish).await {
        return Ok(ended?);
    }
    tracing::warn!("stopped at the deadline with requests in flight");
    Ok(())
}

async fn keep_fresh(app: Arc<App>) -> Result<(), IndexError> {
    let (catalogue, stop) = (Arc::clone(&app.catalogue), app.tasks.stop.clone());
    match app.follow.clone() {
        Some(url) => follow(catalogue, url, app.clock.clone(), stop).await,
        None => {
            stop.run_until_cancelled(catalogue::keep_newest(catalogue)).await;
            Ok(())
        }
    }
}

async fn serve_admin(listener: TcpListener, routes: Router) {
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "the admin listener ended");
    }
}
