//! What makes a row good.

use jiff::{
    Timestamp, ToSpan,
    civil::{DateTime, Time},
    tz::TimeZone,
};
use openrace_index::Product;
use thiserror::Error;

use super::{
    ImportArgs,
    column::{Column, Fields},
};
use crate::{clock::local_time, import::CatalogueRow, products::limits};

const HOUR: i64 = 60 * 60 * 1000;

/// Why a row is bad.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum Reason {
    #[error("has {fields} fields where the header has {columns}")]
    FieldCount { fields: usize, columns: usize },
    #[error("not a JSON object")]
    NotAnObject,
    #[error("{0} is given twice")]
    Repeated(Column),
    #[error("{0} is neither a text nor a number")]
    NotText(Column),
    #[error("{0} is empty")]
    Empty(Column),
    #[error("{column} has {characters} characters, at most {most} are allowed")]
    TooLong { column: Column, characters: usize, most: usize },
    #[error("{column} holds the control character U+{:04X}", u32::from(*character))]
    Control { column: Column, character: char },
    #[error("{0} is not an address that begins with http:// or https://")]
    NotAnAddress(Column),
    #[error("{0} is not a whole number in plain digits, such as 1000")]
    NotANumber(Column),
    #[error("{0} is negative")]
    Negative(Column),
    #[error("{column} is not between {least} and {most}")]
    OutOfRange { column: Column, least: i64, most: i64 },
    #[error("{0} is not a local time such as 2026-11-22T09:00 of a year from 2000 to 9000")]
    NotATime(Column),
    #[error("the sale closes before it opens")]
    ClosesFirst,
}

/// The checks, with what rows get that do not say it themselves.
pub(super) struct Rules {
    zone: TimeZone,
    quantity: u32,
    /// Unix milliseconds.
    opens_at: i64,
    /// Milliseconds.
    duration: i64,
}

impl Rules {
    pub(super) fn new(args: &ImportArgs, now: Timestamp) -> Result<Rules, jiff::Error> {
        let zone = TimeZone::get(&args.time_zone)?;
        let opens_at = match args.opens_at {
            Some(local) => milliseconds(local, &zone)?,
            None => next_nine(now, &zone)?,
        };
        Ok(Rules { zone, quantity: args.quantity, opens_at, duration: i64::from(args.hours) * HOUR })
    }

    /// The row, or the first reason why it is bad.
    pub(super) fn row(&self, fields: &Fields<'_>) -> Result<CatalogueRow, Reason> {
        let opens_at = self.time(fields, Column::OpensAt)?.unwrap_or(self.opens_at);
        let closes_at = self.time(fields, Column::ClosesAt)?.unwrap_or(opens_at + self.duration);
        if closes_at <= opens_at {
            return Err(Reason::ClosesFirst);
        }
        let total = units(fields, Column::Quantity)?.unwrap_or(self.quantity);
        let product = Product {
            id: 0,
            name: needed(fields, Column::Name, limits::NAME)?,
            image: image(fields)?,
            price: number(fields, Column::Price, *limits::PRICE.start(), *limits::PRICE.end())?
                .ok_or(Reason::Empty(Column::Price))?,
            mall: needed(fields, Column::Mall, limits::MALL)?,
            brand: optional(fields, Column::Brand, limits::BRAND)?,
            category: needed(fields, Column::Category, limits::CATEGORY)?,
            opens_at,
            closes_at,
            wish_count: 0,
            in_stock: total > 0,
        };
        let per_member_limit = units(fields, Column::PerMemberLimit)?;
        Ok(CatalogueRow { product, total, remaining: total, per_member_limit })
    }

    fn time(&self, fields: &Fields<'_>, column: Column) -> Result<Option<i64>, Reason> {
        let text = fields.get(column);
        if text.is_empty() {
            return Ok(None);
        }
        let time = local_time(text).and_then(|local| milliseconds(local, &self.zone).ok());
        time.map(Some).ok_or(Reason::NotATime(column))
    }
}

/// The first 09:00 after now.
fn next_nine(now: Timestamp, zone: &TimeZone) -> Result<i64, jiff::Error> {
    let today = now.to_zoned(zone.clone()).datetime();
    let nine = today.date().to_datetime(Time::constant(9, 0, 0, 0));
    milliseconds(if today < nine { nine } else { nine.checked_add(1.day())? }, zone)
}

fn milliseconds(local: DateTime, zone: &TimeZone) -> Result<i64, jiff::Error> {
    Ok(local.to_zoned(zone.clone())?.timestamp().as_millisecond())
}

fn optional(fields: &Fields<'_>, column: Column, most: usize) -> Result<Option<String>, Reason> {
    let text = fields.get(column);
    let characters = text.chars().count();
    if characters > most {
        return Err(Reason::TooLong { column, characters, most });
    }
    if let Some(character) = text.chars().find(|character| character.is_control()) {
        return Err(Reason::Control { column, character });
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn needed(fields: &Fields<'_>, column: Column, most: usize) -> Result<String, Reason> {
    optional(fields, column, most)?.ok_or(Reason::Empty(column))
}

fn image(fields: &Fields<'_>) -> Result<String, Reason> {
    let image = optional(fields, Column::Image, limits::IMAGE)?.unwrap_or_default();
    let good = image.is_empty() || image.starts_with("https://") || image.starts_with("http://");
    if good { Ok(image) } else { Err(Reason::NotAnAddress(Column::Image)) }
}

fn units(fields: &Fields<'_>, column: Column) -> Result<Option<u32>, Reason> {
    let units = number(fields, column, *limits::UNITS.start(), *limits::UNITS.end())?;
    Ok(units.and_then(|units| units.try_into().ok()))
}

/// A whole number in plain digits. `1,000` and `1000원` are refused rather than guessed at: in
/// another shop's file the comma may stand before the cents.
fn number(fields: &Fields<'_>, column: Column, least: i64, most: i64) -> Result<Option<i64>, Reason> {
    let text = fields.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Reason::NotANumber(column));
    }
    if digits.len() < text.len() {
        return Err(Reason::Negative(column));
    }
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(Reason::OutOfRange { column, least, most }),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: ImportArgs,
    }

    fn opening(now: &str) -> String {
        let args = Command::parse_from(["import", "products.csv", "--time-zone", "Asia/Seoul"]).args;
        let rules = Rules::new(&args, now.parse().unwrap()).unwrap();
        Timestamp::from_millisecond(rules.opens_at).unwrap().to_string()
    }

    #[test]
    fn a_sale_without_opening_time_opens_at_the_shops_next_nine_in_the_morning() {
        // Nine in Seoul is midnight in UTC.
        assert_eq!(opening("2026-11-21T23:59:59Z"), "2026-11-22T00:00:00Z");
        assert_eq!(opening("2026-11-22T00:00:00Z"), "2026-11-23T00:00:00Z");
        assert_eq!(opening("2026-11-22T15:00:00Z"), "2026-11-23T00:00:00Z");
    }
}
