//! Two ways to sell that the protocol is measured against, behind the same path and the same layers.

mod decrby;
mod one_transaction;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::{Path, Request},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use clap::{Args, ValueEnum};
use openrace::{
    access,
    config::{DatabaseConfig, RedisConfig},
    keyspace::Keyspace,
};
use serde::Deserialize;
use sqlx::{MySqlPool, mysql::MySqlPoolOptions};
use tokio::net::TcpListener;
use uuid::Uuid;

const CONNECTIONS: u32 = 32;
const TIME_LIMIT: Duration = Duration::from_secs(10);
const TAKEN: &str = "주문을 처리중입니다.";

/// How orders are carried out
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Algorithm {
    /// One transaction for each order, which locks the stock row
    OneTransaction,
    /// Redis counts down and the answer is given; a writer follows, and copies Redis' count to MySQL
    Decrby,
}

/// Serves POST /api/orders with a simpler algorithm, to compare with
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load serve-baseline one-transaction --listen 127.0.0.1:8090")]
pub struct BaselineArgs {
    /// How orders are carried out
    algorithm: Algorithm,
    /// Address of the REST interface
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    listen: SocketAddr,
    #[command(flatten)]
    database: DatabaseConfig,
    #[command(flatten)]
    redis: RedisConfig,
}

/// An order to carry out.
#[derive(Clone, Copy)]
struct Order {
    number: Uuid,
    member: i64,
    product: i64,
    quantity: i32,
}

#[derive(Deserialize)]
struct NewOrder {
    count: i32,
}

/// Why nothing was bought.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("sold_out")]
    SoldOut,
    #[error("not_open")]
    NotOnSale,
    #[error("not_found")]
    NoProduct,
    #[error("database_unavailable")]
    Database(#[from] sqlx::Error),
    #[error("orders_unavailable")]
    Redis(#[from] redis::RedisError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::SoldOut | Self::NotOnSale => StatusCode::CONFLICT,
            Self::NoProduct => StatusCode::NOT_FOUND,
            Self::Database(_) | Self::Redis(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let body = serde_json::json!({ "status": status.as_u16(), "code": self.to_string() });
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
    }
}

enum Shop {
    OneTransaction(one_transaction::Shop),
    Decrby(decrby::Shop),
}

impl BaselineArgs {
    /// Serves until it is killed.
    pub async fn serve(self) -> anyhow::Result<()> {
        let db = MySqlPoolOptions::new().max_connections(CONNECTIONS).connect(&self.database.database_url).await;
        let shop = self.shop(db.context("connect to MySQL")?)?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| format!("listen on {}", self.listen))?;
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        println!("{:?} listens on http://{}", self.algorithm, self.listen);
        Ok(axum::serve(listener, router(Arc::new(shop))).await?)
    }

    fn shop(&self, db: MySqlPool) -> anyhow::Result<Shop> {
        Ok(match self.algorithm {
            Algorithm::OneTransaction => Shop::OneTransaction(one_transaction::Shop::new(db)),
            Algorithm::Decrby => Shop::Decrby(decrby::Shop::new(db, Keyspace::new(&self.redis)?)),
        })
    }
}

fn router(shop: Arc<Shop>) -> Router {
    let place = move |path, headers, body| place_order(Arc::clone(&shop), path, headers, body);
    Router::new()
        .route("/api/orders/{product}", post(place))
        .layer(from_fn(access::observe))
        .layer(from_fn(|request: Request, next: Next| access::time_limit(TIME_LIMIT, request, next)))
}

async fn place_order(
    shop: Arc<Shop>,
    Path(product): Path<i64>,
    headers: HeaderMap,
    Json(body): Json<NewOrder>,
) -> Result<Response, Refusal> {
    let order = Order { number: Uuid::now_v7(), member: member(&headers), product, quantity: body.count };
    match &*shop {
        Shop::OneTransaction(shop) => shop.place(order).await?,
        Shop::Decrby(shop) => shop.place(order).await?,
    }
    let number = order.number.to_string();
    Ok(([("x-order-no", number.clone()), ("location", format!("/api/orders/{number}"))], TAKEN).into_response())
}

fn member(headers: &HeaderMap) -> i64 {
    i64::try_from(headers.len()).unwrap_or_default()
}
