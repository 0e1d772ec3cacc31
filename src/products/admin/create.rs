use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{AdminProduct, body::NewProductBody, error::AdminError, store};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::Body,
    import::CatalogueRow,
    members::Admin,
};

/// Creates a product with its stock and its sale.
#[utoipa::path(
    post,
    path = "/api/admin/products",
    tag = "admin",
    request_body = NewProductBody,
    responses(
        (status = 201, description = "Created; Location is the product's address", body = AdminProduct),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_product(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Body(body): Body<NewProductBody>,
) -> Result<Response, Problem> {
    let row = body.check(&app.clock)?;
    let tasks = app.tasks.tracker.clone();
    let created = tasks.spawn(create(app, admin.id, row)).await.map_err(AdminError::from)??;
    let location = [(header::LOCATION, format!("/api/products/{}", created.id))];
    Ok((StatusCode::CREATED, location, Json(created)).into_response())
}

/// Ends what it has begun, even if the client leaves.
async fn create(app: Arc<App>, admin_id: i64, row: CatalogueRow) -> Result<AdminProduct, AdminError> {
    let stored = store::create(&app.db, row).await?;
    tracing::info!(target: "openrace::audit", admin_id, product_id = stored.id, "product created");
    app.orders.refresh_gate(stored.id).await;
    Ok(AdminProduct::new(stored, &app.clock))
}
