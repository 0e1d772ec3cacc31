//! The way to the other pages of a list.

/// The pages of a list that are linked from one of them, all from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pager {
    pub(super) current: u64,
    pub(super) last: u64,
    /// First, last and those around the current one; `None` stands for some that are left out.
    shown: Vec<Option<u64>>,
}

/// The same with the addresses of the pages.
pub(super) struct Links {
    pub(super) previous: Option<String>,
    pub(super) pages: Vec<Option<Link>>,
    pub(super) next: Option<String>,
}

/// One page that is linked.
pub(super) struct Link {
    pub(super) number: u64,
    pub(super) address: String,
    pub(super) is_current: bool,
}

/// Pages that are linked on each side of the current one.
const AROUND: u64 = 2;

impl Pager {
    /// `size` is that of a page, `total` that of the list.
    pub(super) fn new(current: u64, total: u64, size: u64) -> Self {
        let last = Self::last(total, size);
        let middle = current.min(last);
        let around = middle.saturating_sub(AROUND).max(1)..=(middle + AROUND).min(last);
        let mut shown: Vec<Option<u64>> = Vec::new();
        for page in std::iter::once(1).chain(around).chain([last]) {
            match shown.last() {
                Some(Some(before)) if page <= *before => continue,
                Some(Some(before)) if page > before + 1 => shown.push(None),
                _ => (),
            }
            shown.push(Some(page));
        }
        Self { current, last, shown }
    }

    /// The last page of a list; an empty one has a page, too.
    pub(super) fn last(total: u64, size: u64) -> u64 {
        total.div_ceil(size).max(1)
    }

    pub(super) fn is_past_the_end(&self) -> bool {
        self.current > self.last
    }

    /// The pages as links; `address` is that of a page.
    pub(super) fn links(&self, address: impl Fn(u64) -> String) -> Links {
        let link = |number: u64| Link { number, address: address(number), is_current: number == self.current };
        Links {
            previous: self.previous().map(&address),
            pages: self.shown.iter().map(|shown| shown.map(link)).collect(),
            next: self.next().map(&address),
        }
    }

    fn previous(&self) -> Option<u64> {
        (self.current > 1).then(|| (self.current - 1).min(self.last))
    }

    fn next(&self) -> Option<u64> {
        (self.current < self.last).then(|| self.current + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(current: u64, total: u64) -> String {
        let pages = Pager::new(current, total, 20).shown.into_iter();
        pages.map(|page| page.map_or("…".to_owned(), |page| page.to_string())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn first_last_and_those_around_are_shown() {
        for (current, total, expected) in [
            (1, 0, "1"),
            (1, 20, "1"),
            (1, 21, "1 2"),
            (1, 5_000_000, "1 2 3 … 250000"),
            (4, 5_000_000, "1 2 3 4 5 6 … 250000"),
            (100, 5_000_000, "1 … 98 99 100 101 102 … 250000"),
            (250_000, 5_000_000, "1 … 249998 249999 250000"),
            (9, 100, "1 … 3 4 5"),
        ] {
            assert_eq!(shown(current, total), expected, "page {current} of {total} products");
        }
    }

    #[test]
    fn a_page_past_the_end_leads_back_to_the_last() {
        let pager = Pager::new(9, 100, 20);
        assert!(pager.is_past_the_end());
        assert_eq!((pager.previous(), pager.next()), (Some(5), None));
    }
}
