//! Sets of transactions by their global names (GTIDs), which mean the same on every server of a replication.

use std::collections::BTreeMap;
use std::fmt;

use mysql_async::Sid;
use serde::{Deserialize, Serialize};

/// The transactions before a place in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum GtidSet {
    /// Of each source, `uuid` or `uuid:tag`, the runs of numbers, both ends included, in order and apart.
    MySql(BTreeMap<String, Vec<(u64, u64)>>),
    /// Of each domain the last: its server and its number.
    MariaDb(BTreeMap<u32, (u32, u64)>),
}

/// The name of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gtid {
    MySql { source: String, number: u64 },
    MariaDb { domain: u32, server: u32, number: u64 },
}

impl Gtid {
    pub(crate) fn mysql(source: [u8; 16], tag: Option<&str>, number: u64) -> Self {
        let uuid = uuid(source);
        Self::MySql { source: tag.map_or_else(|| uuid.clone(), |tag| format!("{uuid}:{tag}")), number }
    }
}

pub(crate) fn uuid(bytes: [u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

impl GtidSet {
    /// Parses a GTID set as a server prints it; `None` when the text is empty or malformed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text: String = text.split_whitespace().collect();
        let mut parts = text.split(',').filter(|part| !part.is_empty()).peekable();
        if parts.peek()?.contains(':') {
            let mut set = Self::MySql(BTreeMap::new());
            parts.try_for_each(|part| set.add_source(part))?;
            return Some(set);
        }
        let domains = parts.map(|part| {
            let mut numbers = part.split('-');
            let (domain, server, number) = (numbers.next()?, numbers.next()?, numbers.next()?);
            Some((domain.parse().ok()?, (server.parse().ok()?, number.parse().ok()?)))
        });
        domains.collect::<Option<_>>().map(Self::MariaDb)
    }

    /// `uuid:1-5:9:tag:1-2`: runs without a tag, then those of each tag.
    fn add_source(&mut self, part: &str) -> Option<()> {
        let (uuid, rest) = part.split_once(':')?;
        let uuid = uuid.to_ascii_lowercase();
        let mut source = uuid.clone();
        for word in rest.split(':') {
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                let (first, last) = word.split_once('-').unwrap_or((word, word));
                self.add_run(&source, (first.parse().ok()?, last.parse().ok()?));
            } else if word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                source = format!("{uuid}:{}", word.to_ascii_lowercase());
            } else {
                return None;
            }
        }
        Some(())
    }

    fn add_run(&mut self, source: &str, (first, last): (u64, u64)) {
        let Self::MySql(sources) = self else { return };
        if !sources.contains_key(source) {
            sources.insert(source.to_owned(), Vec::new());
        }
        let Some(runs) = sources.get_mut(source) else { return };
        match runs.last_mut() {
            // Nearly always: the next number.
            Some((_, end)) if *end + 1 == first => *end = last,
            _ => {
                runs.push((first, last));
                runs.sort_unstable();
                runs.dedup_by(|next, run| {
                    let touches = next.0 <= run.1.saturating_add(1);
                    if touches {
                        run.1 = run.1.max(next.1);
                    }
                    touches
                });
            }
        }
    }

    /// Takes in the next transaction of the log.
    pub(crate) fn add(&mut self, gtid: &Gtid) {
        match (self, gtid) {
            (set @ Self::MySql(_), Gtid::MySql { source, number }) => set.add_run(source, (*number, *number)),
            (Self::MariaDb(domains), &Gtid::MariaDb { domain, server, number }) => {
                domains.insert(domain, (server, number));
            }
            _ => {}
        }
    }

    /// Takes in another set. Of a domain of MariaDB the higher number counts.
    pub(crate) fn unite(&mut self, other: &Self) {
        match (self, other) {
            (set @ Self::MySql(_), Self::MySql(sources)) => {
                for (source, runs) in sources {
                    runs.iter().for_each(|&run| set.add_run(source, run));
                }
            }
            (Self::MariaDb(domains), Self::MariaDb(others)) => {
                for (&domain, &(server, number)) in others {
                    let last = domains.entry(domain).or_insert((server, number));
                    if last.1 < number {
                        *last = (server, number);
                    }
                }
            }
            _ => {}
        }
    }

    /// As MySQL wants to be asked for what is missing; `None` for MariaDB.
    pub(crate) fn sids(&self) -> Option<Vec<Sid<'static>>> {
        let Self::MySql(sources) = self else { return None };
        sources.iter().map(|(source, runs)| format!("{source}:{}", Runs(runs)).parse().ok()).collect()
    }
}

