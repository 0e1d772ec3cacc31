//! Files of an index that are gone or hold garbage.

use std::{
    fs,
    path::{Path, PathBuf},
};

use openrace_load::scribble::scribble;

use super::{complaint, each_index_is_mended, followed, home, staleness};
use crate::{
    stage::{Node, Plan, Stage},
    wait::until,
};

fn folder(stage: &Stage, node: usize) -> PathBuf {
    let home = home(stage, node);
    home.path().join(home.current().unwrap().unwrap())
}

/// As a tool does that writes a file anew: what is mapped into memory stays.
fn overwrite(path: &Path, content: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, content).unwrap();
}

fn remove_segments(folder: &Path) {
    let kinds = ["idx", "term", "pos", "store", "fast", "fieldnorm"];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kinds.iter().any(|known| *known == kind)) {
            fs::remove_file(path).unwrap();
        }
    }
}

/// What is found wrong, and what does it to the folder.
type Damage<'a> = (&'a str, fn(&Path));

/// Each node meets a damage at its start, says so, and has a whole index in the end.
async fn start_with(stage: &Stage, damages: [Damage<'_>; 2]) {
    let log = |node: &Node| stage.services.path(&format!("node-{}.log", node.number));
    for (node, (_, damage)) in stage.nodes.iter().zip(damages) {
        node.kill();
        damage(&folder(stage, node.number));
        fs::write(log(node), "").unwrap();
    }
    scribble(&stage.db.connect_options(), 2, 60).await.unwrap();
    for node in &stage.nodes {
        node.start_again(&stage.services, Plan::default());
    }
    each_index_is_mended(stage).await;
    for (node, (told, _)) in stage.nodes.iter().zip(damages) {
        until("it follows", async || complaint(node).await.is_empty()).await;
        staleness(node).await;
        let log = fs::read_to_string(log(node)).unwrap();
        assert!(log.lines().any(|line| line.contains(told) && !line.contains("\"INFO\"")), "{told}: {log}");
        assert!(node.ended().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_vanish_or_hold_garbage_cost_no_answer_of_a_node_that_runs_and_are_built_anew_at_a_start() {
    let stage = followed().await;
    remove_segments(&folder(&stage, 0));
    overwrite(&folder(&stage, 1).join("meta.json"), b"garbage");
    for seed in 2..5 {
        scribble(&stage.db.connect_options(), seed, 60).await.unwrap();
        for node in &stage.nodes {
            staleness(node).await;
        }
    }
    for node in &stage.nodes {
        until("it follows", async || staleness(node).await.is_none() && complaint(node).await.is_empty()).await;
        assert!(node.ended().is_none());
    }
    // What was mapped into memory stayed there; a start has to do with what is on disk.
    let garbage_of_meta: fn(&Path) = |folder| overwrite(&folder.join("meta.json"), b"garbage");
    start_with(&stage, [("gen-0001", remove_segments), ("meta.json", garbage_of_meta)]).await;
    let garbage_of_pointer: fn(&Path) = |folder| overwrite(&folder.with_file_name("current"), &[255; 10]);
    let no_lexicon: fn(&Path) = |folder| fs::remove_file(folder.join("lexicon.txt")).unwrap();
    start_with(&stage, [("lexicon", no_lexicon), ("manifest.json", garbage_of_pointer)]).await;
    let garbage_of_live: fn(&Path) = |folder| overwrite(&folder.join("live.log"), &[255; 1000]);
    start_with(&stage, [("torn", garbage_of_live), ("torn", garbage_of_live)]).await;
}
