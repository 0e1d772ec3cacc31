use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Change, Command, ProductPath};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Path,
    members::Member,
};

/// The product after a change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WishCount {
    /// Members who wish the product.
    wish_count: i64,
}

/// Wishes a product.
#[utoipa::path(
    post,
    path = "/api/products/{id}/wish",
    tag = "wishes",
    params(ProductPath),
    responses(
        (status = 200, description = "The member wishes the product now", body = WishCount),
        (status = 404, description = "No such product", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "already_wished", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn wish(
    State(app): State<Arc<App>>,
    member: Member,
    Path(path): Path<ProductPath>,
) -> Result<Json<WishCount>, Problem> {
    change(&app, &member, &path, Change::Wish).await
}

/// Takes a wish back.
#[utoipa::path(
    delete,
    path = "/api/products/{id}/wish",
    tag = "wishes",
    params(ProductPath),
    responses(
        (status = 200, description = "The member wishes the product no longer", body = WishCount),
        (status = 404, description = "not_wished, or no such product", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn unwish(
    State(app): State<Arc<App>>,
    member: Member,
    Path(path): Path<ProductPath>,
) -> Result<Json<WishCount>, Problem> {
    change(&app, &member, &path, Change::Unwish).await
}

async fn change(app: &App, member: &Member, path: &ProductPath, change: Change) -> Result<Json<WishCount>, Problem> {
    let command = Command { member_id: member.id, product_id: path.id, change };
    let wish_count = app.wishes.change(command).await?;
    Ok(Json(WishCount { wish_count }))
}
