//! Columns of texts that many documents share: categories and malls.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use tantivy::SegmentReader;

use crate::bits::Bits;

/// A column of texts that many documents share, each text known by a number.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) numbers: Box<[u32]>,
    /// In ascending order.
    pub(crate) names: Vec<String>,
    /// The number by which all segments know each name.
    pub(crate) shared: Box<[u32]>,
    /// How many documents have each, deleted ones included.
    pub(crate) counts: Box<[u64]>,
}

impl Texts {
    pub(crate) fn new(numbers: Box<[u32]>, names: Vec<String>, all: &Names) -> Self {
        let mut counts = vec![0; names.len()];
        numbers.iter().for_each(|&number| counts[number as usize] += 1);
        Self { numbers, shared: all.numbers(&names), names, counts: counts.into() }
    }

    pub(crate) fn load(reader: &SegmentReader, field: &str, all: &Names) -> tantivy::Result<Self> {
        let len = reader.max_doc();
        let Some(column) = reader.fast_fields().str(field)? else {
            return Ok(Self::new(vec![0; len as usize].into(), vec![String::new()], all));
        };
        let mut names = vec![String::new(); column.num_terms().max(1)];
        for (number, name) in names.iter_mut().enumerate().take(column.num_terms()) {
            column.ord_to_str(number as u64, name)?;
        }
        let numbers = (0..len).map(|doc| column.term_ords(doc).next().unwrap_or(0) as u32);
        Ok(Self::new(numbers.collect(), names, all))
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

/// The names that the segments of a generation have, each known by one number.
#[derive(Debug, Default)]
pub(crate) struct Names(RwLock<NumberedNames>);

#[derive(Debug, Default)]
struct NumberedNames {
    numbers: FxHashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The numbers of these, new ones for those that no segment had before.
    fn numbers(&self, names: &[String]) -> Box<[u32]> {
        let known = || self.0.read().unwrap_or_else(PoisonError::into_inner);
        let unknown: Vec<&String> = {
            let NumberedNames { numbers, .. } = &*known();
            names.iter().filter(|name| !numbers.contains_key(name.as_str())).collect()
        };
        // Mostly there are none, and who counts need not wait.
        if !unknown.is_empty() {
            let NumberedNames { numbers, names: all } = &mut *self.0.write().unwrap_or_else(PoisonError::into_inner);
            for name in unknown {
                numbers.entry(name.as_str().into()).or_insert_with_key(|name| {
                    all.push(Arc::clone(name));
                    all.len() as u32 - 1
                });
            }
        }
        let NumberedNames { numbers, .. } = &*known();
        names.iter().map(|name| numbers[name.as_str()]).collect()
    }

    /// The names with the greatest sums, at most `most`, given counts by number.
    pub(crate) fn largest<'a>(
        &self,
        counts: impl Iterator<Item = (&'a [u32], &'a [u64])>,
        most: usize,
    ) -> Vec<(String, u64)> {
        let NumberedNames { names, .. } = &*self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut sums = vec![0; names.len()];
        for (numbers, counts) in counts {
            numbers.iter().zip(counts).for_each(|(&number, count)| sums[number as usize] += count);
        }
        let mut sums: Vec<(&str, u64)> =
            names.iter().zip(sums).filter(|(_, sum)| *sum > 0).map(|(name, sum)| (&**name, sum)).collect();
        let most_first = |a: &(&str, u64), b: &(&str, u64)| b.1.cmp(&a.1).then(a.0.cmp(b.0));
        if sums.len() > most {
            sums.select_nth_unstable_by(most, most_first);
            sums.truncate(most);
        }
        sums.sort_unstable_by(most_first);
        sums.into_iter().map(|(name, sum)| (name.to_owned(), sum)).collect()
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
                Texts::new(numbers.into(), (0..names).map(|name| name.to_string()).collect(), &Names::default())
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
