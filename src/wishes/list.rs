use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::MySqlPool;
use utoipa::ToSchema;

use super::WishError;
use crate::{
    app::App,
    cursor::List,
    error::{Problem, ProblemBody},
    extract::Query,
    keyset::{Extent, Window, snapshot},
    members::Member,
    page::{PageBody, PageRequest, Stretch},
};

/// A product that the member wishes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WishedProduct {
    pub(crate) id: i64,
    pub(crate) product_name: String,
    /// Whole won.
    pub(crate) price: i64,
    pub(crate) mall_name: String,
    pub(crate) product_image: String,
}

/// Lists what the member wishes, newest wish first.
#[utoipa::path(
    get,
    path = "/api/products/wish",
    tag = "wishes",
    params(PageRequest),
    responses(
        (status = 200, description = "One page", body = PageBody<WishedProduct>),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_wishes(
    State(app): State<Arc<App>>,
    member: Member,
    Query(request): Query<PageRequest>,
) -> Result<Json<PageBody<WishedProduct>>, Problem> {
    let stretch = wishes_of(&app, member.id, &request).await?;
    Ok(Json(PageBody::new(stretch, request.size(), List::Wishes)))
}

/// One page of what a member wishes, newest wish first.
pub(crate) async fn wishes_of(
    app: &App,
    member_id: i64,
    request: &PageRequest,
) -> Result<Stretch<WishedProduct>, Problem> {
    let window = Window::new(request, List::Wishes)?;
    Ok(read(&app.db, member_id, &window).await.map_err(WishError::from)?)
}

/// A product, and the wish that tells its place in the list.
struct Row {
    wish_id: i64,
    id: i64,
    name: String,
    price: i64,
    mall_name: String,
    image: String,
}

impl From<Row> for WishedProduct {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            product_name: row.name,
            price: row.price,
            mall_name: row.mall_name,
            product_image: row.image,
        }
    }
}

/// Counts and walks on the key of member and id alone; only what the page shows is looked up.
async fn read(db: &MySqlPool, member_id: i64, window: &Window) -> Result<Stretch<WishedProduct>, sqlx::Error> {
    let mut moment = snapshot(db).await?;
    let extent = sqlx::query_as!(
        Extent,
        "SELECT COUNT(*) AS total, COUNT(IF(id >= ?, 1, NULL)) AS `before` FROM wishes WHERE member_id = ?",
        window.below,
        member_id,
    )
    .fetch_one(&mut *moment)
    .await?;
    let rows = sqlx::query_as!(
        Row,
        "SELECT w.id AS wish_id, p.id, p.name, p.price, p.mall_name, p.image \
         FROM (SELECT id FROM wishes WHERE member_id = ? AND id < ? ORDER BY id DESC LIMIT ? OFFSET ?) place \
         STRAIGHT_JOIN wishes w ON w.id = place.id STRAIGHT_JOIN products p ON p.id = w.product_id \
         ORDER BY w.id DESC",
        member_id,
        window.below,
        window.rows,
        window.skip,
    )
    .fetch_all(&mut *moment)
    .await?;
    moment.commit().await?;
    Ok(window.stretch(rows, &extent, |row| row.wish_id).map(WishedProduct::from))
}
