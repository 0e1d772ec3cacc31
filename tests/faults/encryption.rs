//! The wire from `openrace serve` to MySQL, by what its address asks for: `?ssl-mode=`.

use std::{fs, path::Path};

use openrace_index::IndexHome;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    certificates::{self, certify},
    following::{build_from, readiness},
    stage::{Node, Plan, Services, Topology, turn},
    wait::until,
};

/// A user without a password: what is refused is refused for the wire alone.
const INIT: &str = "SET sql_log_bin = 0;\nCREATE DATABASE openrace;\nCREATE USER 'shop'@'127.0.0.1';\n\
                    GRANT ALL PRIVILEGES ON *.* TO 'shop'@'127.0.0.1';\n";
/// MariaDB's word and MySQL's.
const PLAIN: &str = "--loose-skip-ssl --loose-tls-version=";

/// A server with these further options, and an index of what it has.
async fn database(folder: &Path, options: &str) -> Services {
    let init = folder.join("init.sql");
    fs::write(&init, INIT).unwrap();
    let options = format!("--init-file={} {options}", init.display());
    let services = Services::start(Topology::SetTo(options.leak()));
    let address = address(&services, "127.0.0.1", "");
    openrace::database::migrate(&openrace::database::connect(&address).await.unwrap()).await.unwrap();
    build_from(&address, &IndexHome::new(services.path("index-0"))).await;
    services
}

/// One that refuses every session without encryption. Its authority, and another one, are in these folders.
async fn encrypting(own: &Path, stranger: &Path) -> Services {
    certify(own, "127.0.0.1");
    certify(stranger, "127.0.0.1");
    database(own, &format!("{} --require-secure-transport=ON", certificates::options(own))).await
}

fn address(services: &Services, host: &str, query: &str) -> String {
    let (_, port_and_name) = services.database_url.rsplit_once(':').unwrap();
    format!("mysql://shop@{host}:{port_and_name}?{query}")
}

/// What a server says of MySQL.
#[derive(Debug, PartialEq)]
struct Told {
    sql: bool,
    log: bool,
    /// Why the log is not read; SQL is asked first.
    error: String,
}

impl Told {
    /// All is well.
    fn nothing() -> Self {
        Self { sql: true, log: true, error: String::new() }
    }

    fn is_refusal_for(&self, reason: &str) -> bool {
        !self.sql && !self.log && self.error.contains(reason)
    }
}

/// Starts a server that reaches MySQL at this address.
async fn start_with(services: &Services, host: &str, query: &str) -> Told {
    let plan = Plan { mysql: Some(&address(services, host, query)), ..Plan::default() };
    let node = Node::start(0, services, plan).await;
    let mut told = Value::Null;
    until("it has tried to follow", async || {
        told = readiness(&node).await;
        told["following"]["error"] != "nothing follows MySQL"
    })
    .await;
    let ok = |part: &str| told[part]["ok"] == true;
    let error = told["following"]["error"].as_str().unwrap_or_default().to_owned();
    Told { sql: ok("mysql"), log: ok("following"), error }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_encryption_is_used_unless_encryption_is_required() {
    let _turn = turn().await;
    let folder = TempDir::new().unwrap();
    certify(folder.path(), "127.0.0.1");
    let services = database(folder.path(), PLAIN).await;
    for query in ["", "ssl-mode=DISABLED", "ssl-mode=PREFERRED"] {
        assert_eq!(start_with(&services, "127.0.0.1", query).await, Told::nothing(), "{query}");
    }
    for mode in ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] {
        let told = start_with(&services, "127.0.0.1", &certificates::query(mode, folder.path())).await;
        assert!(told.is_refusal_for("does not support TLS"), "{mode}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_and_the_binary_log_are_encrypted_and_certificates_verified_as_far_as_the_address_asks() {
    let _turn = turn().await;
    let (own, stranger) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (own, stranger) = (own.path(), stranger.path());
    let services = encrypting(own, stranger).await;
    let plain = address(&services, "127.0.0.1", "ssl-mode=DISABLED");
    assert!(openrace::database::connect(&plain).await.is_err(), "without encryption nobody is let in");
    let verified = certificates::query;
    for (host, query) in [
        ("localhost", String::new()),
        ("localhost", "ssl-mode=PREFERRED".to_owned()),
        ("localhost", verified("REQUIRED", stranger)),
        ("127.0.0.1", verified("VERIFY_CA", own)),
        ("127.0.0.1", verified("VERIFY_IDENTITY", own)),
    ] {
        assert_eq!(start_with(&services, host, &query).await, Told::nothing(), "{host}: {query}");
    }
    let told = start_with(&services, "localhost", &verified("VERIFY_CA", own)).await;
    assert!(told.sql && !told.log, "only the reader of the binary log verifies the name: {told:?}");
    for (host, query) in [
        ("127.0.0.1", verified("VERIFY_CA", stranger)),
        ("127.0.0.1", verified("VERIFY_IDENTITY", stranger)),
        ("localhost", verified("VERIFY_IDENTITY", own)),
    ] {
        let told = start_with(&services, host, &query).await;
        assert!(told.is_refusal_for("certificate"), "{host}: {query}: {told:?}");
    }
}
