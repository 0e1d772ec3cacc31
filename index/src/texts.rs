//! Columns of texts that many documents share: categories and malls.

use rustc_hash::FxHashMap;
use tantivy::SegmentReader;

use crate::bits::Bits;

/// A column of texts that many documents share, each text known by a number.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) numbers: Box<[u32]>,
    /// In ascending order.
    pub(crate) names: Vec<String>,
    /// How many documents have each, deleted ones included.
    pub(crate) counts: Box<[u64]>,
}

impl Texts {
    pub(crate) fn new(numbers: Box<[u32]>, names: Vec<String>) -> Self {
        let mut counts = vec![0; names.len()];
        numbers.iter().for_each(|&number| counts[number as usize] += 1);
        Self { numbers, names, counts: counts.into() }
    }

    pub(crate) fn load(reader: &SegmentReader, field: &str, len: u32) -> tantivy::Result<Self> {
        let Some(column) = reader.fast_fields().str(field)? else {
            return Ok(Self::new(vec![0; len as usize].into(), vec![String::new()]));
        };
        let mut names = vec![String::new(); column.num_terms().max(1)];
        for (number, name) in names.iter_mut().enumerate().take(column.num_terms()) {
            column.ord_to_str(number as u64, name)?;
        }
        let numbers = (0..len).map(|doc| column.term_ords(doc).next().unwrap_or(0) as u32);
        Ok(Self::new(numbers.collect(), names))
    }

    /// Where the documents of each text begin, when they lie in the order of its number.
    pub(crate) fn starts(&self) -> impl Iterator<Item = u64> {
        self.counts.iter().scan(0, |end, count| {
            let start = *end;
            *end += count;
            Some(start)
        })
    }

    #[inline]
    pub(crate) fn number(&self, doc: u32) -> usize {
        self.numbers[doc as usize] as usize
    }

    pub(crate) fn of(&self, doc: u32) -> &str {
        &self.names[self.number(doc)]
    }
}

/// Which category each document is in and which mall sells it, as one number.
#[derive(Debug)]
pub(crate) struct Offers {
    numbers: Numbers,
    /// Category and mall of each number.
    pub(crate) pairs: Vec<(u32, u32)>,
}

/// As narrow as they can be: reading them is what counting takes its time for.
#[derive(Debug)]
enum Numbers {
    Narrow(Box<[u16]>),
    Wide(Box<[u32]>),
}

impl Offers {
    pub(crate) fn new(category: &Texts, mall: &Texts) -> Self {
        let mut known: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        let mut pairs = Vec::new();
        let offers = category.numbers.iter().copied().zip(mall.numbers.iter().copied());
        let numbers = offers.map(|pair| {
            *known.entry(pair).or_insert_with(|| {
                pairs.push(pair);
                pairs.len() as u32 - 1
            })
        });
        let numbers: Box<[u32]> = numbers.collect();
        let numbers = match pairs.len() <= 1 << 16 {
            true => Numbers::Narrow(numbers.iter().map(|&number| number as u16).collect()),
            false => Numbers::Wide(numbers),
        };
        Self { numbers, pairs }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// How many of `docs` have each.
    pub(crate) fn count(&self, docs: &Bits) -> Vec<u32> {
        let mut counts = vec![0; self.pairs.len()];
        match &self.numbers {
            Numbers::Narrow(numbers) => docs.iter().for_each(|doc| counts[usize::from(numbers[doc as usize])] += 1),
            Numbers::Wide(numbers) => docs.iter().for_each(|doc| counts[numbers[doc as usize] as usize] += 1),
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_counted_however_many_there_are() {
        for malls in [3u32, 70_000] {
            let texts = |numbers: Vec<u32>, names: u32| {
                Texts::new(numbers.into(), (0..names).map(|name| name.to_string()).collect())
            };
            let len = 150_000;
            let (category, mall) = (
                texts((0..len).map(|doc| doc % 2).collect(), 2),
                texts((0..len).map(|doc| doc % malls).collect(), malls),
            );
            let offers = Offers::new(&category, &mall);
            let mut docs = Bits::empty(len as usize);
            (0..len).step_by(3).for_each(|doc| docs.insert(doc));
            let mut expected: FxHashMap<(u32, u32), u32> = FxHashMap::default();
            (0..len).step_by(3).for_each(|doc| *expected.entry((doc % 2, doc % malls)).or_default() += 1);
            for (pair, count) in offers.pairs.iter().zip(offers.count(&docs)) {
                assert_eq!(count, expected.get(pair).copied().unwrap_or(0), "{pair:?}");
            }
        }
    }
}
