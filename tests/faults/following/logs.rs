//! Logs that do not tell any more what happened since.

use openrace_load::scribble::scribble;
use sqlx::Row;

use super::{complaint, each_index_equals_the_table, followed, generation, staleness, write};
use crate::{
    stage::{Plan, Stage},
    wait::until,
};

async fn scribbled(stage: &Stage, seed: u64) {
    scribble(&stage.db.connect_options(), seed, 60).await.unwrap();
}

/// Lists are answered until there is a newer generation than this.
pub async fn renewed(stage: &Stage, node: usize, before: &str) {
    until("a new generation", async || {
        staleness(&stage.nodes[node]).await;
        generation(stage, node) != before
    })
    .await;
    until("it is in use", async || staleness(&stage.nodes[node]).await.is_none()).await;
    until("it follows", async || complaint(&stage.nodes[node]).await.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_purged_or_begun_anew_makes_a_new_generation_while_the_old_one_answers() {
    let stage = followed().await;
    let before = [0, 1].map(|node| generation(&stage, node));
    stage.nodes[0].kill();
    for seed in 2..5 {
        scribbled(&stage, seed).await;
        write(&stage, "FLUSH BINARY LOGS").await;
    }
    // MySQL keeps what it believes that somebody still reads.
    until("the log is purged", async || {
        let files = sqlx::query("SHOW BINARY LOGS").fetch_all(&stage.db).await.unwrap();
        let last: String = files.last().unwrap().get(0);
        write(&stage, &format!("PURGE BINARY LOGS TO '{last}'")).await;
        files.len() == 1
    })
    .await;
    stage.nodes[0].start_again(&stage.services, Plan::default());
    renewed(&stage, 0, &before[0]).await;
    scribbled(&stage, 5).await;
    each_index_equals_the_table(&stage).await;
    assert_eq!(generation(&stage, 1), before[1], "who needed nothing of it follows on");

    let before = [0, 1].map(|node| generation(&stage, node));
    stage.nodes[1].kill();
    // MariaDB reads the first comment, MySQL the second.
    write(&stage, "RESET /*M! MASTER */ /*!80200 BINARY LOGS AND GTIDS */").await;
    scribbled(&stage, 6).await;
    renewed(&stage, 0, &before[0]).await;
    stage.nodes[1].start_again(&stage.services, Plan::default());
    renewed(&stage, 1, &before[1]).await;
    scribbled(&stage, 7).await;
    each_index_equals_the_table(&stage).await;
}
