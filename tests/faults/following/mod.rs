//! Indexes that follow MySQL while everything dies around them: in the end each equals the table, row by row.

mod commits;
mod damage;
mod lists;
mod logs;
mod outages;
mod planted;
mod rebuilds;
mod seeds;
mod singles;

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use openrace_index::{IndexError, IndexHome};
use openrace_indexer::{Difference, Progress, Resources, Source, rebuild, verify};
use openrace_load::scribble::scribble;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    stage::{Node, Stage},
    wait::{PATIENCE, until},
};

struct Unseen;

impl Progress for Unseen {
    fn reading(&self, _: u64) {}
    fn writing(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn publishing(&self) {}
}

pub fn home(stage: &Stage, node: usize) -> IndexHome {
    IndexHome::new(stage.services.path(&format!("index-{node}")))
}

/// Each server has an index of its own, and follows.
pub async fn follow(stage: &Stage) {
    build(stage).await;
    for node in &stage.nodes {
        until("it follows", async || readiness(node).await["following"]["ok"] == true).await;
    }
}

/// Each server has an index of its own.
pub async fn build(stage: &Stage) {
    let url = &stage.services.database_url;
    join_all((0..stage.nodes.len()).map(async |node| build_from(url, &home(stage, node)).await)).await;
}

/// What `indexer rebuild` does with the MySQL at this address.
pub async fn build_from(url: &str, home: &IndexHome) {
    let source = Source::connect(url).await.unwrap();
    let resources = Resources { threads: 1, memory: 15_000_000 };
    rebuild(source, home, resources, 0, Arc::new(Unseen), CancellationToken::new()).await.unwrap();
}

/// A stage with products, whose nodes follow.
async fn followed() -> Stage {
    let stage = Stage::set().await;
    scribble(&stage.db.connect_options(), 1, 150).await.unwrap();
    follow(&stage).await;
    stage
}

async fn differences(stage: &Stage, node: usize) -> Result<Vec<Difference>, IndexError> {
    let mut source = Source::connect(&stage.services.database_url).await.unwrap();
    let catalog = home(stage, node).open()?;
    Ok(verify(&mut source, &catalog, |_| ()).await.unwrap())
}

/// What was told of every change makes them equal, with no new generation.
pub async fn each_index_has_followed(stage: &Stage) {
    each_index_equals_the_table(stage).await;
    for node in 0..stage.nodes.len() {
        assert_eq!(generation(stage, node), "gen-0001", "node {node} has not given up its place in the log");
    }
}

/// What was told of every change makes them equal, perhaps in a new generation.
pub async fn each_index_equals_the_table(stage: &Stage) {
    each_index_is_mended(stage).await;
    for node in &stage.nodes {
        // What the log has not told, a sweep would hide.
        assert_eq!(mended_by_sweeps(node).await, 0);
    }
}

/// Sweeps may have helped.
pub async fn each_index_is_mended(stage: &Stage) {
    for node in &stage.nodes {
        let start = Instant::now();
        let mut ticks = interval(Duration::from_millis(200));
        while let Some(difference) = difference(stage, node).await {
            assert!(start.elapsed() < PATIENCE, "node {}: {difference}", node.number);
            ticks.tick().await;
        }
    }
}

/// What is on disk is compared as operators do, and what is answered with plain SQL.
async fn difference(stage: &Stage, node: &Node) -> Option<String> {
    match differences(stage, node.number).await {
        Ok(found) if found.is_empty() => lists::disagreement(stage, node).await,
        Ok(found) => Some(format!("{} products differ, the first is {:?}", found.len(), found[0])),
        Err(error) => Some(format!("the index cannot be opened: {error}")),
    }
}

/// How many products a sweep has mended, because the log had not told of them.
async fn mended_by_sweeps(node: &Node) -> u64 {
    let metrics = get(format!("http://{}/metrics", node.admin())).await.text().await.unwrap();
    let mended = metrics.lines().find_map(|line| line.strip_prefix("index_sweep_differences_total "));
    mended.map_or(0, |mended| mended.parse().unwrap())
}

fn generation(stage: &Stage, node: usize) -> String {
    home(stage, node).current().unwrap().unwrap()
}

/// The products at this price.
async fn priced(node: &Node, price: usize) -> Value {
    let address = node.address();
    let list = get(format!("http://{address}/api/products/search?lprice={price}&gprice={price}")).await;
    list.json::<Value>().await.unwrap()["content"].take()
}

pub async fn get(address: String) -> Response {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
    client.get(address).send().await.unwrap()
}

/// Lists are answered, whatever happens; how many seconds they say that they are behind.
async fn staleness(node: &Node) -> Option<i64> {
    let list = get(format!("http://{}/api/products?size=100", node.address())).await;
    assert_eq!(list.status(), StatusCode::OK);
    let stale = list.headers().get("x-stale-seconds").map(|seconds| seconds.to_str().unwrap().parse().unwrap());
    assert!(list.json::<Value>().await.unwrap()["content"].as_array().unwrap().len() > 10);
    stale
}

pub async fn readiness(node: &Node) -> Value {
    get(format!("http://{}/readyz", node.admin())).await.json().await.unwrap()
}

/// What a node says of how it follows, when that is not well.
async fn complaint(node: &Node) -> String {
    readiness(node).await["following"]["error"].as_str().unwrap_or_default().to_owned()
}

/// Several statements, on one connection.
async fn write(stage: &Stage, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&stage.db).await.unwrap();
}
