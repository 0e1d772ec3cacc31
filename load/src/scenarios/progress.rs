//! One line that moves while a run goes on.

use std::{sync::Arc, time::Duration};

use indicatif::ProgressBar;
use tokio::{task::JoinHandle, time::interval};

use crate::tally::Tally;

/// Shown on a terminal alone; gone when dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    updates: JoinHandle<()>,
}

impl Progress {
    pub(super) fn show(title: &str, tally: Arc<Tally>, name: &'static str) -> Self {
        let bar = ProgressBar::new_spinner();
        let (line, title) = (bar.clone(), title.to_owned());
        let updates = tokio::spawn(async move {
            let mut ticks = interval(Duration::from_millis(250));
            loop {
                ticks.tick().await;
                let (all, named) = tally.progress(name);
                line.set_message(format!("{title}: {all} answered, {named} {name}"));
                line.tick();
            }
        });
        Self { bar, updates }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.updates.abort();
        self.bar.finish_and_clear();
    }
}
