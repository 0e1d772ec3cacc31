//! What the crate stands on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

/// In the names of crates that speak SQL or HTTP, or run what waits.
const KEPT_OUT: [&str; 12] =
    ["sql", "maria", "redis", "http", "hyper", "axum", "reqwest", "url", "tls", "tokio", "async-std", "smol"];

fn crates_below() -> Vec<String> {
    let tree = ["tree", "--package", "openrace-index", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let told = Command::new(env!("CARGO")).args(tree).args(["--offline", "--locked"]).output().unwrap();
    assert!(told.status.success(), "{told:?}");
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| match path.is_dir() {
        true => sources(&path),
        false => vec![std::fs::read_to_string(path).unwrap()],
    };
    entries.flat_map(read).collect()
}

#[test]
fn nothing_below_the_index_speaks_sql_or_http_or_waits() {
    let crates = crates_below();
    assert!(crates.iter().any(|name| name == "tantivy"), "{crates:?}");
    let kept_out = |name: &&String| KEPT_OUT.iter().any(|word| name.contains(word));
    assert_eq!(crates.iter().find(kept_out), None);
    let waits = |source: &&String| source.contains("async fn") || source.contains(".await");
    assert_eq!(sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).iter().find(waits), None);
}
