//! The index against the table, row by row.

use openrace_index::{Applied, Catalog, Found, Product, Updater};

use crate::{Source, follow};

/// A product that the index has otherwise than MySQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Primary key.
    pub id: i64,
    /// In what.
    pub kind: Kind,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// MySQL has it, the index has not.
    Missing,
    /// The index has it, MySQL has not.
    Extra,
    /// Its document is not what MySQL has.
    Document,
    /// Its wish count or whether it is in stock.
    Live,
}

/// Rows that are read at a time.
pub(crate) const PAGE: u32 = 2_000;

/// Compares a page of rows, from the id `first` on, with the index; also tells how many rows there were, and the id to go
/// on from, `None` at the end of the table.
pub(crate) async fn compare_page(
    source: &mut Source,
    catalog: &Catalog,
    first: i64,
) -> Result<(Vec<Difference>, u64, Option<i64>), sqlx::Error> {
    let rows = source.page(first, PAGE).await?;
    let last = rows.last().filter(|_| rows.len() == PAGE as usize).map_or(i64::MAX, |row| row.id);
    let found = catalog.found_between(first, last);
    Ok((differences(&rows, &found), rows.len() as u64, last.checked_add(1)))
}

/// Both in the order of their ids.
fn differences(rows: &[Product], found: &[Found]) -> Vec<Difference> {
    let (mut rows, mut found) = (rows.iter().peekable(), found.iter().peekable());
    let mut differences = Vec::new();
    loop {
        let (id, kind) = match (rows.peek(), found.peek()) {
            (None, None) => return differences,
            (Some(row), Some(has)) if row.id == has.id => {
                let kind = match (row.digest() == has.digest, row.live() == has.live) {
                    (false, _) => Some(Kind::Document),
                    (true, false) => Some(Kind::Live),
                    (true, true) => None,
                };
                let id = row.id;
                rows.next();
                found.next();
                (id, kind)
            }
            (Some(row), has) if has.is_none_or(|has| row.id < has.id) => {
                let id = row.id;
                rows.next();
                (id, Some(Kind::Missing))
            }
            (_, Some(has)) => {
                let id = has.id;
                found.next();
                (id, Some(Kind::Extra))
            }
            (Some(_), None) => return differences,
        };
        differences.extend(kind.map(|kind| Difference { id, kind }));
    }
}

/// Which of these still differ.
pub(crate) async fn compare_ids(
    source: &mut Source,
    catalog: &Catalog,
    ids: &[i64],
) -> Result<Vec<Difference>, sqlx::Error> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut rows = source.committed(&ids).await?;
    rows.sort_unstable_by_key(|row| row.id);
    let found: Vec<Found> = ids.iter().filter_map(|&id| catalog.find(id)).collect();
    Ok(differences(&rows, &found))
}

/// Compares all products; `progress` is told of every page. What differs may be on its way: look again later.
pub async fn verify(
    source: &mut Source,
    catalog: &Catalog,
    mut progress: impl FnMut(u64),
) -> Result<Vec<Difference>, crate::IndexerError> {
    let (mut differences, mut first) = (Vec::new(), i64::MIN);
    loop {
        let page = compare_page(source, catalog, first).await;
        let failed = |source| crate::IndexerError::Read { after: first.saturating_sub(1), source };
        let (found, rows, next) = page.map_err(failed)?;
        differences.extend(found);
        progress(rows);
        match next {
            Some(next) => first = next,
            None => return Ok(differences),
        }
    }
}

/// Products that are read or put right with one statement or commit.
const AT_ONCE: usize = 5_000;

/// Looks again at products that differed.
pub async fn verify_again(
    source: &mut Source,
    catalog: &Catalog,
    differences: &[Difference],
) -> Result<Vec<Difference>, crate::IndexerError> {
    let ids: Vec<i64> = differences.iter().map(|difference| difference.id).collect();
    let mut still = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        still.append(&mut compare_ids(source, catalog, ids).await?);
    }
    Ok(still)
}

/// Reads these products again and puts the index right.
pub async fn repair(
    source: &mut Source,
    updater: &mut Updater,
    differences: &[Difference],
) -> Result<Applied, crate::IndexerError> {
    source.read_committed().await?;
    let mut sum = Applied::default();
    for differences in differences.chunks(AT_ONCE) {
        let ids: Vec<(i64, bool)> = differences.iter().map(|difference| (difference.id, false)).collect();
        sum += updater.apply(follow::look(&ids, source).await?.batch, None)?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use openrace_index::Live;

    use super::*;

    fn product(id: i64, price: i64, wish_count: i64) -> Product {
        Product {
            id,
            name: "이름".into(),
            image: String::new(),
            price,
            mall: "몰".into(),
            brand: None,
            category: "신발".into(),
            opens_at: 0,
            closes_at: 1,
            wish_count,
            in_stock: true,
        }
    }

    #[test]
    fn every_kind_of_difference_is_told_and_nothing_else() {
        let rows: Vec<Product> = [1, 2, 3, 4, 6].map(|id| product(id, id * 10, 0)).into();
        let found = |product: Product| Found { id: product.id, digest: product.digest(), live: product.live() };
        let indexed: Vec<Found> =
            [product(1, 10, 0), product(2, 99, 0), product(3, 30, 7), product(5, 50, 0), product(6, 60, 0)]
                .map(found)
                .into();
        let told: Vec<(i64, Kind)> = differences(&rows, &indexed).iter().map(|found| (found.id, found.kind)).collect();
        assert_eq!(told, [(2, Kind::Document), (3, Kind::Live), (4, Kind::Missing), (5, Kind::Extra)]);
        assert_eq!(indexed[0].live, Live { wish_count: 0, in_stock: true });
    }
}
