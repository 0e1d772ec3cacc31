//! The `openrace` command.

use std::{
    io::{self, Write},
    net::SocketAddr,
    pin::pin,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use openrace::{
    app::App,
    clock::ShopClock,
    config::{AdminConfig, DatabaseConfig, ServeConfig},
    database, healthcheck,
    import::{
        file::{self, ImportArgs},
        generate::{self, GenerateArgs, Outcome},
    },
    members::admin::{self, AdminCommand},
    open_files, schema,
    server::{self, Listeners},
    signals::StopSignals,
    telemetry,
};

/// An answer is made by one thread and freed by another, and its sets of documents are large: the system's allocator is slow at both.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Catalogue, search and ordering service for limited open-run sales.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// What to log, in the form of RUST_LOG: info, or openrace::access=off,info without the line for each request
    #[arg(long, env = "RUST_LOG", default_value = "info", global = true, value_name = "FILTER")]
    log: String,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring the database's schema up to date
    Migrate(DatabaseConfig),
    /// Fill an empty catalogue with lifelike products
    Generate {
        #[command(flatten)]
        database: DatabaseConfig,
        #[command(flatten)]
        args: GenerateArgs,
    },
    /// Add the products of a CSV or NDJSON file
    Import {
        #[command(flatten)]
        database: DatabaseConfig,
        #[command(flatten)]
        args: ImportArgs,
    },
    /// Make operators
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Serve the REST interface until SIGINT or SIGTERM
    Serve(Box<ServeConfig>),
    /// Ask a running server whether it is ready; fails if not
    Healthcheck(AdminConfig),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run(Cli::parse()).await else { return ExitCode::SUCCESS };
    // In one line with its causes: a backtrace helps nobody who set a wrong address.
    let _ = writeln!(io::stderr(), "openrace: {error:#}");
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    telemetry::start_logs(&cli.log).context("--log or RUST_LOG")?;
    match cli.command {
        Command::Migrate(database) => migrate(&database).await.map(drop),
        Command::Generate { database, args } => generate(&database, args).await,
        Command::Import { database, args } => import(&database, &args).await,
        Command::Admin(AdminCommand::Create(args)) => {
            let pool = migrate(&args.database).await?;
            println!("{}", admin::create(args, &pool).await?);
            Ok(())
        }
        Command::Serve(config) => serve(&config).await,
        Command::Healthcheck(admin) => Ok(healthcheck::check_health(admin.admin_listen).await?),
    }
}

async fn migrate(database: &DatabaseConfig) -> anyhow::Result<sqlx::MySqlPool> {
    let pool = database::connect(&database.database_url).await?;
    database::migrate(&pool).await?;
    Ok(pool)
}

async fn generate(database: &DatabaseConfig, args: GenerateArgs) -> anyhow::Result<()> {
    let pool = migrate(database).await?;
    match generate::run(args, &pool).await? {
        Outcome::Loaded(products) => println!("{products} products are in the catalogue"),
        Outcome::LeftAlone => println!("there are products already: nothing was changed"),
    }
    Ok(())
}

async fn import(database: &DatabaseConfig, args: &ImportArgs) -> anyhow::Result<()> {
    let mut checked = file::check(args)?;
    if !args.dry_run {
        let pool = migrate(database).await?;
        file::load(&mut checked, &pool).await?;
    }
    println!("{checked}");
    Ok(())
}

async fn serve(config: &ServeConfig) -> anyhow::Result<()> {
    let mut stop = pin!(StopSignals::listen()?.first());
    if let Err(error) = open_files::raise_limit() {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
    let clock = ShopClock::system(config.time_zone.clone());
    let app = Arc::new(App::new(config, clock, telemetry::start_metrics()?)?);
    let listeners = Listeners::bind(config).await?;
    let (address, admin) = (listeners.public.local_addr()?, listeners.admin.local_addr()?);
    let prepare = async {
        let schema = schema::prepare(&config.database.database_url).await?;
        greet(address, admin, &app).await;
        anyhow::Ok(tokio::spawn(schema))
    };
    // Another server that migrates may keep this one waiting for long.
    let schema = tokio::select! {
        prepared = prepare => prepared?,
        () = &mut stop => return Ok(()),
    };
    server::serve(app, listeners, stop, config.drain_deadline).await?;
    schema.abort();
    Ok(())
}

/// Says where it listens, once the first request will be answered.
async fn greet(address: SocketAddr, admin: SocketAddr, app: &App) {
    // A failure is logged by whoever follows the index from now on.
    let _ = app.catalogue.refresh().await;
    println!("OpenRace listens on http://{address}");
    match app.catalogue.current() {
        Some(_) => println!("  curl 'http://{address}/api/products?size=2'"),
        None => println!("  no index yet: run `indexer rebuild`"),
    }
    println!("  for operators: http://{admin}/readyz");
}
