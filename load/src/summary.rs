//! The runs of one kind, in one table.

use std::fmt;

use serde::Serialize;

use crate::{
    machine,
    report::{ALL, Figure, Report, Row},
    spread::Spread,
};

/// Violations that a table tells.
const TOLD: usize = 20;

/// Figures of all runs of one title.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// What was run.
    pub title: String,
    /// Date, commit and machine of the runs.
    pub measured: String,
    /// How often.
    pub runs: usize,
    /// One row for each kind of answer that came in any run.
    pub rows: Vec<Row<Spread>>,
    /// What the answers alone do not tell.
    pub figures: Vec<Figure<Spread>>,
    /// Answers with a status of 500 and above, of all runs.
    pub server_errors: u64,
    /// What broke a rule in any run.
    pub violations: Vec<String>,
}

impl Summary {
    /// The tables of each run, one table for each title.
    pub fn of(runs: Vec<Vec<Report>>) -> Vec<Self> {
        let mut by_title: Vec<Vec<Report>> = Vec::new();
        for report in runs.into_iter().flatten() {
            match by_title.iter_mut().find(|reports| reports[0].title == report.title) {
                Some(reports) => reports.push(report),
                None => by_title.push(vec![report]),
            }
        }
        let measured = machine::description();
        by_title.into_iter().map(|reports| Self::of_title(measured.clone(), reports)).collect()
    }

    fn of_title(measured: String, mut reports: Vec<Report>) -> Self {
        let figures = reports[0].figures.iter().filter_map(|Figure { name, .. }| {
            let all = reports.iter().flat_map(|report| &report.figures).filter(|figure| figure.name == *name);
            Some(Figure { name, value: Spread::of(all.map(|figure| figure.value))? })
        });
        let (figures, rows) = (figures.collect(), rows(&reports));
        let violations = reports.iter().enumerate().flat_map(|(run, report)| {
            let run = if reports.len() > 1 { format!("run {}: ", run + 1) } else { String::new() };
            report.violations.iter().map(move |violation| format!("{run}{violation}"))
        });
        Self {
            measured,
            runs: reports.len(),
            rows,
            figures,
            server_errors: reports.iter().map(|report| report.server_errors).sum(),
            violations: violations.collect(),
            title: std::mem::take(&mut reports[0].title),
        }
    }

    /// Whether every rule held in every run.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

/// Rows of the same name, from all runs. An answer that only some runs had stands behind the others of its flow.
fn rows(reports: &[Report]) -> Vec<Row<Spread>> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for row in reports.iter().flat_map(|report| &report.rows) {
        let name = (&*row.flow, &*row.answer);
        if !names.contains(&name) {
            let behind = names.iter().rposition(|(flow, _)| *flow == name.0).map_or(names.len(), |place| place + 1);
            names.insert(behind, name);
        }
    }
    names.into_iter().filter_map(|name| row(name, reports)).collect()
}

fn row((flow, answer): (&str, &str), reports: &[Report]) -> Option<Row<Spread>> {
    let is_it = |row: &&Row<f64>| row.flow == flow && row.answer == answer;
    let found: Vec<_> = reports.iter().map(|report| report.rows.iter().find(is_it)).collect();
    let often = |figure: fn(&Row<f64>) -> f64| Spread::of(found.iter().map(|row| row.map_or(0.0, figure)));
    // A run without such an answer has no latency of it.
    let late = |figure: fn(&Row<f64>) -> f64| Spread::of(found.iter().flatten().map(|row| figure(row)));
    Some(Row {
        flow: flow.to_owned(),
        answer: answer.to_owned(),
        count: often(|row| row.count)?,
        per_second: often(|row| row.per_second)?,
        p50: late(|row| row.p50)?,
        p90: late(|row| row.p90)?,
        p99: late(|row| row.p99)?,
        p999: late(|row| row.p999)?,
        max: late(|row| row.max)?,
    })
}

