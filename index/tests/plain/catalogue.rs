//! Random catalogues, queries and keywords.

use openrace_index::{FacetRequest, Order, Product, ProductQuery, SortKey, Status};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use unicode_normalization::UnicodeNormalization;

use crate::support::NOW;

/// Where bands of prices end, and beside.
const PRICES: [i64; 9] = [0, 1, 9_999, 10_000, 10_001, 49_999, 50_000, 1_000_000, 2_000_000];

/// Few syllables, so that words begin, end and contain each other; and what is written in names beside them.
fn any_word() -> impl Strategy<Value = String> {
    let written = ["나이키", "운동화", "가방", "보테가", "방수팩", "[무료배송]", "(정품)"];
    prop_oneof![
        4 => "[가나다라마바]{2,3}",
        2 => "[가-힣]{1,4}",
        2 => select(written.to_vec()).prop_map(str::to_owned),
        1 => "[a-d]{2,5}",
        1 => "[0-9]{1,4}",
        1 => select(vec!["97", "970", "100mg", "1000mg", "2.5kg", "1,000", "5kg", "1+1", "&", "%"]).prop_map(str::to_owned),
        1 => "[A-C]{2}-?[0-9]{2,4}[A-C]?",
    ]
}

/// Words of the pool, one after the other.
fn any_text(pool: &[String], length: std::ops::Range<usize>) -> impl Strategy<Value = String> + use<> {
    let gap = select(vec![" ", " ", " ", " ", "  ", "", "-", "/", "_", " & ", "[", "] "]);
    let words = prop::collection::vec((select(pool.to_vec()), gap), length);
    words.prop_map(|words| words.into_iter().flat_map(|(word, gap)| [word, gap.to_owned()]).collect())
}

fn any_product(pool: &[String]) -> impl Strategy<Value = Product> + use<> {
    // Few malls, so that some have many products.
    let texts = (any_text(pool, 1..6), prop::option::weighted(0.3, any_text(pool, 1..2)), any_text(&pool[..3], 0..2));
    let category = select(vec!["신발", "가방", "여성 옷", ""]);
    let times = (-3i64..4, 0i64..4);
    (texts, category, select(PRICES.to_vec()), times, 0i64..4, any::<bool>()).prop_map(
        |((name, brand, mall), category, price, (opens, lasts), wish_count, in_stock)| Product {
            id: 0,
            name,
            image: String::new(),
            price,
            mall,
            brand,
            category: category.into(),
            opens_at: NOW + opens,
            closes_at: NOW + opens + lasts,
            wish_count,
            in_stock,
        },
    )
}

/// How one keyword is made of the catalogue.
#[derive(Debug, Clone)]
pub(crate) struct Typing {
    product: Index,
    words: Vec<Index>,
    style: Style,
}

#[derive(Debug, Clone, Copy)]
enum Style {
    Apart,
    SideBySide,
    Joined,
    Capitals,
    Decomposed,
    CutShort,
    Anywhere,
}

fn any_typing() -> impl Strategy<Value = Typing> {
    use Style::{Anywhere, Apart, Capitals, CutShort, Decomposed, Joined, SideBySide};
    let style = select(vec![Apart, Apart, SideBySide, SideBySide, Joined, Capitals, Decomposed, CutShort, Anywhere]);
    (any::<Index>(), prop::collection::vec(any::<Index>(), 1..4), style).prop_map(|(product, words, style)| Typing {
        product,
        words,
        style,
    })
}

