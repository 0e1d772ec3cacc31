//! Two ways to sell that the protocol is measured against, behind the same path and the same layers.

mod decrby;
mod one_transaction;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use openrace::{
    clock::ShopClock,
    config::{DatabaseConfig, RedisConfig, TokenConfig},
    error::{Code, Problem},
    keyspace::Keyspace,
    members::token::TokenKeys,
    surround, telemetry,
};
use serde::Deserialize;
use sqlx::{MySqlPool, mysql::MySqlPoolOptions};
use tokio::net::TcpListener;
use uuid::Uuid;

use self::{decrby::Decrby, one_transaction::OneTransaction};

const CONNECTIONS: u32 = 32;
const TIME_LIMIT: Duration = Duration::from_secs(10);
const TAKEN: &str = "주문을 처리중입니다.";

/// A simpler way to carry out orders.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Baseline {
    /// One transaction for each order, which locks the stock row
    OneTransaction,
    /// Redis counts down and the answer is given; a writer follows, and copies Redis' count to MySQL
    Decrby,
}

/// Settings of `serve-baseline`.
#[derive(Args)]
#[command(after_help = "Example:\n  openrace-load serve-baseline one-transaction --listen 127.0.0.1:8090")]
pub struct BaselineArgs {
    /// How orders are carried out
    algorithm: Baseline,
    /// Address of the REST interface
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    listen: SocketAddr,
    #[command(flatten)]
    database: DatabaseConfig,
    #[command(flatten)]
    redis: RedisConfig,
    #[command(flatten)]
    tokens: TokenConfig,
    /// What to log, in the form of RUST_LOG
    #[arg(long, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
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
    #[error("Log in, and send the Authorization header that you are given.")]
    NoMember,
    #[error("Fewer units are left than were ordered.")]
    SoldOut,
    #[error("The product is not on sale now.")]
    NotOnSale,
    #[error("There is no such product.")]
    NoProduct,
    #[error("MySQL does not answer.")]
    Database(#[from] sqlx::Error),
    #[error("Redis does not answer.")]
    Redis(#[from] redis::RedisError),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NoMember => Self::new(Code::Unauthorized, detail),
            Refusal::SoldOut => Self::new(Code::SoldOut, detail),
            Refusal::NotOnSale => Self::new(Code::NotOpen, detail),
            Refusal::NoProduct => Self::new(Code::NotFound, detail),
            Refusal::Database(error) => Self::new(Code::DatabaseUnavailable, detail).caused_by(error),
            Refusal::Redis(error) => Self::new(Code::OrdersUnavailable, detail).caused_by(error),
        }
    }
}

enum Algorithm {
    OneTransaction(OneTransaction),
    Decrby(Decrby),
}

struct Shop {
    algorithm: Algorithm,
    tokens: TokenKeys,
    clock: ShopClock,
}

impl BaselineArgs {
    /// Serves until it is killed.
    pub async fn serve(self) -> anyhow::Result<()> {
        telemetry::start_logs(&self.log)?;
        tokio::spawn(telemetry::keep_metrics(telemetry::start_metrics()?));
        let db = MySqlPoolOptions::new().max_connections(CONNECTIONS).connect(&self.database.database_url).await;
        let shop = self.shop(db.context("connect to MySQL")?)?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| format!("listen on {}", self.listen))?;
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        println!("{:?} listens on http://{}", self.algorithm, self.listen);
        Ok(axum::serve(listener, router(shop)).await?)
    }

    fn shop(&self, db: MySqlPool) -> anyhow::Result<Shop> {
        let algorithm = match self.algorithm {
            Baseline::OneTransaction => Algorithm::OneTransaction(OneTransaction::new(db)),
            Baseline::Decrby => Algorithm::Decrby(Decrby::start(db, Keyspace::new(&self.redis)?)),
        };
        Ok(Shop { algorithm, tokens: self.tokens.keys()?, clock: ShopClock::system(TimeZone::UTC) })
    }
}

fn router(shop: Shop) -> Router {
    let routes = Router::new().route("/api/orders/{product}", post(place_order));
    surround(routes, TIME_LIMIT).with_state(Arc::new(shop))
}

async fn place_order(
    State(shop): State<Arc<Shop>>,
    Path(product): Path<i64>,
    headers: HeaderMap,
    Json(body): Json<NewOrder>,
) -> Result<Response, Problem> {
    let member = shop.member(&headers).ok_or(Refusal::NoMember)?;
    let order = Order { number: Uuid::now_v7(), member, product, quantity: body.count };
    match &shop.algorithm {
        Algorithm::OneTransaction(way) => way.place(order).await?,
        Algorithm::Decrby(way) => way.place(order).await?,
    }
    let number = order.number.to_string();
    Ok(([("x-order-no", number.clone()), ("location", format!("/api/orders/{number}"))], TAKEN).into_response())
}

impl Shop {
    fn member(&self, headers: &HeaderMap) -> Option<i64> {
        let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        Some(self.tokens.read(token, self.clock.now()).ok()?.member_id)
    }
}
