use std::sync::Arc;

use axum::{Json, extract::State};

use super::{
    AdminProduct, Change, ProductPath,
    body::{DescriptionBody, SaleBody, StockBody},
    check::Checks,
    error::AdminError,
    store,
};
use crate::{
    app::App,
    error::{Problem, ProblemBody},
    extract::{Body, Path},
    members::Admin,
};

/// Replaces what a product is; orders placed before keep their price.
#[utoipa::path(
    put,
    path = "/api/admin/products/{id}",
    tag = "admin",
    params(ProductPath),
    request_body = DescriptionBody,
    responses(
        (status = 200, description = "Changed", body = AdminProduct),
        (status = 404, description = "No such product", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change_product(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Path(path): Path<ProductPath>,
    Body(body): Body<DescriptionBody>,
) -> Result<Json<AdminProduct>, Problem> {
    let mut checks = Checks::default();
    let description = body.check(&mut checks);
    change(app, admin.id, path.id, checks.finish(Change::Description(description))?).await
}

/// Sets how many units there are, sold ones included, and how many one member may hold.
#[utoipa::path(
    put,
    path = "/api/admin/products/{id}/stock",
    tag = "admin",
    params(ProductPath),
    request_body = StockBody,
    responses(
        (status = 200, description = "Changed", body = AdminProduct),
        (status = 404, description = "No such product", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "below_sold: more units are sold", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change_stock(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Path(path): Path<ProductPath>,
    Body(body): Body<StockBody>,
) -> Result<Json<AdminProduct>, Problem> {
    let mut checks = Checks::default();
    let stock = body.check(&mut checks);
    change(app, admin.id, path.id, checks.finish(Change::Stock(stock))?).await
}

/// Sets when the sale opens and closes.
#[utoipa::path(
    put,
    path = "/api/admin/products/{id}/sale",
    tag = "admin",
    params(ProductPath),
    request_body = SaleBody,
    responses(
        (status = 200, description = "Changed", body = AdminProduct),
        (status = 404, description = "No such product", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change_sale(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Path(path): Path<ProductPath>,
    Body(body): Body<SaleBody>,
) -> Result<Json<AdminProduct>, Problem> {
    let mut checks = Checks::default();
    let sale = body.check(&mut checks, &app.clock);
    change(app, admin.id, path.id, checks.finish(Change::Sale(sale))?).await
}

async fn change(app: Arc<App>, admin_id: i64, id: i64, change: Change) -> Result<Json<AdminProduct>, Problem> {
    let tasks = app.tasks.tracker.clone();
    let changed = tasks.spawn(carry_out(app, admin_id, id, change)).await.map_err(AdminError::from)??;
    Ok(Json(changed))
}

/// Ends what it has begun, even if the client leaves.
async fn carry_out(app: Arc<App>, admin_id: i64, id: i64, change: Change) -> Result<AdminProduct, AdminError> {
    let stored = store::change(&app.db, id, &change).await?;
    tracing::info!(target: "openrace::audit", admin_id, product_id = id, ?change, "product changed");
    app.orders.refresh_gate(id).await;
    Ok(AdminProduct::new(stored, &app.clock))
}
