//! What a shopper asks for, and what becomes of it.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::{Builder, Uuid};

/// Names an order from before it is admitted. MySQL knows each number once, and that alone makes one order of all repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderNo(Uuid);

impl OrderNo {
    /// A number that nobody has.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }

    /// The number of the order that this member places with this `Idempotency-Key`: always the same.
    pub fn of_key(member_id: i64, key: &str) -> Self {
        let digest = Sha256::new().chain_update(member_id.to_be_bytes()).chain_update(key).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Reads the number as [`fmt::Display`] writes it, with or without hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// As MySQL keeps it.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }

    /// 32 hexadecimal digits.
    pub(super) fn hex(self) -> String {
        self.0.simple().to_string()
    }
}

impl fmt::Display for OrderNo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

/// An order as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceOrder {
    /// Its name.
    pub number: OrderNo,
    /// Who buys.
    pub member_id: i64,
    /// What is bought.
    pub product_id: i64,
    /// Units, at least one.
    pub quantity: i32,
    /// Whether the number comes from a key, so that it may have been placed before.
    pub keyed: bool,
}

/// Why an order is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nothing of this id is on sale, ever.
    UnknownProduct,
    /// The sale has not begun.
    NotOpen,
    /// The sale is over.
    SaleClosed,
    /// The member would hold more than the sale allows.
    LimitReached,
    /// Fewer units are left than were asked for.
    SoldOut,
}

impl Refusal {
    const ALL: [Self; 5] = [Self::UnknownProduct, Self::NotOpen, Self::SaleClosed, Self::LimitReached, Self::SoldOut];

    /// The word for it, in MySQL and Redis and for clients.
    pub fn word(self) -> &'static str {
        match self {
            Self::UnknownProduct => "unknown_product",
            Self::NotOpen => "not_open",
            Self::SaleClosed => "sale_closed",
            Self::LimitReached => "limit_reached",
            Self::SoldOut => "sold_out",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.word() == word)
    }
}

/// What became of an order. Final, but for a confirmed one that its member cancels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// In MySQL, at this price in whole won.
    Confirmed {
        /// Price of one unit when it was decided.
        unit_price: i64,
    },
    /// Confirmed once, then given back by the member.
    Cancelled {
        /// Price of one unit when it was decided.
        unit_price: i64,
    },
    /// Not bought.
    Rejected(Refusal),
    /// The key named another order, which is untouched; this one was not placed.
    KeyReused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_one_order_of_one_member() {
        let number = OrderNo::of_key(7, "buy-once");
        assert_eq!(OrderNo::of_key(7, "buy-once"), number);
        assert_ne!(OrderNo::of_key(7, "buy-twice"), number);
        assert_ne!(OrderNo::of_key(8, "buy-once"), number);
    }

    #[test]
    fn a_number_is_read_as_it_is_written() {
        for number in [OrderNo::fresh(), OrderNo::of_key(1, "k")] {
            assert_eq!(OrderNo::parse(&number.to_string()), Some(number));
            assert_eq!(OrderNo::parse(&number.hex()), Some(number));
            assert_eq!(OrderNo::from_bytes(number.0.as_bytes()), Some(number));
        }
        assert_eq!(OrderNo::parse("17"), None);
    }

    #[test]
    fn every_refusal_has_a_word_of_its_own() {
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_word(refusal.word()), Some(refusal));
        }
        assert_eq!(Refusal::from_word("other"), None);
    }
}
