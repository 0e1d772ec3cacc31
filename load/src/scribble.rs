//! Writers who change the catalogue in every way, at random: what an index that follows must get right.

use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use sqlx::{
    AssertSqlSafe, Connection, MySqlConnection,
    error::DatabaseError,
    mysql::{MySqlConnectOptions, MySqlDatabaseError},
};
use tokio::time::{Instant, interval};

/// Ids that are written.
const IDS: std::ops::Range<i64> = 1..200;
/// Longer than any outage of a test.
const PATIENCE: Duration = Duration::from_secs(60);
/// Another writer has just used the row that was to be deleted.
const REFERENCED: u16 = 1451;

/// Commits and rolls back `rounds` transactions. One that meets a deadlock, or a server that died, is tried again.
///
/// # Errors
/// MySQL does not take a statement, or nothing for a minute.
pub async fn scribble(options: &MySqlConnectOptions, seed: u64, rounds: usize) -> Result<(), sqlx::Error> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut session = None;
    for _ in 0..rounds {
        let statements: Vec<String> = (0..random.random_range(1..6)).map(|_| statement(&mut random)).collect();
        let commits = random.random_bool(0.8);
        let deadline = Instant::now() + PATIENCE;
        let mut ticks = interval(Duration::from_millis(20));
        while let Err(error) = transact(options, &mut session, &statements, commits).await {
            if Instant::now() > deadline || error.as_database_error().is_some_and(is_mistake) {
                return Err(error);
            }
            session = None;
            ticks.tick().await;
        }
    }
    Ok(())
}

/// Whether the statement is at fault, and not the moment: by the classes of the SQL standard, 21 and 42 are of wrong statements, 22
/// and 23 of wrong data.
fn is_mistake(error: &dyn DatabaseError) -> bool {
    let wrong = error.code().is_some_and(|state| ["21", "22", "23", "42"].iter().any(|class| state.starts_with(class)));
    let number = error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number);
    wrong && number != Some(REFERENCED)
}

async fn transact(
    options: &MySqlConnectOptions,
    session: &mut Option<MySqlConnection>,
    statements: &[String],
    commits: bool,
) -> Result<(), sqlx::Error> {
    let connection = match session {
        Some(connection) => connection,
        None => session.insert(MySqlConnection::connect_with(options).await?),
    };
    let mut transaction = connection.begin().await?;
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *transaction).await?;
    }
    match commits {
        true => transaction.commit().await,
        false => transaction.rollback().await,
    }
}

fn statement(random: &mut impl Rng) -> String {
    let (id, number) = (random.random_range(IDS), random.random_range(0..1000));
    let statements = [
        format!("UPDATE products SET price = {number} WHERE id = {id}"),
        format!("UPDATE products SET wish_count = {number} WHERE id = {id}"),
        format!("UPDATE stock SET remaining = {} WHERE product_id = {id}", number % 3),
        format!("DELETE FROM stock WHERE product_id = {id}"),
        format!("DELETE FROM stock WHERE product_id = {id}; DELETE FROM products WHERE id = {id}"),
        format!(
            "INSERT IGNORE INTO products (id, name, image, price, mall_name, category) \
             VALUES ({id}, '나이키 {number}', '', {number}, '몰', '신발'); \
             INSERT IGNORE INTO stock (product_id, total, remaining, open_at, close_at) \
             VALUES ({id}, 5, {}, '2026-01-01', '2026-01-02')",
            number % 3
        ),
        format!("UPDATE stock SET close_at = close_at + INTERVAL {} SECOND WHERE product_id = {id}", number + 1),
    ];
    statements.choose(random).cloned().unwrap_or_default()
}
