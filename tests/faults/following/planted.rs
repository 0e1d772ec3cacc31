//! An index that learns of changes wrongly, on purpose: each mistake must be found.

use openrace_load::scribble::scribble;
use serde_json::Value;

use super::{differences, follow, get, lists::disagreement, mended_by_sweeps, priced, write};
use crate::{
    stage::{Node, Plan, Stage},
    wait::until,
};

/// Between the ids of `scribble` and those of sales.
const MARKER: i64 = 500;
const PRICE: usize = 77_777_777;

/// Whether something is wrong on each node, with its mistake, once it has been told of everything.
async fn wrong_on(stage: &Stage, bugs: [Option<&str>; 2]) -> [bool; 2] {
    write(stage, &format!("UPDATE products SET wish_count = 1000000 WHERE id = {MARKER}")).await;
    write(stage, &format!("UPDATE products SET price = {PRICE} WHERE id = {MARKER}")).await;
    let mut wrong = [false; 2];
    for ((node, bug), wrong) in stage.nodes.iter().zip(bugs).zip(&mut wrong) {
        // The mistake may be about one of them.
        let least = if bug.is_some() { 1 } else { 2 };
        until("it has been told of the last changes", async || known_marks(node).await >= least).await;
        *wrong = disagreement(stage, node).await.is_some()
            || !differences(stage, node.number).await.unwrap().is_empty()
            || mended_by_sweeps(node).await > 0;
    }
    wrong
}

/// How many of the last two changes it knows.
async fn known_marks(node: &Node) -> usize {
    let most_wished = format!("http://{}/api/products/search?sortBy=wishCount&isAsc=false&size=1", node.address());
    let most_wished: Value = get(most_wished).await.json().await.unwrap();
    let found = [&most_wished["content"][0]["id"], &priced(node, PRICE).await[0]["id"]];
    found.into_iter().filter(|id| **id == MARKER).count()
}

/// A stage whose nodes make these mistakes, and follow.
async fn mistaken(bugs: [Option<&str>; 2]) -> Stage {
    let stage = Stage::with(bugs.map(|planted_bug| Plan { planted_bug, ..Plan::default() })).await;
    write(
        &stage,
        &format!(
            "INSERT INTO products (id, name, image, price, mall_name, category) VALUES ({MARKER}, '표지', '', 1, '몰', '옷');
             INSERT INTO stock (product_id, total, remaining, open_at, close_at) \
             VALUES ({MARKER}, 5, 5, '2026-01-01', '2026-01-02')"
        ),
    )
    .await;
    scribble(&stage.db.connect_options(), 1, 150).await.unwrap();
    follow(&stage).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_an_index_does_not_learn_of_are_found() {
    for (bugs, expected) in [
        ([None, Some("forget_rows")], [false, true]),
        ([Some("forget_deletes"), Some("forget_wishes")], [true; 2]),
        ([Some("forget_stock"), None], [true, false]),
    ] {
        let stage = mistaken(bugs).await;
        scribble(&stage.db.connect_options(), 2, 150).await.unwrap();
        assert_eq!(wrong_on(&stage, bugs).await, expected, "{bugs:?}");
    }
}

/// Both nodes die between telling the log and writing the documents; one has told the log that they are in.
#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_is_kept_before_its_changes_is_found() {
    let stage = mistaken([None; 2]).await;
    let bugs = [Some("position_before_rows"), None];
    for (node, planted_bug) in stage.nodes.iter().zip(bugs) {
        node.kill();
        let fail_point = Some("index_before_prepare:1");
        node.start_again(&stage.services, Plan { planted_bug, fail_point, ..Plan::default() });
    }
    write(&stage, "DELETE FROM stock WHERE product_id < 200").await;
    until("both die", async || stage.nodes.iter().all(Node::was_killed)).await;
    stage.heal().await;
    assert_eq!(wrong_on(&stage, bugs).await, [true, false]);
}