struct Runs<'a>(&'a [(u64, u64)]);

impl fmt::Display for Runs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            if first == last { write!(f, "{colon}{first}")? } else { write!(f, "{colon}{first}-{last}")? }
        }
        Ok(())
    }
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = match self {
            Self::MySql(sources) => sources.iter().map(|(source, runs)| format!("{source}:{}", Runs(runs))).collect(),
            Self::MariaDb(domains) => {
                domains.iter().map(|(domain, (server, number))| format!("{domain}-{server}-{number}")).collect()
            }
        };
        f.write_str(&parts.join(","))
    }
}

impl From<GtidSet> for String {
    fn from(set: GtidSet) -> Self {
        set.to_string()
    }
}

impl TryFrom<String> for GtidSet {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("no set of transactions: {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "11111111-2222-3333-4444-555555555555";
    const B: &str = "aaaaaaaa-2222-3333-4444-555555555555";

    fn set(text: &str) -> GtidSet {
        GtidSet::parse(text).unwrap()
    }

    #[test]
    fn what_servers_write_is_read_and_written_again() {
        for text in [format!("{A}:1-5"), format!("{A}:1-5:7:9-10,{B}:3"), "0-1-100".into(), "0-1-100,7-2-3".into()] {
            assert_eq!(set(&text).to_string(), text);
        }
        let upper = format!("{}:1-3,\n{B}:4", A.to_uppercase());
        assert_eq!(set(&upper).to_string(), format!("{A}:1-3,{B}:4"));
        for text in ["", ",", "0-1", "x-1-2", "uuid:x-1", "0-1-2,a"] {
            assert_eq!(GtidSet::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn tags_name_sources_of_their_own() {
        let tagged = set(&format!("{A}:1-3:app:5:job:1-2"));
        assert_eq!(tagged.to_string(), format!("{A}:1-3,{A}:app:5,{A}:job:1-2"));
        assert_eq!(set(&tagged.to_string()), tagged);
        let sids = tagged.sids().unwrap();
        assert_eq!(
            sids.iter().map(ToString::to_string).collect::<Vec<_>>(),
            tagged.to_string().split(',').collect::<Vec<_>>()
        );
    }

    #[test]
    fn transactions_come_in_any_order_and_runs_grow_together() {
        let mut some = set(&format!("{A}:1-3"));
        for number in [4, 9, 7, 8, 5] {
            some.add(&Gtid::MySql { source: A.into(), number });
        }
        assert_eq!(some.to_string(), format!("{A}:1-5:7-9"));
        some.unite(&set(&format!("{A}:2-6,{B}:1")));
        assert_eq!(some.to_string(), format!("{A}:1-9,{B}:1"));
        let bytes = [0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55];
        some.add(&Gtid::mysql(bytes, Some("app"), 1));
        assert_eq!(some.to_string(), format!("{A}:1-9,{A}:app:1,{B}:1"));
    }

    #[test]
    fn of_a_domain_the_last_counts() {
        let mut domains = set("0-1-5");
        domains.add(&Gtid::MariaDb { domain: 0, server: 2, number: 6 });
        domains.add(&Gtid::MariaDb { domain: 3, server: 2, number: 1 });
        assert_eq!(domains.to_string(), "0-2-6,3-2-1");
        domains.unite(&set("0-1-4,3-9-2"));
        assert_eq!(domains.to_string(), "0-2-6,3-9-2");
        assert_eq!(domains.sids(), None);
    }
}
