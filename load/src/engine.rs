//! Sends requests when they are due, and measures from then.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    http::{Connection, Lost, Reply},
    tally::Tally,
};

/// What is asked, and what its answer means.
pub trait Traffic: Send + Sync + 'static {
    /// Writes the request with this number, from 0 on.
    fn request(&self, number: usize, into: &mut Vec<u8>);

    /// Takes its answer, and names it for the table.
    fn answered(&self, number: usize, answer: Result<&Reply<'_>, Lost>, timing: Timing) -> &'static str;
}

/// When a request left, and when its answer had come.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The first byte leaves.
    pub sent: Instant,
    /// The last byte has come.
    pub answered: Instant,
}

/// When requests are due.
#[derive(Debug, Clone)]
pub enum Pace {
    /// Each connection asks again once it is answered.
    Closed {
        /// How long.
        duration: Duration,
    },
    /// The same, until there is nothing left to ask.
    Once {
        /// How many there are.
        requests: usize,
        /// How long at most.
        duration: Duration,
    },
    /// At these moments after the start, in rising order, whether or not the server keeps up.
    At(Arc<[Duration]>),
}

impl Pace {
    /// So many a second on average, as shoppers come who know nothing of each other: the gaps between them are exponential.
    pub fn by_chance(rate: f64, duration: Duration, seed: u64) -> Self {
        let gaps = Exp1.sample_iter(ChaCha8Rng::seed_from_u64(seed));
        let moments = gaps.scan(0.0, |moment, gap: f64| {
            *moment += gap / rate;
            Some(Duration::from_secs_f64(*moment))
        });
        Self::At(moments.take_while(|moment| *moment < duration).collect())
    }

    /// When the request with this number is due after the start; `None`: there is no such request.
    fn due(&self, number: usize, elapsed: Duration) -> Option<Duration> {
        match self {
            Self::Closed { duration } => (elapsed < *duration).then_some(elapsed),
            Self::Once { requests, duration } => (number < *requests && elapsed < *duration).then_some(elapsed),
            Self::At(moments) => moments.get(number).copied(),
        }
    }
}

/// Runs until the last answer. Latency counts from the moment a request was due, also when every connection was busy then.
pub async fn run<T: Traffic>(
    connections: Vec<Connection>,
    start: Instant,
    pace: Pace,
    traffic: Arc<T>,
    tally: Arc<Tally>,
) {
    let flow = Arc::new(Flow { start, pace, traffic, tally, next: AtomicUsize::new(0) });
    let workers: JoinSet<()> = connections.into_iter().map(|connection| Arc::clone(&flow).work(connection)).collect();
    workers.join_all().await;
}

struct Flow<T> {
    start: Instant,
    pace: Pace,
    traffic: Arc<T>,
    tally: Arc<Tally>,
    next: AtomicUsize,
}

impl<T: Traffic> Flow<T> {
    async fn work(self: Arc<Self>, mut connection: Connection) {
        let mut request = Vec::with_capacity(1024);
        sleep_until(self.start).await;
        loop {
            let mut sent = Instant::now();
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(due) = self.pace.due(number, sent - self.start).map(|due| self.start + due) else { return };
            if sent < due {
                sleep_until(due).await;
                sent = Instant::now();
            }
            request.clear();
            self.traffic.request(number, &mut request);
            let answer = connection.ask(&request).await;
            let answered = Instant::now();
            let name = self.traffic.answered(number, answer.as_ref().map_err(|&lost| lost), Timing { sent, answered });
            self.tally.count(name, answer.map_or(0, |reply| reply.status), answered - due);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::{Router, http::header, routing::get};
    use tokio::net::TcpListener;

    use super::*;

    struct Knocks;

    impl Traffic for Knocks {
        fn request(&self, _number: usize, into: &mut Vec<u8>) {
            into.extend_from_slice(b"GET / HTTP/1.1\r\nhost: door\r\n\r\n");
        }

        fn answered(&self, _number: usize, answer: Result<&Reply<'_>, Lost>, _timing: Timing) -> &'static str {
            match answer {
                Ok(reply) => reply.code(),
                Err(Lost::Unsent) => "unsent",
                Err(Lost::Unanswered) => "unanswered",
            }
        }
    }

    async fn knock(address: SocketAddr, times: usize, start: Instant) -> Arc<Tally> {
        let tally = Arc::new(Tally::default());
        let pace = Pace::At(vec![Duration::ZERO; times].into());
        run(vec![Connection::new(address.into(), 0)], start, pace, Arc::new(Knocks), Arc::clone(&tally)).await;
        tally
    }

    async fn serve(routes: Router) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    #[tokio::test]
    async fn latency_counts_from_the_moment_a_request_was_due() {
        let address = serve(Router::new().route("/", get("hello"))).await;
        let tally = knock(address, 3, Instant::now() - Duration::from_secs(5)).await;
        assert_eq!(tally.progress("ok"), (3, 3));
        assert!(tally.counts().all().min() >= 4_990_000);
    }

    #[test]
    fn a_rate_comes_by_chance_and_the_same_for_the_same_seed() {
        let moments = |seed| match Pace::by_chance(1_000.0, Duration::from_secs(20), seed) {
            Pace::At(moments) => moments,
            Pace::Closed { .. } | Pace::Once { .. } => panic!("moments are drawn beforehand"),
        };
        let drawn = moments(1);
        assert!(drawn.is_sorted() && drawn.len().abs_diff(20_000) < 600, "{} moments", drawn.len());
        // Of gaps that know nothing of each other, e to the power of -1 is longer than the mean, and of even ones none.
        let long = drawn.windows(2).filter(|pair| pair[1] - pair[0] > Duration::from_millis(1)).count();
        assert!((long as f64 / drawn.len() as f64 - (-1.0_f64).exp()).abs() < 0.02, "{long} long gaps");
        assert_eq!(drawn, moments(1));
        assert_ne!(drawn, moments(2));
    }

    #[tokio::test]
    async fn a_connection_that_the_server_ends_is_opened_again() {
        let closing = get(|| async { ([(header::CONNECTION, "close")], "bye") });
        let address = serve(Router::new().route("/", closing)).await;
        assert_eq!(knock(address, 3, Instant::now()).await.progress("ok"), (3, 3));
    }

    #[tokio::test]
    async fn what_was_sent_and_not_answered_is_told_from_what_was_not_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { drop(listener.accept().await) });
        let tally = knock(address, 2, Instant::now()).await;
        assert_eq!((tally.progress("unanswered"), tally.progress("unsent")), ((2, 1), (2, 1)));
    }
}
