//! A server of a test's own, that ends with it.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::PoisonError;
use std::time::Duration;

use sqlx::mysql::MySqlPoolOptions;
use sqlx::{AssertSqlSafe, MySqlPool, Row};
use tempfile::TempDir;

use crate::support::{STARTING, run, until};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/services");
/// Of all servers, so that one can take the place of another.
const PASSWORD: &str = "ofalltestservers";

pub(crate) struct Server {
    folder: TempDir,
    pub(crate) port: u16,
    pub(crate) db: MySqlPool,
    pub(crate) is_mariadb: bool,
}

fn services(folder: &TempDir, options: &str, command: &str) {
    // No Redis is needed: another one is named.
    let mut script = Command::new(SCRIPT);
    script.arg(command).arg(folder.path()).env("REDIS_URL", "redis://127.0.0.1:1/").env_remove("DATABASE_URL");
    if command == "up" {
        script.args(["scratch", "until", &std::process::id().to_string()]).env("DATABASE_OPTIONS", options);
    }
    assert!(run_to_end(script.stdin(Stdio::null()).stdout(Stdio::null())), "{command} {options}");
}

fn run_to_end(command: &mut Command) -> bool {
    let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut child = command.spawn().unwrap();
    drop(starting);
    child.wait().unwrap().success()
}

pub(crate) fn url(port: u16) -> String {
    format!("mysql://openrace:{PASSWORD}@127.0.0.1:{port}/openrace")
}

impl Server {
    /// Starts one with these further options, and the tables of the catalogue.
    pub(crate) async fn start(options: &str) -> Self {
        let server = Self::empty(options).await;
        sqlx::migrate!("../migrations").run(&server.db).await.unwrap();
        server
    }

    pub(crate) async fn empty(options: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("server-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        fs::write(folder.path().join("state"), format!("password={PASSWORD}\n")).unwrap();
        services(&folder, options, "up");
        let state = fs::read_to_string(folder.path().join("state")).unwrap();
        let port = state.lines().find_map(|line| line.strip_prefix("database_port=")).unwrap().parse().unwrap();
        let db = MySqlPoolOptions::new().acquire_timeout(Duration::from_secs(30)).connect(&url(port)).await.unwrap();
        let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(&db).await.unwrap();
        Self { folder, port, db, is_mariadb: version.contains("MariaDB") }
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    pub(crate) async fn one(&self, query: &str) -> String {
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT CONVERT(({query}) USING utf8mb4)")))
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// File and byte.
    pub(crate) async fn log_end(&self) -> (String, u64) {
        let query = if self.is_mariadb { "SHOW MASTER STATUS" } else { "SHOW BINARY LOG STATUS" };
        let row = sqlx::query(query).fetch_one(&self.db).await.unwrap();
        (row.get(0), row.get_unchecked(1))
    }

    /// Leaves only the newest file of its log.
    pub(crate) async fn purge(&self) {
        run(&self.db, "FLUSH BINARY LOGS").await;
        until("the log is purged", async || {
            let files = sqlx::query("SHOW BINARY LOGS").fetch_all(&self.db).await.unwrap();
            let last: String = files.last().unwrap().get(0);
            run(&self.db, &format!("PURGE BINARY LOGS TO '{last}'")).await;
            files.len() == 1
        })
        .await;
    }

    /// `kill -9`, until it is gone.
    pub(crate) fn kill(&self) {
        let pid = fs::read_to_string(self.folder.path().join("database.pid")).unwrap();
        // Where nobody reaps orphans, one that has ended stays as a zombie; while it has more threads (`l`), it has its port.
        let runs = "kill -9 $0 2>/dev/null && case $(ps -o stat= -p $0) in *l*) ;; '' | Z*) exit 1 ;; esac";
        while run_to_end(Command::new("sh").args(["-c", runs, pid.trim()])) {
            std::thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        services(&self.folder, "", "down");
    }
}
