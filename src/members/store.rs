//! Members in MySQL.

use sqlx::MySqlPool;

use super::{
    account::{Email, Name},
    token::Role,
};

/// What logging in needs of a member.
pub(super) struct StoredMember {
    pub(super) id: i64,
    pub(super) password_hash: String,
    pub(super) role: String,
    pub(super) token_version: i32,
}

impl StoredMember {
    pub(super) fn role(&self) -> Role {
        if self.role == "ADMIN" { Role::Admin } else { Role::Member }
    }
}

/// Adds a member. Answers whether the address was free.
pub(super) async fn insert(
    db: &MySqlPool,
    name: &Name,
    email: &Email,
    hash: &str,
    role: Role,
) -> Result<bool, sqlx::Error> {
    let role = match role {
        Role::Admin => "ADMIN",
        Role::Member => "MEMBER",
    };
    let inserted = sqlx::query!(
        "INSERT INTO members (name, email, password_hash, role) VALUES (?, ?, ?, ?)",
        name.as_str(),
        email.as_str(),
        hash,
        role
    )
    .execute(db)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        // The address is the only unique key beside the id.
        Err(error) if error.as_database_error().is_some_and(|error| error.is_unique_violation()) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Finds a member by address.
pub(super) async fn find_by_email(db: &MySqlPool, email: &Email) -> Result<Option<StoredMember>, sqlx::Error> {
    sqlx::query_as!(
        StoredMember,
        "SELECT id, password_hash, role, token_version FROM members WHERE email = ?",
        email.as_str()
    )
    .fetch_optional(db)
    .await
}

/// Finds a member by primary key.
pub(super) async fn find(db: &MySqlPool, id: i64) -> Result<Option<StoredMember>, sqlx::Error> {
    sqlx::query_as!(StoredMember, "SELECT id, password_hash, role, token_version FROM members WHERE id = ?", id)
        .fetch_optional(db)
        .await
}

/// Keeps another hash of the same password.
pub(super) async fn keep_hash(db: &MySqlPool, id: i64, hash: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE members SET password_hash = ? WHERE id = ?", hash, id).execute(db).await?;
    Ok(())
}

/// Makes an operator of a member.
pub(super) async fn promote(db: &MySqlPool, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE members SET role = 'ADMIN' WHERE id = ?", id).execute(db).await?;
    Ok(())
}

/// Makes every token of the member bad that was issued so far, and changes the password if there is a new one. Answers the
/// version of good tokens.
pub(super) async fn revoke(db: &MySqlPool, id: i64, new_hash: Option<&str>) -> Result<i32, sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query!(
        "UPDATE members SET token_version = token_version + 1, tokens_revoked_at = UTC_TIMESTAMP(3), \
                password_hash = COALESCE(?, password_hash) WHERE id = ?",
        new_hash,
        id
    )
    .execute(&mut *transaction)
    .await?;
    let version = sqlx::query_scalar!("SELECT token_version FROM members WHERE id = ?", id)
        .fetch_optional(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(version.unwrap_or(i32::MAX))
}
