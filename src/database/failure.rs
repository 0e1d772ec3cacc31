//! What an error of MySQL or MariaDB means for what was asked.

use sqlx::{
    Error,
    error::{DatabaseError, ErrorKind},
    mysql::MySqlDatabaseError,
};

/// What to do about a statement that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// This server does not take it now, and may be another one when asked again: the connection is of no use.
    Away,
    /// Others were in the way: the same again may do.
    Contended,
    /// MySQL will never take what was to be written.
    Refused,
    /// Anything else, such as a missing right: a person must look.
    Other,
}

/// Numbers of errors after which another connection, or the same server later, may answer.
const AWAY: [u16; 31] = [
    1021, // the disk is full, and the server waits for space
    1040, // its connections are used up
    1053, // it shuts down
    1114, // the table is full, as the disk is
    1152, // it aborted the connection
    1158, // reading a packet failed
    1159, // reading a packet took too long
    1160, // writing a packet failed
    1161, // writing a packet took too long
    1180, // COMMIT failed
    1203, // the user's connections are used up
    1226, // the user's share of the server is used up
    1290, // an option, such as --super-read-only, forbids the statement
    1792, // the transaction only reads, since the server does
    1836, // the server only reads
    1927, // MariaDB ended the connection
    2003, // a router reaches no server
    2006, // a router lost the server
    2013, // a router lost the server in the middle of a statement
    3032, // it takes no sessions but its operators', as a member that was expelled from its group
    3100, // a plug-in, such as Group Replication, cannot commit
    3169, // MySQL ended the session
    3781, // a new primary takes too long to apply what the old one had confirmed
    3782, // it was stopped while it did
    3783, // it failed while it did
    3796, // this member of the group cannot keep the consistency that is asked for
    3797, // what the group had confirmed could not be waited for, before the transaction
    3798, // or after it
    3799, // the group is being left
    3989, // the schema only reads
    4031, // MySQL ended the session, since it was idle
];

/// Numbers of errors after which the transaction is rolled back, or at least the statement, and the same again may succeed.
const CONTENDED: [u16; 9] = [
    1205, // waited too long for a lock
    1206, // the table of locks is full
    1213, // a deadlock; Galera and Group Replication say so at COMMIT too
    1317, // KILL QUERY
    1412, // the table changed while it was read
    1637, // too many transactions at once
    1969, // MariaDB's max_statement_time
    3024, // MySQL's max_execution_time
    3101, // Group Replication found another transaction in the way
];

/// Two transactions wrote one key at once; when asked again the key is found.
const DUPLICATE_KEY: u16 = 1062;
/// MySQL's numbers for what MariaDB tells by the class of the error.
const REFUSED: [u16; 2] = [
    1366, // a text of another character set
    3819, // a row that breaks a CHECK
];

/// Sorts an error of sqlx.
pub(crate) fn failure(error: &Error) -> Failure {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed => Failure::Away,
        Error::Database(error) => of_server(&**error),
        _ => Failure::Other,
    }
}

/// Whether MySQL does not answer now, rather than answers no.
pub(crate) fn is_away(error: &Error) -> bool {
    failure(error) == Failure::Away
}

/// Whether the same may succeed when it is asked for again.
pub(crate) fn may_pass(error: &Error) -> bool {
    matches!(failure(error), Failure::Away | Failure::Contended)
}

/// Whether MySQL will not have what was to be written, now or ever. Anything else may be different the next time: locks, rights,
/// a server that only reads.
pub(crate) fn is_refused(error: &Error) -> bool {
    failure(error) == Failure::Refused
}

