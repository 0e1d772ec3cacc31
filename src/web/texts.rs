//! Every text of the pages, in each language. One that is missing does not compile.

mod english;
mod korean;

use openrace_index::{CorrectionKind, Status};

use super::{filters::ListOrder, sale::SaleState};
use crate::error::Code;

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Korean,
    English,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::Korean, Self::English];

    /// As BCP 47 and the address of the switch have it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }

    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// Its own name for itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Korean => "한국어",
            Self::English => "English",
        }
    }

    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::Korean => &korean::TEXTS,
            Self::English => &english::TEXTS,
        }
    }
}

/// What the pages say in one language.
pub(crate) struct Texts {
    pub(crate) language: Language,

    pub(crate) skip_to_content: &'static str,
    pub(crate) main_navigation: &'static str,
    pub(crate) home: &'static str,
    pub(crate) all_products: &'static str,
    pub(crate) on_sale_now: &'static str,
    pub(crate) my_page: &'static str,
    pub(crate) log_in: &'static str,
    pub(crate) log_out: &'static str,
    pub(crate) sign_up: &'static str,
    pub(crate) about_the_shop: &'static str,

    pub(crate) search: &'static str,
    pub(crate) search_label: &'static str,
    pub(crate) search_hint: &'static str,
    pub(crate) suggestions: &'static str,

    pub(crate) most_wished_today: &'static str,
    pub(crate) nothing_opens_today: &'static str,
    pub(crate) see_all: &'static str,

    pub(crate) filters: &'static str,
    pub(crate) category: &'static str,
    pub(crate) every_category: &'static str,
    pub(crate) status: &'static str,
    pub(crate) every_status: &'static str,
    pub(crate) status_name: fn(Status) -> &'static str,
    pub(crate) price_from: &'static str,
    pub(crate) price_to: &'static str,
    pub(crate) only_in_stock: &'static str,
    pub(crate) order: &'static str,
    pub(crate) order_name: fn(ListOrder) -> &'static str,
    pub(crate) apply: &'static str,
    pub(crate) clear_filters: &'static str,
    pub(crate) prices: &'static str,
    pub(crate) band: fn(i64, Option<i64>) -> String,

    pub(crate) results: &'static str,
    pub(crate) found: fn(u64) -> String,
    pub(crate) read_as: fn(CorrectionKind, &str, &str) -> String,
    pub(crate) search_as_typed: &'static str,
    pub(crate) nothing_found: &'static str,
    pub(crate) try_instead: &'static str,
    pub(crate) try_shorter: &'static str,
    pub(crate) past_the_end: fn(u64) -> String,
    pub(crate) last_page: &'static str,
    pub(crate) stale: fn(u64) -> String,

    pub(crate) pages: &'static str,
    pub(crate) page: fn(u64) -> String,
    pub(crate) previous: &'static str,
    pub(crate) next: &'static str,
    pub(crate) go_to_page: &'static str,
    pub(crate) go: &'static str,

    pub(crate) won: fn(i64) -> String,
    pub(crate) mall: &'static str,
    pub(crate) opens_at: &'static str,
    pub(crate) units: &'static str,
    pub(crate) units_of: fn(i32, i32) -> String,
    pub(crate) sale_state: fn(SaleState) -> &'static str,
    pub(crate) opens_in: &'static str,
    pub(crate) reload_at_opening: &'static str,
    pub(crate) count: &'static str,
    pub(crate) buy: &'static str,
    pub(crate) log_in_to_buy: &'static str,
    pub(crate) wish: &'static str,
    pub(crate) unwish: &'static str,
    pub(crate) wishes: &'static str,
    pub(crate) wish_count: fn(i64) -> String,

    pub(crate) bought: fn(i32, i64) -> String,
    pub(crate) order_pending: &'static str,
    pub(crate) order_cancelled: &'static str,
    pub(crate) order_number: &'static str,
    pub(crate) see_purchases: &'static str,
    pub(crate) look_again: &'static str,

    pub(crate) purchases: &'static str,
    pub(crate) no_purchases: &'static str,
    pub(crate) no_wishes: &'static str,
    pub(crate) order_done: &'static str,
    pub(crate) order_failed: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) really_cancel: &'static str,
    pub(crate) cancelled: &'static str,

    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
    pub(crate) password: &'static str,
    pub(crate) password_rule: &'static str,
    pub(crate) no_account_yet: &'static str,
    pub(crate) have_an_account: &'static str,
    pub(crate) wrong_credentials: &'static str,
    pub(crate) log_in_first: &'static str,
    pub(crate) bad_name: &'static str,
    pub(crate) bad_email: &'static str,
    pub(crate) bad_password: &'static str,
    pub(crate) bad_count: &'static str,
    pub(crate) bad_price: &'static str,
    pub(crate) bad_price_range: &'static str,
    pub(crate) bad_page: &'static str,
    pub(crate) bad_choice: &'static str,
    pub(crate) too_long: &'static str,
    pub(crate) please_correct: &'static str,

    pub(crate) problem: fn(Code) -> &'static str,
    pub(crate) wait_seconds: fn(u64) -> String,
    pub(crate) no_answer: &'static str,
    pub(crate) something_failed: &'static str,
    pub(crate) request_number: &'static str,
    pub(crate) back_home: &'static str,
}

/// A number with a comma before each three digits.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same for a count.
fn counted(count: u64) -> String {
    grouped(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1_234_567, "-1,234,567"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_language_is_known_by_its_tag() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
            assert_eq!(language.texts().language, language);
        }
        assert_eq!(Language::from_tag("fr"), None);
    }
}
