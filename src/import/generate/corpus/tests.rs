use std::collections::HashSet;

use jiff::{civil::date, tz::TimeZone};

use super::*;

const DAY: i64 = 24 * 60 * 60 * 1000;
/// 2026-11-22 09:00 in Seoul.
const TODAYS_OPENING: i64 = 1_795_305_600_000;

fn corpus(seed: u64) -> Corpus {
    Corpus::new(seed, 60, date(2026, 11, 22), &TimeZone::get("Asia/Seoul").unwrap()).unwrap()
}

fn names(count: i64) -> Vec<String> {
    let corpus = corpus(1);
    (1..=count).map(|id| corpus.product(id).product.name).collect()
}

#[test]
fn a_product_depends_on_seed_and_id_only() {
    let (one, other) = (corpus(1), corpus(1));
    let ascending: Vec<_> = (1..=500).map(|id| one.product(id)).collect();
    let mut descending: Vec<_> = (1..=500).rev().map(|id| other.product(id)).collect();
    descending.reverse();
    assert_eq!(ascending, descending);
    assert_ne!(ascending[0], corpus(2).product(1));
}

#[test]
fn every_product_keeps_the_rules_of_the_tables() {
    let corpus = corpus(1);
    for row in (1..=20_000).map(|id| corpus.product(id)) {
        let product = &row.product;
        assert!((3..=100).contains(&product.name.chars().count()), "{}", product.name);
        assert!(!product.name.contains(['|', '=']) && product.name.trim() == product.name, "{}", product.name);
        assert!(product.mall.chars().count() <= 100 && product.price > 0 && product.wish_count >= 0);
        assert!(row.remaining <= row.total && row.total >= 10 && product.opens_at < product.closes_at);
        assert!(row.per_member_limit.is_none_or(|limit| (1..=5).contains(&limit)));
        assert!(product.opens_at <= TODAYS_OPENING - DAY || row.remaining == row.total);
    }
}

#[test]
fn some_sales_wait_some_run_and_some_are_over() {
    let corpus = corpus(1);
    let noon = TODAYS_OPENING + 3 * 60 * 60 * 1000;
    let sales: Vec<_> = (1..=2_000).map(|id| corpus.product(id).product).collect();
    assert!(sales.iter().all(|sale| (sale.opens_at - TODAYS_OPENING) % DAY == 0));
    assert!(sales.iter().any(|sale| noon < sale.opens_at));
    assert!(sales.iter().any(|sale| (sale.opens_at..sale.closes_at).contains(&noon)));
    assert!(sales.iter().any(|sale| sale.closes_at <= noon));
}

#[test]
fn the_smallest_catalogue_has_a_sale_that_opens_today() {
    assert_eq!(corpus(7).product(1).product.opens_at, TODAYS_OPENING);
}

#[test]
fn the_first_brand_is_in_a_tenth_of_the_names() {
    let names = names(20_000);
    let share = names.iter().filter(|name| name.contains("나이키") || name.contains("NIKE")).count();
    assert!((2_000..3_000).contains(&share), "{share}");
}

#[test]
fn words_are_written_apart_and_together() {
    let names = names(50_000).join("\n");
    for spelling in ["에어맥스", "에어 맥스", "갤럭시북", "갤럭시 북", "경량패딩조끼", "경량 패딩 조끼"]
    {
        assert!(names.contains(spelling), "{spelling}");
    }
}

#[test]
fn model_codes_are_shared_and_written_with_and_without_a_hyphen() {
    let names = names(50_000);
    let words: HashSet<&str> = names.iter().flat_map(|name| name.split([' ', '(', ')', '_'])).collect();
    let hyphened = words.iter().filter(|word| word.starts_with("GA-"));
    assert!(hyphened.filter(|word| words.contains(word.replace('-', "").as_str())).count() > 0);
}

#[test]
fn most_wish_counts_are_small_and_a_few_are_huge() {
    let corpus = corpus(1);
    let wishes: Vec<i64> = (1..=100_000).map(|id| corpus.product(id).product.wish_count).collect();
    assert!(wishes.iter().filter(|wishes| **wishes <= 20).count() > 80_000);
    assert!(wishes.iter().any(|wishes| *wishes > 10_000));
}
