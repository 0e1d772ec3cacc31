//! Product names as shops write them.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    shelf::{Brand, Shelf},
    wording::Wording,
    words::Words,
};

/// Models a category has; shops sell the same ones, the popular more often.
const MODELS: u32 = 20_000;
const LONGEST: usize = 80;

/// Draws the name of one product of this brand.
pub(super) fn draw(wording: &Wording, shelf: &Shelf, brand: &Brand, rng: &mut impl Rng) -> String {
    let mut name = Name { text: String::with_capacity(96), wording, shelf, rng };
    match brand.latin {
        Some(latin) if name.chance(6) => name.all_latin(latin),
        _ => name.korean(brand),
    }
    name.text
}

/// A name as it grows.
struct Name<'a, R> {
    text: String,
    wording: &'a Wording,
    shelf: &'a Shelf,
    rng: &'a mut R,
}

impl<R: Rng> Name<'_, R> {
    fn all_latin(&mut self, brand: &str) {
        self.word(brand);
        self.any(&self.wording.latin_lines);
        self.any(&self.shelf.latin_nouns);
        if self.chance(self.shelf.category.coded) {
            self.code();
        }
        if self.chance(self.shelf.category.coloured) {
            self.any(&self.wording.latin_colours);
        }
    }

    fn korean(&mut self, brand: &Brand) {
        if self.chance(22) {
            self.any(&self.wording.labels);
        }
        let noun = self.shelf.nouns.draw(self.rng);
        if self.chance(2) {
            self.word(brand.korean);
            self.glue(noun);
            self.attributes();
        } else {
            self.brand(brand);
            self.describe(brand, noun);
        }
        self.variant();
        self.extras();
    }

    fn brand(&mut self, brand: &Brand) {
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
    fn describe(&mut self, brand: &Brand, noun: &str) {
        let lined = self.chance(65);
        if lined {
            self.any(&brand.lines);
        }
        let code_first = self.chance(30);
        let coded = self.chance(self.shelf.category.coded);
        if coded && code_first {
            self.code();
        }
        self.attributes();
        if !lined || self.chance(93) {
            if self.chance(6) { self.glue(noun) } else { self.word(noun) }
        }
        if coded && !code_first {
            self.code();
        }
    }

    fn attributes(&mut self) {
        let fewest = usize::from(self.text.is_empty());
        let count = [fewest, 1, 1, 1, 2, 2, 2, 3][self.rng.random_range(0..8u32) as usize];
        let mut last = "";
        for _ in 0..count {
            let attribute = self.shelf.attributes.draw(self.rng);
            if attribute != last {
                self.word(attribute);
            }
            last = attribute;
        }
    }

    /// A model code such as `GA-2100` or `NJ1DQ91A`: drawn from the category's models, and
    /// written with or without its hyphen and brackets.
    fn code(&mut self) {
        let point: f64 = self.rng.random();
        let model = (point * point * f64::from(MODELS)) as u64;
        let code = model_code(&self.shelf.codes, model, self.rng.random_bool(0.7));
        match self.rng.random_range(0..10) {
            0..6 => self.word(&code),
            6..8 => self.wrap(" (", &code, ")"),
            8 => self.wrap(" / ", &code, ""),
            _ => self.wrap("_", &code, ""),
        }
    }

    /// Colour and size.
    fn variant(&mut self) {
        if self.chance(self.shelf.category.coloured) {
            let latin = self.chance(15);
            let colours = if latin { &self.wording.latin_colours } else { &self.wording.colours };
            let colour = colours.draw(self.rng);
            match self.rng.random_range(0..10) {
                0..5 => self.word(colour),
                5 => self.wrap(" [", colour, "]"),
                6 => self.wrap("(", colour, ")"),
                7 => self.wrap("_", colour, ""),
                8 => self.wrap(" - ", colour, ""),
                _ => self.wrap("-", colour, ""),
            }
        }
        if self.chance(self.shelf.category.sized) {
            self.any(&self.shelf.sizes);
        }
    }

    fn extras(&mut self) {
        if self.chance(10) {
            self.any(&self.wording.extras);
        }
        if self.chance(2) {
            while self.text.chars().count() < LONGEST {
                self.any(&self.shelf.attributes);
                self.any(&self.shelf.nouns);
            }
        }
    }

    /// Writes one of the words, the first ones more often.
    fn any(&mut self, words: &Words) {
        let word = words.draw(self.rng);
        self.word(word);
    }

    /// Writes the text in brackets or behind a dash; plainly when the name begins with it.
    fn wrap(&mut self, before: &str, text: &str, after: &str) {
        if self.text.is_empty() {
            return self.glue(text);
        }
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

fn model_code(codes: &Words, model: u64, hyphen: bool) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(model);
    let mut code = codes.draw(&mut rng).to_owned();
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
