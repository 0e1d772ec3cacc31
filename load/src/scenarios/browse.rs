//! Searches and details of the catalogue that is there.

use sqlx::MySqlPool;

use crate::{
    engine::{Timing, Traffic},
    http::{Lost, Reply},
    shop::SHELF,
};

/// 나이키, 운동화, 패딩, 가방, 니트, 원피스, 청바지, 모자: words of the generated catalogue, as addresses write them.
const KEYWORDS: [&str; 8] = [
    "%EB%82%98%EC%9D%B4%ED%82%A4",
    "%EC%9A%B4%EB%8F%99%ED%99%94",
    "%ED%8C%A8%EB%94%A9",
    "%EA%B0%80%EB%B0%A9",
    "%EB%8B%88%ED%8A%B8",
    "%EC%9B%90%ED%94%BC%EC%8A%A4",
    "%EC%B2%AD%EB%B0%94%EC%A7%80",
    "%EB%AA%A8%EC%9E%90",
];
const DETAILS: i64 = 10_000;

/// Three searches, then one detail, and again.
pub(super) struct Browsing {
    host: String,
    details: Vec<i64>,
}

impl Browsing {
    /// Looks at products that no load run has made.
    pub(super) async fn new(db: &MySqlPool, host: impl ToString) -> Result<Self, sqlx::Error> {
        let details = sqlx::query_scalar!(
            "SELECT product_id FROM stock WHERE product_id < ? ORDER BY product_id LIMIT ?",
            SHELF.start(),
            DETAILS
        );
        Ok(Self { host: host.to_string(), details: details.fetch_all(db).await? })
    }

    fn path(&self, number: usize) -> String {
        let turn = number / 4;
        if number % 4 == 3 && !self.details.is_empty() {
            return format!("/api/products/{}", self.details[turn % self.details.len()]);
        }
        let (keyword, page) = (KEYWORDS[number % KEYWORDS.len()], turn % 5);
        format!("/api/products/search?keyword={keyword}&page={page}")
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
