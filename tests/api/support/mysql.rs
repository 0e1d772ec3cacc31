//! MySQL as a server may meet it at start.

use sqlx::{
    AssertSqlSafe, ConnectOptions, MySqlConnection, MySqlPool, Row,
    mysql::{MySqlConnectOptions, MySqlRow},
};
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::Instant,
};

use super::free_port;

/// Address of the database behind the pool.
pub fn url(db: &MySqlPool) -> String {
    MySqlConnectOptions::to_url_lossy(&db.connect_options()).to_string()
}

/// A connection to this database, as the server lists it.
struct Session {
    id: i64,
    command: String,
    state: String,
}

/// The table of the same name cannot be read on MySQL while any session executes a statement with binary values in it.
async fn sessions(connection: &mut MySqlConnection) -> Vec<Session> {
    let own: (i64, String) =
        sqlx::query_as("SELECT CAST(CONNECTION_ID() AS SIGNED), DATABASE()").fetch_one(&mut *connection).await.unwrap();
    let rows = sqlx::raw_sql("SHOW PROCESSLIST").fetch_all(connection).await.unwrap();
    let text = |row: &MySqlRow, name| row.get_unchecked::<Option<String>, _>(name).unwrap_or_default();
    let sessions = rows.iter().filter(|row| text(row, "db") == own.1).map(|row| Session {
        id: row.get_unchecked("Id"),
        command: text(row, "Command"),
        state: text(row, "State"),
    });
    sessions.filter(|session| session.id != own.0).collect()
}

/// The connection to this database that waits for a locked table, if one does.
pub async fn waiting_for_table(db: &MySqlPool) -> Option<i64> {
    let mut connection = db.acquire().await.unwrap();
    let sessions = sessions(&mut connection).await;
    sessions.into_iter().find(|session| session.state.starts_with("Waiting for table")).map(|session| session.id)
}

/// The other connections to this database that execute a statement.
pub async fn running(connection: &mut MySqlConnection) -> Vec<i64> {
    let executes = |session: &Session| matches!(&*session.command, "Query" | "Execute");
    sessions(connection).await.into_iter().filter(executes).map(|session| session.id).collect()
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

/// A way to MySQL that is shut until it is opened: while it is shut connections are taken and dropped.
pub struct Door {
    /// Address of the database through the door.
    pub url: String,
    open: watch::Sender<bool>,
    knocks: mpsc::UnboundedReceiver<Instant>,
}

impl Door {
    pub async fn shut(db: &MySqlPool) -> Self {
        let options = (*db.connect_options()).clone();
        let behind = (options.get_host().to_owned(), options.get_port());
        let listener = free_port().await;
        let options = options.host("127.0.0.1").port(listener.local_addr().unwrap().port());
        let (open, is_open) = watch::channel(false);
        let (knock, knocks) = mpsc::unbounded_channel();
        tokio::spawn(lead(listener, behind, is_open, knock));
        Self { url: options.to_url_lossy().to_string(), open, knocks }
    }

    /// When somebody connects next.
    pub async fn knocked(&mut self) -> Instant {
        self.knocks.recv().await.unwrap()
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Ends the connections too.
    pub fn close(&self) {
        self.open.send_replace(false);
    }
}

async fn lead(
    listener: TcpListener,
    behind: (String, u16),
    open: watch::Receiver<bool>,
    knock: mpsc::UnboundedSender<Instant>,
) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        // Whoever shut the door may have left.
        let _ = knock.send(Instant::now());
        let mut open = open.clone();
        if !*open.borrow() {
            continue;
        }
        let mut server = TcpStream::connect(&behind).await.unwrap();
        tokio::spawn(async move {
            tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => (),
                _ = open.wait_for(|open| !open) => (),
            }
        });
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
