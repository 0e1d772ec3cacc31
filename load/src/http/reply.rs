//! An answer, understood as far as a shopper needs it.

use std::ops::Range;

use uuid::Uuid;

const MOST_HEADERS: usize = 48;
/// Codes that an order meets; a code that is none of them reads `other`.
const CODES: [&str; 20] = [
    "sold_out",
    "not_open",
    "sale_closed",
    "limit_reached",
    "overloaded",
    "orders_unavailable",
    "timeout",
    "database_unavailable",
    "key_reused",
    "not_found",
    "not_cancellable",
    "unauthorized",
    "forbidden",
    "too_many_requests",
    "invalid_parameter",
    "invalid_body",
    "index_not_built",
    "duplicate_wish",
    "already_wished",
    "internal",
];
const OTHER: &str = "other";

/// An answer that has come whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// HTTP status.
    pub status: u16,
    /// The header `X-Order-No`.
    pub order_no: Option<Uuid>,
    /// The body.
    pub body: &'a [u8],
}

impl Reply<'_> {
    /// The `code` of a problem; `ok` when the answer is none.
    pub fn code(&self) -> &'static str {
        if self.status < 400 {
            return "ok";
        }
        const NAME: &[u8] = b"\"code\":\"";
        let Some(start) = self.body.windows(NAME.len()).position(|window| window == NAME) else { return OTHER };
        let rest = &self.body[start + NAME.len()..];
        let end = rest.iter().position(|&byte| byte == b'"').unwrap_or(rest.len());
        CODES.into_iter().find(|code| code.as_bytes() == &rest[..end]).unwrap_or(OTHER)
    }
}

/// The head of an answer, and where its body is.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) order_no: Option<Uuid>,
    pub(super) body: Range<usize>,
    /// The server ends the connection after this answer.
    pub(super) closes: bool,
}

/// The peer does not speak HTTP/1.1 with `Content-Length`.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not HTTP/1.1 with Content-Length")]
pub(super) struct NotHttp;

impl Head {
    /// `None` until the head is whole.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, NotHttp> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(bytes).map_err(|_| NotHttp)? else { return Ok(None) };
        let (mut order_no, mut body, mut closes) = (None, None, false);
        for header in response.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                body = str::from_utf8(header.value).ok().and_then(|digits| digits.parse().ok());
            } else if header.name.eq_ignore_ascii_case("x-order-no") {
                order_no = Uuid::try_parse_ascii(header.value).ok();
            } else if header.name.eq_ignore_ascii_case("connection") {
                closes = header.value.eq_ignore_ascii_case(b"close");
            }
        }
        let body: usize = body.ok_or(NotHttp)?;
        Ok(Some(Self { status: response.code.ok_or(NotHttp)?, order_no, body: length..length + body, closes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIRMED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\
        X-Order-No: 01890000-0000-7000-8000-000000000001\r\n\r\nhello";

    #[test]
    fn an_answer_is_whole_when_its_head_is() {
        for end in 0..CONFIRMED.len() - "hello".len() {
            assert!(Head::parse(&CONFIRMED[..end]).unwrap().is_none());
        }
        let head = Head::parse(CONFIRMED).unwrap().unwrap();
        assert_eq!((head.status, &CONFIRMED[head.body], head.closes), (200, &b"hello"[..], false));
        assert_eq!(head.order_no.unwrap().to_string(), "01890000-0000-7000-8000-000000000001");
    }

    #[test]
    fn an_answer_without_length_is_not_understood() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(Head::parse(b"SSH-2.0-OpenSSH\r\n").is_err());
    }

    #[test]
    fn a_code_is_found_in_a_problem_alone() {
        let code = |status, body: &[u8]| Reply { status, order_no: None, body }.code();
        assert_eq!(code(409, br#"{"status":409,"code":"sold_out","requestId":"x"}"#), "sold_out");
        assert_eq!(code(502, b"Bad Gateway"), "other");
        assert_eq!(code(200, br#"{"code":"sold_out"}"#), "ok");
    }
}
