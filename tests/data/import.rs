use clap::Parser;
use openrace::import::file::{self, Checked, ImportArgs, ImportError};
use sqlx::MySqlPool;
use tempfile::TempDir;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: ImportArgs,
}

const HEADER: &str = "name,image,price,mall,category,quantity\n";

async fn import(pool: &MySqlPool, text: &str) -> Result<Checked, ImportError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("products.csv");
    std::fs::write(&path, text).unwrap();
    let command = Command::parse_from(["import", path.to_str().unwrap(), "--opens-at", "2026-11-22T09:00"]);
    let mut checked = file::check(&command.args)?;
    file::load(&mut checked, pool).await?;
    Ok(checked)
}

async fn count(pool: &MySqlPool, table: &'static str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"))).fetch_one(pool).await.unwrap()
}

fn rows(count: usize) -> String {
    (0..count).map(|row| format!("상품 {row},,{row},쿠팡,신발,{}\n", 1 + row % 50)).collect()
}

#[sqlx::test]
async fn good_rows_are_written_with_their_stock_and_behind_what_is_there(pool: MySqlPool) {
    let first = import(&pool, &(HEADER.to_owned() + &rows(1_203))).await.unwrap();
    let second = import(&pool, &(HEADER.to_owned() + &rows(2))).await.unwrap();
    assert!(second.rows[0].product.id > first.rows[1_202].product.id);

    let stored: Vec<(i64, String, i64, i32, String)> = sqlx::query_as(
        "SELECT id, name, price, remaining, CAST(open_at AS CHAR) FROM products JOIN stock ON stock.product_id = products.id ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let written: Vec<_> = first.rows.iter().chain(&second.rows).collect();
    assert_eq!(stored.len(), written.len());
    for ((id, name, price, remaining, open_at), row) in stored.into_iter().zip(written) {
        assert_eq!((id, &name, price), (row.product.id, &row.product.name, row.product.price));
        assert_eq!(remaining.unsigned_abs(), row.total);
        assert_eq!(open_at, "2026-11-22 00:00:00.000");
    }
}

#[sqlx::test]
async fn a_failure_while_writing_leaves_nothing(pool: MySqlPool) {
    sqlx::query("ALTER TABLE stock ADD CONSTRAINT test CHECK (total <> 777)").execute(&pool).await.unwrap();
    let text = HEADER.to_owned() + &rows(1_200) + "마지막,,1000,쿠팡,신발,777\n";
    assert!(matches!(import(&pool, &text).await, Err(ImportError::Write(_))));
    assert_eq!((count(&pool, "products").await, count(&pool, "stock").await), (0, 0));
}

#[sqlx::test]
async fn nothing_is_imported_into_half_a_generated_catalogue(pool: MySqlPool) {
    sqlx::query(
        "INSERT INTO catalogue_load (products, seed, days, today, time_zone) VALUES (10, 1, 60, '2026-11-22', 'UTC')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let outcome = import(&pool, &(HEADER.to_owned() + &rows(1))).await;
    assert!(matches!(outcome, Err(ImportError::Unfinished)));
    assert_eq!(count(&pool, "products").await, 0);
}
