//! Places in the binary log of one MySQL, and on other servers by the transactions before them.

use serde::{Deserialize, Serialize};

use crate::GtidSet;

/// Everything before it is in the index. What comes after may be applied again: that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which MySQL: places in the log of another one mean nothing.
    pub server: String,
    /// File of the binary log.
    pub file: String,
    /// Byte in the file, between two transactions.
    pub offset: u64,
    /// When the file was begun, Unix seconds, if that is known: after `RESET MASTER` other files have the same names.
    #[serde(default)]
    pub file_began: Option<u32>,
    /// Transactions before it, if they have global names: the place on another server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtids: Option<GtidSet>,
    /// Rows are read as they are now. So the index may also have these: a server that lacks one of them has lost what
    /// the index shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<GtidSet>,
    /// XA transactions that were prepared before the rows were read and may be committed later; `None` when the server does
    /// not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepared: Option<Vec<String>>,
}

impl Position {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Of two places in the same log; never when they are of two. A number of a file that has outgrown its digits has
    /// one more.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        self.server == other.server && (self.number(), self.offset) < (other.number(), other.offset)
    }

    /// Orders the files of a log.
    pub(crate) fn number(&self) -> (usize, &str) {
        (self.file.len(), &self.file)
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", serde_json::json!(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_of_an_older_index_is_read() {
        let old =
            Position::parse(r#"{"server":"a","file":"binlog.000001","offset":4294967295,"file_began":7}"#).unwrap();
        assert_eq!((old.offset, old.file_began), (4_294_967_295, Some(7)));
        assert_eq!((&old.gtids, &old.seen, &old.prepared), (&None, &None, &None));
        assert_eq!(Position::parse(&old.to_string()), Some(old));
    }

    #[test]
    fn places_are_ordered_within_one_log() {
        let at = |server: &str, file: &str, offset| Position {
            server: server.into(),
            file: file.into(),
            offset,
            file_began: None,
            gtids: None,
            seen: None,
            prepared: None,
        };
        let before =
            [("binlog.000009", 5_000_000_000), ("binlog.000010", 4), ("binlog.999999", 9), ("binlog.1000000", 4)];
        for pair in before.windows(2) {
            let [one, other] = [pair[0], pair[1]].map(|(file, offset)| at("a", file, offset));
            assert!(one.is_before(&other) && !other.is_before(&one));
        }
        assert!(!at("a", "binlog.000001", 4).is_before(&at("b", "binlog.000002", 4)));
    }
}
