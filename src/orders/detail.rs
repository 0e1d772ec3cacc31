use std::sync::Arc;

use axum::{Json, extract::State};

use super::{OrderBody, OrderPath, error::no_such_order};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Path,
    members::Member,
};

/// Shows where one of the member's orders stands.
#[utoipa::path(
    get,
    path = "/api/orders/{id}",
    tag = "orders",
    params(OrderPath),
    responses(
        (status = 200, description = "The order", body = OrderBody),
        (status = 404, description = "The member has no such order", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read_order(
    State(app): State<Arc<App>>,
    member: Member,
    Path(path): Path<OrderPath>,
) -> Result<Json<OrderBody>, Problem> {
    let number = path.number(&app.orders, member.id).await?;
    let order = app.orders.find(number, member.id).await?.ok_or_else(no_such_order)?;
    Ok(Json(OrderBody::new(&order)))
}
