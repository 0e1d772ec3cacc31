//! A durable MariaDB and Redis that can be killed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/services");

/// The two servers of a stage, on ports that they keep. Gone with their data when dropped.
pub struct Services {
    folder: TempDir,
    pub database_url: String,
    pub redis_url: String,
}

impl Services {
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("faults-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        up(folder.path());
        let env = fs::read_to_string(folder.path().join("env")).unwrap();
        let value = |name: &str| {
            let line = env.lines().find_map(|line| line.strip_prefix(&format!("export {name}="))).unwrap();
            line.trim_matches('\'').to_owned()
        };
        Self { database_url: value("DATABASE_URL"), redis_url: value("REDIS_URL"), folder }
    }

    /// Starts what does not run, and waits until it answers.
    pub async fn up(&self) {
        let folder = self.folder.path().to_owned();
        tokio::task::spawn_blocking(move || up(&folder)).await.unwrap();
    }

    /// `kill -9` of `database` or `redis`, until it is gone: its port must be free for the next one.
    pub async fn kill(&self, name: &str) {
        let pid = fs::read_to_string(self.path(&format!("{name}.pid"))).unwrap();
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        // It may be dead already.
        while Command::new("kill").args(["-9", pid.trim()]).stderr(Stdio::null()).status().unwrap().success() {
            ticks.tick().await;
        }
    }

    /// What the nodes logged outlives a failed test.
    fn keep_logs(&self) {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults-failed");
        let _ = fs::create_dir_all(&kept);
        for number in 0..2 {
            let name = format!("node-{number}.log");
            let _ = fs::copy(self.path(&name), kept.join(&name));
        }
        println!("the nodes' logs are in {}", kept.display());
    }

    /// A place for files beside the servers' own.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Keeps what Redis has on disk now.
    pub fn copy_redis(&self) {
        copy(&self.path("redis"), &self.path("redis-copy"));
    }

    /// Puts that back; Redis must be down.
    pub fn restore_redis(&self) {
        if self.path("redis-copy").exists() {
            copy(&self.path("redis-copy"), &self.path("redis"));
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep_logs();
        }
        let _ = Command::new(SCRIPT).arg("down").arg(self.folder.path()).status();
    }
}

fn up(folder: &Path) {
    let mut script = Command::new(SCRIPT);
    script.arg("up").arg(folder).env_remove("DATABASE_URL").env_remove("REDIS_URL").stdin(Stdio::null());
    assert!(script.status().unwrap().success(), "the servers start");
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-R").arg(from).arg(to).status().unwrap().success());
}
