use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use reqwest::{Client, StatusCode};
use sqlx::MySqlPool;

use crate::support::{
    SECRET, Setup, TestApp,
    index::products,
    mysql::{url, waiting_for_table},
    until,
};

const ANY_PORT: &str = "127.0.0.1:0";

/// The command on free ports, without index, MySQL and Redis, and with nothing from the environment of the test.
fn openrace(command: &str) -> Command {
    let mut openrace = Command::new(env!("CARGO_BIN_EXE_openrace"));
    openrace.arg(command).env_clear().envs([
        ("DATABASE_URL", "mysql://nobody:nothing@127.0.0.1:1/openrace"),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("OPENRACE_JWT_SECRET", SECRET),
        ("OPENRACE_INDEX_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-index")),
        ("OPENRACE_LISTEN", ANY_PORT),
        ("OPENRACE_ADMIN_LISTEN", ANY_PORT),
    ]);
    openrace
}

/// A running command; killed when the test ends before it.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap().success());
    }

    /// The first line on standard output.
    fn greeting(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line
    }

    /// Waits for the end: exit code, standard output and standard error.
    async fn ended(mut self) -> (Option<i32>, String, String) {
        until(async || self.0.try_wait().unwrap().is_some()).await;
        let (mut out, mut err) = (String::new(), String::new());
        self.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (self.0.wait().unwrap().code(), out, err)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_taken_port_is_told_with_the_setting_that_chooses_another() {
    let taken = std::net::TcpListener::bind(ANY_PORT).unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for variable in ["OPENRACE_LISTEN", "OPENRACE_ADMIN_LISTEN"] {
        let (code, out, err) = Process::start(openrace("serve").env(variable, &taken)).ended().await;
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(err.contains(&format!("cannot listen on {taken}: set {variable} to another address")), "{err}");
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_ends_without_a_failure() {
    let mut server = Process::start(&mut openrace("serve"));
    let greeting = server.greeting();
    let address = greeting.trim().strip_prefix("OpenRace listens on ").unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{address}/health-check")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    server.terminate();
    let (code, _, err) = server.ended().await;
    assert_eq!(code, Some(0), "{err}");
}

/// A request whose body never comes is in flight.
#[tokio::test]
async fn a_second_signal_ends_a_server_that_waits_for_what_is_in_flight() {
    let mut server = Process::start(&mut openrace("serve"));
    let greeting = server.greeting();
    let address = greeting.trim().strip_prefix("OpenRace listens on http://").unwrap().to_owned();
    let mut in_flight = TcpStream::connect(&address).unwrap();
    let head = "POST /api/members/login HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n";
    in_flight.write_all(head.as_bytes()).unwrap();
    let mut continues = String::new();
    BufReader::new(&in_flight).read_line(&mut continues).unwrap();
    assert!(continues.contains("100"), "the body is waited for: {continues}");
    server.terminate();
    until(async || TcpStream::connect(&address).is_err()).await;
    assert!(server.0.try_wait().unwrap().is_none(), "it waits for the request");
    server.terminate();
    let (code, _, err) = server.ended().await;
    assert_eq!(code, Some(130), "{err}");
}

#[sqlx::test]
async fn a_server_that_waits_for_anothers_migration_can_be_stopped(db: MySqlPool) {
    let mut other = db.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES _sqlx_migrations WRITE").execute(&mut *other).await.unwrap();
    let server = Process::start(openrace("serve").env("DATABASE_URL", url(&db)));
    until(async || waiting_for_table(&db).await.is_some()).await;
    server.terminate();
    let (code, out, err) = server.ended().await;
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
}

/// What `openrace healthcheck` says about this operators' listener.
async fn healthcheck(admin: &str) -> (Option<i32>, String) {
    let (code, _, err) = Process::start(openrace("healthcheck").env("OPENRACE_ADMIN_LISTEN", admin)).ended().await;
    (code, err)
}

#[tokio::test]
async fn the_healthcheck_succeeds_when_lists_are_answered() {
    let ready = TestApp::with_products(&products(1)).await;
    assert_eq!(healthcheck(ready.admin_address()).await, (Some(0), String::new()));
}

#[tokio::test]
async fn the_healthcheck_fails_without_an_index_or_a_server() {
    let unready = TestApp::start(Setup::default()).await;
    let (code, err) = healthcheck(unready.admin_address()).await;
    assert!(code == Some(1) && err.contains("not built yet"), "{err}");
    let (code, err) = healthcheck("127.0.0.1:1").await;
    assert!(code == Some(1) && err.contains("no server answers on 127.0.0.1:1"), "{err}");
}
