//! Around every request: its id, its log line, its metrics, and the body of its failure.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    app::App,
    error::{Code, Problem},
};

/// Names a request in answers and logs; taken from the client when it is harmless.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The status of a request whose client left before the answer; never sent.
const CLIENT_LEFT: u16 = 499;

/// The id of the request that is answered, among its extensions.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request an id, measures and logs it, and writes the body of a [`Problem`].
pub async fn observe(mut request: Request, next: Next) -> Response {
    let mut entry = Entry::begin(&request);
    request.extensions_mut().insert(RequestId(entry.request_id.clone()));
    // Of its own target and the highest level: no filter that lets a line through takes its request's id away.
    let span = tracing::error_span!(target: "openrace::request", "request", request_id = entry.request_id);
    let mut response = next.run(request).instrument(span).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = with_body(response, problem, &entry);
    }
    if let Ok(id) = HeaderValue::from_str(&entry.request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    entry.status = response.status().as_u16();
    response
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<Arc<App>> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = connected.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(peer)| peer.ip());
        Ok(Self(client_address(peer, &parts.headers, &app.trusted_proxies)))
    }
}

/// The last address that no trusted proxy has: what stands before it in the header anybody can have written.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer;
    for name in named.into_iter().rev() {
        if !trusted.contains(&client) {
            break;
        }
        let Ok(address) = name.parse() else { break };
        client = address;
    }
    client
}

/// Answers 503 when the handler takes longer than `limit`.
pub async fn time_limit(limit: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::Timeout, "The answer took too long.").into_response(),
    }
}

/// One request under way. Dropping it writes the log line, so that a request whose client left has one too.
struct Entry {
    request_id: String,
    method: &'static str,
    path: String,
    route: String,
    started: Instant,
    status: u16,
}

impl Entry {
    fn begin(request: &Request) -> Self {
        metrics::gauge!("http_requests_in_flight").increment(1);
        let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
        Self {
            request_id: request_id(request.headers()),
            method: method_name(request.method()),
            path: request.uri().path().to_owned(),
            route: route.to_owned(),
            started: Instant::now(),
            status: CLIENT_LEFT,
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let latency = self.started.elapsed();
        metrics::gauge!("http_requests_in_flight").decrement(1);
        metrics::histogram!(
            "http_request_duration_seconds",
            "method" => self.method,
            "route" => std::mem::take(&mut self.route),
            "status" => self.status.to_string(),
        )
        .record(latency);
        tracing::info!(
            target: "openrace::access",
            request_id = self.request_id,
            method = self.method,
            path = self.path,
            status = self.status,
            latency_ms = latency.as_secs_f64() * 1000.0,
        );
    }
}

/// The body for programs, unless there is one for people already.
fn with_body(response: Response, problem: Problem, entry: &Entry) -> Response {
    if let Some(cause) = problem.cause() {
        tracing::error!(request_id = entry.request_id, path = entry.path, error = cause, "a request failed");
    }
    if response.headers().contains_key(header::CONTENT_TYPE) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = problem.into_body(entry.path.clone(), entry.request_id.clone());
    let json = HeaderValue::from_static("application/problem+json");
    (parts.status, parts.headers, [(header::CONTENT_TYPE, json)], Json(body)).into_response()
}

/// The client's id if it can neither forge a log line nor flood the log, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(plain);
    sent.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Clients invent methods; a metric must not get a series for each.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_say_for_whom_they_ask() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("x-forwarded-for"),
            HeaderValue::from_static("1.1.1.1, 2.2.2.2, 10.0.0.2"),
        )]);
        let (proxy, second, client) = (address("10.0.0.1"), address("10.0.0.2"), address("2.2.2.2"));
        assert_eq!(client_address(proxy, &headers, &[]), proxy);
        assert_eq!(client_address(client, &headers, &[proxy]), client);
        assert_eq!(client_address(proxy, &headers, &[proxy]), second);
        assert_eq!(client_address(proxy, &headers, &[proxy, second]), client);
    }
}
