//! A sale as it runs, sent to a browser that shows it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderName, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use serde::Serialize;

use super::{
    detail::ProductPath,
    sale::{Sale, SaleState, Seen},
    texts::Texts,
    visitor::Visitor,
};
use crate::{
    app::App,
    error::{Code, Problem},
    extract::Path,
};

/// A proxy that hears nothing for long hangs up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// All browsers of a server that is gone come back within this time, not at once.
const COME_BACK_WITHIN: u64 = 4000;
/// Not even a proxy may hold events back.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a browser shows of a sale; texts are ready to be shown.
#[derive(Serialize)]
struct SaleEvent {
    /// The server's clock, Unix milliseconds.
    now: i64,
    opens_at: i64,
    state: &'static str,
    label: &'static str,
    units: String,
    wishes: String,
}

impl SaleEvent {
    fn new(sale: &Sale, state: SaleState, now: i64, t: &Texts) -> Self {
        Self {
            now,
            opens_at: sale.opens_at,
            state: state.word(),
            label: (t.sale_state)(state),
            units: (t.units_of)(sale.remaining, sale.total),
            wishes: (t.wish_count)(sale.wish_count),
        }
    }
}

/// Sends the sale now and after each change. The stream ends with the server, and the browser then looks for another.
pub(super) async fn events(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(path): Path<ProductPath>,
) -> Result<Response, Problem> {
    let full = || Problem::new(Code::Overloaded, "Too many browsers watch at once.");
    let watching = app.sales.watch(path.id).ok_or_else(full)?;
    let t = visitor.texts;
    let come_back = Duration::from_millis(1000 + rand::random_range(0..COME_BACK_WITHIN));
    let events = stream::unfold((app, watching, Some(come_back)), move |(app, mut watching, come_back)| async move {
        let event = match app.stopping.before(watching.next()).await?? {
            Seen::Gone => Event::default().event("gone").data((t.sale_state)(SaleState::Closed)),
            Seen::Sale(sale, state) => {
                let event = SaleEvent::new(&sale, state, app.clock.now(), t);
                Event::default().event("sale").json_data(event).ok()?
            }
        };
        let event = come_back.into_iter().fold(event, Event::retry);
        Some((Ok::<_, Infallible>(event), (app, watching, None)))
    });
    let headers = [(header::CACHE_CONTROL, "no-store"), (UNBUFFERED, "no")];
    Ok((headers, Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))).into_response())
}
