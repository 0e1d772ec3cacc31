//! Changed rows of the watched tables, as events tell them.

use std::collections::HashMap;
use std::io;

use mysql_async::Value;
use mysql_async::binlog::events::{RowsEventData, TableMapEvent};
use mysql_async::binlog::row::BinlogRow;
use mysql_async::binlog::value::BinlogValue;

const PRODUCTS: &str = "products";
/// Products are read from these.
pub(crate) const WATCHED: [&str; 2] = [PRODUCTS, "stock"];

/// One change of a row that concerns the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Look at the product.
    Row { id: i64, deleted: bool },
    /// Only this has changed.
    WishCount { id: i64, wish_count: i64 },
    /// Only this has changed.
    Stock { id: i64, in_stock: bool },
}

impl Change {
    /// Of which product.
    pub(crate) fn id(&self) -> i64 {
        let (Self::Row { id, .. } | Self::WishCount { id, .. } | Self::Stock { id, .. }) = *self;
        id
    }

    /// Forgets its value.
    pub(crate) fn look(&mut self) {
        if let Self::WishCount { id, .. } | Self::Stock { id, .. } = *self {
            *self = Self::Row { id, deleted: false };
        }
    }
}

/// The watched tables: the numbers of their columns, as events count them.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) schema: String,
    pub(crate) tables: HashMap<String, Vec<String>>,
    /// Names of schemas and tables mean the same in capitals.
    pub(crate) folds_case: bool,
    /// There are views, triggers or routines that may write to watched tables under another name.
    pub(crate) indirections: bool,
}

impl Layout {
    pub(crate) fn is_schema(&self, schema: &str) -> bool {
        schema == self.schema || (self.folds_case && schema.to_lowercase() == self.schema.to_lowercase())
    }

    fn watched(&self, name: &str) -> Option<&'static str> {
        WATCHED.into_iter().find(|&table| table == name || (self.folds_case && table == name.to_lowercase()))
    }

    /// Adds what rows of a table tell; nothing when it is not watched.
    pub(crate) fn read(
        &self,
        rows: &RowsEventData<'_>,
        map: &TableMapEvent<'_>,
        changes: &mut Vec<Change>,
    ) -> io::Result<()> {
        if !self.is_schema(&map.database_name()) {
            return Ok(());
        }
        let Some(table) = self.watched(&map.table_name()) else { return Ok(()) };
        let unknown = || io::Error::other(format!("rows of {table}, which has no columns now"));
        let columns = self.tables.get(table).ok_or_else(unknown)?;
        for row in rows.rows(map) {
            let (before, after) = row?;
            let (before, after) = (before.map(|row| Row::new(row, columns)), after.map(|row| Row::new(row, columns)));
            match table {
                PRODUCTS => product(before.as_ref(), after.as_ref(), changes),
                _ => stock(before.as_ref(), after.as_ref(), changes),
            }
        }
        Ok(())
    }
}

/// The columns of a row that an event has, by name.
struct Row<'a>(HashMap<&'a str, Value>);

impl<'a> Row<'a> {
    fn new(row: BinlogRow, columns: &'a [String]) -> Self {
        let described = row.columns();
        let values = described.iter().zip(row.unwrap()).filter_map(|(column, value)| {
            let told = column.name_str();
            let name = match told.strip_prefix('@').and_then(|number| number.parse::<usize>().ok()) {
                Some(number) => columns.get(number)?,
                None => columns.iter().find(|name| **name == *told)?,
            };
            match value {
                BinlogValue::Value(value) => Some((name.as_str(), value)),
                _ => None,
            }
        });
        Self(values.collect())
    }

    fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Int(value) => Some(*value),
            Value::UInt(value) => i64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// Whether the event tells that `name` has become something else.
    fn differs(&self, before: &Self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| before.0.get(name) != Some(value))
    }
}

/// Live values apart, whatever else of a product changes concerns its document, unless it is only kept for its own sake.
const UNINDEXED: [&str; 4] = ["wish_count", "version", "created_at", "updated_at"];
const SALE: [&str; 2] = ["open_at", "close_at"];

fn product(before: Option<&Row<'_>>, after: Option<&Row<'_>>, changes: &mut Vec<Change>) {
    let id = |row: Option<&Row<'_>>| row.and_then(|row| row.integer("id"));
    let (old, new) = (id(before), id(after).or_else(|| id(before)));
    match (before, after, old, new) {
        (Some(was), Some(is), Some(old), Some(new)) if old == new => {
            if is.0.keys().any(|name| !UNINDEXED.contains(name) && is.differs(was, name)) {
                changes.push(looked_at(new));
            } else if is.differs(was, "wish_count") {
                let wish_count = is.integer("wish_count");
                changes.push(wish_count.map_or(looked_at(new), |wish_count| Change::WishCount { id: new, wish_count }));
            }
        }
        _ => rows_changed(before.and(old), after.and(new), changes),
    }
}

fn stock(before: Option<&Row<'_>>, after: Option<&Row<'_>>, changes: &mut Vec<Change>) {
    let id = |row: Option<&Row<'_>>| row.and_then(|row| row.integer("product_id"));
    let (old, new) = (id(before), id(after).or_else(|| id(before)));
    match (before, after, old, new) {
        (Some(was), Some(is), Some(old), Some(new)) if old == new => {
            if SALE.iter().any(|name| is.differs(was, name)) {
                changes.push(looked_at(new));
            } else if is.differs(was, "remaining") {
                let remaining = is.integer("remaining");
                changes.push(remaining.map_or(looked_at(new), |units| Change::Stock { id: new, in_stock: units > 0 }));
            }
        }
        _ => rows_changed(before.and(old), after.and(new), changes),
    }
}

fn rows_changed(old: Option<i64>, new: Option<i64>, changes: &mut Vec<Change>) {
    changes.extend(old.filter(|_| old != new).map(|id| Change::Row { id, deleted: true }));
    changes.extend(new.map(looked_at));
}

fn looked_at(id: i64) -> Change {
    Change::Row { id, deleted: false }
}
