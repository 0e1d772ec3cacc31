//! MySQL as a server may meet it at start.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlx::{AssertSqlSafe, ConnectOptions, MySqlConnection, MySqlPool, mysql::MySqlConnectOptions};
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use super::free_port;

/// Address of the database behind the pool.
pub fn url(db: &MySqlPool) -> String {
    MySqlConnectOptions::to_url_lossy(&db.connect_options()).to_string()
}

/// The connection to this database that waits for a locked table, if one does.
pub async fn waiting_for_table(db: &MySqlPool) -> Option<String> {
    let waiting = "SELECT CONCAT(id) FROM information_schema.processlist \
                   WHERE db = DATABASE() AND state LIKE 'Waiting for table%'";
    sqlx::query_scalar(waiting).fetch_optional(db).await.unwrap()
}

/// The other connections to this database that execute a statement.
pub async fn running(connection: &mut MySqlConnection) -> Vec<i64> {
    let running = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
                   WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command IN ('Query', 'Execute')";
    sqlx::query_scalar(running).fetch_all(connection).await.unwrap()
}

/// Ends connections; answers how many had not ended by themselves.
pub async fn kill(connection: &mut MySqlConnection, ids: &[i64]) -> usize {
    let mut killed = 0;
    for id in ids {
        let kill = sqlx::raw_sql(AssertSqlSafe(format!("KILL CONNECTION {id}")));
        killed += usize::from(kill.execute(&mut *connection).await.is_ok());
    }
    killed
}

/// A way to MySQL that is shut until it is opened: until then connections are taken and dropped.
pub struct Door {
    /// Address of the database through the door.
    pub url: String,
    open: Arc<AtomicBool>,
}

impl Door {
    pub async fn shut(db: &MySqlPool) -> Self {
        let options = (*db.connect_options()).clone();
        let behind = (options.get_host().to_owned(), options.get_port());
        let listener = free_port().await;
        let options = options.host("127.0.0.1").port(listener.local_addr().unwrap().port());
        let open = Arc::new(AtomicBool::new(false));
        tokio::spawn(lead(listener, behind, Arc::clone(&open)));
        Self { url: options.to_url_lossy().to_string(), open }
    }

    pub fn open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }
}

async fn lead(listener: TcpListener, behind: (String, u16), open: Arc<AtomicBool>) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        if !open.load(Ordering::Relaxed) {
            continue;
        }
        let mut server = TcpStream::connect(&behind).await.unwrap();
        tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
    }
}

/// Address of a MySQL that greets everybody with this error.
pub async fn unwilling(number: u16) -> String {
    let listener = free_port().await;
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            client.write_all(&error_packet(number, "its own words")).await.unwrap();
        }
    });
    format!("mysql://kim:secret@127.0.0.1:{port}/openrace")
}

/// Length, sequence number, mark of an error, its number, its words.
fn error_packet(number: u16, words: &str) -> Vec<u8> {
    let length = u8::try_from(3 + words.len()).unwrap();
    let [low, high] = number.to_le_bytes();
    [&[length, 0, 0, 0, 0xff, low, high], words.as_bytes()].concat()
}
