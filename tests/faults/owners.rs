//! The private servers of a script: who may reach them, and when they end.

use std::{
    env,
    ffi::OsString,
    fs::{self, OpenOptions},
    io::Write,
    net::{SocketAddr, TcpStream},
    os::unix::{
        fs::{OpenOptionsExt, PermissionsExt, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use tokio::task::spawn_blocking;

use crate::{
    stage::{Services, Topology, greeting, runs, turn},
    wait::until,
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-services");
/// Whoever runs the tests may ignore what a terminal sends, and a shell cannot take that back.
const HEEDFUL: &str = "$SIG{INT} = 'DEFAULT'; exec @ARGV or die";
/// Interrupted when this process has been killed.
const MAKE_RUN: &str = "(while kill -0 $PPID && kill -0 $$; do sleep 1; done; kill -INT 0) 2>/dev/null & \
                        PATH=$0:$PATH exec make run";

/// The process that a file of a folder names, when it does.
async fn pid(file: &Path) -> String {
    let mut found = String::new();
    until("the file names it", async || {
        found = fs::read_to_string(file).unwrap_or_default().trim().to_owned();
        !found.is_empty()
    })
    .await;
    found
}

/// The variables that a shell needs, and the engine. `make run` must not see other settings of whoever runs the tests.
#[allow(clippy::disallowed_methods, reason = "the programs of the engines are found by it")]
fn kept() -> impl Iterator<Item = (&'static str, OsString)> {
    ["PATH", "HOME", "ENGINE"].into_iter().filter_map(|name| Some((name, env::var_os(name)?)))
}

/// `make run` in a clone of its own that has nothing to compile and no index to build, which would take minutes.
struct Run {
    folder: TempDir,
    make: Child,
}

impl Run {
    /// Returns when it serves.
    async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let programs = folder.path().join("target/release");
        fs::create_dir_all(&programs).unwrap();
        let parts = ["Makefile", "scripts"].map(|part| Path::new(env!("CARGO_MANIFEST_DIR")).join(part));
        assert!(Command::new("cp").arg("-R").args(parts).arg(folder.path()).status().unwrap().success());
        symlink(env!("CARGO_BIN_EXE_openrace"), programs.join("openrace")).unwrap();
        for idle in ["cargo", "indexer"] {
            let mut program =
                OpenOptions::new().write(true).create_new(true).mode(0o755).open(programs.join(idle)).unwrap();
            program.write_all(b"#!/bin/sh\nexit 0\n").unwrap();
        }
        let mut command = Command::new("perl");
        command
            .args(["-e", HEEDFUL, "/bin/sh", "-c", MAKE_RUN])
            .arg(&programs)
            .current_dir(&folder)
            .env_clear()
            .envs(kept());
        command.env("CARGO_TARGET_DIR", folder.path().join("target")).env("PRODUCTS", "50");
        command.env("OPENRACE_LISTEN", "127.0.0.1:0").env("OPENRACE_ADMIN_LISTEN", "127.0.0.1:0");
        let make = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut run = Self { folder, make };
        let output = run.make.stdout.take().unwrap();
        spawn_blocking(|| greeting(output)).await.unwrap().expect("it serves");
        run
    }

    /// Where it keeps what its servers need. Each engine has a folder.
    fn services(&self) -> PathBuf {
        let local = self.folder.path().join(".local");
        let folders = ["run", "run-mysql"].map(|name| local.join(name));
        folders.into_iter().find(|folder| folder.exists()).unwrap()
    }

    /// Address and password of a server.
    fn server(&self, name: &str) -> (SocketAddr, String) {
        let env = fs::read_to_string(self.services().join("env")).unwrap();
        let url = env.lines().find_map(|line| line.strip_prefix(&format!("export {name}='"))).unwrap();
        let (login, address) = url.split_once('@').unwrap();
        let (address, _) = address.split_once('/').unwrap();
        (address.parse().unwrap(), login.rsplit_once(':').unwrap().1.to_owned())
    }

    /// Signals the group, as a terminal does.
    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.make.id());
        assert!(Command::new("kill").args([signal, "--", &group]).status().unwrap().success());
    }

    fn has_ended(&mut self) -> bool {
        self.make.try_wait().unwrap().is_some()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.signal("-INT");
            let _ = self.make.wait();
        }
    }
}

#[tokio::test]
async fn ctrl_c_stops_all_that_make_run_has_started() {
    let _turn = turn().await;
    let mut run = Run::start().await;
    let mut pids = Vec::new();
    for started in ["database.pid", "redis.pid", "step.group"] {
        pids.push(pid(&run.services().join(started)).await);
    }
    assert!(pids.iter().all(|pid| runs(pid)), "servers and server run");
    run.signal("-INT");
    until("make ends", async || run.has_ended()).await;
    assert!(!pids.iter().any(|pid| runs(pid)), "they have ended before it has");
    until("nothing runs that names its folder", async || {
        let all = Command::new("ps").args(["-ww", "-eo", "args"]).output().unwrap().stdout;
        !String::from_utf8_lossy(&all).contains(run.folder.path().to_str().unwrap())
    })
    .await;
}

#[tokio::test]
async fn the_servers_of_make_run_listen_on_loopback_and_have_passwords_of_their_own_that_nobody_else_reads() {
    let _turn = turn().await;
    let runs = [Run::start().await, Run::start().await];
    let mut passwords = Vec::new();
    for run in &runs {
        let mode = fs::metadata(run.services()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        for name in ["DATABASE_URL", "REDIS_URL"] {
            let (address, password) = run.server(name);
            assert!(TcpStream::connect(("127.0.0.1", address.port())).is_ok(), "{name}");
            // Elsewhere only the first address of loopback is there.
            #[cfg(target_os = "linux")]
            assert!(TcpStream::connect(("127.0.0.2", address.port())).is_err(), "{name} listens elsewhere too");
            assert!(password.len() >= 32, "{name}");
            passwords.push(password);
        }
    }
    assert_ne!(passwords[0], passwords[2]);
    assert_ne!(passwords[1], passwords[3]);
}

#[tokio::test]
async fn servers_and_command_of_a_killed_script_end_with_it() {
    let _turn = turn().await;
    let folder = tempfile::Builder::new().prefix("owners-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut command = Command::new(SCRIPT);
    command.arg(folder.path()).args(["sleep", "3600"]).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    let mut script = command.stdin(Stdio::null()).spawn().unwrap();
    let own = folder.path().join(script.id().to_string());
    let mut pids = vec![pid(&own.join("step.group")).await];
    for server in ["database.pid", "redis.pid"] {
        pids.push(pid(&own.join(server)).await);
    }
    assert!(pids.iter().all(|pid| runs(pid)), "the command runs, and its servers");
    script.kill().unwrap();
    script.wait().unwrap();
    until("servers and command end", async || !pids.iter().any(|pid| runs(pid)) && !own.exists()).await;
}

/// As it has while its zombie is not reaped. MySQL writes its pid beside its socket; to MariaDB the
/// file means nothing.
#[tokio::test]
async fn a_killed_server_starts_again_while_its_pid_is_taken() {
    let _turn = turn().await;
    let services = Services::start(Topology::Single);
    services.kill("database").await;
    fs::write(services.path("database/database.sock.lock"), format!("{}\n", std::process::id())).unwrap();
    services.up().await;
}
