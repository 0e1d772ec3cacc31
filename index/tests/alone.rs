//! What the crate stands on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// In the names of crates that speak SQL or HTTP, or run what waits.
const KEPT_OUT: [&str; 13] = [
    "sql",
    "maria",
    "redis",
    "http",
    "hyper",
    "axum",
    "reqwest",
    "url",
    "tls",
    "tokio",
    "async-std",
    "smol",
    "executor",
];
/// tantivy stands on these, but runs none of it; the crate itself does without.
const KEPT_OUT_OF_ITS_OWN: [&str; 2] = ["async", "futures"];

fn crates_below(further: &[&str]) -> Vec<String> {
    let tree = ["tree", "--package", "openrace-index", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let told = Command::new(env!("CARGO")).args(tree).args(["--offline", "--locked"]).args(further).output().unwrap();
    assert!(told.status.success(), "{told:?}");
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

fn assert_none_of(words: &[&str], crates: &[String]) {
    assert!(crates.iter().any(|name| name == "tantivy"), "{crates:?}");
    assert_eq!(crates.iter().find(|name| words.iter().any(|word| name.contains(word))), None);
}

/// In its code, which comes before a comment.
fn waits(path: &Path) -> bool {
    let source = std::fs::read_to_string(path).unwrap();
    let code = source.lines().filter_map(|line| line.split("//").next());
    let mut words = code.flat_map(|code| code.split(|letter: char| !letter.is_alphanumeric() && letter != '_'));
    words.any(|word| matches!(word, "async" | "await" | "Future"))
}

#[test]
fn nothing_below_the_index_speaks_sql_or_http_or_waits() {
    assert_none_of(&KEPT_OUT, &crates_below(&[]));
    assert_none_of(&KEPT_OUT_OF_ITS_OWN, &crates_below(&["--depth", "1"]));
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(sources.iter().any(|path| path.ends_with("catalog.rs")), "{sources:?}");
    assert_eq!(sources.iter().find(|path| waits(path)), None);
}
