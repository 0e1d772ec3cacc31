//! The requests of a class, asked of each engine in turn.

use std::time::{Duration, Instant};

use openrace_index::IndexHome;

use super::files::Files;
use super::{Asked, Engine, warm_and_hot};

/// An engine that is opened anew for each column, so that it has kept nothing.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    pub(crate) open: Box<dyn Fn() -> Box<dyn Engine + 'a> + 'a>,
}

/// What an engine took whose files were not in memory.
pub(crate) struct Cold {
    pub(crate) open: Duration,
    pub(crate) requests: Vec<Duration>,
}

/// What every class is measured with.
pub(crate) struct Session {
    files: Files,
    /// Whether the system drops files from memory.
    can_be_cold: bool,
    /// Most that one engine may take for one column of a class.
    patience: Duration,
}

impl Session {
    pub(crate) fn new(home: &IndexHome, patience: Duration) -> Self {
        let folder = home.path().join(home.manifest().expect("an index").generation);
        let files = Files::of(&folder).expect("a readable folder");
        Self { can_be_cold: files.can_be_dropped(), files, patience }
    }

    /// What each contender took, in their order; the second part is `None` where nothing can be cold.
    pub(crate) fn measure(&self, contenders: &[Contender<'_>], requests: usize) -> Vec<(Asked, Option<Cold>)> {
        self.files.load_into_memory().expect("readable files");
        let engines: Vec<_> = contenders.iter().map(|contender| (contender.open)()).collect();
        let asked = warm_and_hot(&engines, requests, self.patience);
        // What is mapped is not dropped from memory.
        drop(engines);
        let cold = contenders.iter().map(|contender| self.cold(contender, requests));
        asked.into_iter().zip(cold).collect()
    }

    fn cold(&self, contender: &Contender<'_>, requests: usize) -> Option<Cold> {
        if !(self.can_be_cold && self.files.drop_from_memory()) {
            return None;
        }
        let start = Instant::now();
        let engine = (contender.open)();
        let mut cold = Cold { open: start.elapsed(), requests: Vec::new() };
        let start = Instant::now();
        for number in (0..requests).take_while(|_| start.elapsed() < self.patience) {
            cold.requests.push(engine.ask(number).0);
        }
        Some(cold)
    }
}
