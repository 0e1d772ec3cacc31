use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::MySqlPool;
use utoipa::ToSchema;

use super::{ProductPath, WishError};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Path,
    members::Member,
};

/// One member and one product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct IsWish {
    /// Whether the member wishes it.
    is_wish: bool,
}

/// Tells whether the member wishes a product; nobody wishes one that does not exist.
#[utoipa::path(
    get,
    path = "/api/products/{id}/wish/user",
    tag = "wishes",
    params(ProductPath),
    responses(
        (status = 200, description = "Yes or no", body = IsWish),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn is_wished(
    State(app): State<Arc<App>>,
    member: Member,
    Path(path): Path<ProductPath>,
) -> Result<Json<IsWish>, Problem> {
    Ok(Json(IsWish { is_wish: is_wished_by(&app, member.id, path.id).await? }))
}

/// Whether a member wishes a product.
pub(crate) async fn is_wished_by(app: &App, member_id: i64, product_id: i64) -> Result<bool, Problem> {
    Ok(exists(&app.db, member_id, product_id).await.map_err(WishError::from)?)
}

async fn exists(db: &MySqlPool, member_id: i64, product_id: i64) -> Result<bool, sqlx::Error> {
    let found =
        sqlx::query_scalar!("SELECT id FROM wishes WHERE member_id = ? AND product_id = ?", member_id, product_id)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}
