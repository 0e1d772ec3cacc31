//! Everything at once, as a seed has it.

use std::time::Duration;

use futures_util::future::join_all;
use openrace_load::scribble::scribble;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::sleep;

use super::{build, each_index_has_followed};
use crate::{
    seeds::each_seed,
    stage::{Plan, Stage, Wire},
};

const WRITERS: u64 = 6;

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
    let (written, ()) = tokio::join!(writers, mishaps);
    written.into_iter().for_each(Result::unwrap);
    stage.heal().await;
    each_index_has_followed(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_seed_leaves_an_index_different_from_the_table() {
    let stage = Stage::set().await;
    build(&stage).await;
    each_seed(async |seed| play(&stage, seed).await).await;
}
