//! Events of the log that tell nothing, or nothing that can be understood.

use openrace_index::IndexHome;
use tempfile::TempDir;

use crate::server::Server;
use crate::support::{Following, PACE, build, insert, run};
use crate::wire::Wire;

#[tokio::test]
async fn changes_that_a_server_did_not_get_into_its_log_ask_for_a_new_generation() {
    let server = Server::start("--binlog-stmt-cache-size=4096 --max-binlog-stmt-cache-size=4096").await;
    insert(&server.db, 1..=5).await;
    run(&server.db, "CREATE TABLE notes (note LONGTEXT) ENGINE = MyISAM").await;
    let following = Following::start(&server.db, PACE).await;
    following.catches_up().await;
    // It cannot be rolled back, and its event is too large.
    let note = sqlx::query("INSERT INTO notes VALUES (REPEAT('x', 100000))").execute(&server.db).await;
    assert!(note.is_err());
    let reason = following.lost().await;
    assert!(reason.contains("lost changes"), "{reason}");
}

/// An index that is followed with from where it is, through a wire that garbles the first so many descriptions of `products`.
async fn garbled(server: &Server, folder: TempDir, (events, byte): (u32, usize)) -> (Wire, Following) {
    let wire = Wire::to(server.port).await;
    wire.garble(events, byte);
    let url = wire.plain_url();
    (wire, Following::resume(folder, url, PACE))
}

/// The number of columns, which comes first, is read by the driver, and the type of a column by what reads rows.
#[tokio::test]
async fn a_log_that_cannot_be_understood_three_times_in_a_row_from_one_place_asks_for_a_new_generation() {
    let server = Server::start("").await;
    insert(&server.db, 1..=5).await;
    run(&server.db, "CREATE SCHEMA elsewhere").await;
    run(&server.db, "CREATE TABLE elsewhere.products SELECT id, wish_count FROM products").await;
    let one = "UPDATE products SET wish_count = wish_count + 1 WHERE id = 2";
    let two = "UPDATE products JOIN elsewhere.products also USING (id)
               SET products.wish_count = products.wish_count + 1, also.wish_count = also.wish_count + 1 WHERE products.id = 2";
    let mut value = 0;
    // So many tables of the statement are called `products`.
    for (byte, update, tables) in [(0, one, 1), (1, one, 1), (0, two, 2)] {
        let folder = TempDir::new().unwrap();
        build(&IndexHome::new(folder.path()), &server.url()).await;
        // The first of them can be understood each time.
        let mut change = async || {
            value += 1;
            let changes = format!("UPDATE stock SET remaining = {value} % 2 WHERE product_id = 1; {update}");
            run(&server.db, &changes).await;
        };
        change().await;
        let (wire, following) = garbled(&server, folder, (2 * tables, byte)).await;
        following.equals_table().await;
        assert_eq!(wire.to_garble(), 0);
        let folder = following.stop().await;
        change().await;
        let (wire, following) = garbled(&server, folder, (3 * tables, byte)).await;
        let reason = following.lost().await;
        assert!(reason.contains("cannot be read"), "{reason}");
        assert_eq!(wire.to_garble(), 0);
    }
}
