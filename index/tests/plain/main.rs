//! The index against rules that share no code with it.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

mod catalogue;
mod keyword;
mod list;
mod shelf;
#[path = "../support/mod.rs"]
mod support;
mod words;

use std::collections::HashSet;

use openrace_index::{Batch, IndexHome, Product};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use crate::catalogue::{Case, any_case};
use crate::shelf::{Compared, Shelf};
use crate::support::product;
use crate::words::Known;

fn build(products: &[Product], threads: usize) -> (TempDir, IndexHome) {
    support::build(products, support::words(products.iter().map(Product::searchable_text)), threads)
}

/// Makes of the first products of a case those that it has then.
fn change(case: &Case) -> Batch {
    let before = |product: &&Product| case.first.iter().any(|before| before == *product);
    let kept: HashSet<i64> = case.then.iter().map(|product| product.id).collect();
    Batch {
        replaced: case.then.iter().filter(|product| !before(product)).cloned().collect(),
        deleted: case.first.iter().map(|product| product.id).filter(|id| !kept.contains(id)).collect(),
        live: Vec::new(),
    }
}

#[test]
fn every_list_is_what_its_words_filters_and_order_say() {
    let compared = Compared::default();
    let config = ProptestConfig { cases: 16, source_file: Some(file!()), ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&any_case(), |case| {
        let (known, built) = (Known::of(case.first.iter().chain(&case.then)), Known::of(&case.first));
        let (_folder, home) = build(&case.first, case.threads);
        Shelf::new(&home.open().unwrap(), &case.first, (&known, &built), &compared).assert_plain(&case);
        let mut updater = home.update().unwrap();
        updater.apply(change(&case), None).unwrap();
        Shelf::new(updater.catalog(), &case.then, (&known, &built), &compared).assert_plain(&case);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let Compared { listed, pages, counted, due, allowed, ranked } = &compared;
    let least = [(listed, 500), (pages, 100), (counted, 50), (due, 100), (allowed, 250), (ranked, 1)];
    assert!(least.into_iter().all(|(count, least)| count.get() >= least), "{compared:?}");
}

const NAMES: [&str; 20] = [
    "에어맥스 97",
    "에어맥스 95",
    "에어맥스 끈",
    "에어맥스 양말",
    "에어맥스 상자",
    "에어 맥스 970",
    "에어[맥스] 97",
    "[에어]맥스",
    "에어/맥스 100mg",
    "애플 에어팟 맥스 1000mg",
    "[무료배송]나이키 신발",
    "나이키신발 9.7",
    "배송 나이키",
    "보테가 가방",
    "보테가 방수팩",
    "보테,가방",
    "지샥 GA-2100 시계",
    "지샥 GA 210 시계",
    "GA2100B 가방",
    "sky-top SKY TOP skytop",
];

/// Words that only look alike where a sign, a blank or a longer number is overlooked.
#[test]
fn every_pair_of_words_finds_what_has_both_and_nothing_else() {
    let products: Vec<Product> = (1..).zip(NAMES).map(|(id, name)| product(id, name)).collect();
    let (known, compared) = (Known::of(&products), Compared::default());
    let (_folder, home) = build(&products, 1);
    let catalog = home.open().unwrap();
    let shelf = Shelf::new(&catalog, &products, (&known, &known), &compared);
    let words: Vec<&str> = NAMES.iter().flat_map(|name| name.split(' ')).collect();
    for first in &words {
        for keyword in words.iter().flat_map(|second| [format!("{first} {second}"), format!("{first}{second}")]) {
            shelf.found(&keyword, false);
            shelf.found(&keyword, true);
        }
    }
    assert!(compared.due.get() > 300 && compared.allowed.get() > 1000, "{compared:?}");
}
