//! Fields of a body, checked one by one; all faults are told at once.

use std::ops::RangeInclusive;

use crate::{
    clock::{ShopClock, local_time},
    error::{InvalidPlace, Problem},
    products::limits,
};

/// The faults found so far. A field at fault gets a value that nobody sees: [`finish`](Self::finish) throws it away.
#[derive(Default)]
pub(super) struct Checks {
    faults: Vec<InvalidPlace>,
}

impl Checks {
    /// What was checked, or all that is wrong with it.
    pub(super) fn finish<T>(self, checked: T) -> Result<T, Problem> {
        if self.faults.is_empty() { Ok(checked) } else { Err(Problem::invalid_places(self.faults)) }
    }

    /// A text without the blanks around it, not empty.
    pub(super) fn text(&mut self, field: &str, text: &str, most: usize) -> String {
        let text = self.optional_text(field, text, most);
        if text.is_empty() {
            self.refuse(field, "must not be empty");
        }
        text
    }

    /// A text without the blanks around it.
    pub(super) fn optional_text(&mut self, field: &str, text: &str, most: usize) -> String {
        let text = text.trim();
        if text.chars().nth(most).is_some() {
            self.refuse(field, format!("must have at most {most} characters"));
        }
        if text.chars().any(char::is_control) {
            self.refuse(field, "must not hold control characters");
        }
        text.to_owned()
    }

    /// An address, or nothing.
    pub(super) fn image(&mut self, field: &str, text: &str) -> String {
        let image = self.optional_text(field, text, limits::IMAGE);
        if !(image.is_empty() || image.starts_with("https://") || image.starts_with("http://")) {
            self.refuse(field, "must be empty or begin with https:// or http://");
        }
        image
    }

    /// A whole number within `range`, of a type that holds all of it.
    pub(super) fn number<N: TryFrom<i64> + Default>(
        &mut self,
        field: &str,
        number: i64,
        range: RangeInclusive<i64>,
    ) -> N {
        match N::try_from(number) {
            Ok(checked) if range.contains(&number) => checked,
            _ => {
                self.refuse(field, format!("must be from {} to {}", range.start(), range.end()));
                N::default()
            }
        }
    }

    /// A local time in the shop's zone, as Unix milliseconds.
    pub(super) fn moment(&mut self, field: &str, text: &str, clock: &ShopClock) -> i64 {
        let moment = local_time(text.trim()).and_then(|local| clock.moment(local));
        if moment.is_none() {
            self.refuse(
                field,
                "must be a local time such as 2026-11-22T09:00:00, without offset, of a year from 2000 to 9000",
            );
        }
        moment.unwrap_or_default()
    }

    /// Notes a fault.
    pub(super) fn refuse(&mut self, field: &str, detail: impl Into<String>) {
        self.faults.push(InvalidPlace { pointer: format!("#/{field}"), detail: detail.into() });
    }
}
