//! A place in a list as clients carry it: opaque, versioned, tied to the order it belongs to.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openrace_index::{Cursor, Order, SortKey};

/// First byte. A change of the layout takes the next number, so that old cursors are refused instead of misread.
const VERSION: u8 = 1;

/// Version, order, sort key and id.
const LENGTH: usize = 18;

/// Writes a place in a list of this order.
pub(crate) fn encode(place: Cursor, order: Order) -> String {
    let mut bytes = [0; LENGTH];
    bytes[..2].copy_from_slice(&[VERSION, order_byte(order)]);
    bytes[2..10].copy_from_slice(&place.key.to_be_bytes());
    bytes[10..].copy_from_slice(&place.id.to_be_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a place in a list of this order; `None` for anything that [`encode`] did not write for it.
pub(crate) fn decode(text: &str, order: Order) -> Option<Cursor> {
    let bytes: [u8; LENGTH] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (head, numbers) = bytes.split_at(2);
    if head != [VERSION, order_byte(order)] {
        return None;
    }
    let (key, id) = numbers.split_at(8);
    Some(Cursor { key: i64::from_be_bytes(key.try_into().ok()?), id: i64::from_be_bytes(id.try_into().ok()?) })
}

/// The sort key in the upper bits, the direction in the lowest. Numbers are never given a second meaning.
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

    const PRICE_UP: Order = Order { key: SortKey::Price, ascending: true };

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for place in [Cursor { key: 0, id: 1 }, Cursor { key: i64::MIN, id: i64::MAX }] {
            assert_eq!(decode(&encode(place, PRICE_UP), PRICE_UP), Some(place));
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let text = encode(Cursor { key: 5, id: 7 }, PRICE_UP);
        assert_eq!(decode(&text, Order::NEWEST), None);
        assert_eq!(decode(&text, Order { ascending: false, ..PRICE_UP }), None);
    }

    #[test]
    fn anything_else_is_refused() {
        let longer = encode(Cursor { key: 5, id: 7 }, PRICE_UP) + "AA";
        for text in ["", "x", "커서", "AAAAAAAAAAAAAAAAAAAAAAAA", &longer] {
            assert_eq!(decode(text, PRICE_UP), None, "{text}");
        }
    }
}
