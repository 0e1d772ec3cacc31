//! An address that leads to one server, then to another.

use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) struct Wire {
    pub(crate) port: u16,
    target: Arc<watch::Sender<u16>>,
    task: JoinHandle<()>,
}

impl Wire {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().port();
        let target = Arc::new(watch::Sender::new(port));
        let led = Arc::clone(&target);
        let task = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut target = led.subscribe();
                tokio::spawn(async move {
                    let port = *target.borrow_and_update();
                    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = target.changed() => {}
                    }
                });
            }
        });
        Self { port: address, target, task }
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
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}
