//! Indexes that follow MySQL while everything dies around them: in the end each equals the table, row by row.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use openrace_index::IndexHome;
use openrace_indexer::{Difference, Progress, Resources, Source, rebuild, verify};
use openrace_load::scribble::scribble;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    seeds::each_seed,
    stage::{Plan, Stage, Wire},
};

const WRITERS: u64 = 6;
/// Longer than anything takes: silence on a dead wire, a lost connection, a sweep that is not needed.
const QUIET: Duration = Duration::from_secs(45);

struct Unseen;

impl Progress for Unseen {
    fn reading(&self, _: u64) {}
    fn writing(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn publishing(&self) {}
}

fn home(stage: &Stage, node: usize) -> IndexHome {
    IndexHome::new(stage.services.path(&format!("index-{node}")))
}

/// Each server has an index of its own.
async fn build(stage: &Stage) {
    for node in 0..stage.nodes.len() {
        let source = Source::connect(&stage.services.database_url).await.unwrap();
        let resources = Resources { threads: 1, memory: 15_000_000 };
        let cancel = CancellationToken::new();
        rebuild(source, &home(stage, node), resources, 0, Arc::new(Unseen), cancel).await.unwrap();
    }
}

async fn differences(stage: &Stage, node: usize) -> Vec<Difference> {
    let mut source = Source::connect(&stage.services.database_url).await.unwrap();
    let catalog = home(stage, node).open().unwrap();
    verify(&mut source, &catalog, |_| ()).await.unwrap()
}

async fn each_index_equals_the_table(stage: &Stage) {
    for node in 0..stage.nodes.len() {
        let start = Instant::now();
        loop {
            let left = differences(stage, node).await;
            if left.is_empty() {
                break;
            }
            assert!(start.elapsed() < QUIET, "node {node}: {} products differ: {:?}", left.len(), &left[..1]);
            sleep(Duration::from_millis(200)).await;
        }
    }
}

async fn play(stage: &Stage, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let options = stage.db.connect_options();
    let writers = join_all((0..WRITERS).map(|writer| scribble(&options, seed * WRITERS + writer, 150)));
    let mishaps = async {
        for _ in 0..6 {
            sleep(Duration::from_millis(random.random_range(50..700))).await;
            let node = &stage.nodes[random.random_range(0..2_u32) as usize];
            match random.random_range(0..8) {
                0..3 => {
                    node.kill();
                    node.start_again(&stage.services, Plan::default());
                }
                3 | 4 => {
                    stage.services.kill("database").await;
                    stage.services.up().await;
                }
                5 => node.mysql.set(Wire::Dead),
                6 => node.mysql.cut(),
                _ => node.mysql.set(Wire::Slow(Duration::from_millis(40))),
            }
        }
    };
    tokio::join!(writers, mishaps);
    stage.heal().await;
    each_index_equals_the_table(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_seed_leaves_an_index_different_from_the_table() {
    let stage = Stage::set().await;
    build(&stage).await;
    each_seed(async |seed| play(&stage, seed).await).await;
}
