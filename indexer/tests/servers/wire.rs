//! An address that leads to one server, then to another, and may garble or hold what passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::server::url;
use crate::support::LONG;

/// How an event begins that describes the columns of `products`: their number comes next, then their types.
const DESCRIPTION: &[u8] = b"\x08products\0";
/// Of the statement that reads rows which nobody is changing.
const LOOK: &[u8] = b"SKIP LOCKED";
/// Prepared once, it is executed, and then something else is asked.
const OF_A_LOOK: u32 = 2;
/// No type, and more columns than there are.
const GARBAGE: u8 = 0xf3;

pub(crate) struct Wire {
    pub(crate) port: u16,
    target: Arc<watch::Sender<u16>>,
    faults: Arc<Faults>,
    task: JoinHandle<()>,
}

impl Wire {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().port();
        let (target, faults) = (Arc::new(watch::Sender::new(port)), Arc::<Faults>::default());
        let (led, harmed) = (Arc::clone(&target), Arc::clone(&faults));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mut target, faults) = (led.subscribe(), Arc::clone(&harmed));
                tokio::spawn(async move {
                    let port = *target.borrow_and_update();
                    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    let ((asked, answers), (answered, questions)) = (client.into_split(), server.into_split());
                    tokio::select! {
                        () = faults.ask(asked, questions) => {}
                        () = faults.answer(answered, answers) => {}
                        _ = target.changed() => {}
                    }
                });
            }
        });
        Self { port: address, target, faults, task }
    }

    /// The address to what can be garbled and held: it is not encrypted.
    pub(crate) fn plain_url(&self) -> String {
        format!("{}?ssl-mode=DISABLED", url(self.port))
    }

    /// New connections lead there; what there are stay.
    pub(crate) fn lead_new_to(&self, port: u16) {
        self.target.send_if_modified(|target| {
            *target = port;
            false
        });
    }

    /// Ends all connections; new ones lead there.
    pub(crate) fn lead_to(&self, port: u16) {
        self.target.send_replace(port);
    }

    /// Garbles so many of the next events that describe `products`, each at this byte after the name.
    pub(crate) fn garble(&self, events: u32, byte: usize) {
        self.faults.place.store(byte, Ordering::Relaxed);
        self.faults.garble.store(events, Ordering::Relaxed);
    }

    /// How many of them are yet to come.
    pub(crate) fn to_garble(&self) -> u32 {
        self.faults.garble.load(Ordering::Relaxed)
    }

    /// Holds what a connection asks after its first look at rows.
    pub(crate) fn hold_after_a_look(&self) {
        self.faults.hold.send_replace(true);
    }

    /// Waits until it is asked.
    pub(crate) async fn holds(&self) {
        let mut held = self.faults.held.subscribe();
        timeout(LONG, held.wait_for(|&held| held)).await.expect("nobody looks at rows").unwrap();
    }

    pub(crate) fn let_go(&self) {
        self.faults.hold.send_replace(false);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What happens to what passes.
#[derive(Default)]
struct Faults {
    /// So many events are garbled, there.
    garble: AtomicU32,
    place: AtomicUsize,
    hold: watch::Sender<bool>,
    held: watch::Sender<bool>,
}

impl Faults {
    /// Passes on what a client asks. Each question is a piece, since it waits for the answer before it.
    async fn ask(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let (mut buffer, mut look, mut questions) = (vec![0; 64 * 1024], Finder::of(LOOK), None);
        let mut hold = self.hold.subscribe();
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let piece = &buffer[..length];
            let looks = piece.iter().any(|&byte| look.ends_with(byte));
            questions = if looks { Some(0) } else { questions.map(|questions| questions + 1) };
            if questions == Some(OF_A_LOOK) && *hold.borrow() {
                self.held.send_replace(true);
                hold.wait_for(|hold| !hold).await.unwrap();
            }
            if to.write_all(piece).await.is_err() {
                return;
            }
        }
    }

    async fn answer(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let (mut buffer, mut description, mut behind) = (vec![0; 64 * 1024], Finder::of(DESCRIPTION), None);
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            for byte in &mut buffer[..length] {
                if behind == Some(self.place.load(Ordering::Relaxed)) && self.is_garbled() {
                    *byte = GARBAGE;
                }
                behind = if description.ends_with(*byte) { Some(0) } else { behind.map(|bytes| bytes + 1) };
            }
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }

    fn is_garbled(&self) -> bool {
        self.garble.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

/// Finds bytes in what comes in pieces.
struct Finder {
    bytes: &'static [u8],
    found: usize,
}

impl Finder {
    fn of(bytes: &'static [u8]) -> Self {
        Self { bytes, found: 0 }
    }

    /// Whether they end with this one.
    fn ends_with(&mut self, byte: u8) -> bool {
        if byte != self.bytes[self.found] {
            self.found = 0;
        }
        self.found += usize::from(byte == self.bytes[self.found]);
        let whole = self.found == self.bytes.len();
        self.found %= self.bytes.len();
        whole
    }
}
