//! Nodes that die in the middle of a rebuild.

use std::fs;

use super::{each_index_equals_the_table, followed, generation, home, logs::renewed, write};
use crate::{
    stage::{Node, Plan, Stage},
    wait::until,
};

/// All of them are before the rename.
const POINTS: [[&str; 2]; 2] =
    [["rebuild_before_prepare", "rebuild_before_commit"], ["rebuild_before_manifest", "rebuild_before_pointer"]];

fn generations(stage: &Stage, node: usize) -> Vec<String> {
    let entries = fs::read_dir(home(stage, node).path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("gen-")).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_at_any_step_of_a_rebuild_before_the_switch_keeps_the_old_index_and_the_next_clears_up() {
    let stage = followed().await;
    for (round, points) in POINTS.iter().enumerate() {
        let before = [0, 1].map(|node| generation(&stage, node));
        for (node, point) in stage.nodes.iter().zip(points) {
            node.kill();
            node.start_again(&stage.services, Plan { fail_point: Some(point), ..Plan::default() });
        }
        write(&stage, &format!("ALTER TABLE products ADD COLUMN note_{round} INT FIRST")).await;
        until("they die", async || stage.nodes.iter().all(Node::was_killed)).await;
        for (node, before) in before.iter().enumerate() {
            assert_eq!(generation(&stage, node), *before, "{}", points[node]);
            home(&stage, node).open().unwrap();
        }
        stage.heal().await;
        for (node, before) in before.iter().enumerate() {
            renewed(&stage, node, before).await;
            let kept = [before.clone(), generation(&stage, node)];
            until("only they are left", async || generations(&stage, node) == kept).await;
        }
        each_index_equals_the_table(&stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_right_after_the_switch_answers_from_the_new_index_and_the_next_rebuild_clears_up() {
    let stage = followed().await;
    let oldest = generation(&stage, 0);
    write(&stage, "ALTER TABLE products ADD COLUMN note_0 INT FIRST").await;
    renewed(&stage, 0, &oldest).await;
    let before = generation(&stage, 0);
    stage.nodes[0].kill();
    let plan = Plan { fail_point: Some("rebuild_after_pointer"), ..Plan::default() };
    stage.nodes[0].start_again(&stage.services, plan);
    write(&stage, "ALTER TABLE products ADD COLUMN note_1 INT FIRST").await;
    until("it dies", async || stage.nodes[0].was_killed()).await;
    let switched = generation(&stage, 0);
    assert_eq!(generations(&stage, 0), [&*oldest, &before, &switched], "nothing was cleared up");
    stage.heal().await;
    renewed(&stage, 0, &before).await;
    each_index_equals_the_table(&stage).await;
    assert_eq!(generation(&stage, 0), switched);
    write(&stage, "ALTER TABLE products ADD COLUMN note_2 INT FIRST").await;
    renewed(&stage, 0, &switched).await;
    let kept = [switched, generation(&stage, 0)];
    until("only they are left", async || generations(&stage, 0) == kept).await;
}
