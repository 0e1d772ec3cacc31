use std::time::Duration;

use openrace::{database::DatabaseError, schema};
use reqwest::StatusCode;
use sqlx::MySqlPool;
use tokio::{
    net::TcpListener,
    time::{Instant, timeout},
};

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

#[tokio::test]
async fn a_mysql_that_is_away_is_looked_for_every_two_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("mysql://kim:secret@{}/openrace", listener.local_addr().unwrap());
    let look = async || listener.accept().await.map(|_| Instant::now()).unwrap();
    let (schema, _) = tokio::join!(schema::prepare(&url), look());
    let looks = async {
        let mut last = look().await;
        for _ in 0..2 {
            let next = look().await;
            let pause = next - last;
            assert!((Duration::from_millis(1900)..Duration::from_secs(4)).contains(&pause), "{pause:?}");
            last = next;
        }
    };
    tokio::select! {
        () = schema.unwrap() => panic!("there is no MySQL"),
        looked = timeout(Duration::from_secs(30), looks) => looked.unwrap(),
    }
}
