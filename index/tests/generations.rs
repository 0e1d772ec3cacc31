//! Generations of an index: which is in use, which are kept, and which go. Some of these rules have tests of the command
//! as well: a mistake that is made in this crate must fail its own.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

mod support;

use openrace_index::{IndexError, IndexHome, Product};
use tempfile::TempDir;

use crate::support::product;

fn products(count: i64) -> Vec<Product> {
    (1..=count).map(|id| product(id, "나이키 운동화")).collect()
}

/// A generation of so many products, put into use.
fn rebuild(home: &IndexHome, count: i64) {
    support::rebuild(home, &products(count), support::words(["나이키 운동화"]), 1);
}

fn kept(home: &IndexHome) -> Vec<String> {
    let names = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("gen-")).collect();
    names.sort_unstable();
    names
}

/// One generation of one product, one of two, and so on.
fn built(generations: i64) -> (TempDir, IndexHome) {
    let (folder, home) = support::build(&products(1), support::words(["나이키 운동화"]), 1);
    (2..=generations).for_each(|products| rebuild(&home, products));
    (folder, home)
}

#[test]
fn a_rebuild_keeps_the_generation_before_and_what_is_followed() {
    let (_folder, home) = built(1);
    let followed = home.update().unwrap();
    (2..=4).for_each(|products| rebuild(&home, products));
    assert_eq!(kept(&home), ["gen-0001", "gen-0003", "gen-0004"]);
    drop(followed);
    rebuild(&home, 5);
    assert_eq!(kept(&home), ["gen-0004", "gen-0005"]);
    assert_eq!((home.documents().unwrap(), home.current().unwrap().as_deref()), (5, Some("gen-0005")));
}

#[test]
fn going_back_takes_the_generation_before_and_there_is_only_one() {
    let (_folder, home) = built(3);
    assert_eq!(home.roll_back().unwrap(), "gen-0002");
    assert_eq!((home.documents().unwrap(), home.open().unwrap().documents()), (2, 2));
    assert!(matches!(home.roll_back(), Err(IndexError::NoPrevious(_))));
    assert_eq!(home.documents().unwrap(), 2);
    assert!(matches!(IndexHome::new(home.path().join("none")).roll_back(), Err(IndexError::NotBuilt(_))));
}

#[test]
fn collecting_garbage_removes_what_is_not_in_use_nor_before_it_nor_followed() {
    let (_folder, home) = built(3);
    assert_eq!(home.collect_garbage().unwrap(), Vec::<String>::new());
    home.roll_back().unwrap();
    let followed = home.update().unwrap();
    assert_eq!(home.collect_garbage().unwrap(), ["gen-0003"]);
    assert_eq!(kept(&home), ["gen-0002"]);
    rebuild(&home, 3);
    rebuild(&home, 4);
    assert_eq!(kept(&home), ["gen-0002", "gen-0003", "gen-0004"]);
    drop(followed);
    assert_eq!(home.collect_garbage().unwrap(), ["gen-0002"]);
    assert_eq!(home.documents().unwrap(), 4);
}

#[test]
fn a_build_that_was_given_up_leaves_nothing() {
    let (_folder, home) = built(1);
    drop(home.begin().unwrap());
    assert_eq!(kept(&home), ["gen-0001"]);
    // As a killed one leaves it: without a manifest.
    std::fs::create_dir(home.path().join("gen-0000")).unwrap();
    assert!(matches!(home.roll_back(), Err(IndexError::NoPrevious(_))));
    drop(home.begin().unwrap());
    assert_eq!(kept(&home), ["gen-0001"]);
    assert!(matches!((home.begin(), home.begin()), (Ok(_), Err(IndexError::Locked(_)))));
}

#[test]
fn the_size_of_an_index_is_that_of_its_files() {
    let (_folder, home) = built(2);
    let generation = home.path().join(home.current().unwrap().unwrap());
    let files = std::fs::read_dir(generation).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    assert_eq!(home.size().unwrap(), files.sum::<u64>());
}
