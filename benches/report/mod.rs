//! What was measured, as Markdown: on what, a row for each class and engine, and what the columns mean.

use std::collections::BTreeMap;
use std::time::Duration;

use openrace_load::machine;
use openrace_load::spread::with_commas;

use crate::classes;
use crate::corpus;
use crate::measure::Cold;

/// What the requests of some rows are.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) differ_in: &'static str,
    /// Whether both engines mean the same by its order, so that ids are compared and not only totals.
    pub(crate) is_order_shared: bool,
}

/// The latencies of one engine.
pub(crate) struct Row {
    pub(crate) engine: &'static str,
    pub(crate) warm: Vec<Duration>,
    pub(crate) hot: Vec<Duration>,
    /// `None` where files cannot be dropped from memory.
    pub(crate) cold: Option<Cold>,
    /// Answers that are those of the first engine.
    pub(crate) same: usize,
}

/// The table as it grows; it is printed meanwhile.
#[derive(Default)]
pub(crate) struct Record {
    text: String,
    /// By engine.
    opened: BTreeMap<&'static str, Vec<Duration>>,
    differing: usize,
}

impl Record {
    /// Says what is measured, and begins the table.
    pub(crate) fn begin(seconds: u64) -> Self {
        let mut record = Self::default();
        let columns = ["warm", "hot", "cold"].map(|set| format!(" {set} p50 | p90 | p99 | greatest |")).concat();
        record.line(&format!("{} products; {}\n", with_commas(&corpus::size().to_string()), machine::description()));
        record.line(&explanation(seconds));
        record.line(&format!(
            "| class | differ in | engine | requests |{columns} ratio of warm p50 | of warm p99 | same |"
        ));
        record.line(&format!("|---|---|---|---:|{}---:|---:|---|", "---:|".repeat(12)));
        record
    }

    /// Writes the rows of a class; the first is that of OpenRace.
    pub(crate) fn write(&mut self, subject: &Subject, rows: &[Row]) {
        let Some(ours) = rows.first() else { return };
        self.line(&format!("| {} | {} | {} | |", subject.name, subject.differ_in, cells(ours)));
        for row in &rows[1..] {
            // Only requests that both were asked.
            let asked = row.warm.len().min(ours.warm.len());
            let (ours, theirs) = (percentiles(&ours.warm[..asked]), percentiles(&row.warm[..asked]));
            let [median, p99] = [0, 2].map(|place| theirs[place] / ours[place]);
            let what = if subject.is_order_shared { "ids" } else { "totals" };
            let same = format!("{what} of {}", if row.same == asked { "all".to_owned() } else { row.same.to_string() });
            self.line(&format!("| | | {} {median:.1} | {p99:.1} | {same} |", cells(row)));
            self.differing += asked - row.same;
        }
        for row in rows {
            self.opened.entry(row.engine).or_default().extend(row.cold.iter().map(|cold| cold.open));
        }
    }

    /// Ends the table. Its text, and how many answers differ that mean the same.
    pub(crate) fn end(mut self) -> (String, usize) {
        let opened = self.opened.iter().filter(|(_, times)| !times.is_empty());
        let opened = opened.map(|(engine, times)| format!("{engine} {:.0} ms", percentiles(times)[0] / 1000.0));
        let opened = opened.collect::<Vec<_>>().join(", ");
        if !opened.is_empty() {
            self.line(&format!("\nOpening an index whose files were dropped from memory, median: {opened}."));
        }
        (self.text, self.differing)
    }

    fn line(&mut self, line: &str) {
        println!("{line}");
        self.text += line;
        self.text.push('\n');
    }
}

fn explanation(seconds: u64) -> String {
    let wanted = classes::wanted();
    format!(
        "One latency for each of {wanted} different requests, in µs, on one core: median, 90th and 99th percentile, and the \
         greatest. *warm*: the index is in memory, opened for this class, and no request or keyword was asked before. *hot*: \
         the same request again at once. *cold*: the index was opened after its files were dropped from memory, which reads \
         the columns of OpenRace, then the requests were asked one after the other.\n\n\
         OpenRace reads the keyword and answers with cards and the exact total. Stock tantivy, on the same files, is handed \
         the query that OpenRace makes of it, and answers with ids and the exact total. *same*: ids, totals and facets; by \
         relevance only totals and facets, since stock tantivy orders by BM25. Where OpenRace was asked fewer than {wanted}, the \
         class has no more different ones. An engine that has taken {seconds} s for a column is asked no more, and ratios are \
         of the requests that both were asked.\n"
    )
}

fn cells(row: &Row) -> String {
    let columns = |times: &[Duration]| {
        percentiles(times)
            .map(|time| if time < 100.0 { format!("{time:.1}") } else { format!("{time:.0}") })
            .join(" | ")
    };
    let cold = row.cold.as_ref().map_or_else(|| "not allowed | | |".to_owned(), |cold| columns(&cold.requests));
    format!("{} | {} | {} | {} | {cold} |", row.engine, row.warm.len(), columns(&row.warm), columns(&row.hot))
}

/// Median, 90th and 99th percentile, and the greatest, in microseconds, by the nearest rank.
fn percentiles(times: &[Duration]) -> [f64; 4] {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
    times.sort_unstable_by(f64::total_cmp);
    let rank = |percent: usize| (times.len() * percent).div_ceil(100).max(1) - 1;
    [50, 90, 99, 100].map(|percent| times.get(rank(percent)).copied().unwrap_or(f64::NAN))
}
