//! Places in the binary log of one MySQL.

use serde::{Deserialize, Serialize};

/// Everything before it is in the index. What comes after may be applied again: that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which MySQL: places in the log of another one mean nothing.
    pub server: String,
    /// File of the binary log.
    pub file: String,
    /// Byte in the file, between two transactions.
    pub offset: u32,
    /// When the file was begun, Unix seconds, if that is known: after `RESET MASTER` other files have the same names.
    #[serde(default)]
    pub file_began: Option<u32>,
}

impl Position {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Of two places in the same log. A number of a file that has outgrown its digits has one more.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        (self.file.len(), &self.file, self.offset) < (other.file.len(), &other.file, other.offset)
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", serde_json::json!(self))
    }
}
