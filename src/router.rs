//! Every public path, and what surrounds them all.

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    set_header::SetResponseHeaderLayer,
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    access,
    app::App,
    error::{Code, Problem},
    extract::MAX_BODY,
    health, members, orders, products, web, wishes,
};

/// Answers below this are sent as they are: packing them costs more than it saves.
const COMPRESSED_FROM: u64 = 1024;

/// Swagger UI writes its own styles and embeds its pictures; nothing comes from elsewhere.
const CONTENT_POLICY: &str =
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

#[derive(OpenApi)]
#[openapi(info(
    title = "OpenRace",
    description = "Catalogue, search and ordering for limited open-run sales. Failures are RFC 9457 problems; branch on `code`."
))]
struct ApiDocument;

/// The public interface, its OpenAPI document and Swagger UI.
pub fn router(app: Arc<App>) -> Router {
    let time_limit = app.request_timeout;
    let (paths, document) = OpenApiRouter::with_openapi(ApiDocument::openapi())
        .merge(products::router(&app))
        .merge(members::router())
        .merge(orders::router())
        .merge(wishes::router())
        .routes(routes!(health::check_health))
        .split_for_parts();
    let routes = paths
        .merge(web::router())
        .merge(SwaggerUi::new("/swagger-ui").url("/v3/api-docs", document))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed);
    surround(routes, time_limit).with_state(app)
}

/// Headers, limits, log line and metrics of every path; writes the body of a [`Problem`].
pub fn surround<S: Clone + Send + Sync + 'static>(routes: Router<S>, time_limit: Duration) -> Router<S> {
    // Events are for now, not for when there are enough of them to pack.
    let packed = SizeAbove::new(COMPRESSED_FROM).and(NotForContentType::SSE);
    let surroundings = ServiceBuilder::new()
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(from_fn(access::observe))
        .layer(CompressionLayer::new().compress_when(packed))
        .layer(from_fn(web::explain_failures))
        .layer(CatchPanicLayer::custom(own_up_to_panic))
        .layer(from_fn(move |request: Request, next: Next| access::time_limit(time_limit, request, next)));
    routes.layer(surroundings)
}

async fn not_found() -> Problem {
    Problem::new(Code::NotFound, "Nothing has this address; /v3/api-docs lists those that are.")
}

async fn method_not_allowed() -> Response {
    Problem::new(Code::MethodNotAllowed, "This address does not take this method; Allow lists those it takes.")
        .into_response()
}

/// A handler that panicked, and what it said.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

fn own_up_to_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("without words").to_owned(),
    };
    Problem::internal().caused_by(Panicked(text)).into_response()
}

/// Sets a header on every answer that does not bring its own.
fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
