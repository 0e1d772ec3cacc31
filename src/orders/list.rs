use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::MySqlPool;
use time::PrimitiveDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    clock::ShopClock,
    cursor::List,
    database::{is_unavailable, unix_millis},
    error::{Code, Problem, ProblemBody},
    extract::Query,
    keyset::{Extent, Window, snapshot},
    members::Member,
    page::{PageBody, PageRequest, Stretch},
};

/// An order of the member who asks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedOrder {
    pub(crate) id: i64,
    /// Names the order, as the answer to its placing did.
    #[schema(example = "019ac0de-7d00-7000-8000-000000000000")]
    pub(crate) order_no: String,
    pub(crate) product_name: String,
    /// Whole won for one unit, as agreed when the order was decided.
    pub(crate) price: i64,
    pub(crate) mall_name: String,
    /// Units.
    pub(crate) count: i32,
    /// Local time in the shop's zone.
    #[schema(example = "2026-11-22T09:00:00")]
    pub(crate) modified_at: String,
    pub(crate) order_status: Outcome,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Outcome {
    Success,
    Fail,
}

/// Lists the member's orders, newest first; cancelled ones have left the list.
#[utoipa::path(
    get,
    path = "/api/orders",
    tag = "orders",
    params(PageRequest),
    responses(
        (status = 200, description = "One page", body = PageBody<ListedOrder>),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_orders(
    State(app): State<Arc<App>>,
    member: Member,
    Query(request): Query<PageRequest>,
) -> Result<Json<PageBody<ListedOrder>>, Problem> {
    let stretch = orders_of(&app, member.id, &request).await?;
    Ok(Json(PageBody::new(stretch, request.size(), List::Orders)))
}

/// One page of a member's orders, newest first, without the cancelled ones.
pub(crate) async fn orders_of(
    app: &App,
    member_id: i64,
    request: &PageRequest,
) -> Result<Stretch<ListedOrder>, Problem> {
    let window = Window::new(request, List::Orders)?;
    let stretch = read(&app.db, member_id, &window).await.map_err(unread)?;
    Ok(stretch.map(|row| row.listed(&app.clock)))
}

struct Row {
    id: i64,
    order_no: Vec<u8>,
    name: String,
    unit_price: i64,
    mall_name: String,
    quantity: i32,
    status: String,
    updated_at: PrimitiveDateTime,
}

impl Row {
    fn listed(self, clock: &ShopClock) -> ListedOrder {
        ListedOrder {
            id: self.id,
            // The column holds 16 bytes, so there always is one.
            order_no: Uuid::from_slice(&self.order_no).unwrap_or_default().to_string(),
            product_name: self.name,
            price: self.unit_price,
            mall_name: self.mall_name,
            count: self.quantity,
            modified_at: clock.local(unix_millis(self.updated_at)),
            order_status: if self.status == "CONFIRMED" { Outcome::Success } else { Outcome::Fail },
        }
    }
}

/// Counts and walks on the key of member, id and status alone; only what the page shows is looked up.
async fn read(db: &MySqlPool, member_id: i64, window: &Window) -> Result<Stretch<Row>, sqlx::Error> {
    let mut moment = snapshot(db).await?;
    let extent = sqlx::query_as!(
        Extent,
        "SELECT COUNT(*) AS total, COUNT(IF(id >= ?, 1, NULL)) AS `before` \
         FROM orders WHERE member_id = ? AND status <> 'CANCELLED'",
        window.below,
        member_id,
    )
    .fetch_one(&mut *moment)
    .await?;
    let rows = sqlx::query_as!(
        Row,
        "SELECT o.id, o.order_no, p.name, o.unit_price, p.mall_name, o.quantity, o.status, o.updated_at \
         FROM (SELECT id FROM orders WHERE member_id = ? AND id < ? AND status <> 'CANCELLED' \
               ORDER BY id DESC LIMIT ? OFFSET ?) place \
         STRAIGHT_JOIN orders o ON o.id = place.id STRAIGHT_JOIN products p ON p.id = o.product_id \
         ORDER BY o.id DESC",
        member_id,
        window.below,
        window.rows,
        window.skip,
    )
    .fetch_all(&mut *moment)
    .await?;
    moment.commit().await?;
    Ok(window.stretch(rows, &extent, |row| row.id))
}

fn unread(error: sqlx::Error) -> Problem {
    if is_unavailable(&error) {
        return Problem::new(Code::DatabaseUnavailable, "Orders cannot be listed now. Try again soon.")
            .caused_by(error);
    }
    Problem::internal().caused_by(error)
}
