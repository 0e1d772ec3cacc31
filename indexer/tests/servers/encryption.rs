//! The wire to MySQL when its address asks for a certificate that is verified.

use std::path::Path;

use openrace_index::IndexHome;
use openrace_indexer::Source;
use tempfile::TempDir;

use crate::certificates::{self, certify};
use crate::server::Server;
use crate::support::{Following, PACE, build, insert, run};

async fn server_with(folder: &Path) -> Server {
    Server::start(&certificates::options(folder)).await
}

fn address(server: &Server, mode: &str, folder: &Path) -> String {
    format!("{}?{}", server.url(), certificates::query(mode, folder))
}

#[tokio::test]
async fn a_server_whose_certificate_is_verified_is_read_and_followed() {
    let folder = TempDir::new().unwrap();
    certify(folder.path(), "127.0.0.1");
    let server = server_with(folder.path()).await;
    insert(&server.db, 1..=5).await;
    let url = address(&server, "VERIFY_IDENTITY", folder.path());
    let index = TempDir::new().unwrap();
    build(&IndexHome::new(index.path()), &url).await;
    let following = Following::resume(index, url, PACE);
    following.catches_up().await;
    run(&server.db, "UPDATE products SET wish_count = 7 WHERE id = 2").await;
    following.until("a change of the log", |catalog| catalog.find(2).unwrap().live.wish_count == 7).await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_for_another_name_is_refused() {
    let (folder, stranger) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    certify(folder.path(), "db.example");
    certify(stranger.path(), "127.0.0.1");
    let server = server_with(folder.path()).await;
    let connects = async |mode: &str, folder: &Path| Source::connect(&address(&server, mode, folder)).await;
    connects("VERIFY_CA", folder.path()).await.unwrap();
    for (mode, folder) in [("VERIFY_IDENTITY", &folder), ("VERIFY_CA", &stranger), ("VERIFY_IDENTITY", &stranger)] {
        let error = connects(mode, folder.path()).await.expect_err(mode).to_string();
        assert!(error.contains("certificate") && !error.contains("ofalltestservers"), "{mode}: {error}");
    }
}
