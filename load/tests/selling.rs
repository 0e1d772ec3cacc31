//! Runs against the real server, MySQL and Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{path::Path, sync::Arc};

use clap::{ArgMatches, Args, Command, FromArgMatches};
use openrace::{
    app::App, clock::ShopClock, config::ServeConfig, database::MIGRATIONS, router, telemetry::start_metrics,
};
use openrace_load::{
    report::Report,
    scenarios::OpeningArgs,
    shop::{Shop, ShopConfig},
};
use sqlx::{ConnectOptions, MySqlPool};
use tokio::net::TcpListener;

const SECRET: &str = "--jwt-secret=f3a1c5d7e9b8024681357acefdb97531";

/// What the server and the generator both need to know. Keys in Redis begin with the name of the test's own database.
#[allow(clippy::disallowed_methods, reason = "scripts/test tells it so")]
fn services(db: &MySqlPool) -> Vec<String> {
    let redis_url = std::env::var("REDIS_URL").expect("REDIS_URL is set: run the tests with `make test`");
    let options = db.connect_options();
    vec![
        "load".to_owned(),
        format!("--database-url={}", options.to_url_lossy()),
        format!("--redis-url={redis_url}"),
        format!("--redis-prefix={}:", options.get_database().unwrap()),
        SECRET.to_owned(),
    ]
}

fn parse<T: Args + FromArgMatches>(arguments: &[String]) -> T {
    let matches: ArgMatches = T::augment_args(Command::new("load")).get_matches_from(arguments);
    T::from_arg_matches(&matches).unwrap()
}

/// A server that sells what is in this database, and where it is.
async fn serve(db: &MySqlPool, folder: &Path) -> Shop {
    let mut arguments = services(db);
    arguments.push(format!("--index-dir={}", folder.display()));
    let config: ServeConfig = parse(&arguments);
    let clock = ShopClock::system(config.time_zone.clone());
    let app = Arc::new(App::new(&config, clock, start_metrics().unwrap()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("--url=http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(app)).await });
    let mut arguments = services(db);
    arguments.push(url);
    Shop::find(&parse::<ShopConfig>(&arguments)).await.unwrap()
}

fn count(report: &Report, answer: &str) -> u64 {
    report.rows.iter().find(|row| row.answer.trim() == answer).map_or(0, |row| row.count)
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn an_opening_sells_each_unit_once_and_nothing_early(db: MySqlPool) {
    let folder = tempfile::tempdir().unwrap();
    let shop = serve(&db, folder.path()).await;
    let opening = ["opening", "--shoppers=300", "--connections=50"].map(ToOwned::to_owned);
    let report = parse::<OpeningArgs>(&opening).run(&shop).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!(["confirmed", "sold_out", "not_open"].map(|answer| count(&report, answer)), [30, 270, 30], "{report}");
    assert_eq!(report.server_errors, 0);
}
