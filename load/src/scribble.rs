//! Writers who change the catalogue in every way, at random: what an index that follows must get right.

use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, mysql::MySqlConnectOptions};

/// Ids that are written.
const IDS: std::ops::Range<i64> = 1..200;

/// Commits and rolls back `rounds` transactions. One that fails, as by a deadlock or a server that died, is given up;
/// a lost connection is made anew.
pub async fn scribble(options: &MySqlConnectOptions, seed: u64, rounds: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut session = None;
    for _ in 0..rounds {
        let statements: Vec<String> = (0..random.random_range(1..6)).map(|_| statement(&mut random)).collect();
        let commits = random.random_bool(0.8);
        if transact(options, &mut session, &statements, commits).await.is_err() {
            session = None;
        }
    }
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
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *transaction).await {
            transaction.rollback().await?;
            return error.as_database_error().map(|_| ()).ok_or(error);
        }
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
