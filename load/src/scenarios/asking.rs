//! What people type and choose when they have a product in mind, each in their own words.

use std::collections::HashSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::{RngExt, SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Zipf};
use sqlx::MySqlPool;

use crate::shop::SHELF;

const SEARCH: &str = "/api/products/search?";
/// Every other shopper looks at the first page, one in forty beyond the hundredth.
const PAGES: f64 = 2_000.0;
const DEPTH: f64 = 1.7;

/// A product that somebody has in mind.
pub(super) struct Wanted {
    name: String,
    category: String,
    price: i64,
}

/// At most so many products, from all over the catalogue, and none that a load run has made.
pub(super) async fn products(db: &MySqlPool, most: i64) -> Result<Vec<Wanted>, sqlx::Error> {
    let last = sqlx::query_scalar!("SELECT MAX(id) FROM products WHERE id < ?", SHELF.start());
    let last = last.fetch_one(db).await?.unwrap_or(0);
    let products = sqlx::query_as!(
        Wanted,
        "SELECT name, category, price FROM products WHERE id <= ? AND id % ? = 0 ORDER BY id",
        last,
        (last / most).max(1)
    );
    products.fetch_all(db).await
}

/// Paths of different searches, with their kinds, one for each product in turn; fewer than wanted if these products are not
/// asked for in as many ways.
pub(super) fn searches(products: &[Wanted], wanted: usize, seed: u64) -> Vec<(String, &'static str)> {
    let mut asking = Asking { random: ChaCha8Rng::seed_from_u64(seed) };
    let mut searches: Vec<_> = products.iter().cycle().take(wanted).map(|product| asking.search(product)).collect();
    let mut seen = HashSet::new();
    searches.retain(|(path, _)| seen.insert(path.clone()));
    searches
}

struct Asking {
    random: ChaCha8Rng,
}

impl Asking {
    fn search(&mut self, product: &Wanted) -> (String, &'static str) {
        let (kind, keyword, filters) = match self.random.random_range(0..20) {
            0..10 => ("words", self.words(product), String::new()),
            10..12 => ("typed so far", self.fragment(product), String::new()),
            12..15 => ("filtered words", self.words(product), self.filters(product)),
            15..17 => ("counted", self.words(product), self.filters(product) + "&facets=category,price,brand"),
            _ => ("lists", String::new(), self.filters(product)),
        };
        let keyword = if keyword.is_empty() { keyword } else { format!("keyword={}", encoded(&keyword)) };
        (format!("{SEARCH}{keyword}{filters}{}{}", self.order(), self.page()), kind)
    }

    /// One, two or three words of the name, in its order, and not always next to each other.
    fn words(&mut self, product: &Wanted) -> String {
        let words: Vec<&str> = product.name.split_whitespace().collect();
        let count = [1, 1, 2, 2, 3][self.random.random_range(0..5)];
        let mut places = index::sample(&mut self.random, words.len(), words.len().min(count)).into_vec();
        places.sort_unstable();
        places.into_iter().map(|place| words[place]).collect::<Vec<_>>().join(" ")
    }

    /// What stands there before the last word is typed to its end.
    fn fragment(&mut self, product: &Wanted) -> String {
        let words = self.words(product);
        let last = words.rfind(' ').map_or(0, |space| space + 1);
        let typed = self.random.random_range(1..=words[last..].chars().count().max(1));
        words.chars().take(words[..last].chars().count() + typed).collect()
    }

    /// Each of them that fits the product, every other time.
    fn filters(&mut self, product: &Wanted) -> String {
        let thousands = |part: f64| ((product.price as f64 * part / 1000.0) as i64).max(1) * 1000;
        let low = thousands(self.random.random_range(0.3..0.9));
        let high = thousands(self.random.random_range(1.1..3.0));
        let filters = [
            format!("&category={}", encoded(&product.category)),
            format!("&lprice={low}&gprice={high}"),
            "&inStock=true".to_owned(),
            "&status=OPEN".to_owned(),
        ];
        filters.into_iter().filter(|_| self.random.random()).collect()
    }

    fn order(&mut self) -> &'static str {
        let orders =
            ["", "", "", "&sortBy=id&isAsc=false", "&sortBy=price&isAsc=true", "&sortBy=wishCount&isAsc=false"];
        orders[self.random.random_range(0..orders.len())]
    }

    fn page(&mut self) -> String {
        let rank = Zipf::new(PAGES, DEPTH).map_or(1.0, |depth| depth.sample(&mut self.random));
        if rank > 1.0 { format!("&page={}", rank as u64 - 1) } else { String::new() }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "나이키 에어맥스 97_DR219659B 남녀공용 쿠션러닝화";

    fn drawn(seed: u64) -> Vec<(String, &'static str)> {
        let shoe = Wanted { name: NAME.to_owned(), category: "신발".to_owned(), price: 131_900 };
        searches(&[shoe], 4_000, seed)
    }

    fn part(searches: &[(String, &str)], is_one: impl Fn(&str) -> bool) -> f64 {
        searches.iter().filter(|(path, _)| is_one(path)).count() as f64 / searches.len() as f64
    }

    #[test]
    fn one_product_is_asked_for_in_many_ways_and_never_twice_in_the_same() {
        let searches = drawn(1);
        let different: HashSet<&str> = searches.iter().map(|(path, _)| &**path).collect();
        assert_eq!(different.len(), searches.len());
        assert!(searches.len() > 2_000, "{} different searches", searches.len());
        for kind in ["words", "typed so far", "filtered words", "counted", "lists"] {
            assert!(searches.iter().any(|(_, other)| *other == kind), "no {kind}");
        }
    }

    #[test]
    fn keywords_have_one_two_and_three_words_and_some_end_within_one() {
        let searches = drawn(1);
        let words =
            |count| part(&searches, |path| path.contains("keyword=") && path.matches("%20").count() + 1 == count);
        assert!([1, 2, 3].into_iter().all(|count| words(count) > 0.1), "{:?}", [1, 2, 3].map(words));
        let names: HashSet<String> = NAME.split_whitespace().map(encoded).collect();
        let fragments = searches.iter().filter(|(_, kind)| *kind == "typed so far");
        let last =
            |path: &str| path.split('&').next().and_then(|path| path.rsplit(['=', '?']).next()).map(str::to_owned);
        let cut = fragments.filter_map(|(path, _)| last(path)?.rsplit("%20").next().map(str::to_owned));
        assert!(cut.filter(|word| !names.contains(word)).count() > 20);
    }

    #[test]
    fn most_pages_are_shallow_and_some_are_deep() {
        let searches = drawn(1);
        let page = |path: &str| path.rsplit_once("&page=").map_or(0, |(_, page)| page.parse::<u64>().unwrap());
        let deep = part(&searches, |path| page(path) >= 100);
        assert!(part(&searches, |path| page(path) < 10) > 0.6 && deep > 0.01 && deep < 0.2, "{deep} are deep");
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }
}
