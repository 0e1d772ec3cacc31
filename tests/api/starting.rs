use std::time::Duration;

use openrace::{database::DatabaseError, schema};
use reqwest::StatusCode;
use sqlx::MySqlPool;
use tokio::time::timeout;

use crate::support::{
    Setup, TestApp,
    mysql::{Door, unwilling},
};

async fn starting_meets(number: u16) -> Option<DatabaseError> {
    schema::prepare(&unwilling(number).await).await.err()
}

#[tokio::test]
async fn a_mysql_that_refuses_the_user_ends_the_start() {
    for number in [1044, 1045, 1130, 1698] {
        let error = starting_meets(number).await.unwrap();
        assert!(matches!(error, DatabaseError::Refused { .. }), "{number}: {error}");
        assert!(error.to_string().contains("refuses user kim"), "{error}");
    }
}

#[tokio::test]
async fn a_mysql_without_the_database_ends_the_start() {
    let error = starting_meets(1049).await.unwrap();
    assert!(matches!(error, DatabaseError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn whatever_else_mysql_answers_ends_the_start_in_its_own_words() {
    let error = anyhow::Error::from(starting_meets(1251).await.unwrap());
    let message = format!("{error:#}");
    assert!(message.contains("cannot be used") && message.contains("its own words"), "{message}");
}

#[tokio::test]
async fn a_mysql_that_is_full_or_shuts_down_does_not_end_the_start() {
    for number in [1040, 1053] {
        assert!(starting_meets(number).await.is_none(), "{number}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_mysql_that_comes_later_gets_its_schema_and_details_are_answered(db: MySqlPool) {
    let door = Door::shut(&db).await;
    let schema = schema::prepare(&door.url).await.unwrap();
    let app = TestApp::start(Setup { db: openrace::database::pool(&door.url).unwrap(), ..Setup::default() }).await;
    assert_eq!(app.get("/api/products/7").await.status, StatusCode::SERVICE_UNAVAILABLE);
    door.open();
    schema.await;
    assert_eq!(app.get("/api/products/7").await.status, StatusCode::NOT_FOUND);
}

/// A look takes a moment itself.
#[sqlx::test(migrations = false)]
async fn a_mysql_that_was_away_at_the_start_is_looked_for_every_two_seconds(db: MySqlPool) {
    let mut door = Door::shut(&db).await;
    let looking = tokio::spawn(schema::prepare(&door.url).await.unwrap());
    let mut before = door.knocked().await;
    for _ in 0..3 {
        let look = timeout(Duration::from_secs(4), door.knocked()).await.expect("it is looked for again");
        assert!(look - before >= Duration::from_secs(2), "{:?}", look - before);
        before = look;
    }
    door.open();
    timeout(Duration::from_secs(30), looking).await.expect("it is found").unwrap();
}
