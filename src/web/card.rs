//! A product as lists show it.

use openrace_index::Card;

use super::picture;

/// One product of a list.
pub(super) struct ProductCard {
    pub(super) id: i64,
    /// The name in pieces; those that are marked have what was searched for.
    pub(super) name: Vec<(String, bool)>,
    pub(super) image: String,
    /// Shown when `image` does not come.
    pub(super) picture: String,
    pub(super) price: i64,
    pub(super) mall: String,
}

impl From<&Card> for ProductCard {
    fn from(card: &Card) -> Self {
        let picture = picture::address(card.id);
        Self {
            id: card.id,
            name: marked(card.name(), &card.highlights),
            image: picture::or_drawn(card.image().to_owned(), card.id),
            picture,
            price: card.price,
            mall: card.mall().to_owned(),
        }
    }
}

/// Cuts a text at ranges of UTF-16 code units.
fn marked(text: &str, ranges: &[std::ops::Range<usize>]) -> Vec<(String, bool)> {
    let mut pieces: Vec<(String, bool)> = Vec::new();
    let mut unit = 0;
    for character in text.chars() {
        let is_marked = ranges.iter().any(|range| range.contains(&unit));
        match pieces.last_mut() {
            Some((piece, marked)) if *marked == is_marked => piece.push(character),
            _ => pieces.push((character.to_string(), is_marked)),
        }
        unit += character.len_utf16();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_where_it_is_marked() {
        let pieces = marked("😀 나이키 신발", &[3..6, 7..9]);
        let pieces: Vec<(&str, bool)> = pieces.iter().map(|(piece, marked)| (piece.as_str(), *marked)).collect();
        assert_eq!(pieces, [("😀 ", false), ("나이키", true), (" ", false), ("신발", true)]);
        assert_eq!(marked("", &[]), []);
    }
}
