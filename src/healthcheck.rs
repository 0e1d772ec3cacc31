//! `openrace healthcheck`: for containers, which have no curl.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A server that is slower is not healthy.
const LIMIT: Duration = Duration::from_secs(3);

/// A server that is not ready.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// Nobody answers.
    #[error("no server answers on {0} (OPENRACE_ADMIN_LISTEN)")]
    Away(SocketAddr, #[source] io::Error),
    /// It answers, but not in time.
    #[error("the server on {0} does not answer in time")]
    Late(SocketAddr),
    /// It says no.
    #[error("not ready: {0}")]
    NotReady(String),
}

/// Asks the admin listener's `/readyz`.
pub async fn check_health(mut admin: SocketAddr) -> Result<(), HealthcheckError> {
    if admin.ip().is_unspecified() {
        admin.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let answer = timeout(LIMIT, ask(admin)).await.map_err(|_| HealthcheckError::Late(admin))?;
    let answer = answer.map_err(|error| HealthcheckError::Away(admin, error))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(HealthcheckError::NotReady(body.to_owned())) }
}

async fn ask(admin: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(admin).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
