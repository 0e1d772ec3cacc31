//! How some documents of a segment divide into categories, malls and bands of prices.

use crate::bits::Bits;
use crate::columns::Columns;
use crate::texts::Texts;

/// Where one band of prices ends and the next begins, in won.
pub(crate) const PRICES: [i64; 7] = [10_000, 30_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

/// How many of some documents are in each category and of each mall, by the numbers of these, and in each band of prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) categories: Box<[u64]>,
    pub(crate) malls: Box<[u64]>,
    pub(crate) prices: [u64; PRICES.len() + 1],
}

impl Counts {
    /// Of no document.
    fn none(columns: &Columns) -> Self {
        let zeros = |texts: &Texts| vec![0; texts.names.len()].into();
        Self { categories: zeros(&columns.category), malls: zeros(&columns.mall), prices: Default::default() }
    }

    /// Of all documents, deleted ones included.
    pub(crate) fn all(columns: &Columns) -> Self {
        let (categories, malls) = (columns.category.counts.clone(), columns.mall.counts.clone());
        Self { categories, malls, prices: bands(columns.len() as u64, |rank| rank.into(), columns) }
    }

    /// Of each of these.
    pub(crate) fn of_each(columns: &Columns, docs: impl Iterator<Item = u32>) -> Self {
        let mut counts = Self::none(columns);
        docs.for_each(|doc| counts.of(columns, doc).into_iter().for_each(|count| *count += 1));
        counts
    }

    /// Of a set of so many documents.
    pub(crate) fn of_set(columns: &Columns, docs: &Bits, count: u64) -> Self {
        if count <= columns.offers.len() {
            return Self::of_each(columns, docs.iter());
        }
        // Looks at one number of each document instead of three.
        let mut counts = Self::none(columns);
        for (count, &(category, mall)) in columns.offers.count(docs).into_iter().zip(&columns.offers.pairs) {
            counts.categories[category as usize] += u64::from(count);
            counts.malls[mall as usize] += u64::from(count);
        }
        counts.prices = bands(count, |rank| columns.by_price.count_below(docs, rank), columns);
        counts
    }

    /// Leaves out a document that was counted.
    pub(crate) fn subtract(&mut self, columns: &Columns, doc: u32) {
        self.of(columns, doc).into_iter().for_each(|count| *count -= 1);
    }

    /// Adds those of other documents.
    pub(crate) fn with(mut self, others: &Self) -> Self {
        self.zip(others).for_each(|(count, other)| *count += other);
        self
    }

    /// Leaves out those of documents that were counted.
    pub(crate) fn without(mut self, others: &Self) -> Self {
        self.zip(others).for_each(|(count, other)| *count -= other);
        self
    }

    fn zip<'a>(&'a mut self, others: &'a Self) -> impl Iterator<Item = (&'a mut u64, &'a u64)> {
        let counts = self.categories.iter_mut().chain(&mut self.malls).chain(&mut self.prices);
        counts.zip(others.categories.iter().chain(&others.malls).chain(&others.prices))
    }

    /// Of how many documents.
    pub(crate) fn documents(&self) -> u64 {
        self.prices.iter().sum()
    }

    /// The three that a document is counted in.
    fn of(&mut self, columns: &Columns, doc: u32) -> [&mut u64; 3] {
        let price = columns.price[doc as usize];
        [
            &mut self.categories[columns.category.number(doc)],
            &mut self.malls[columns.mall.number(doc)],
            &mut self.prices[PRICES.partition_point(|&end| end <= price)],
        ]
    }

    /// Memory that it takes.
    pub(crate) fn bytes(&self) -> u64 {
        (size_of::<Self>() + size_of_val(&*self.categories) + size_of_val(&*self.malls)) as u64
    }
}

/// Documents in each band of prices, given how many there are and how many have a lower rank in the order by price.
fn bands(count: u64, below: impl Fn(u32) -> u64, columns: &Columns) -> [u64; PRICES.len() + 1] {
    let mut bands = [0; PRICES.len() + 1];
    let mut before = 0;
    for (band, end) in bands.iter_mut().zip(PRICES) {
        let until = below(columns.ranks(&columns.price, &columns.by_price, (i64::MIN, end - 1)).end);
        *band = until - before;
        before = until;
    }
    bands[PRICES.len()] = count - before;
    bands
}
