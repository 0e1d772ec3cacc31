//! The generated catalogue as a pure function: seed and id in, product out.

use jiff::{civil::Date, tz::TimeZone};
use openrace_index::Product;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::Distribution;

use super::{
    categories::CATEGORIES,
    name,
    ranking::Ranking,
    sale::Calendar,
    shelf::{Brand, Shelf},
    wording::{OFFICIAL, Wording},
};
use crate::import::CatalogueRow;

const MOST_WISHES: f64 = 3_000_000.0;

/// A lifelike catalogue of any size. Every product depends on the seed, the calendar and its own
/// id only, so products can be made in any order and on any number of threads.
pub struct Corpus {
    seed: u64,
    calendar: Calendar,
    shelves: Vec<Shelf>,
    shelf: Ranking,
    wording: Wording,
}

impl Corpus {
    /// A catalogue whose sales open at 09:00 in `zone`, over `days` days around `today`.
    ///
    /// # Errors
    /// When a day falls outside the years that jiff knows.
    pub fn new(seed: u64, days: u32, today: Date, zone: &TimeZone) -> Result<Corpus, jiff::Error> {
        Ok(Corpus {
            seed,
            calendar: Calendar::new(days, today, zone)?,
            shelves: CATEGORIES.iter().map(Shelf::new).collect(),
            shelf: Ranking::new(CATEGORIES.iter().map(|category| f64::from(category.share))),
            wording: Wording::new(),
        })
    }

    /// The product with this id (positive).
    pub fn product(&self, id: i64) -> CatalogueRow {
        let mut rng = ChaCha8Rng::seed_from_u64(mix(self.seed, id));
        let shelf = &self.shelves[self.shelf.draw(&mut rng)];
        let brand = &shelf.brands[shelf.brand.draw(&mut rng)];
        let sale = self.calendar.draw(id, &mut rng);
        let product = Product {
            id,
            name: name::draw(&self.wording, shelf, brand, &mut rng),
            image: format!("/openrun/picture/{id}.svg"),
            price: shop_price(shelf.price.sample(&mut rng), &mut rng),
            mall: self.draw_mall(brand, &mut rng),
            brand: brand_field(brand, &mut rng),
            category: shelf.category.name.to_owned(),
            opens_at: sale.opens_at,
            closes_at: sale.closes_at,
            wish_count: wishes(&mut rng),
            in_stock: sale.remaining > 0,
        };
        CatalogueRow { product, total: sale.total, remaining: sale.remaining, per_member_limit: sale.per_member_limit }
    }

    fn draw_mall(&self, brand: &Brand, rng: &mut impl Rng) -> String {
        if rng.random_ratio(45, 100) {
            let suffix = OFFICIAL[rng.random_range(0..OFFICIAL.len() as u32) as usize];
            return format!("{}{suffix}", brand.korean);
        }
        self.wording.malls.draw(rng).to_owned()
    }
}

/// Spreads neighbouring ids over the whole range of seeds (the SplitMix64 finaliser).
fn mix(seed: u64, id: i64) -> u64 {
    let mut z = seed.wrapping_add((id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Rounds as shops do: 9,900, 19,000, 24,500.
fn shop_price(raw: f64, rng: &mut impl Rng) -> i64 {
    let won = raw.clamp(900.0, 9_900_000.0) as i64;
    let step = if won >= 300_000 { 10_000 } else { 1_000 };
    let rounded = (won / step).max(1) * step;
    match rng.random_range(0..100) {
        0..55 => rounded - 100,
        55..85 => rounded,
        85..93 => rounded - 500,
        _ => won / 10 * 10,
    }
}

/// Heavily skewed: most products have a few wishes, one in thirty thousand over 100,000.
fn wishes(rng: &mut impl Rng) -> i64 {
    let rank: f64 = 1.0 - rng.random::<f64>();
    (3.0 * (1.0 / rank - 1.0)).min(MOST_WISHES) as i64
}

fn brand_field(brand: &Brand, rng: &mut impl Rng) -> Option<String> {
    match rng.random_range(0..10) {
        0..6 => Some(brand.korean.to_owned()),
        6 => Some(brand.latin.unwrap_or(brand.korean).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
