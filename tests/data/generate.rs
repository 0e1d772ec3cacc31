use clap::Parser;
use jiff::{civil::date, tz::TimeZone};
use openrace::import::generate::{self, Corpus, GenerateArgs, LoadError, Outcome};
use sqlx::MySqlPool;

/// More than two of the parts in which a load proceeds.
const PRODUCTS: i64 = 20_100;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: GenerateArgs,
}

async fn generate(pool: &MySqlPool, arguments: &str) -> Result<Outcome, LoadError> {
    let fixed = ["generate", "--seed", "5", "--today", "2026-11-22", "--time-zone", "Asia/Seoul"];
    let command = Command::parse_from(fixed.into_iter().chain(arguments.split(' ')));
    generate::run(command.args, pool).await
}

async fn count(pool: &MySqlPool) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM products JOIN stock ON stock.product_id = products.id")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// The same for the same rows, times of writing apart.
async fn checksum(pool: &MySqlPool) -> u64 {
    sqlx::query_scalar(
        "SELECT BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(0x1F, id, name, image, price, mall_name, COALESCE(brand, 0x1E), category,
            wish_count, total, remaining, open_at, close_at, COALESCE(per_member_limit, 0)), 256), 15), 16, 10) AS UNSIGNED))
         FROM products JOIN stock ON stock.product_id = products.id",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

async fn empty(pool: &MySqlPool) {
    for statement in ["DELETE FROM stock", "DELETE FROM products"] {
        sqlx::query(statement).execute(pool).await.unwrap();
    }
}

#[sqlx::test]
async fn the_rows_are_those_of_the_corpus(pool: MySqlPool) {
    generate(&pool, "--products 300").await.unwrap();
    let corpus = Corpus::new(5, 60, date(2026, 11, 22), &TimeZone::get("Asia/Seoul").unwrap()).unwrap();
    let rows: Vec<(i64, String, i64, Option<String>, i32, i64)> = sqlx::query_as(
        "SELECT id, name, price, brand, remaining, CAST(TIMESTAMPDIFF(SECOND, '1970-01-01', open_at) AS SIGNED)
         FROM products JOIN stock ON stock.product_id = products.id ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), 300);
    for (id, name, price, brand, remaining, opens_at) in rows {
        let expected = corpus.product(id);
        assert_eq!((name, price, brand), (expected.product.name, expected.product.price, expected.product.brand));
        assert_eq!((i64::from(remaining), opens_at * 1000), (expected.remaining.into(), expected.product.opens_at));
    }
}

#[sqlx::test]
async fn the_rows_are_the_same_however_many_connections_write_them(pool: MySqlPool) {
    generate(&pool, &format!("--products {PRODUCTS} --connections 1")).await.unwrap();
    let alone = checksum(&pool).await;
    empty(&pool).await;
    generate(&pool, &format!("--products {PRODUCTS} --connections 3")).await.unwrap();
    assert_eq!(checksum(&pool).await, alone);
}

#[sqlx::test]
async fn a_catalogue_with_products_is_refused_or_left_alone(pool: MySqlPool) {
    assert_eq!(generate(&pool, "--products 10 --if-empty").await.unwrap(), Outcome::Loaded(10));
    assert!(matches!(generate(&pool, "--products 20").await, Err(LoadError::NotEmpty)));
    assert_eq!(generate(&pool, "--products 20 --if-empty").await.unwrap(), Outcome::LeftAlone);
    assert_eq!(count(&pool).await, 10);
}

#[sqlx::test]
async fn an_interrupted_load_is_finished_as_it_was_begun(pool: MySqlPool) {
    generate(&pool, &format!("--products {PRODUCTS}")).await.unwrap();
    let whole = checksum(&pool).await;
    interrupt(&pool).await;

    assert!(matches!(
        generate(&pool, "--products 10").await,
        Err(LoadError::Interrupted { products: PRODUCTS, seed: 5 })
    ));
    assert_eq!(generate(&pool, "--products 10 --if-empty").await.unwrap(), Outcome::Loaded(PRODUCTS));
    assert_eq!(checksum(&pool).await, whole);
    assert_eq!(generate(&pool, "--if-empty").await.unwrap(), Outcome::LeftAlone);
}

/// Leaves what a load leaves that died after its last part and within its second.
async fn interrupt(pool: &MySqlPool) {
    for statement in [
        "DELETE FROM stock WHERE product_id BETWEEN 10001 AND 20000",
        "DELETE FROM products WHERE id BETWEEN 10001 AND 20000",
        "UPDATE catalogue_load SET finished_at = NULL",
    ] {
        sqlx::query(statement).execute(pool).await.unwrap();
    }
}

#[sqlx::test]
async fn two_loads_never_run_at_once(pool: MySqlPool) {
    let (one, other) = tokio::join!(generate(&pool, "--products 500 --if-empty"), generate(&pool, "--products 500"));
    // The second waits for the first, or gives up; it never sees half of its work.
    assert!(
        matches!(
            (&one, &other),
            (Ok(Outcome::Loaded(500)), Err(LoadError::NotEmpty | LoadError::Busy))
                | (Ok(Outcome::LeftAlone) | Err(LoadError::Busy), Ok(Outcome::Loaded(500)))
        ),
        "{one:?}, {other:?}"
    );
    assert_eq!(count(&pool).await, 500);
}