impl Typing {
    /// Words of one product, whichever field they are from; or of the whole catalogue.
    pub(crate) fn keyword(&self, products: &[Product]) -> String {
        let product = self.product.get(products);
        let text = |product: &Product| {
            format!("{} {} {}", product.name, product.mall, product.category) + product.brand.as_deref().unwrap_or("")
        };
        let own = text(product);
        let all = products.iter().map(text).collect::<Vec<_>>().join(" ");
        let own: Vec<&str> = own.split_whitespace().collect();
        let all: Vec<&str> = all.split_whitespace().collect();
        let chosen = |words: &[&str]| self.words.iter().map(|word| word.get(words).to_string()).collect::<Vec<_>>();
        match self.style {
            Style::Apart => chosen(&own).join(" "),
            Style::Anywhere => chosen(&all).join(" "),
            Style::Joined => chosen(&own).concat(),
            Style::Capitals => chosen(&own).join("  ").to_uppercase(),
            Style::Decomposed => chosen(&own).join(" ").nfd().collect(),
            Style::SideBySide => {
                let first = self.words[0].index(own.len());
                own[first..].iter().take(self.words.len()).copied().collect::<Vec<_>>().join(" ")
            }
            Style::CutShort => {
                let letters: Vec<char> = chosen(&own).join(" ").chars().collect();
                letters[..1 + self.words[0].index(letters.len())].iter().collect()
            }
        }
    }
}

/// None in every other query: lists are then found in ways of their own.
fn any_facets() -> impl Strategy<Value = FacetRequest> {
    let asked =
        any::<[bool; 4]>().prop_map(|[category, status, price, mall]| FacetRequest { category, status, price, mall });
    prop_oneof![Just(FacetRequest::default()), asked]
}

/// Filters and an order, without a keyword.
pub(crate) fn any_query() -> impl Strategy<Value = ProductQuery> {
    let category = prop::option::weighted(0.3, select(vec!["신발", "가방", "여성 옷", "없음", ""]));
    let status = prop::option::weighted(0.3, select(vec![Status::Waiting, Status::Open, Status::Close]));
    let price = || prop::option::weighted(0.3, select(PRICES.to_vec()));
    let opens = prop::option::weighted(0.2, (-4i64..4, 0i64..5));
    let keys = [SortKey::Id, SortKey::Price, SortKey::EventStartTime, SortKey::WishCount];
    let order = (select(keys.to_vec()), any::<bool>()).prop_map(|(key, ascending)| Order { key, ascending });
    (category, status, price(), price(), opens, prop::bool::weighted(0.3), order, any_facets()).prop_map(
        |(category, status, min_price, max_price, opens, in_stock, order, facets)| ProductQuery {
            category: category.map(Into::into),
            status,
            min_price,
            max_price,
            opens: opens.map(|(start, length)| NOW + start..NOW + start + length),
            in_stock,
            order,
            facets,
            ..ProductQuery::default()
        },
    )
}

/// A catalogue, what it becomes, and how both are searched.
#[derive(Debug)]
pub(crate) struct Case {
    /// As it is built.
    pub(crate) first: Vec<Product>,
    /// After some of it was changed, and some was deleted.
    pub(crate) then: Vec<Product>,
    pub(crate) typings: Vec<Typing>,
    pub(crate) queries: Vec<(ProductQuery, usize)>,
    pub(crate) threads: usize,
}

pub(crate) fn any_case() -> impl Strategy<Value = Case> {
    let pool = prop::collection::vec(any_word(), 4..20);
    let products = pool.prop_flat_map(|mut pool| {
        // One word, and what it is not when it stands apart.
        pool.extend(["에어", "맥스", "에어맥스"].map(String::from));
        let products = || prop::collection::vec(any_product(&pool), 1..60);
        (products(), products())
    });
    let typings = prop::collection::vec(any_typing(), 24);
    let queries = prop::collection::vec((any_query(), 1usize..9), 24);
    (products, typings, queries, 1usize..3).prop_map(|((first, changed), typings, queries, threads)| {
        let first: Vec<Product> = (1..).zip(first).map(|(id, product)| Product { id, ..product }).collect();
        let then = changed_to(&first, changed);
        Case { first, then, typings, queries, threads }
    })
}

/// Every third is deleted, every second of the others becomes another, and new ones come.
fn changed_to(first: &[Product], changed: Vec<Product>) -> Vec<Product> {
    let mut then: Vec<Product> = first.iter().filter(|product| product.id % 3 > 0).cloned().collect();
    let mut changed = changed.into_iter();
    for (known, product) in then.iter_mut().step_by(2).zip(&mut changed) {
        *known = Product { id: known.id, ..product };
    }
    then.extend((1000..).zip(changed).map(|(id, product)| Product { id, ..product }));
    then
}
