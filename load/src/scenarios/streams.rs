//! Browsers that look at a sale and wait for news of it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Args;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{Scenario, progress::Progress};
use crate::{
    http::{Route, make_room},
    report::Report,
    shop::{Sale, Shop},
    tally::Tally,
};

const OPEN_AT_ONCE: usize = 100;
const UNITS: i32 = 1_000;
/// An event that has not come by then is lost.
const PATIENCE: Duration = Duration::from_secs(30);
const EVENT: &[u8] = b"event: sale";

/// Settings of `streams`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load streams --streams 10000 --server-pid $(pgrep -f 'openrace serve')")]
pub struct StreamsArgs {
    /// Browsers, one stream each
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER")]
    streams: usize,
    /// Products that they look at
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    products: i64,
    /// Changes of all those products, told to all streams, one after the other
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    changes: i32,
    /// Process of the server, on this machine, to tell the memory of
    #[arg(long, value_name = "NUMBER")]
    server_pid: Option<u32>,
    /// KiB of the server before the first run: what streams took, it does not give back before the next.
    #[arg(skip)]
    before: OnceLock<u64>,
}

impl Scenario for StreamsArgs {
    /// Opens the streams, then changes the stock of what they look at and waits until each has heard.
    async fn run(&self, shop: &Shop, _seed: u64) -> anyhow::Result<Vec<Report>> {
        make_room(self.streams)?;
        let open_at = shop.clock().await?.millis(Instant::now());
        let products = shop.put_on_sale(Sale { products: self.products, units: UNITS, open_at }).await?;
        let mut report = Report::new(format!("streams: {}, of {} products", self.streams, self.products));

        let before = self.memory()?.map(|now| *self.before.get_or_init(|| now));
        let (opened, start) = (Arc::new(Tally::default()), Instant::now());
        let mut streams = Vec::with_capacity(self.streams);
        {
            let _progress = Progress::show("streams", Arc::clone(&opened), "open");
            let (mut opening, places) = (JoinSet::new(), Arc::new(Semaphore::new(OPEN_AT_ONCE)));
            for (number, product) in products.clone().cycle().take(self.streams).enumerate() {
                let (route, opened, places) = (shop.route, Arc::clone(&opened), Arc::clone(&places));
                opening.spawn(async move {
                    let _place = places.acquire_owned().await;
                    let asked = Instant::now();
                    let stream =
                        timeout(PATIENCE, Stream::open(route, number, product)).await.context("no event came")??;
                    opened.count("open", 200, asked.elapsed());
                    anyhow::Ok(stream)
                });
            }
            while let Some(stream) = opening.join_next().await {
                streams.push(stream??);
            }
        }
        report.add("streams", &opened.counts(), start.elapsed());
        let after = self.memory()?;

        let (told, start) = (Arc::new(Tally::default()), Instant::now());
        let _progress = Progress::show("changes", Arc::clone(&told), "told");
        for change in 1..=self.changes {
            let sold = sqlx::query!(
                "UPDATE stock SET remaining = ? WHERE product_id BETWEEN ? AND ?",
                UNITS - change,
                products.start(),
                products.end()
            );
            sold.execute(&shop.db).await.context("change the stock")?;
            let committed = Instant::now();
            let mut listening: JoinSet<_> = streams
                .drain(..)
                .map(|mut stream| async move {
                    let heard = timeout(PATIENCE, stream.hear()).await.context("no event came").flatten();
                    heard.map(|()| (stream, committed.elapsed()))
                })
                .collect();
            while let Some(heard) = listening.join_next().await {
                let (stream, late) = heard??;
                told.count("told", 200, late);
                streams.push(stream);
            }
        }
        report.add("changes", &told.counts(), start.elapsed());
        if let (Some(before), Some(after)) = (before, after) {
            let each = after.saturating_sub(before) * 1024 / self.streams.max(1) as u64;
            report.figure("KiB of the server with the streams", after as f64);
            report.figure("KiB of the server before the first of them", before as f64);
            report.figure("bytes of the server for each stream", each as f64);
        }
        Ok(vec![report])
    }
}

impl StreamsArgs {
    /// Resident memory of the server in KiB.
    fn memory(&self) -> anyhow::Result<Option<u64>> {
        let Some(pid) = self.server_pid else { return Ok(None) };
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
        let status = status.with_context(|| format!("read the memory of --server-pid {pid}"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|kib| kib.trim().trim_end_matches(" kB").parse().ok());
        Ok(Some(kib.context("the kernel does not tell its memory")?))
    }
}

/// One browser's stream of events.
struct Stream {
    socket: TcpStream,
    incoming: Vec<u8>,
}

impl Stream {
    /// Asks for the events of a product, and has its first.
    async fn open(route: Route, number: usize, product: i64) -> anyhow::Result<Self> {
        let mut socket = route.connect(number).await?;
        let request = format!("GET /openrun/detail/{product}/events HTTP/1.1\r\nhost: {}\r\n\r\n", route.server);
        socket.write_all(request.as_bytes()).await?;
        let mut stream = Self { socket, incoming: Vec::new() };
        stream.hear().await?;
        Ok(stream)
    }

    /// Waits for an event.
    async fn hear(&mut self) -> anyhow::Result<()> {
        while !self.incoming.windows(EVENT.len()).any(|window| window == EVENT) {
            if self.socket.read_buf(&mut self.incoming).await? == 0 {
                bail!("the server ended the stream: {}", String::from_utf8_lossy(&self.incoming));
            }
        }
        self.incoming = Vec::new();
        Ok(())
    }
}
