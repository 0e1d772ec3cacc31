//! The private servers of a script, when it or one of them is killed.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    stage::{Services, Topology, runs},
    wait::until,
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-services");

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

#[tokio::test]
async fn servers_and_command_of_a_killed_script_end_with_it() {
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
    let services = Services::start(Topology::Single);
    services.kill("database").await;
    fs::write(services.path("database/database.sock.lock"), format!("{}\n", std::process::id())).unwrap();
    services.up().await;
}
