//! What a file may say about a product, and the names it may use.

use std::fmt;

/// One column, or one field of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Name of the product.
    Name,
    /// Address of its picture; may be empty.
    Image,
    /// Whole won.
    Price,
    /// Selling mall.
    Mall,
    /// Category.
    Category,
    /// Brand; optional.
    Brand,
    /// Units for sale; optional.
    Quantity,
    /// Opening of the sale in shop time; optional.
    OpensAt,
    /// End of the sale in shop time; optional.
    ClosesAt,
    /// Units one member may buy; optional.
    PerMemberLimit,
}

/// Every column with its names, the preferred one first.
const NAMES: [(Column, &[&str]); 10] = [
    (Column::Name, &["product_name", "name"]),
    (Column::Image, &["product_image", "image"]),
    (Column::Price, &["price"]),
    (Column::Mall, &["mall_name", "mall"]),
    (Column::Category, &["category"]),
    (Column::Brand, &["brand"]),
    (Column::Quantity, &["total_quantity", "quantity"]),
    (Column::OpensAt, &["event_start_time", "opens_at"]),
    (Column::ClosesAt, &["event_end_time", "closes_at"]),
    (Column::PerMemberLimit, &["per_member_limit"]),
];

impl Column {
    /// Those without which there is no product.
    pub(super) const NEEDED: [Column; 5] = [Column::Name, Column::Image, Column::Price, Column::Mall, Column::Category];

    /// The column of this name, whatever its case; others are not ours.
    pub(super) fn named(name: &str) -> Option<Column> {
        let name = name.trim();
        let known = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        NAMES.iter().find(|(_, names)| known(names)).map(|(column, _)| *column)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[*self as usize].1[0])
    }
}

/// The texts of one row, by column; a column without text is empty.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>([&'a str; NAMES.len()]);

impl<'a> Fields<'a> {
    pub(super) fn set(&mut self, column: Column, text: &'a str) {
        self.0[column as usize] = text.trim();
    }

    pub(super) fn get(&self, column: Column) -> &'a str {
        self.0[column as usize]
    }
}
