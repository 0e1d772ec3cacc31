//! A wire between a node and a server, which can be slow, dead or cut.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// What the wire does to what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Sound,
    /// Delays each piece, either way.
    Slow(Duration),
    /// Takes everything and delivers nothing.
    Dead,
}

/// A wire on a port of its own.
pub struct Proxy {
    pub address: SocketAddr,
    control: Arc<Control>,
}

struct Control {
    wire: watch::Sender<Wire>,
    connections: Mutex<CancellationToken>,
    /// Whether the answer to the next COMMIT is lost, and its connection with it.
    swallow: AtomicBool,
    swallowed: AtomicUsize,
}

impl Proxy {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let control = Arc::new(Control {
            wire: watch::Sender::new(Wire::Sound),
            connections: Mutex::default(),
            swallow: AtomicBool::new(false),
            swallowed: AtomicUsize::new(0),
        });
        tokio::spawn(accept(listener, server, Arc::clone(&control)));
        Self { address, control }
    }

    pub fn set(&self, wire: Wire) {
        self.control.wire.send_replace(wire);
    }

    /// Ends all connections.
    pub fn cut(&self) {
        std::mem::take(&mut *self.control.connections.lock().unwrap()).cancel();
    }

    /// Forwards the next COMMIT and loses its answer.
    pub fn swallow_next_commit(&self) {
        self.control.swallow.store(true, Ordering::Relaxed);
    }

    /// Answers to COMMIT that were lost.
    pub fn swallowed(&self) -> usize {
        self.control.swallowed.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, control: Arc<Control>) {
    while let Ok((client, _)) = listener.accept().await {
        let control = Arc::clone(&control);
        let connection = control.connections.lock().unwrap().clone();
        tokio::spawn(async move {
            // A server that is down refuses, and so does the wire.
            let Ok(server) = TcpStream::connect(server).await else { return };
            connection.run_until_cancelled(lead(client, server, &control)).await;
        });
    }
}

async fn lead(client: TcpStream, server: TcpStream, control: &Control) {
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let answer_lost = AtomicBool::new(false);
    let up = carry(from_client, to_server, control, |piece| {
        if is_commit(piece) && control.swallow.swap(false, Ordering::Relaxed) {
            answer_lost.store(true, Ordering::Relaxed);
            control.swallowed.fetch_add(1, Ordering::Relaxed);
        }
        true
    });
    let down = carry(from_server, to_client, control, |_| !answer_lost.load(Ordering::Relaxed));
    tokio::select! {
        () = up => (),
        () = down => (),
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, control: &Control, pass: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    let mut wire = control.wire.subscribe();
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let piece = &buffer[..length];
        let now = *wire.wait_for(|wire| *wire != Wire::Dead).await.unwrap();
        if let Wire::Slow(delay) = now {
            sleep(delay).await;
        }
        if !pass(piece) || to.write_all(piece).await.is_err() {
            return;
        }
    }
}

/// Length, sequence number, the mark of a query, its text.
fn is_commit(packet: &[u8]) -> bool {
    packet == [&[7, 0, 0, 0, 3][..], b"COMMIT"].concat()
}
