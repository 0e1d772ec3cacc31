//! The private servers of a script, when it or one of them is killed.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use tokio::time::{Interval, interval, timeout};

use crate::stage::{Services, Topology, runs};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-services");

/// The process that a file of a folder names, when it does.
async fn pid(file: &Path, ticks: &mut Interval) -> String {
    loop {
        match fs::read_to_string(file) {
            Ok(text) if !text.trim().is_empty() => return text.trim().to_owned(),
            _ => ticks.tick().await,
        };
    }
}

#[tokio::test]
async fn servers_and_command_of_a_killed_script_end_with_it() {
    let folder = tempfile::Builder::new().prefix("owners-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut command = Command::new(SCRIPT);
    command.arg(folder.path()).args(["sleep", "3600"]).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    let mut script = command.stdin(Stdio::null()).spawn().unwrap();
    let own = folder.path().join(script.id().to_string());
    let mut ticks = interval(Duration::from_millis(50));
    let mut pids = vec![pid(&own.join("step.group"), &mut ticks).await];
    for server in ["database.pid", "redis.pid"] {
        pids.push(pid(&own.join(server), &mut ticks).await);
    }
    assert!(pids.iter().all(|pid| runs(pid)), "the command runs, and its servers");
    script.kill().unwrap();
    script.wait().unwrap();
    let gone = async {
        while pids.iter().any(|pid| runs(pid)) || own.exists() {
            ticks.tick().await;
        }
    };
    timeout(Duration::from_secs(60), gone).await.expect("servers and command end");
}

/// As it has while its zombie is not reaped. MySQL writes its pid beside its socket; to MariaDB the
/// file means nothing.
#[tokio::test]
async fn a_killed_server_starts_again_while_its_pid_is_taken() {
    let services = Services::start(Topology::Single);
    services.kill("database").await;
    fs::write(services.path("database/database.sock.lock"), format!("{}\n", std::process::id())).unwrap();
    services.up().await;
}