/// A table in Markdown.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs =
            if self.runs == 1 { "1 run".to_owned() } else { format!("{} runs: median (least to greatest)", self.runs) };
        writeln!(f, "### {}\n\n{}; {runs}\n", self.title, self.measured)?;
        writeln!(f, "| requests | answers | count | per second | p50 ms | p90 ms | p99 ms | p99.9 ms | max ms |")?;
        writeln!(f, "|---|---|---:|---:|---:|---:|---:|---:|---:|")?;
        for Row { flow, answer, count, per_second, p50, p90, p99, p999, max } in &self.rows {
            let flow = if answer == ALL { flow } else { "" };
            write!(f, "| {flow} | {answer} | {count:.0} | {per_second:.0} ")?;
            writeln!(f, "| {p50:.2} | {p90:.2} | {p99:.2} | {p999:.2} | {max:.2} |")?;
        }
        writeln!(f)?;
        for Figure { name, value } in &self.figures {
            writeln!(f, "- {name}: {value:.0}")?;
        }
        let verdict = if self.is_clean() { "every rule was kept" } else { "rules were broken:" };
        writeln!(f, "- 5xx: {}; {verdict}", self.server_errors)?;
        self.violations.iter().take(TOLD).try_for_each(|violation| writeln!(f, "  - {violation}"))?;
        match self.violations.len().checked_sub(TOLD) {
            Some(more @ 1..) => writeln!(f, "  - and {more} more"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tally::Tally;

    /// A run that took a second. Each answer has a name, how often it came, and how many milliseconds each took.
    fn run(title: &str, answers: &[(&'static str, u64, u64)]) -> Report {
        let tally = Tally::default();
        for &(name, count, millis) in answers {
            (0..count).for_each(|_| tally.count(name, 200, Duration::from_millis(millis)));
        }
        let mut report = Report::new(title);
        report.add("orders", &tally.counts(), Duration::from_secs(1));
        report
    }

    fn lines(summary: &Summary) -> Vec<String> {
        summary.to_string().lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn each_figure_has_its_median_and_its_range_over_the_runs() {
        let runs = [(1_500, 3), (1_000, 1), (2_000, 2)];
        let runs = runs.map(|(count, millis)| vec![run("a", &[("confirmed", count, millis)]), run("b", &[])]);
        let summaries = Summary::of(runs.into());
        assert_eq!(summaries.iter().map(|summary| &*summary.title).collect::<Vec<_>>(), ["a", "b"]);
        let row = &summaries[0].rows[1];
        assert_eq!(row.count, Spread { median: 1_500.0, least: 1_000.0, greatest: 2_000.0 });
        assert_eq!((row.p50.median.round(), row.p50.least.round(), row.p50.greatest.round()), (2.0, 1.0, 3.0));
        let lines = lines(&summaries[0]);
        assert!(
            lines[2].contains(" UTC, commit ") && lines[2].ends_with("; 3 runs: median (least to greatest)"),
            "{}",
            lines[2]
        );
        assert!(
            lines[7].starts_with(
                "|  | confirmed | 1,500 (1,000 to 2,000) | 1,500 (1,000 to 2,000) | 2.00 (1.00 to 3.00) |"
            ),
            "{}",
            lines[7]
        );
    }

    #[test]
    fn the_json_of_a_table_has_the_same_medians_and_ranges() {
        let runs = [1_000, 3_000].map(|count| vec![run("a", &[("confirmed", count, 1)])]);
        let json = serde_json::to_value(Summary::of(runs.into()).remove(0)).unwrap();
        assert_eq!((&json["title"], &json["runs"]), (&"a".into(), &2.into()));
        let per_second = serde_json::json!({ "median": 2_000.0, "least": 1_000.0, "greatest": 3_000.0 });
        assert_eq!(json["rows"][1]["perSecond"], per_second);
    }

    #[test]
    fn an_answer_that_one_run_lacks_counts_none_there() {
        let runs =
            vec![vec![run("a", &[("confirmed", 2, 1)])], vec![run("a", &[("confirmed", 2, 1), ("overloaded", 1, 9)])]];
        let summary = Summary::of(runs).remove(0);
        assert_eq!(summary.rows.iter().map(|row| &*row.answer).collect::<Vec<_>>(), ["all", "confirmed", "overloaded"]);
        assert_eq!((summary.rows[2].count.least, summary.rows[2].count.greatest), (0.0, 1.0));
        assert_eq!(summary.rows[2].p50.least.round(), 9.0);
    }

    #[test]
    fn a_rule_broken_in_any_run_is_told() {
        let broken = || Report { violations: vec!["I1 product 7: total 1".to_owned()], ..run("a", &[]) };
        let summary = Summary::of(vec![vec![run("a", &[])], vec![broken()]]).remove(0);
        assert!(!summary.is_clean());
        assert!(lines(&summary).contains(&"  - run 2: I1 product 7: total 1".to_owned()));
        let alone = Summary::of(vec![vec![broken()]]).remove(0);
        assert_eq!(alone.violations, ["I1 product 7: total 1"]);
    }
}
