//! The queries of the server, as they were checked while compiling.

use std::{fs, path::Path};

use serde_json::Value;

/// The one that has this in it.
pub fn checked_query(part: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let read = |file: fs::DirEntry| serde_json::from_slice::<Value>(&fs::read(file.path()).unwrap()).unwrap();
    let queries = fs::read_dir(folder).unwrap().map(|file| read(file.unwrap())["query"].as_str().unwrap().to_owned());
    let mut found: Vec<String> = queries.filter(|query| query.contains(part)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}
