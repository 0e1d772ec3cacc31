use std::sync::Arc;

use axum::extract::State;

use super::OrderPath;
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Path,
    members::Member,
};

/// Cancels a bought order: its units go back on sale, and it leaves the list.
#[utoipa::path(
    delete,
    path = "/api/orders/{id}",
    tag = "orders",
    params(OrderPath),
    responses(
        (status = 200, description = "Cancelled", body = str),
        (status = 404, description = "The member has no such order, or has cancelled it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was never bought", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn cancel_order(
    State(app): State<Arc<App>>,
    member: Member,
    Path(path): Path<OrderPath>,
) -> Result<&'static str, Problem> {
    let number = path.number(&app.orders, member.id).await?;
    app.orders.cancel(number, member.id).await?;
    Ok("구매 취소 성공")
}
