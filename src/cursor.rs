//! A place in a list as clients carry it: opaque, versioned, tied to the list it belongs to.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openrace_index::{Cursor, Order, SortKey};

/// First byte. A change of the layout takes the next number, so that old cursors are refused instead of misread.
const VERSION: u8 = 1;

/// Version, list, sort key and id.
const LENGTH: usize = 18;

/// What is walked with cursors. A cursor of one is refused by all others.
#[derive(Debug, Clone, Copy)]
pub(crate) enum List {
    /// Products in this order.
    Products(Order),
    /// A member's wishes, newest first.
    Wishes,
    /// A member's orders, newest first.
    Orders,
}

/// Writes a place in this list.
pub(crate) fn encode(place: Cursor, list: List) -> String {
    let mut bytes = [0; LENGTH];
    bytes[..2].copy_from_slice(&[VERSION, list_byte(list)]);
    bytes[2..10].copy_from_slice(&place.key.to_be_bytes());
    bytes[10..].copy_from_slice(&place.id.to_be_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a place in this list; `None` for anything that [`encode`] did not write for it.
pub(crate) fn decode(text: &str, list: List) -> Option<Cursor> {
    let bytes: [u8; LENGTH] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (head, numbers) = bytes.split_at(2);
    if head != [VERSION, list_byte(list)] {
        return None;
    }
    let (key, id) = numbers.split_at(8);
    Some(Cursor { key: i64::from_be_bytes(key.try_into().ok()?), id: i64::from_be_bytes(id.try_into().ok()?) })
}

/// Numbers are never given a second meaning.
fn list_byte(list: List) -> u8 {
    match list {
        List::Products(order) => order_byte(order),
        List::Wishes => 64,
        List::Orders => 65,
    }
}

/// The sort key in the upper bits, the direction in the lowest.
fn order_byte(order: Order) -> u8 {
    let key = match order.key {
        SortKey::Id => 0,
        SortKey::Price => 1,
        SortKey::EventStartTime => 2,
        SortKey::WishCount => 3,
        SortKey::Relevance => 4,
    };
    // Relevance has one direction only.
    let ascending = order.ascending && order.key != SortKey::Relevance;
    key << 1 | u8::from(ascending)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE_UP: List = List::Products(Order { key: SortKey::Price, ascending: true });
    const OTHERS: [List; 4] = [
        List::Products(Order::NEWEST),
        List::Products(Order { key: SortKey::Price, ascending: false }),
        List::Wishes,
        List::Orders,
    ];

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for place in [Cursor { key: 0, id: 1 }, Cursor { key: i64::MIN, id: i64::MAX }] {
            assert_eq!(decode(&encode(place, PRICE_UP), PRICE_UP), Some(place));
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let place = Cursor { key: 5, id: 7 };
        for other in OTHERS {
            assert_eq!(decode(&encode(place, PRICE_UP), other), None, "{other:?}");
            assert_eq!(decode(&encode(place, other), PRICE_UP), None, "{other:?}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let longer = encode(Cursor { key: 5, id: 7 }, PRICE_UP) + "AA";
        for text in ["", "x", "커서", "AAAAAAAAAAAAAAAAAAAAAAAA", &longer] {
            assert_eq!(decode(text, PRICE_UP), None, "{text}");
        }
    }
}
