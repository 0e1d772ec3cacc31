//! From where shoppers come.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use openrace::open_files;
use tokio::{
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

use super::connection::Connection;

/// A listener's backlog holds more than this.
const AT_ONCE: usize = 100;
/// What a process opens besides connections.
const OTHER_FILES: u64 = 100;
const FIRST_SOURCE: u32 = Ipv4Addr::new(127, 1, 0, 1).to_bits();

/// The way to a server.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Where it ends.
    pub server: SocketAddr,
    /// Where it begins: loopback has as many addresses as shoppers have homes.
    sources: u32,
}

/// From the address that the system chooses.
impl From<SocketAddr> for Route {
    fn from(server: SocketAddr) -> Self {
        Self::new(server, 1)
    }
}

impl Route {
    /// From so many addresses in turn, if the server is on loopback and the system lets all of it be used.
    pub fn new(server: SocketAddr, sources: u32) -> Self {
        let many = cfg!(target_os = "linux") && server.is_ipv4() && server.ip().is_loopback();
        Self { server, sources: if many { sources } else { 1 } }
    }

    /// To another server from the same addresses.
    pub fn to(self, server: SocketAddr) -> Self {
        Self::new(server, self.sources)
    }

    /// The connection of this number.
    pub async fn connect(self, number: usize) -> io::Result<TcpStream> {
        let stream = match self.sources {
            0 | 1 => TcpStream::connect(self.server).await?,
            sources => {
                let socket = TcpSocket::new_v4()?;
                let source = Ipv4Addr::from_bits(FIRST_SOURCE + number as u32 % sources);
                socket.bind((source, 0).into())?;
                socket.connect(self.server).await?
            }
        };
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Connections that are open before the first request is due.
    pub async fn connect_all(self, count: usize) -> io::Result<Vec<Connection>> {
        make_room(count)?;
        let (mut opening, mut open) = (JoinSet::new(), Vec::with_capacity(count));
        for number in 0..count {
            if opening.len() == AT_ONCE {
                open.extend(opening.join_next().await.transpose()?.transpose()?);
            }
            opening.spawn(Connection::new(self, number).open());
        }
        while let Some(connection) = opening.join_next().await {
            open.push(connection??);
        }
        Ok(open)
    }
}

/// Lets this process open so many connections.
pub fn make_room(connections: usize) -> io::Result<()> {
    let most = open_files::raise_limit()?;
    match most < connections as u64 + OTHER_FILES {
        true => Err(io::Error::other(format!(
            "this process may open {most} files, and {connections} connections are wanted: raise the hard limit (ulimit -Hn)"
        ))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, net::IpAddr};

    use tokio::net::TcpListener;

    use super::*;

    /// From how many addresses six connections come.
    async fn seen(sources: u32) -> usize {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let route = Route::new(listener.local_addr().unwrap(), sources);
        let _open = route.connect_all(6).await.unwrap();
        let mut seen: HashSet<IpAddr> = HashSet::new();
        for _ in 0..6 {
            seen.insert(listener.accept().await.unwrap().1.ip());
        }
        seen.len()
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn shoppers_come_from_as_many_addresses_as_are_wanted() {
        assert_eq!((seen(1).await, seen(4).await, seen(64).await), (1, 4, 6));
    }

    #[test]
    fn elsewhere_than_on_loopback_there_is_one_address() {
        let sources = |server: &str| Route::new(server.parse().unwrap(), 64).sources;
        assert_eq!((sources("192.0.2.1:80"), sources("[::1]:80")), (1, 1));
    }
}
