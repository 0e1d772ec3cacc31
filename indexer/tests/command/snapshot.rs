//! `snapshot export` and `import`: an index that goes to another server.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use openrace_index::IndexHome;
use sqlx::MySqlPool;
use tempfile::TempDir;

use crate::support::{built, current, indexer, insert, json, outcome, run, total, url, write};

fn export(folder: &Path) -> Vec<u8> {
    let exported = indexer(folder, "", &["snapshot", "export", "-"]).output().unwrap();
    assert_eq!(exported.status.code(), Some(0), "{exported:?}");
    exported.stdout
}

fn import(folder: &Path, archive: &[u8]) -> (i32, String, String) {
    let mut command = indexer(folder, "", &["snapshot", "import", "-", "--json"]);
    let mut importing = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may have refused, and ended, before the last byte.
    let _ = importing.stdin.take().unwrap().write_all(archive);
    outcome(&importing.wait_with_output().unwrap())
}

/// What an archive of the same form as an index has in it.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in entries {
        let mut header = tar::Header::new_gnu();
        // The checked way does not make what nobody should.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    archive.into_inner().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_snapshot_answers_elsewhere_and_catches_up_from_there(pool: MySqlPool) {
    insert(&pool, ["하나", "둘", "셋"]).await;
    let folder = built(&pool);
    write(&pool, "UPDATE products SET wish_count = 3 WHERE id = 1").await;
    assert_eq!(run(folder.path(), &url(&pool), &["refresh"]).0, 0);
    let elsewhere = TempDir::new().unwrap();
    let file = elsewhere.path().join("index.tar");
    let file = file.to_str().unwrap();
    let (code, out, _) = run(folder.path(), "", &["snapshot", "export", file]);
    assert_eq!((code, out.trim()), (0, "gen-0001 exported"));
    let home = elsewhere.path().join("index");
    let (code, out, _) = run(&home, "", &["snapshot", "import", file]);
    assert_eq!((code, out.trim()), (0, "gen-0001 is in use"));
    let position = |folder: &Path| json(&run(folder, "", &["status", "--json"]).1)["position"].clone();
    assert_eq!(position(&home), position(folder.path()));
    assert_eq!(run(&home, &url(&pool), &["verify"]).0, 0);

    write(&pool, "BEGIN; UPDATE products SET price = 5 WHERE id = 2; DELETE FROM stock WHERE product_id = 3; COMMIT")
        .await;
    assert_eq!(run(&home, &url(&pool), &["refresh"]).0, 0);
    assert_eq!(run(&home, &url(&pool), &["verify"]).0, 0);
    // Through a pipe, into a folder that has an index: one generation more.
    let (code, out, _) = import(folder.path(), &export(&home));
    assert_eq!((code, &json(&out)["generation"]), (0, &"gen-0002".into()));
    assert_eq!(run(folder.path(), &url(&pool), &["verify"]).0, 0);
    assert_eq!(run(folder.path(), "", &["rollback"]).0, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archive_that_is_no_index_is_refused_and_the_index_stays(pool: MySqlPool) {
    insert(&pool, ["하나"]).await;
    let folder = built(&pool);
    let above = folder.path().parent().unwrap().join("climbed-out");
    let climbing = ["../../climbed-out", "../climbed-out", above.to_str().unwrap(), "below/manifest.json"];
    let mut archives: Vec<Vec<u8>> = climbing.iter().map(|path| archive(&[(path, b"content")])).collect();
    archives.extend([
        Vec::new(),
        b"no archive".repeat(1000),
        archive(&[("manifest.json", b"{}")]),
        archive(&[("manifest.json", br#"{"generation":"gen-0001","schema":0,"documents":1,"built_at":0}"#)]),
    ]);
    for archive in archives {
        let (code, out, error) = import(folder.path(), &archive);
        assert!(code == 1 || code == 3 && error.contains("layout 0"), "{code}: {error}");
        assert!(out.is_empty() && error.starts_with("indexer: "), "{out}{error}");
        assert_eq!(current(folder.path()), "gen-0001");
        assert!(!folder.path().join("gen-0002").exists() && !above.exists());
    }
    assert_eq!(total(&IndexHome::new(folder.path()).open().unwrap()), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archive_that_was_cut_off_anywhere_is_refused(pool: MySqlPool) {
    insert(&pool, ["하나", "둘"]).await;
    let folder = built(&pool);
    write(&pool, "UPDATE products SET wish_count = 3 WHERE id = 1").await;
    assert_eq!(run(folder.path(), &url(&pool), &["refresh"]).0, 0);
    let archive = export(folder.path());
    let whole: usize = archive.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    let mut files = tar::Archive::new(&*archive);
    let between_files = files.entries().unwrap().map(|entry| entry.unwrap().raw_header_position() as usize);
    for length in (0..whole).step_by(whole.div_ceil(20)).chain([whole - 1]).chain(between_files) {
        let home = TempDir::new().unwrap();
        let (code, _, error) = import(home.path(), &archive[..length]);
        assert_eq!(code, 1, "{length} of {whole} bytes: {error}");
        assert_eq!(run(home.path(), "", &["status"]).0, 3);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_export_that_fails_leaves_no_file(pool: MySqlPool) {
    let shelf = TempDir::new().unwrap();
    let file = shelf.path().join("index.tar");
    assert_eq!(run(&shelf.path().join("index"), "", &["snapshot", "export", file.to_str().unwrap()]).0, 3);
    assert!(std::fs::read_dir(shelf.path()).unwrap().next().is_none());
    insert(&pool, ["하나"]).await;
    let folder = built(&pool);
    let missing = shelf.path().join("missing/index.tar");
    for way in ["export", "import"] {
        let (code, _, error) = run(folder.path(), "", &["snapshot", way, missing.to_str().unwrap()]);
        assert_eq!(code, 1);
        assert!(error.contains(missing.to_str().unwrap()), "{error}");
    }
    assert_eq!(current(folder.path()), "gen-0001");
}
