//! Sets of documents as bitmaps, with rank and select.

use std::ops::Range;

/// Words that are worked on at a time.
const STRETCH: usize = 1024;

/// A set of numbers below a fixed length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(crate) fn empty(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)] }
    }

    pub(crate) fn full(len: usize) -> Self {
        let mut bits = Self { words: vec![u64::MAX; len.div_ceil(64)] };
        if let (Some(last), 1..) = (bits.words.last_mut(), len % 64) {
            *last = (1 << (len % 64)) - 1;
        }
        bits
    }

    #[inline]
    pub(crate) fn insert(&mut self, index: u32) {
        self.words[index as usize / 64] |= 1 << (index % 64);
    }

    #[inline]
    pub(crate) fn remove(&mut self, index: u32) {
        self.words[index as usize / 64] &= !(1 << (index % 64));
    }

    #[inline]
    pub(crate) fn contains(&self, index: u32) -> bool {
        self.words[index as usize / 64] >> (index % 64) & 1 == 1
    }

    pub(crate) fn count(&self) -> u64 {
        ones(&self.words)
    }

    pub(crate) fn bytes(&self) -> u64 {
        size_of_val(&*self.words) as u64
    }

    /// How many numbers both have.
    pub(crate) fn count_common(&self, other: &Self) -> u64 {
        self.words.iter().zip(&other.words).map(|(word, other)| u64::from((word & other).count_ones())).sum()
    }

    /// How many of its numbers are below `index`.
    pub(crate) fn count_below(&self, index: u32) -> u64 {
        let word = index as usize / 64;
        let whole = ones(&self.words[..word]);
        let rest = self.words.get(word).map_or(0, |bits| (bits & ((1 << (index % 64)) - 1)).count_ones());
        whole + u64::from(rest)
    }

    /// The numbers below `len` that all of `all` and none of `none` have, and how many they are.
    pub(crate) fn conjunction(len: usize, all: &[&Self], none: &[&Self]) -> (Self, u64) {
        let mut words = Vec::with_capacity(len.div_ceil(64));
        let mut count = 0;
        for_each_stretch(len, all, none, |stretch| {
            words.extend_from_slice(stretch);
            count += ones(stretch);
        });
        (Self { words }, count)
    }

    /// Whether some number is in all of the sets.
    pub(crate) fn meet(sets: &[&Self]) -> bool {
        let [first, rest @ ..] = sets else { return false };
        let all = |(index, &word): (usize, &u64)| rest.iter().fold(word, |word, other| word & other.words[index]);
        first.words.iter().enumerate().any(|at| all(at) != 0)
    }

    pub(crate) fn unite(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| Ones(word).map(move |bit| index as u32 * 64 + bit))
    }

    /// The numbers below `len` that it does not have.
    pub(crate) fn absent(&self, len: usize) -> impl Iterator<Item = u32> + '_ {
        let absent = self.words.iter().enumerate();
        let absent = absent.flat_map(|(index, &word)| Ones(!word).map(move |bit| index as u32 * 64 + bit));
        absent.take_while(move |&number| (number as usize) < len)
    }

    /// Takes a number out, and tells whether it was there.
    #[inline]
    pub(crate) fn take(&mut self, index: u32) -> bool {
        let there = self.contains(index);
        self.remove(index);
        there
    }

    /// Keeps the numbers within a range.
    pub(crate) fn retain_between(&mut self, range: Range<u32>) {
        (0..).zip(&mut self.words).for_each(|(index, word)| *word &= within(&range, index));
    }

    pub(crate) fn ranked(self) -> RankedBits {
        let mut ones = 0;
        let before = self.words.chunks(WORDS_PER_BLOCK).map(|block| {
            let before = ones;
            ones += block.iter().map(|word| word.count_ones()).sum::<u32>();
            before
        });
        RankedBits { before: before.collect(), bits: self }
    }
}

/// What a set has, and another too, if there is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Both<'a>(pub(crate) &'a Bits, pub(crate) Option<&'a Bits>);

