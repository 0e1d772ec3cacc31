//! A category and its brands, made ready to draw from.

use rand_distr::LogNormal;

use super::{categories::Category, lines::BRAND_LINES, ranking::Ranking, words::Words};

/// A category made ready.
pub(super) struct Shelf {
    pub(super) category: &'static Category,
    pub(super) brands: Vec<Brand>,
    pub(super) brand: Ranking,
    pub(super) nouns: Words,
    pub(super) latin_nouns: Words,
    pub(super) attributes: Words,
    pub(super) sizes: Words,
    pub(super) codes: Words,
    pub(super) price: LogNormal<f64>,
}

/// A brand as it is on one shelf.
pub(super) struct Brand {
    pub(super) korean: &'static str,
    pub(super) latin: Option<&'static str>,
    pub(super) lines: Words,
}

impl Shelf {
    pub(super) fn new(category: &'static Category) -> Shelf {
        let brands: Vec<Brand> = category.brands.split(", ").map(|brand| Brand::parse(brand, category)).collect();
        let (median, spread) = category.price;
        Shelf {
            category,
            brand: Ranking::zipf(brands.len()),
            brands,
            nouns: Words::parse(category.nouns),
            latin_nouns: Words::parse(category.latin_nouns),
            attributes: Words::parse(category.attributes),
            sizes: Words::parse(category.sizes),
            codes: Words::parse(category.codes),
            price: LogNormal::new(median.ln(), spread).expect("a finite spread"),
        }
    }
}

impl Brand {
    fn parse(text: &'static str, category: &Category) -> Brand {
        let (korean, latin) = match text.split_once('=') {
            Some((korean, latin)) => (korean, Some(latin)),
            None => (text, None),
        };
        let own = BRAND_LINES.iter().find(|(brand, of, _)| *brand == korean && *of == category.name);
        Brand { korean, latin, lines: Words::parse(own.map_or(category.lines, |(_, _, lines)| lines)) }
    }
}
