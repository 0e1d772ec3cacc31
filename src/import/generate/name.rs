//! Product names as shops write them.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    categories::Category,
    corpus::{Brand, Shelf},
    lines::BRAND_LINES,
    ranking::favour_first,
    wording,
};

/// Models a category has; shops sell the same ones, the popular more often.
const MODELS: u32 = 20_000;
const LONGEST: usize = 80;

/// Draws the name of one product of this brand.
pub(super) fn draw(shelf: &Shelf, brand: Brand, rng: &mut impl Rng) -> String {
    let category = shelf.category;
    let mut name = Name { text: String::with_capacity(96), rng };
    match brand.latin {
        Some(latin) if name.chance(6) => name.all_latin(category, latin),
        _ => name.korean(category, brand),
    }
    name.text
}

struct Name<'a, R> {
    text: String,
    rng: &'a mut R,
}

impl<R: Rng> Name<'_, R> {
    fn all_latin(&mut self, category: &Category, brand: &str) {
        self.word(brand);
        self.any(&["CLASSIC", "ESSENTIAL", "ORIGINAL", "PREMIUM", "BASIC", "VINTAGE", "PRO", "AIR"]);
        self.any(category.latin_nouns);
        if self.chance(category.coded) {
            self.code(category);
        }
        if self.chance(category.coloured) {
            self.any(wording::LATIN_COLOURS);
        }
    }

    fn korean(&mut self, category: &Category, brand: Brand) {
        if self.chance(22) {
            self.any(wording::LABELS);
        }
        let noun = favour_first(category.nouns, self.rng);
        if self.chance(2) {
            self.word(brand.korean);
            self.glue(noun);
            self.attributes(category);
        } else {
            self.brand(brand);
            self.describe(category, brand, noun);
        }
        self.variant(category);
        self.extras(category);
    }

    fn brand(&mut self, brand: Brand) {
        match (self.rng.random_range(0..100), brand.latin) {
            (0..6, _) => {}
            (6..20, Some(latin)) => self.word(latin),
            (20..26, Some(latin)) => {
                self.word(brand.korean);
                self.glue("(");
                self.glue(latin);
                self.glue(")");
            }
            _ => self.word(brand.korean),
        }
    }

    /// Line, model code, attributes and the thing itself.
    fn describe(&mut self, category: &Category, brand: Brand, noun: &str) {
        if self.chance(65) {
            self.any(lines_of(category, brand));
        }
        let code_first = self.chance(30);
        let coded = self.chance(category.coded);
        if coded && code_first {
            self.code(category);
        }
        self.attributes(category);
        if self.chance(93) {
            if self.chance(6) { self.glue(noun) } else { self.word(noun) }
        }
        if coded && !code_first {
            self.code(category);
        }
    }

    fn attributes(&mut self, category: &Category) {
        let count = [0, 1, 1, 1, 2, 2, 2, 3][self.rng.random_range(0..8u32) as usize];
        // Two words apart can be told apart; the same one twice is no name.
        let mut last = "";
        for _ in 0..count {
            let attribute = favour_first(category.attributes, self.rng);
            if attribute != last {
                self.word(attribute);
            }
            last = attribute;
        }
    }

    /// A model code such as `GA-2100` or `NJ1DQ91A`: drawn from the category's models, and
    /// written with or without its hyphen and brackets.
    fn code(&mut self, category: &Category) {
        let point: f64 = self.rng.random();
        let model = (point * point * f64::from(MODELS)) as u64;
        let code = model_code(category, model, self.rng.random_bool(0.7));
        match self.rng.random_range(0..10) {
            0..6 => self.word(&code),
            6..8 => self.wrap(" (", &code, ")"),
            8 => self.wrap(" / ", &code, ""),
            _ => self.wrap("_", &code, ""),
        }
    }

    /// Colour and size.
    fn variant(&mut self, category: &Category) {
        if self.chance(category.coloured) {
            let latin = self.chance(15);
            let colour = favour_first(if latin { wording::LATIN_COLOURS } else { wording::COLOURS }, self.rng);
            match self.rng.random_range(0..10) {
                0..5 => self.word(colour),
                5 => self.wrap(" [", colour, "]"),
                6 => self.wrap("(", colour, ")"),
                7 => self.wrap("_", colour, ""),
                8 => self.wrap(" - ", colour, ""),
                _ => self.wrap("-", colour, ""),
            }
        }
        if self.chance(category.sized) {
            self.any(category.sizes);
        }
    }

    fn extras(&mut self, category: &Category) {
        if self.chance(10) {
            self.any(wording::EXTRAS);
        }
        if self.chance(2) {
            while self.text.chars().count() < LONGEST {
                self.any(category.attributes);
                self.any(category.nouns);
            }
        }
    }

    /// Writes one of the words, the first ones more often.
    fn any(&mut self, words: &[&str]) {
        let word = favour_first(words, self.rng);
        self.word(word);
    }

    fn wrap(&mut self, before: &str, text: &str, after: &str) {
        self.text.push_str(before);
        self.glue(text);
        self.text.push_str(after);
    }

    fn word(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.glue(word);
    }

    /// Writes a word; each of its bars becomes a space or nothing.
    fn glue(&mut self, word: &str) {
        for (position, part) in word.split('|').enumerate() {
            if position > 0 && self.rng.random_bool(0.5) {
                self.text.push(' ');
            }
            self.text.push_str(part);
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_ratio(percent, 100)
    }
}

fn lines_of(category: &Category, brand: Brand) -> &'static [&'static str] {
    let own = BRAND_LINES.iter().find(|(name, of, _)| *name == brand.korean && *of == category.name);
    own.map_or(category.lines, |(_, _, lines)| lines)
}

fn model_code(category: &Category, model: u64, hyphen: bool) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(model);
    let mut code = favour_first(category.codes, &mut rng).to_owned();
    let hyphenated = rng.random_bool(0.6);
    if hyphenated && hyphen {
        code.push('-');
    }
    let digits = rng.random_range(2..=4);
    for _ in 0..digits {
        code.push(char::from(b'0' + rng.random_range(0..10u8)));
    }
    let letters = rng.random_range(0..=2);
    for _ in 0..letters {
        code.push(char::from(b'A' + rng.random_range(0..26u8)));
    }
    if rng.random_bool(0.35) {
        code.push_str(&format!("{:02}{}", rng.random_range(0..100u32), char::from(b'A' + rng.random_range(0..26u8))));
    }
    code
}
