//! `verify`: the index against MySQL.

use serde_json::json;
use sqlx::MySqlPool;
use tempfile::TempDir;

use crate::support::{built, insert, json, run, url, write};

/// Changes that no log tells of.
async fn write_unseen(pool: &MySqlPool, sql: &str) {
    write(pool, &format!("SET sql_log_bin = 0; {sql}; SET sql_log_bin = 1")).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_index_that_equals_mysql_is_exit_code_0(pool: MySqlPool) {
    insert(&pool, ["하나", "둘"]).await;
    let folder = built(&pool);
    let (code, out, _) = run(folder.path(), &url(&pool), &["verify"]);
    assert_eq!((code, out.trim()), (0, "2 products: index and MySQL are equal"));
    let (code, out, _) = run(folder.path(), &url(&pool), &["verify", "--json", "--repair"]);
    assert_eq!((code, json(&out)), (0, json!({ "documents": 2, "repaired": 0, "differences": [] })));
    assert_eq!(run(TempDir::new().unwrap().path(), &url(&pool), &["verify"]).0, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_difference_is_listed_and_repaired(pool: MySqlPool) {
    insert(&pool, ["하나", "둘", "셋", "넷"]).await;
    let folder = built(&pool);
    let unseen = "UPDATE products SET price = 5 WHERE id = 1; DELETE FROM stock WHERE product_id = 2;
                  UPDATE products SET wish_count = 9 WHERE id = 3;
                  INSERT INTO products (id, name, image, price, mall_name, category) VALUES (9, '새', '', 1, '몰', '옷');
                  INSERT INTO stock (product_id, total, remaining, open_at, close_at)
                  VALUES (9, 5, 5, '2026-01-01', '2026-01-02')";
    write_unseen(&pool, unseen).await;
    let listed =
        [(1, "other content"), (2, "only in the index"), (3, "other wish count or stock"), (9, "missing in the index")];
    let (code, out, error) = run(folder.path(), &url(&pool), &["verify"]);
    assert_eq!(code, 4);
    assert!(error.contains("4 products differ") && error.contains("--repair"), "{error}");
    assert_eq!(out, listed.map(|(id, kind)| format!("{id}  {kind}\n")).concat());
    let (code, out, _) = run(folder.path(), &url(&pool), &["verify", "--json"]);
    let differences = listed.map(|(id, kind)| json!({ "id": id, "kind": kind }));
    assert_eq!((code, json(&out)), (4, json!({ "documents": 4, "repaired": 0, "differences": differences })));

    let (code, out, _) = run(folder.path(), &url(&pool), &["verify", "--repair"]);
    assert_eq!((code, out.as_str()), (0, "4 products were put right\n4 products: index and MySQL are equal\n"));
    assert_eq!(run(folder.path(), &url(&pool), &["verify"]).0, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn people_see_the_first_differences_and_scripts_all(pool: MySqlPool) {
    insert(&pool, (1..=25).map(|number| format!("이름 {number}"))).await;
    let folder = built(&pool);
    write_unseen(&pool, "UPDATE products SET price = 5").await;
    let (code, out, _) = run(folder.path(), &url(&pool), &["verify"]);
    assert_eq!((code, out.lines().count()), (4, 21));
    assert!(out.ends_with("and 5 more; --json lists all\n"), "{out}");
    let (_, out, _) = run(folder.path(), &url(&pool), &["verify", "--json"]);
    assert_eq!(json(&out)["differences"].as_array().unwrap().len(), 25);
}
