//! How long each request takes, once: when the index is in memory, asked again at once, and after its files were dropped.

mod engines;
mod files;
mod session;

use std::time::{Duration, Instant};

pub(crate) use self::engines::{Openrace, Stock, Suggestions};
pub(crate) use self::session::{Cold, Contender, Session};

/// What two engines must agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) total: u64,
    pub(crate) ids: Vec<i64>,
    /// What was counted apart.
    pub(crate) counts: Vec<u64>,
}

/// An index that is open, and the requests of one class.
pub(crate) trait Engine {
    /// Answers the request with this number; see [`timed`].
    fn ask(&self, number: usize) -> (Duration, Answer);
}

/// How long it takes to find something; telling what it was is not part of that.
pub(crate) fn timed<F>(find: impl FnOnce() -> F, tell: impl FnOnce(&F) -> Answer) -> (Duration, Answer) {
    let start = Instant::now();
    let found = find();
    let took = start.elapsed();
    (took, tell(&found))
}

/// What one engine took for the first requests of a class, as many as there was time for.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) warm: Vec<Duration>,
    pub(crate) hot: Vec<Duration>,
    pub(crate) answers: Vec<Answer>,
}

/// Requests of one engine before those of the next: what slows the machine for a while slows all of them.
const BLOCK: usize = 50;

/// Asks every engine each request twice, the second time at once. One that has taken longer than `patience` is asked no
/// more.
fn warm_and_hot(engines: &[Box<dyn Engine + '_>], requests: usize, patience: Duration) -> Vec<Asked> {
    let mut asked: Vec<Asked> = engines.iter().map(|_| Asked::default()).collect();
    for first in (0..requests).step_by(BLOCK) {
        for (engine, asked) in engines.iter().zip(&mut asked) {
            for number in first..requests.min(first + BLOCK) {
                if asked.warm.iter().sum::<Duration>() > patience {
                    break;
                }
                let (warm, answer) = engine.ask(number);
                let (hot, again) = engine.ask(number);
                assert_eq!(answer, again, "an answer that was kept is the same");
                asked.warm.push(warm);
                asked.hot.push(hot);
                asked.answers.push(answer);
            }
        }
    }
    asked
}
