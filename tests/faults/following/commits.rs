//! Nodes that die in the middle of a commit.

use futures_util::future::join_all;
use openrace_load::scribble::scribble;

use super::{each_index_has_followed, followed};
use crate::{
    stage::{Node, Plan},
    wait::until,
};

const POINTS: [[&str; 2]; 2] =
    [["index_before_log", "index_before_prepare"], ["index_after_prepare", "index_after_commit"]];

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_at_any_step_of_a_commit_loses_and_doubles_nothing() {
    let stage = followed().await;
    let options = stage.db.connect_options();
    // The next commit, and one that finds segments to merge and deletes in them.
    for number in [1, 9] {
        for points in POINTS {
            for (node, point) in stage.nodes.iter().zip(points) {
                node.kill();
                let fail_point = format!("{point}:{number}");
                node.start_again(&stage.services, Plan { fail_point: Some(&fail_point), ..Plan::default() });
            }
            let writers = join_all((0..4).map(async |writer| {
                for seed in 0.. {
                    scribble(&options, number * 100 + writer + seed, 20).await.unwrap();
                }
            }));
            let all_died = until("they die", async || stage.nodes.iter().all(Node::was_killed));
            tokio::select! {
                _ = writers => {}
                () = all_died => {}
            }
            stage.heal().await;
            each_index_has_followed(&stage).await;
        }
    }
}
