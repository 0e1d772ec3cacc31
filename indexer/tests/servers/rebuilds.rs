//! What a rebuild asks of a server.

use openrace_index::IndexHome;
use tempfile::TempDir;

use crate::server::Server;
use crate::support::{build, insert};

#[tokio::test]
async fn a_rebuild_reads_the_products_once() {
    let server = Server::start("--general-log=ON --log-output=TABLE").await;
    insert(&server.db, 1..=10_000).await;
    let folder = TempDir::new().unwrap();
    build(&IndexHome::new(folder.path()), &server.url()).await;
    assert_eq!(IndexHome::new(folder.path()).documents().unwrap(), 10_000);
    // The statement that counts is in the log itself, and is not like this.
    let reads = "SELECT COUNT(*) FROM mysql.general_log WHERE command_type IN ('Execute', 'Query')
                 AND argument LIKE CONCAT('%FROM ', 'products p%')";
    assert_eq!(server.one(reads).await, "1");
}
