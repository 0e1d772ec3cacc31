//! What goes into the index, and what a list shows of it.

use std::ops::Range;

use xxhash_rust::xxh3::Xxh3Default;

use crate::Live;

/// One product as the indexer reads it: everything that is searched, filtered, sorted or listed. Its texts are owned,
/// or borrowed from where many products lie together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product<T = String> {
    /// Primary key in MySQL; positive.
    pub id: i64,
    /// Display name; searched.
    pub name: T,
    /// Address of the picture; may be empty.
    pub image: T,
    /// Whole won.
    pub price: i64,
    /// Name of the selling mall; searched.
    pub mall: T,
    /// Brand, when the name alone does not carry it; searched.
    pub brand: Option<T>,
    /// Category; filtered exactly and searched as a word.
    pub category: T,
    /// Opening of the sale, Unix milliseconds.
    pub opens_at: i64,
    /// End of the sale (exclusive), Unix milliseconds.
    pub closes_at: i64,
    /// Number of members who wish for it.
    pub wish_count: i64,
    /// Whether units are left.
    pub in_stock: bool,
}

impl<T: AsRef<str>> Product<T> {
    /// What changes without the rest.
    pub fn live(&self) -> Live {
        Live { wish_count: self.wish_count, in_stock: self.in_stock }
    }

    /// A fingerprint of everything but the live values: 64 bits of XXH3. Two versions of a product differ in it.
    pub fn digest(&self) -> u64 {
        let mut hash = Xxh3Default::new();
        for text in [&self.name, &self.image, &self.mall, &self.category] {
            hash.update(&(text.as_ref().len() as u64).to_le_bytes());
            hash.update(text.as_ref().as_bytes());
        }
        hash.update(self.brand.as_ref().map_or("\u{0}", AsRef::as_ref).as_bytes());
        for number in [self.price, self.opens_at, self.closes_at] {
            hash.update(&number.to_le_bytes());
        }
        hash.digest()
    }
}

/// What a list shows of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Primary key in MySQL.
    pub id: i64,
    /// Whole won.
    pub price: i64,
    /// Name, address of the picture, mall and category, one after the other: a page is kept, and read, as few pieces of memory.
    texts: Box<str>,
    /// Where each of them but the last ends.
    ends: [usize; 3],
    /// Where the name has what was searched for, if that was asked for: ranges of UTF-16 code units, as browsers count.
    pub highlights: Vec<Range<usize>>,
}

impl Card {
    /// A card with these texts: name, address of the picture, mall and category. Nothing is marked.
    pub fn new(id: i64, price: i64, texts: [&str; 4]) -> Self {
        let [name, image, mall, _] = texts.map(str::len);
        let ends = [name, name + image, name + image + mall];
        Self { id, price, texts: texts.concat().into(), ends, highlights: Vec::new() }
    }

    /// Display name.
    pub fn name(&self) -> &str {
        &self.texts[..self.ends[0]]
    }

    /// Address of the picture; may be empty.
    pub fn image(&self) -> &str {
        &self.texts[self.ends[0]..self.ends[1]]
    }

    /// Name of the selling mall.
    pub fn mall(&self) -> &str {
        &self.texts[self.ends[1]..self.ends[2]]
    }

    /// Category.
    pub fn category(&self) -> &str {
        &self.texts[self.ends[2]..]
    }

    /// Memory that it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.texts.len() + size_of_val(&*self.highlights)
    }
}
