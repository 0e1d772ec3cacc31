//! Searches and details of the catalogue that is there.

use std::{collections::HashSet, net::SocketAddr};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::MySqlPool;

use crate::{
    engine::{Timing, Traffic},
    http::{Lost, Reply, connect_all},
    shop::SHELF,
};

/// Different searches, and different details.
const DIFFERENT: i64 = 10_000;

/// Three searches, each different from those before it, then one detail, and again: what a server may have kept of earlier answers
/// is of no use, whether or not products change meanwhile.
pub(super) struct Browsing {
    host: String,
    /// As addresses write them.
    keywords: Vec<String>,
    details: Vec<i64>,
}

impl Browsing {
    /// Looks at products that no load run has made, and searches for two words of the name of one after the other.
    pub(super) async fn new(db: &MySqlPool, host: impl ToString) -> Result<Self, sqlx::Error> {
        let details = sqlx::query_scalar!(
            "SELECT product_id FROM stock WHERE product_id < ? ORDER BY product_id LIMIT ?",
            SHELF.start(),
            DIFFERENT
        );
        let details = details.fetch_all(db).await?;
        let last = sqlx::query_scalar!("SELECT MAX(id) FROM products WHERE id < ?", SHELF.start());
        let apart = (last.fetch_one(db).await?.unwrap_or(0) / DIFFERENT).max(1);
        let names = sqlx::query_scalar!("SELECT name FROM products WHERE id < ? AND id % ? = 0", SHELF.start(), apart);
        let two_words = |name: String| name.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        let mut keywords: Vec<String> = names.fetch_all(db).await?.into_iter().map(two_words).collect();
        let mut seen = HashSet::new();
        keywords.retain(|keyword| seen.insert(keyword.clone()));
        let keywords = keywords.iter().map(|keyword| utf8_percent_encode(keyword, NON_ALPHANUMERIC).to_string());
        Ok(Self { host: host.to_string(), keywords: keywords.collect(), details })
    }

    /// Searches for each word once, so that none is read from disk while searches are timed.
    pub(super) async fn warm(&self, address: SocketAddr) -> anyhow::Result<()> {
        let words: HashSet<&str> = self.keywords.iter().flat_map(|keyword| keyword.split("%20")).collect();
        for mut connection in connect_all(address, 1).await? {
            for word in &words {
                let path = format!("/api/products/search?keyword={word}");
                let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
                connection.ask(request.as_bytes()).await.map_err(|lost| anyhow::anyhow!("{path}: {lost:?}"))?;
            }
        }
        Ok(())
    }

    fn path(&self, number: usize) -> String {
        let turn = number / 4;
        if number % 4 == 3 && !self.details.is_empty() {
            return format!("/api/products/{}", self.details[turn % self.details.len()]);
        }
        let keywords = self.keywords.len().max(1);
        let (keyword, page) = ((number - turn) % keywords, (number - turn) / keywords);
        format!("/api/products/search?keyword={}&page={page}", self.keywords.get(keyword).map_or("", String::as_str))
    }
}

impl Traffic for Browsing {
    fn request(&self, number: usize, into: &mut Vec<u8>) {
        for part in ["GET ", &self.path(number), " HTTP/1.1\r\nhost: ", &self.host, "\r\n\r\n"] {
            into.extend_from_slice(part.as_bytes());
        }
    }

    fn answered(&self, number: usize, answer: Result<&Reply<'_>, Lost>, _timing: Timing) -> &'static str {
        match answer.map(Reply::code) {
            Ok("ok") if number % 4 == 3 && !self.details.is_empty() => "detail",
            Ok("ok") => "search",
            Ok(code) => code,
            Err(Lost::Unsent) => "unsent",
            Err(Lost::Unanswered) => "unanswered",
        }
    }
}
