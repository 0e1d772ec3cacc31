//! One figure of several runs.

use std::fmt;

use serde::Serialize;

/// The figure in the middle, and how far apart the runs were.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the runs had less.
    pub median: f64,
    /// The least of all runs.
    pub least: f64,
    /// The greatest of all runs.
    pub greatest: f64,
}

impl Spread {
    /// Of one figure for each run; `None` without a run.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_unstable_by(f64::total_cmp);
        let (&least, &greatest) = (figures.first()?, figures.last()?);
        let [lower, upper] = [(figures.len() - 1) / 2, figures.len() / 2].map(|place| figures[place]);
        Some(Self { median: (lower + upper) / 2.0, least, greatest })
    }
}

/// `23,815 (17,676 to 24,120)`; where all runs agree the figure alone. The precision is that of the formatter.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let precision = f.precision().unwrap_or_default();
        let figure = |figure: f64| with_commas(&format!("{figure:.precision$}"));
        let [median, least, greatest] = [self.median, self.least, self.greatest].map(figure);
        match least == greatest {
            true => f.write_str(&median),
            false => write!(f, "{median} ({least} to {greatest})"),
        }
    }
}

/// `5,000,000.5` of `5000000.5`.
pub fn with_commas(number: &str) -> String {
    let (whole, fraction) = number.split_at(number.find('.').unwrap_or(number.len()));
    let groups: Vec<_> = whole.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",") + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_in_the_middle_is_told_with_the_least_and_the_greatest() {
        let spread = |figures: &[f64]| Spread::of(figures.iter().copied()).unwrap();
        assert_eq!(spread(&[30.0, 10.0, 20.0]), Spread { median: 20.0, least: 10.0, greatest: 30.0 });
        assert_eq!(spread(&[4.0, 1.0]).median, 2.5);
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn thousands_are_set_apart_and_runs_that_agree_have_no_range() {
        let spread = Spread { median: 1234.5, least: 999.0, greatest: 1_234_567.0 };
        assert_eq!(format!("{spread:.1}"), "1,234.5 (999.0 to 1,234,567.0)");
        assert_eq!(format!("{:.1}", Spread::of([30.01, 30.02]).unwrap()), "30.0");
    }
}
