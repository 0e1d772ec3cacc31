//! Sets of documents as bitmaps, with rank and select.

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
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    pub(crate) fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| Ones(word).map(move |bit| index as u32 * 64 + bit))
    }

    /// Keeps the numbers whose value in `column` lies in `range`, both ends included.
    pub(crate) fn retain_range(&mut self, column: &[i64], range: (i64, i64)) {
        let (low, high) = range;
        if low > high {
            return self.words.fill(0);
        }
        // One comparison for both ends: values below `low` wrap around to beyond the span.
        let span = high.wrapping_sub(low) as u64;
        let inside = |value: i64| (value.wrapping_sub(low) as u64) <= span;
        for (word, values) in self.words.iter_mut().zip(column.chunks(64)) {
            // A few bits are tested one by one; many, all 64 at once without branches.
            if word.count_ones() < 24 {
                for bit in Ones(*word) {
                    *word &= !(u64::from(!inside(values[bit as usize])) << bit);
                }
            } else {
                let mask = (0..).zip(values).fold(0, |mask, (bit, &value)| mask | u64::from(inside(value)) << bit);
                *word &= mask;
            }
        }
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
            numbers in proptest::collection::btree_set(0u32..2000, 0..300),
            probe in 0u32..=2000,
        ) {
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let ranked = bits(&numbers, 2000).ranked();
            prop_assert_eq!(ranked.rank(probe) as usize, numbers.partition_point(|&number| number < probe));
            for (k, &number) in numbers.iter().enumerate() {
                prop_assert_eq!(ranked.select(k as u32), number);
            }
        }

        #[test]
        fn a_range_keeps_what_lies_in_it(column in proptest::collection::vec(-20i64..20, 1..300), dense: bool) {
            let every = if dense { 1 } else { 37 };
            let numbers: Vec<u32> = (0..column.len() as u32).step_by(every).collect();
            let mut kept = bits(&numbers, column.len());
            kept.retain_range(&column, (-3, 5));
            let expected: Vec<u32> =
                numbers.into_iter().filter(|&number| (-3..=5).contains(&column[number as usize])).collect();
            prop_assert_eq!(kept.iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn full_has_every_number_and_no_other() {
        for len in [0, 1, 63, 64, 65, 128] {
            assert_eq!(Bits::full(len).iter().count(), len);
        }
    }
}
