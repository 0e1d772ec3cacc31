//! A network that loses the end of a transaction.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sqlx::{ConnectOptions, MySqlPool, mysql::MySqlSslMode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::free_port;

/// The command as it ends a packet to MySQL.
const COMMIT: &[u8] = b"\x03COMMIT";

/// A way to MySQL that does its first COMMITs and cuts the connection before their answers.
pub struct Lossy {
    pub db: MySqlPool,
    left: Arc<AtomicUsize>,
}

impl Lossy {
    pub async fn new(db: &MySqlPool, losses: usize) -> Self {
        let options = (*db.connect_options()).clone();
        let behind = (options.get_host().to_owned(), options.get_port());
        let listener = free_port().await;
        let options = options.host("127.0.0.1").port(listener.local_addr().unwrap().port());
        // What is encrypted cannot be told apart. MySQL lets a user in whose password it has seen encrypted before.
        let options = options.ssl_mode(MySqlSslMode::Disabled);
        let left = Arc::new(AtomicUsize::new(losses));
        tokio::spawn(lead(listener, behind, Arc::clone(&left)));
        Self { db: openrace::database::pool(options.to_url_lossy().as_str()).unwrap(), left }
    }

    /// Whether every answer that was to be lost is lost.
    pub fn is_done(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}

async fn lead(listener: TcpListener, behind: (String, u16), left: Arc<AtomicUsize>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(&behind).await.unwrap();
        let left = Arc::clone(&left);
        tokio::spawn(async move { carry(client, server, &left).await });
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, left: &AtomicUsize) -> std::io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let asked = &asked[..read?];
                server.write_all(asked).await?;
                if asked.is_empty() {
                    return Ok(());
                }
                let take = |left: usize| left.checked_sub(1);
                if asked.ends_with(COMMIT) && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
                    server.read_u8().await?;
                    return Ok(());
                }
            }
            read = server.read(&mut answered) => match read? {
                0 => return Ok(()),
                read => client.write_all(&answered[..read]).await?,
            },
        }
    }
}
