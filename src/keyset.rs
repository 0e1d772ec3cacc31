//! Lists that MySQL keeps, newest id first.

use openrace_index::{Cursor, Start};
use sqlx::{MySql, MySqlPool, Transaction};

use crate::{
    cursor::List,
    error::Problem,
    page::{PageRequest, Stretch},
};

/// The rows that a page needs: those with an id below `below`, without the first `skip`, at most `rows`.
pub(crate) struct Window {
    pub(crate) below: i64,
    pub(crate) skip: u64,
    /// One more than the page shows: it tells whether another page follows.
    pub(crate) rows: u64,
}

/// Sizes of a whole list and of its part before a window.
pub(crate) struct Extent {
    pub(crate) total: i64,
    /// Rows with an id of `below` or above.
    pub(crate) before: i64,
}

impl Window {
    /// The window of a page of this list; a cursor of another list is refused.
    pub(crate) fn new(request: &PageRequest, list: List) -> Result<Self, Problem> {
        let rows = u64::from(request.size()) + 1;
        Ok(match request.start(list)? {
            Start::Offset(skip) => Self { below: i64::MAX, skip, rows },
            Start::After(place) => Self { below: place.id, skip: 0, rows },
        })
    }

    /// The page's part of the rows that were read.
    pub(crate) fn stretch<T>(&self, mut rows: Vec<T>, extent: &Extent, id: impl Fn(&T) -> i64) -> Stretch<T> {
        let more = rows.len() as u64 == self.rows;
        if more {
            rows.pop();
        }
        let next = rows.last().filter(|_| more).map(|row| Cursor { key: 0, id: id(row) });
        Stretch {
            items: rows,
            total: extent.total.unsigned_abs(),
            offset: extent.before.unsigned_abs() + self.skip,
            next,
        }
    }
}

/// Begins a look at one moment of the database, whatever isolation the server is set to: a list and its size must agree.
pub(crate) async fn snapshot(db: &MySqlPool) -> Result<Transaction<'static, MySql>, sqlx::Error> {
    db.begin_with("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION READ ONLY").await
}
