//! Every setting, its variable and its default. Nothing else reads the environment.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    thread,
    time::Duration,
};

use clap::{ArgAction, Args};
use jiff::tz::TimeZone;

use crate::members::token::{BadSecret, TokenKeys};

/// Where MySQL is. Not `Debug`: the address holds a password.
#[derive(Clone, Args)]
pub struct DatabaseConfig {
    /// MySQL (tried with 9.7) or MariaDB (10.11): mysql://user:password@host:port/openrace
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: String,
}

/// Where the operators' listener is.
#[derive(Clone, Args)]
pub struct AdminConfig {
    /// Address of /livez, /readyz, /metrics and /version; keep it from the public
    #[arg(long, env = "OPENRACE_ADMIN_LISTEN", default_value = "127.0.0.1:8081", value_name = "ADDRESS")]
    pub admin_listen: SocketAddr,
}

/// Where Redis is. Not `Debug`: the address may hold a password.
#[derive(Clone, Args)]
pub struct RedisConfig {
    /// Redis 7: redis://host:port
    #[arg(
        long,
        env = "REDIS_URL",
        hide_env_values = true,
        default_value = "redis://127.0.0.1:6379",
        value_name = "URL"
    )]
    pub redis_url: String,

    /// Beginning of all keys in Redis; servers of one shop share it, shops that share a Redis must not
    #[arg(long, env = "OPENRACE_REDIS_PREFIX", default_value = "openrace:", value_name = "TEXT")]
    pub redis_prefix: String,
}

/// What tokens are signed with. Not `Debug`: these are secrets.
#[derive(Clone, Args)]
pub struct TokenConfig {
    /// Secret of the members' tokens, at least 32 bytes: `openssl rand -hex 32`; all servers of a shop share it
    #[arg(long, env = "OPENRACE_JWT_SECRET", hide_env_values = true, value_name = "SECRET")]
    #[arg(required_unless_present = "jwt_secret_file")]
    pub jwt_secret: Option<String>,

    /// File that holds the secret instead
    #[arg(long, env = "OPENRACE_JWT_SECRET_FILE", value_name = "FILE", conflicts_with = "jwt_secret")]
    pub jwt_secret_file: Option<PathBuf>,

    /// The secret before, while its tokens are still about (12 hours)
    #[arg(long, env = "OPENRACE_JWT_SECRET_PREVIOUS", hide_env_values = true, value_name = "SECRET")]
    pub jwt_secret_previous: Option<String>,
}

/// Why there is nothing to sign tokens with.
#[derive(Debug, thiserror::Error)]
pub enum TokenConfigError {
    /// The file is not there, or not ours to read.
    #[error("cannot read the secret in {}: check OPENRACE_JWT_SECRET_FILE", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The secret is none.
    #[error(transparent)]
    Secret(#[from] BadSecret),
}

impl TokenConfig {
    /// The keys; the secret may be in a file.
    pub fn keys(&self) -> Result<TokenKeys, TokenConfigError> {
        let secret = match (&self.jwt_secret, &self.jwt_secret_file) {
            (None, Some(path)) => {
                std::fs::read_to_string(path).map_err(|source| TokenConfigError::File { path: path.clone(), source })?
            }
            (secret, _) => secret.clone().unwrap_or_default(),
        };
        Ok(TokenKeys::new(secret.trim(), self.jwt_secret_previous.as_deref())?)
    }
}

/// What `openrace serve` needs.
#[derive(Clone, Args)]
pub struct ServeConfig {
    #[command(flatten)]
    /// Where MySQL is.
    pub database: DatabaseConfig,

    #[command(flatten)]
    /// Where the operators' listener is.
    pub admin: AdminConfig,

    #[command(flatten)]
    /// Where Redis is.
    pub redis: RedisConfig,

    #[command(flatten)]
    /// What tokens are signed with.
    pub tokens: TokenConfig,

    /// Folder that `indexer rebuild` writes
    #[arg(long, env = "OPENRACE_INDEX_DIR", default_value = ".local/index", value_name = "FOLDER")]
    pub index_dir: PathBuf,

    /// Keep the index up to date with MySQL; with false it stays as `indexer rebuild` wrote it
    #[arg(long, env = "OPENRACE_FOLLOW", default_value_t = true, action = ArgAction::Set, value_name = "BOOLEAN")]
    pub follow: bool,

    /// Seconds that lists may be behind MySQL before answers say so in X-Stale-Seconds
    #[arg(long, env = "OPENRACE_STALE_AFTER", default_value = "5", value_name = "SECONDS", value_parser = seconds)]
    pub stale_after: Duration,

    /// Address of the REST interface
    #[arg(long, env = "OPENRACE_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Addresses of proxies whose X-Forwarded-For is believed, separated by commas
    #[arg(long, env = "OPENRACE_TRUSTED_PROXIES", value_name = "ADDRESSES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,

    /// Zone of all local times and of the word "today", by its IANA name
    #[arg(long, env = "OPENRACE_TIME_ZONE", default_value = "Asia/Seoul", value_name = "ZONE", value_parser = TimeZone::get)]
    pub time_zone: TimeZone,

    /// Threads that search; default: one for each processor
    #[arg(long, env = "OPENRACE_SEARCH_THREADS", value_name = "NUMBER")]
    pub search_threads: Option<NonZeroUsize>,

    /// Searches that may wait for a thread; beyond them the answer is 503
    #[arg(long, env = "OPENRACE_SEARCH_QUEUE", default_value_t = 256, value_name = "NUMBER")]
    pub search_queue: usize,

    /// Orders under way at once; beyond them the answer is 503
    #[arg(long, env = "OPENRACE_ORDER_QUEUE", default_value_t = 10_000, value_name = "NUMBER")]
    pub order_queue: u32,

    /// Browsers that may watch sales at once; beyond them the answer is 503
    #[arg(long, env = "OPENRACE_EVENT_STREAMS", default_value_t = 20_000, value_name = "NUMBER")]
    pub event_streams: u32,

    /// Seconds after which a request is answered 503
    #[arg(long, env = "OPENRACE_REQUEST_TIMEOUT", default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    pub request_timeout: Duration,

    /// Seconds that requests in flight may take after a signal to stop
    #[arg(long, env = "OPENRACE_DRAIN_DEADLINE", default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    pub drain_deadline: Duration,
}

impl ServeConfig {
    /// Search threads as set, else one for each processor.
    pub fn search_threads(&self) -> usize {
        self.search_threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}