impl<'a> Both<'a> {
    #[inline]
    pub(crate) fn contains(self, index: u32) -> bool {
        self.0.contains(index) && self.1.is_none_or(|other| other.contains(index))
    }

    /// The numbers within a range.
    pub(crate) fn between(self, range: Range<u32>) -> impl Iterator<Item = u32> + 'a {
        let words = range.start / 64..range.end.div_ceil(64);
        words.flat_map(move |index| Ones(self.word(index) & within(&range, index)).map(move |bit| index * 64 + bit))
    }

    /// The numbers within a range, the greatest first.
    pub(crate) fn between_backwards(self, range: Range<u32>) -> impl Iterator<Item = u32> + 'a {
        let words = range.start / 64..range.end.div_ceil(64);
        // The lowest bit of a word turned round is its highest.
        let ones = move |index: u32| Ones((self.word(index) & within(&range, index)).reverse_bits());
        words.rev().flat_map(move |index| ones(index).map(move |bit| index * 64 + 63 - bit))
    }

    #[inline]
    fn word(self, index: u32) -> u64 {
        self.0.words[index as usize] & self.1.map_or(u64::MAX, |other| other.words[index as usize])
    }
}

fn ones(words: &[u64]) -> u64 {
    words.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// Gives the words of a conjunction a stretch at a time, which stays in the nearest cache until the last set has been looked
/// at.
fn for_each_stretch(len: usize, all: &[&Bits], none: &[&Bits], mut each: impl FnMut(&[u64])) {
    let mut stretch = [0; STRETCH];
    let words = len.div_ceil(64);
    for start in (0..words).step_by(STRETCH) {
        let here = start..words.min(start + STRETCH);
        let stretch = &mut stretch[..here.len()];
        let rest = match all {
            [first, rest @ ..] => {
                stretch.copy_from_slice(&first.words[here.clone()]);
                rest
            }
            [] => {
                let numbers = 0..len as u32;
                stretch.iter_mut().zip(start as u32..).for_each(|(word, index)| *word = within(&numbers, index));
                all
            }
        };
        for other in rest {
            stretch.iter_mut().zip(&other.words[here.clone()]).for_each(|(word, other)| *word &= other);
        }
        for other in none {
            stretch.iter_mut().zip(&other.words[here.clone()]).for_each(|(word, other)| *word &= !other);
        }
        each(stretch);
    }
}

/// The bits of the word with this index that stand for numbers within a range.
fn within(range: &Range<u32>, index: u32) -> u64 {
    let clip = |end: u32| end.clamp(index * 64, index * 64 + 64) - index * 64;
    let below = |end: u32| if end == 64 { u64::MAX } else { (1 << end) - 1 };
    below(clip(range.end)) & !below(clip(range.start))
}

const WORDS_PER_BLOCK: usize = 8;

/// A bitmap with the number of ones before each block of 512 bits.
#[derive(Debug, Clone)]
pub(crate) struct RankedBits {
    bits: Bits,
    before: Vec<u32>,
}

impl RankedBits {
    /// How many numbers it has.
    pub(crate) fn count(&self) -> u32 {
        self.before.last().map_or(0, |&before| before + self.ones_from(self.before.len() - 1, self.bits.words.len()))
    }

    #[cfg(test)]
    pub(crate) fn contains(&self, index: u32) -> bool {
        self.bits.contains(index)
    }

    /// The same without these numbers.
    pub(crate) fn without(&self, numbers: impl Iterator<Item = u32>) -> Self {
        let mut bits = self.bits.clone();
        numbers.for_each(|number| bits.remove(number));
        bits.ranked()
    }

    /// How many of its numbers are below `index`.
    pub(crate) fn rank(&self, index: u32) -> u32 {
        let word = index as usize / 64;
        if word >= self.bits.words.len() {
            return self.before.last().map_or(0, |&before| before + self.ones_from(self.before.len() - 1, word));
        }
        let block = word / WORDS_PER_BLOCK;
        let below = self.bits.words[word] & ((1 << (index % 64)) - 1);
        self.before[block] + self.ones_from(block, word) + below.count_ones()
    }

    fn ones_from(&self, block: usize, word: usize) -> u32 {
        let end = word.min(self.bits.words.len());
        self.bits.words[block * WORDS_PER_BLOCK..end].iter().map(|word| word.count_ones()).sum()
    }

    /// The `k`-th of its numbers in ascending order; `k` must be below their count.
    pub(crate) fn select(&self, k: u32) -> u32 {
        let block = self.before.partition_point(|&before| before <= k) - 1;
        let mut rest = k - self.before[block];
        let mut word = block * WORDS_PER_BLOCK;
        while rest >= self.bits.words[word].count_ones() {
            rest -= self.bits.words[word].count_ones();
            word += 1;
        }
        let bit = Ones(self.bits.words[word]).nth(rest as usize).unwrap_or(0);
        word as u32 * 64 + bit
    }
}

/// Positions of the ones in a word.
struct Ones(u64);

impl Iterator for Ones {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let bit = (self.0 != 0).then(|| self.0.trailing_zeros())?;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(numbers: &[u32], len: usize) -> Bits {
        let mut bits = Bits::empty(len);
        numbers.iter().for_each(|&number| bits.insert(number));
        bits
    }

    proptest! {
        #[test]
        fn rank_and_select_agree_with_a_sorted_list(
            numbers in proptest::collection::btree_set(0u32..1984, 0..300),
            // The last one is of the word after the last.
            probe in prop_oneof![0u32..1984, Just(1984)],
        ) {
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let ranked = bits(&numbers, 1984).ranked();
            prop_assert_eq!(ranked.rank(probe) as usize, numbers.partition_point(|&number| number < probe));
            for (k, &number) in numbers.iter().enumerate() {
                prop_assert_eq!(ranked.select(k as u32), number);
            }
        }

        #[test]
        fn a_conjunction_has_what_all_have_and_none_of_the_others(
            sets in proptest::collection::vec(proptest::collection::btree_set(0u32..500, 0..400), 1..5),
            wanted in 0usize..5, range in (0u32..=500, 0u32..=500),
        ) {
            let sets: Vec<Bits> =
                sets.iter().map(|set| bits(&set.iter().copied().collect::<Vec<_>>(), 500)).collect();
            let (all, none): (Vec<&Bits>, Vec<&Bits>) =
                (sets.iter().take(wanted).collect(), sets.iter().skip(wanted).collect());
            let (mut found, count) = Bits::conjunction(500, &all, &none);
            let mut expected: Vec<u32> = (0..500)
                .filter(|&number| all.iter().all(|set| set.contains(number)))
                .filter(|&number| !none.iter().any(|set| set.contains(number)))
                .collect();
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected.as_slice());
            prop_assert_eq!(count, expected.len() as u64);
            let range = range.0.min(range.1)..range.0.max(range.1);
            prop_assert_eq!(
                found.count_below(range.end) - found.count_below(range.start),
                expected.iter().filter(|number| range.contains(number)).count() as u64
            );
            prop_assert_eq!(Bits::meet(&all), !all.is_empty() && Bits::conjunction(500, &all, &[]).1 > 0);
            if let (&[one, ref other @ ..], []) = (&all[..], &none[..]) && other.len() < 2 {
                let both = Both(one, other.first().copied());
                prop_assert!((0..500).all(|number| both.contains(number) == found.contains(number)));
                let within = expected.iter().copied().filter(|number| range.contains(number));
                prop_assert_eq!(both.between(range.clone()).collect::<Vec<_>>(), within.clone().collect::<Vec<_>>());
                let backwards = both.between_backwards(range.clone()).collect::<Vec<_>>();
                prop_assert_eq!(backwards, within.rev().collect::<Vec<_>>());
            }
            found.retain_between(range.clone());
            expected.retain(|number| range.contains(number));
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn full_has_every_number_and_no_other() {
        for len in [0, 1, 63, 64, 65, 128] {
            assert_eq!(Bits::full(len).iter().count(), len);
        }
    }
}
