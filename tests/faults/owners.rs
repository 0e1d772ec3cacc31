//! The private servers of a script that is killed.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use tokio::time::{Interval, interval};

use crate::stage::runs;

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
    while pids.iter().any(|pid| runs(pid)) || own.exists() {
        ticks.tick().await;
    }
}
