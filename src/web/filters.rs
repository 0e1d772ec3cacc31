//! The filters of a list as the address and the form carry them.

use openrace_index::{FacetRequest, Order, ProductQuery, SortKey};
use url::form_urlencoded;

use super::{
    fields::{Fields, is_searchable},
    texts::Texts,
};
use crate::products::STATUSES;

/// What a shopper may order a list by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListOrder {
    /// By relevance, where there is a keyword.
    Best,
    Newest,
    Cheapest,
    Dearest,
    MostWished,
    OpeningSoonest,
}

impl ListOrder {
    pub(super) const ALL: &[Self] =
        &[Self::Best, Self::Newest, Self::Cheapest, Self::Dearest, Self::MostWished, Self::OpeningSoonest];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Newest => "newest",
            Self::Cheapest => "cheapest",
            Self::Dearest => "dearest",
            Self::MostWished => "wished",
            Self::OpeningSoonest => "opening",
        }
    }

    pub(super) fn order(self, has_keyword: bool) -> Order {
        let by = |key, ascending| Order { key, ascending };
        match self {
            Self::Best if has_keyword => Order::RELEVANCE,
            Self::Best | Self::Newest => Order::NEWEST,
            Self::Cheapest => by(SortKey::Price, true),
            Self::Dearest => by(SortKey::Price, false),
            Self::MostWished => by(SortKey::WishCount, false),
            Self::OpeningSoonest => by(SortKey::EventStartTime, true),
        }
    }
}

/// What was typed and chosen, right or wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filters {
    pub(super) keyword: String,
    pub(super) exact: bool,
    pub(super) category: String,
    pub(super) status: String,
    pub(super) lprice: String,
    pub(super) gprice: String,
    pub(super) in_stock: bool,
    pub(super) order: String,
    /// From 1.
    pub(super) page: String,
}

/// What is wrong with each field; empty where nothing is.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) keyword: &'static str,
    pub(super) lprice: &'static str,
    pub(super) gprice: &'static str,
    pub(super) page: &'static str,
    /// Of what can only be chosen.
    pub(super) choice: &'static str,
}

impl Faults {
    pub(super) fn any(&self) -> bool {
        [self.keyword, self.lprice, self.gprice, self.page, self.choice].iter().any(|fault| !fault.is_empty())
    }
}

impl Filters {
    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            keyword: text("keyword"),
            exact: fields.is_checked("exact"),
            category: text("category"),
            status: text("status"),
            lprice: text("lprice"),
            gprice: text("gprice"),
            in_stock: fields.is_checked("inStock"),
            order: text("order"),
            page: text("page"),
        }
    }

    fn chosen_order(&self) -> Option<ListOrder> {
        ListOrder::ALL.iter().copied().find(|order| order.word() == self.order)
    }

    /// The query and the number of the page, from 1, as far as they can be read; and what cannot.
    pub(super) fn query(&self, t: &Texts) -> (ProductQuery, u32, Faults) {
        let mut faults = Faults::default();
        let text = |value: &str, fault: &mut &'static str| {
            if !is_searchable(value) {
                *fault = t.too_long;
            }
            Some(value.to_owned()).filter(|value| !value.is_empty())
        };
        let keyword = text(&self.keyword, &mut faults.keyword);
        let category = text(&self.category, &mut faults.choice);
        let price = |value: &str, fault: &mut &'static str| {
            let price = value.replace(',', "").parse::<i64>().ok();
            if price.is_none() && !value.is_empty() {
                *fault = t.bad_price;
            }
            price
        };
        let (min_price, max_price) = (price(&self.lprice, &mut faults.lprice), price(&self.gprice, &mut faults.gprice));
        if min_price.zip(max_price).is_some_and(|(lowest, greatest)| lowest > greatest) {
            faults.lprice = t.bad_price_range;
        }
        let status = STATUSES.iter().find(|(word, _)| *word == self.status).map(|(_, status)| *status);
        let order = self.chosen_order();
        if status.is_none() && !self.status.is_empty() || order.is_none() && !self.order.is_empty() {
            faults.choice = t.bad_choice;
        }
        let page = if self.page.is_empty() { Some(1) } else { self.page.parse().ok().filter(|page| *page > 0) };
        if page.is_none() {
            faults.page = t.bad_page;
        }
        let query = ProductQuery {
            order: order.unwrap_or(ListOrder::Best).order(keyword.is_some()),
            highlight: keyword.is_some(),
            keyword,
            exact: self.exact,
            category,
            status,
            min_price,
            max_price,
            in_stock: self.in_stock,
            facets: FacetRequest { category: true, status: true, price: true, mall: false },
            ..ProductQuery::default()
        };
        (query, page.unwrap_or(1), faults)
    }

    pub(super) fn order(&self) -> ListOrder {
        self.chosen_order().unwrap_or(ListOrder::Best)
    }

    pub(super) fn is_filtered(&self) -> bool {
        let Self { category, status, lprice, gprice, in_stock, .. } = self;
        *in_stock || [category, status, lprice, gprice].iter().any(|value| !value.is_empty())
    }

    /// All but the page, by the names of their fields; empty where nothing is set.
    pub(super) fn fields(&self) -> [(&'static str, &str); 8] {
        let Self { keyword, exact, category, status, lprice, gprice, in_stock, order, page: _ } = self;
        let yes = |checked: bool| if checked { "true" } else { "" };
        [
            ("keyword", keyword),
            ("exact", yes(*exact)),
            ("category", category),
            ("status", status),
            ("lprice", lprice),
            ("gprice", gprice),
            ("inStock", yes(*in_stock)),
            ("order", order),
        ]
    }

    /// The address of the same list at its beginning, with other filters.
    pub(super) fn address_with(&self, path: &str, change: impl FnOnce(&mut Self)) -> String {
        let mut changed = Self { page: String::new(), ..self.clone() };
        change(&mut changed);
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in changed.fields().into_iter().chain([("page", changed.page.as_str())]) {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::texts::Language;

    fn filters() -> Filters {
        Filters { keyword: "나이키 a&b".to_owned(), in_stock: true, page: "3".to_owned(), ..Filters::default() }
    }

    #[test]
    fn an_address_has_what_is_set_and_begins_at_the_first_page() {
        let expected = "/openrun/total?keyword=%EB%82%98%EC%9D%B4%ED%82%A4+a%26b&category=x&inStock=true";
        assert_eq!(filters().address_with("/openrun/total", |filters| filters.category = "x".to_owned()), expected);
        assert_eq!(Filters::default().address_with("/openrun/total", |_| ()), "/openrun/total");
    }

    #[test]
    fn every_wrong_value_is_told_and_the_others_are_used() {
        let t = Language::English.texts();
        let wrong = Filters {
            keyword: "가".repeat(201),
            status: "open".to_owned(),
            lprice: "1.5".to_owned(),
            gprice: "1,000".to_owned(),
            page: "0".to_owned(),
            ..Filters::default()
        };
        let (query, page, faults) = wrong.query(t);
        assert_eq!((query.min_price, query.max_price, page), (None, Some(1000), 1));
        assert_eq!(
            [faults.keyword, faults.lprice, faults.gprice, faults.page, faults.choice],
            [t.too_long, t.bad_price, "", t.bad_page, t.bad_choice]
        );
        let turned = Filters { lprice: "2".to_owned(), gprice: "1".to_owned(), ..Filters::default() };
        assert_eq!(turned.query(t).2.lprice, t.bad_price_range);
        assert!(!filters().query(t).2.any());
    }
}
