//! A durable database and Redis that can be killed. `ENGINE` says which database, MariaDB or MySQL; it may be a cluster.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::wait::until;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/services");

/// What servers the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    Single,
    /// One with these further options.
    SetTo(&'static str),
    /// A group or a replica, behind what finds its primary.
    Cluster,
}

/// The servers of a stage, on ports that they keep. Gone with their data when dropped.
pub struct Services {
    folder: TempDir,
    topology: Topology,
    pub database_url: String,
    /// The servers of a cluster, `database-1` and so on, as their operator reaches them.
    pub members: Vec<String>,
    pub redis_url: String,
}

impl Services {
    pub fn start(topology: Topology) -> Self {
        let folder = tempfile::Builder::new().prefix("faults-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        up(folder.path(), topology);
        let env = fs::read_to_string(folder.path().join("env")).unwrap();
        let value = |name: &str| {
            let line = env.lines().find_map(|line| line.strip_prefix(&format!("export {name}="))).unwrap();
            line.trim_matches('\'').to_owned()
        };
        let members = match topology {
            Topology::Single | Topology::SetTo(_) => Vec::new(),
            Topology::Cluster => value("DATABASE_MEMBERS").split(' ').map(str::to_owned).collect(),
        };
        let (database_url, redis_url) = (value("DATABASE_URL"), value("REDIS_URL"));
        Self { folder, topology, database_url, members, redis_url }
    }

    /// Starts what does not run, and waits until it answers.
    pub async fn up(&self) {
        let (folder, topology) = (self.folder.path().to_owned(), self.topology);
        tokio::task::spawn_blocking(move || up(&folder, topology)).await.unwrap();
    }

    /// `kill -9` of a server, until it is gone: its port must be free for the next one.
    pub async fn kill(&self, name: &str) {
        // It may be dead already.
        until("a killed server is gone", async || !self.signal(name, "-KILL") || !runs(&self.pid(name))).await;
    }

    /// Sends a signal to a server; whether there is one.
    pub fn signal(&self, name: &str, signal: &str) -> bool {
        Command::new("kill").args([signal, &self.pid(name)]).stderr(Stdio::null()).status().unwrap().success()
    }

    fn pid(&self, name: &str) -> String {
        fs::read_to_string(self.path(&format!("{name}.pid"))).unwrap().trim().to_owned()
    }

    /// What nodes and servers logged outlives a failed test.
    fn keep_logs(&self) {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults-failed");
        let _ = fs::create_dir_all(&kept);
        for file in fs::read_dir(self.folder.path()).unwrap().flatten() {
            if file.path().extension().is_some_and(|extension| extension == "log") {
                let _ = fs::copy(file.path(), kept.join(file.file_name()));
            }
        }
        println!("the logs are in {}", kept.display());
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

/// Whether a process does anything still. Where nobody reaps orphans, one that has ended stays as a zombie; while it has more
/// threads (`l`), it still has its files and ports.
pub fn runs(pid: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap().stdout;
    !matches!(state.first(), None | Some(b'Z')) || state.contains(&b'l')
}

impl Drop for Services {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep_logs();
        }
        let _ = Command::new(SCRIPT).arg("down").arg(self.folder.path()).status();
    }
}

fn up(folder: &Path, topology: Topology) {
    let mut script = Command::new(SCRIPT);
    script.arg("up").arg(folder);
    match topology {
        Topology::Single => {}
        Topology::SetTo(options) => {
            script.env("DATABASE_OPTIONS", options);
        }
        Topology::Cluster => {
            script.arg("cluster");
        }
    }
    // They end with this process even when it is killed.
    script.args(["until", &std::process::id().to_string()]);
    script.env_remove("DATABASE_URL").env_remove("REDIS_URL").stdin(Stdio::null());
    assert!(script.status().unwrap().success(), "the servers start");
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-R").arg(from).arg(to).status().unwrap().success());
}
