//! Random searches made from the catalogue's own names.

use openrace_index::{Order, ProductQuery, SortKey, Status};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const CATEGORIES: [&str; 5] = ["신발", "상의", "노트북", "건강식품", "없는분류"];

pub(crate) struct Generator {
    random: ChaCha8Rng,
    names: Vec<String>,
}

/// A search and the page of it that is asked for.
pub(crate) struct Asked {
    query: ProductQuery,
    pub(crate) page: usize,
    pub(crate) size: usize,
}

impl Generator {
    pub(crate) fn new(seed: u64, names: Vec<String>) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), names }
    }

    pub(crate) fn query(&mut self) -> ProductQuery {
        let keyword = self.random.random_bool(0.7).then(|| self.keyword()).filter(|keyword| !keyword.trim().is_empty());
        let random = &mut self.random;
        let mut price = || random.random_bool(0.3).then(|| random.random_range(0..400) * 1000);
        let (min_price, max_price) = match (price(), price()) {
            (Some(low), Some(high)) => (Some(low.min(high)), Some(low.max(high))),
            bounds => bounds,
        };
        let keys = [SortKey::Id, SortKey::Price, SortKey::EventStartTime, SortKey::WishCount, SortKey::Relevance];
        let key = keys[random.random_range(0..keys.len())];
        let statuses = [Status::Waiting, Status::Open, Status::Close];
        ProductQuery {
            keyword,
            category: random.random_bool(0.3).then(|| CATEGORIES.choose(random).copied().unwrap_or_default().into()),
            status: random.random_bool(0.4).then(|| statuses[random.random_range(0..3)]),
            min_price,
            max_price,
            opens: None,
            in_stock: random.random_bool(0.2),
            order: Order { key, ascending: random.random() },
            ..ProductQuery::default()
        }
    }

    /// One to three words of a name, in any order, spaced as in the name, joined, cut short or out of the middle.
    fn keyword(&mut self) -> String {
        let name = self.names.choose(&mut self.random).cloned().unwrap_or_default();
        let mut words: Vec<&str> = name.split_whitespace().collect();
        let random = &mut self.random;
        let start = random.random_range(0..words.len().max(1));
        let count = random.random_range(1..=3);
        words = words.into_iter().skip(start).take(count).collect();
        match random.random_range(0..6) {
            0 => words.concat(),
            1 => {
                words.shuffle(random);
                words.join(" ")
            }
            2 => {
                let letters: Vec<char> = words.concat().chars().collect();
                let from = random.random_range(0..letters.len().max(1));
                let length = random.random_range(1..=4);
                letters.into_iter().skip(from).take(length).collect()
            }
            3 => format!("+{}*\u{200b}", words.join("  ").to_uppercase()),
            _ => words.join(" "),
        }
    }

    /// The first page, the last, or one between, of a list of this length.
    pub(crate) fn page(&mut self, query: ProductQuery, total: usize) -> Asked {
        let size = *[1, 7, 20, 100].choose(&mut self.random).unwrap_or(&20);
        let last = total.saturating_sub(1) / size;
        let page = match self.random.random_range(0..4) {
            0 => last,
            1 => self.random.random_range(0..=last + 1),
            _ => 0,
        };
        Asked { query, page, size }
    }
}

impl Asked {
    pub(crate) fn address(&self, server: &str) -> anyhow::Result<reqwest::Url> {
        let mut address = reqwest::Url::parse(server)?.join("/api/products/search")?;
        let mut pairs = address.query_pairs_mut();
        let mut add = |name: &str, value: Option<String>| {
            // As the web page does, an absent filter may be sent empty.
            pairs.append_pair(name, value.as_deref().unwrap_or(""));
        };
        let ProductQuery { keyword, category, status, min_price, max_price, order, .. } = &self.query;
        add("keyword", keyword.clone());
        add("category", category.clone());
        add("status", status.map(|status| format!("{status:?}").to_uppercase()));
        add("lprice", min_price.map(|price| price.to_string()));
        add("gprice", max_price.map(|price| price.to_string()));
        let key = match order.key {
            SortKey::Id => "id",
            SortKey::Price => "price",
            SortKey::EventStartTime => "eventStartTime",
            SortKey::WishCount => "wishCount",
            SortKey::Relevance => "relevance",
        };
        add("sortBy", Some(key.into()));
        add("inStock", self.query.in_stock.then(|| "true".to_owned()));
        add("isAsc", Some(order.ascending.to_string()));
        add("page", Some(self.page.to_string()));
        add("size", Some(self.size.to_string()));
        drop(pairs);
        Ok(address)
    }
}
