//! The SQL of batches. A batch of any size is one parameter, an array in JSON, so that there is one statement for all sizes.
//! STRAIGHT_JOIN makes MySQL begin there rather than with the table, and FORCE INDEX go on by key: it would scan, and lock, the
//! whole of a small table.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::MySqlConnection;
use uuid::Uuid;

use super::{
    Command,
    decide::{Pair, Plan, Stored},
};
use crate::database::only_reads;

/// Names one batch of one writer.
pub(super) struct BatchMark {
    pub(super) writer: Uuid,
    pub(super) batch: i64,
}

impl BatchMark {
    /// Writes the mark, to be seen only if this transaction is committed.
    pub(super) async fn set(&self, connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "INSERT INTO wish_writers (id, batch) VALUES (?, ?) ON DUPLICATE KEY UPDATE batch = ?",
            &self.writer.as_bytes()[..],
            self.batch,
            self.batch,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Whether a committed transaction wrote the mark. Waits for the end of one that is still under way.
    pub(super) async fn is_set(&self, connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
        let batch =
            sqlx::query_scalar!("SELECT batch FROM wish_writers WHERE id = ? FOR UPDATE", &self.writer.as_bytes()[..])
                .fetch_optional(connection)
                .await?;
        Ok(batch == Some(self.batch))
    }
}

/// Clears away the marks of writers that have ended.
pub(super) async fn forget_old_marks(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM wish_writers WHERE updated_at < NOW(3) - INTERVAL 1 DAY").execute(connection).await?;
    Ok(())
}

/// Locks the products, in order of their ids so that no two batches wait for each other, and then reads what there is. MySQL cannot
/// lock what JSON_TABLE makes, hence the table around it.
pub(super) async fn lock(connection: &mut MySqlConnection, commands: &[Command]) -> Result<Stored, sqlx::Error> {
    let products = json!(commands.iter().map(|command| command.product_id).collect::<BTreeSet<_>>()).to_string();
    let counts = sqlx::query!(
        "SELECT p.id, p.wish_count, CAST(@@read_only AS CHAR) NOT IN ('0', 'OFF') AS `read_only!: bool` \
         FROM (SELECT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) sent) wanted \
         STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.id = wanted.id FOR UPDATE",
        products,
    )
    .fetch_all(&mut *connection)
    .await?;
    // Whoever has the right to write to a replica must not do so by mistake.
    if counts.iter().any(|row| row.read_only) {
        return Err(only_reads());
    }
    let pairs = pairs(commands.iter().map(Command::pair));
    let wishes = sqlx::query!(
        "SELECT w.member_id, w.product_id \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (member BIGINT PATH '$[0]', product BIGINT PATH '$[1]')) sent \
         STRAIGHT_JOIN wishes w FORCE INDEX (wishes_of_product) \
             ON w.member_id = sent.member AND w.product_id = sent.product",
        pairs,
    )
    .fetch_all(connection)
    .await?;
    Ok(Stored {
        counts: counts.into_iter().map(|row| (row.id, row.wish_count)).collect(),
        wishes: wishes.into_iter().map(|row| (row.member_id, row.product_id)).collect(),
    })
}

/// Writes what was decided: deletes first, for a wish may be deleted and made again.
pub(super) async fn write(connection: &mut MySqlConnection, plan: &Plan) -> Result<(), sqlx::Error> {
    if !plan.deleted.is_empty() {
        sqlx::query!(
            "DELETE w \
             FROM JSON_TABLE(?, '$[*]' COLUMNS (member BIGINT PATH '$[0]', product BIGINT PATH '$[1]')) sent \
             STRAIGHT_JOIN wishes w FORCE INDEX (wishes_of_product) \
                 ON w.member_id = sent.member AND w.product_id = sent.product",
            pairs(plan.deleted.iter().copied()),
        )
        .execute(&mut *connection)
        .await?;
    }
    if !plan.inserted.is_empty() {
        sqlx::query!(
            "INSERT INTO wishes (member_id, product_id) SELECT sent.member, sent.product \
             FROM JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY, member BIGINT PATH '$[0]', product BIGINT PATH '$[1]')) sent \
             ORDER BY sent.place",
            pairs(plan.inserted.iter().copied()),
        )
        .execute(&mut *connection)
        .await?;
    }
    if !plan.counts.is_empty() {
        sqlx::query!(
            "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (product BIGINT PATH '$[0]', count BIGINT PATH '$[1]')) counted \
             STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.id = counted.product SET p.wish_count = counted.count",
            pairs(plan.counts.iter().copied()),
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

fn pairs(pairs: impl Iterator<Item = Pair>) -> String {
    json!(pairs.collect::<Vec<_>>()).to_string()
}
