//! Operators are made from the command line: whoever has the database may.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use sqlx::MySqlPool;

use super::{
    account::{Email, Name},
    password::{NewPassword, PasswordError, Passwords},
    store,
    token::Role,
};
use crate::config::DatabaseConfig;

/// What `openrace admin` does.
#[derive(Subcommand)]
pub enum AdminCommand {
    /// Make an operator, who may change products and sales
    #[command(after_help = "Examples:\n  openrace admin create --email ops@example.com < password.txt\n  \
                            openrace admin create --email kim@example.com --promote")]
    Create(CreateAdmin),
}

/// Who is made an operator.
#[derive(Args)]
pub struct CreateAdmin {
    #[command(flatten)]
    /// Where MySQL is.
    pub database: DatabaseConfig,

    /// Address to log in with
    #[arg(long, value_parser = |text: &str| Email::try_from(text.to_owned()))]
    email: Email,

    /// Name of the operator
    #[arg(long, default_value = "operator", value_parser = |text: &str| Name::try_from(text.to_owned()))]
    name: Name,

    /// File that holds the password; without it the password is read from standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// Make an operator of the member who has this address; the password stays
    #[arg(long, conflicts_with = "password_file")]
    promote: bool,
}

/// Why there is no new operator.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The password is nowhere to be read.
    #[error("cannot read the password: name a file with --password-file, or send it to standard input")]
    NoPassword(#[source] io::Error),
    /// The password is none.
    #[error("the password {0}")]
    BadPassword(&'static str),
    /// The address has an account.
    #[error("{0} has an account: add --promote to make it an operator's")]
    Taken(String),
    /// The address has none.
    #[error("{0} has no account: leave out --promote to make one")]
    Unknown(String),
    /// The password was not hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// MySQL failed.
    #[error("MySQL failed")]
    MySql(#[from] sqlx::Error),
}

/// Makes an operator; answers what was done.
pub async fn create(args: CreateAdmin, db: &MySqlPool) -> Result<String, AdminError> {
    let email = args.email.as_str().to_owned();
    if args.promote {
        let member = store::find_by_email(db, &args.email).await?.ok_or_else(|| AdminError::Unknown(email.clone()))?;
        store::promote(db, member.id).await?;
        return Ok(format!("{email} is an operator from the next login on"));
    }
    let password = read_password(args.password_file)?;
    let hash = Passwords::new()?.hash(password).await?;
    match store::insert(db, &args.name, &args.email, &hash, Role::Admin).await? {
        true => Ok(format!("{email} is an operator")),
        false => Err(AdminError::Taken(email)),
    }
}

/// Without the line end that editors and `echo` leave.
fn read_password(file: Option<PathBuf>) -> Result<NewPassword, AdminError> {
    let mut password = String::new();
    match file {
        Some(file) => password = fs::read_to_string(file).map_err(AdminError::NoPassword)?,
        None => drop(io::stdin().read_to_string(&mut password).map_err(AdminError::NoPassword)?),
    }
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    NewPassword::try_from(password).map_err(AdminError::BadPassword)
}
