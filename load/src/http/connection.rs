//! One kept-alive connection.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{
    reply::{Head, Reply},
    route::Route,
};

/// Holds any answer to an order; one of a search makes it grow once.
const ROOM: usize = 4096;
/// A shopper would have left long ago.
const PATIENCE: Duration = Duration::from_secs(20);
/// Before the next try at a server that does not listen.
const PAUSE: Duration = Duration::from_millis(50);

/// A request without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// No connection: the server has not seen it.
    Unsent,
    /// The connection ended, or patience did: the server may have carried it out.
    Unanswered,
}

/// Asks one thing at a time, and connects anew after a failure.
pub struct Connection {
    route: Route,
    /// Of those that take this route.
    number: usize,
    stream: Option<TcpStream>,
    incoming: Vec<u8>,
}

impl Connection {
    /// Connects at the first request.
    pub fn new(route: Route, number: usize) -> Self {
        Self { route, number, stream: None, incoming: Vec::with_capacity(ROOM) }
    }

    /// Connects now.
    pub(super) async fn open(mut self) -> io::Result<Self> {
        self.stream = Some(self.route.connect(self.number).await?);
        Ok(self)
    }

    /// Sends a request and waits for its answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Reply<'_>, Lost> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => match self.route.connect(self.number).await {
                Ok(stream) => stream,
                Err(_) => {
                    sleep(PAUSE).await;
                    return Err(Lost::Unsent);
                }
            },
        };
        self.incoming.clear();
        let exchange = exchange(&mut stream, request, &mut self.incoming);
        let Ok(Ok(head)) = timeout(PATIENCE, exchange).await else { return Err(Lost::Unanswered) };
        self.stream = (!head.closes).then_some(stream);
        Ok(Reply { status: head.status, order_no: head.order_no, body: &self.incoming[head.body] })
    }
}

async fn exchange(stream: &mut TcpStream, request: &[u8], incoming: &mut Vec<u8>) -> io::Result<Head> {
    stream.write_all(request).await?;
    let head = loop {
        receive(stream, incoming).await?;
        if let Some(head) = Head::parse(incoming).map_err(io::Error::other)? {
            break head;
        }
    };
    while incoming.len() < head.body.end {
        receive(stream, incoming).await?;
    }
    Ok(head)
}

async fn receive(stream: &mut TcpStream, incoming: &mut Vec<u8>) -> io::Result<()> {
    match stream.read_buf(incoming).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