fn of_server(error: &dyn DatabaseError) -> Failure {
    let number = error.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number);
    // 22: the data cannot be stored, 23: they break a constraint.
    let unfit = error.code().is_some_and(|class| class.starts_with("22") || class.starts_with("23"));
    match number {
        number if AWAY.contains(&number) => Failure::Away,
        number if CONTENDED.contains(&number) => Failure::Contended,
        DUPLICATE_KEY => Failure::Contended,
        number if REFUSED.contains(&number) => Failure::Refused,
        _ if unfit || error.kind() == ErrorKind::CheckViolation => Failure::Refused,
        _ => Failure::Other,
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, MySqlPool};
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    use super::*;

    /// The error that a server answers with this number.
    async fn numbered(number: u16) -> Error {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("mysql://kim@127.0.0.1:{}/openrace", listener.local_addr().unwrap().port());
        let [low, high] = number.to_le_bytes();
        let refuse = async {
            // Length, sequence number, mark of an error, its number, its words.
            listener
                .accept()
                .await
                .unwrap()
                .0
                .write_all(&[6, 0, 0, 0, 0xff, low, high, b'w', b'h', b'y'])
                .await
                .unwrap();
        };
        tokio::join!(MySqlConnection::connect(&url), refuse).0.unwrap_err()
    }

    async fn of(connection: &mut MySqlConnection, statement: &str) -> Failure {
        let done = connection.execute(AssertSqlSafe(statement.to_owned())).await;
        failure(&done.expect_err(statement))
    }

    #[tokio::test]
    async fn each_number_means_what_the_table_says() {
        for number in AWAY {
            assert_eq!(failure(&numbered(number).await), Failure::Away, "{number}");
        }
        for number in CONTENDED.into_iter().chain([DUPLICATE_KEY]) {
            assert_eq!(failure(&numbered(number).await), Failure::Contended, "{number}");
        }
        for number in REFUSED {
            assert_eq!(failure(&numbered(number).await), Failure::Refused, "{number}");
        }
        // No right, no such table, wrong SQL, locks that MySQL refuses.
        for number in [1142, 1146, 1064, 3569] {
            assert_eq!(failure(&numbered(number).await), Failure::Other, "{number}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_away() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("mysql://kim@127.0.0.1:{}/openrace", listener.local_addr().unwrap().port());
        drop(listener);
        assert!(is_away(&MySqlConnection::connect(&url).await.unwrap_err()));
    }

    #[sqlx::test]
    async fn a_row_that_breaks_a_rule_is_refused(db: MySqlPool) {
        let mut connection = db.acquire().await.unwrap();
        let product = "INSERT INTO products (name, image, price, mall_name, category) VALUES";
        for values in ["('a', '', -1, 'm', 'c')", "('a', '', NULL, 'm', 'c')", "('a', '', 1e30, 'm', 'c')"] {
            assert_eq!(of(&mut connection, &format!("{product} {values}")).await, Failure::Refused, "{values}");
        }
        let long = format!("{product} (REPEAT('a', 501), '', 1, 'm', 'c')");
        assert_eq!(of(&mut connection, &long).await, Failure::Refused);
        let orphan = "INSERT INTO stock (product_id, total, remaining, open_at, close_at) VALUES (7, 1, 1, '2026-01-01', '2026-01-02')";
        assert_eq!(of(&mut connection, orphan).await, Failure::Refused);
    }

    #[sqlx::test]
    async fn a_text_that_is_none_is_refused(db: MySqlPool) {
        let mut connection = db.acquire().await.unwrap();
        let name = "UPDATE products SET name = X'FF' WHERE id = 1";
        connection
            .execute(
                "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (1, 'a', '', 1, 'm', 'c')",
            )
            .await
            .unwrap();
        assert_eq!(of(&mut connection, name).await, Failure::Refused);
    }

    #[sqlx::test]
    async fn who_is_second_with_a_key_may_ask_again(db: MySqlPool) {
        let mut connection = db.acquire().await.unwrap();
        let twice = "INSERT INTO wishes (member_id, product_id) VALUES (1, 1), (1, 1)";
        assert_eq!(of(&mut connection, twice).await, Failure::Contended);
    }

    #[sqlx::test]
    async fn a_lock_that_is_not_given_may_be_given_later(db: MySqlPool) {
        let mut holder = db.begin().await.unwrap();
        let mark = "INSERT INTO wish_writers (id, batch) VALUES (REPEAT('a', 16), 1)";
        holder.execute(mark).await.unwrap();
        let mut other = db.acquire().await.unwrap();
        other.execute("SET SESSION innodb_lock_wait_timeout = 1").await.unwrap();
        assert_eq!(of(&mut other, mark).await, Failure::Contended);
    }

    #[sqlx::test]
    async fn the_victim_of_a_deadlock_may_try_again(db: MySqlPool) {
        db.execute("INSERT INTO wish_writers (id, batch) VALUES (REPEAT('a', 16), 1), (REPEAT('b', 16), 1)")
            .await
            .unwrap();
        let write = |id| format!("UPDATE wish_writers SET batch = batch + 1 WHERE id = REPEAT('{id}', 16)");
        let (mut first, mut second) = (db.begin().await.unwrap(), db.begin().await.unwrap());
        first.execute(AssertSqlSafe(write('a'))).await.unwrap();
        second.execute(AssertSqlSafe(write('b'))).await.unwrap();
        let crossed = tokio::join!(first.execute(AssertSqlSafe(write('b'))), second.execute(AssertSqlSafe(write('a'))));
        let victim = crossed.0.err().or(crossed.1.err()).unwrap();
        assert_eq!(failure(&victim), Failure::Contended);
    }

    #[sqlx::test]
    async fn a_session_that_only_reads_is_away(db: MySqlPool) {
        let mut connection = db.acquire().await.unwrap();
        connection.execute("SET SESSION TRANSACTION READ ONLY").await.unwrap();
        assert_eq!(of(&mut connection, "DELETE FROM wishes").await, Failure::Away);
    }

    #[sqlx::test]
    async fn a_connection_that_is_killed_is_away(db: MySqlPool) {
        let mut connection = db.acquire().await.unwrap();
        let id: u64 = sqlx::query_scalar("SELECT CONNECTION_ID()").fetch_one(&mut *connection).await.unwrap();
        db.execute(AssertSqlSafe(format!("KILL CONNECTION {id}"))).await.unwrap();
        assert_eq!(of(&mut connection, "SELECT 1").await, Failure::Away);
    }
}
