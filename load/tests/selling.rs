//! Runs against the real server, MySQL and Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::Path,
    process,
    sync::{Arc, OnceLock},
    time::Duration,
};

use clap::{ArgMatches, Args, Command, FromArgMatches};
use metrics_exporter_prometheus::PrometheusHandle;
use openrace::{
    app::App, clock::ShopClock, config::ServeConfig, database::MIGRATIONS, router, telemetry::start_metrics,
};
use openrace_load::{
    measure::MeasureArgs,
    report::Report,
    scenarios::{OneProductArgs, OpeningArgs, Scenario},
    shop::{Shop, ShopConfig},
};
use sqlx::{ConnectOptions, MySqlPool};
use tokio::{
    net::TcpListener,
    task::spawn_blocking,
    time::{interval, timeout},
};

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

/// Those of all servers: a process has one recorder.
fn metrics() -> PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| start_metrics().unwrap()).clone()
}

/// A server that sells what is in this database: what the generator is told to find it.
async fn serve(db: &MySqlPool, folder: &Path) -> Vec<String> {
    let mut arguments = services(db);
    arguments.push(format!("--index-dir={}", folder.display()));
    let config: ServeConfig = parse(&arguments);
    let clock = ShopClock::system(config.time_zone.clone());
    let app = Arc::new(App::new(&config, clock, metrics()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("--url=http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(app)).await });
    let mut arguments = services(db);
    arguments.push(url);
    arguments
}

async fn run<S: Scenario + Args>(db: &MySqlPool, arguments: &[&str]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::find(&parse::<ShopConfig>(&serve(db, folder.path()).await)).await.unwrap();
    let arguments: Vec<String> = ["load"].iter().chain(arguments).map(ToString::to_string).collect();
    parse::<S>(&arguments).run(&shop, 1).await.unwrap().pop().unwrap()
}

fn count(report: &Report, answer: &str) -> f64 {
    report.rows.iter().find(|row| row.answer == answer).map_or(0.0, |row| row.count)
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn an_opening_sells_each_unit_once_and_nothing_early(db: MySqlPool) {
    let report = run::<OpeningArgs>(&db, &["--shoppers=300", "--connections=50"]).await;
    assert!(report.is_clean(), "{report:?}");
    let counts = ["confirmed", "sold_out", "not_open"].map(|answer| count(&report, answer));
    assert_eq!(counts, [30.0, 270.0, 30.0], "{report:?}");
    assert_eq!(count(&report, "confirmed again") + count(&report, "refused again"), 15.0, "{report:?}");
    assert_eq!(report.server_errors, 0);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn a_confirmed_order_that_is_lost_meanwhile_is_printed_and_the_exit_code_is_1(db: MySqlPool) {
    let folder = tempfile::tempdir().unwrap();
    let shop = serve(&db, folder.path()).await;
    let mut command = process::Command::new(env!("CARGO_BIN_EXE_openrace-load"));
    command.args(["opening", "--shoppers=300", "--connections=50"]).args(&shop[1..]);
    let opening = command.stdout(process::Stdio::piped()).spawn().unwrap();
    let pid = opening.id().to_string();
    let opening = spawn_blocking(move || opening.wait_with_output().unwrap());
    let lose_and_end = async {
        let mut ticks = interval(Duration::from_millis(10));
        let lose = "DELETE FROM orders WHERE status = 'CONFIRMED' LIMIT 1";
        while sqlx::query(lose).execute(&db).await.unwrap().rows_affected() == 0 {
            ticks.tick().await;
        }
        opening.await.unwrap()
    };
    let ended = timeout(Duration::from_secs(120), lose_and_end).await;
    if ended.is_err() {
        process::Command::new("kill").args(["-KILL", &pid]).status().unwrap();
    }
    let ended = ended.expect("an order is confirmed, and the opening ends");
    let printed = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{printed}");
    assert!(printed.contains("I2 product"), "{printed}");
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn a_double_click_is_one_order(db: MySqlPool) {
    let report = run::<OneProductArgs>(&db, &["--clients=8", "--seconds=1", "--double-clicks=2"]).await;
    assert!(report.is_clean(), "{report:?}");
    let orders: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM orders").fetch_one(&db).await.unwrap();
    let [confirmed, again] = ["confirmed", "confirmed again"].map(|answer| count(&report, answer));
    assert_eq!(confirmed, orders as f64, "{report:?}");
    assert!(again > 0.0 && (again - confirmed / 2.0).abs() <= 1.0, "{report:?}");
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn runs_are_told_in_one_table_and_a_record_keeps_those_before(db: MySqlPool) {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.md");
    let mut arguments = serve(&db, folder.path()).await;
    arguments.extend(["--runs=2".to_owned(), format!("--record={}", record.display())]);
    let scenario: OneProductArgs = parse(&["load", "--clients=2", "--seconds=1"].map(ToOwned::to_owned));
    for tables in 1..=2 {
        assert!(parse::<MeasureArgs>(&arguments).measure(&scenario).await.unwrap());
        let text = fs::read_to_string(&record).unwrap();
        assert_eq!(text.matches("### one product: 2 clients\n").count(), tables, "{text}");
        assert_eq!(text.matches("; 2 runs: median (least to greatest)\n").count(), tables, "{text}");
    }
}
