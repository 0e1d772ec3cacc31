use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use reqwest::{Client, StatusCode};
use serde_json::Value;
use sqlx::MySqlPool;

use crate::support::{
    SECRET, Setup, TestApp,
    index::products,
    mysql::{url, waiting_for_table},
    until,
};

const ANY_PORT: &str = "127.0.0.1:0";
/// Longer than a start or an answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command on free ports, without index, MySQL and Redis, and with nothing from the environment of the test.
pub fn openrace(command: &str) -> Command {
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
pub struct Process {
    child: Child,
    /// Line by line.
    out: mpsc::Receiver<String>,
    err: Option<JoinHandle<String>>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut stdout, mut stderr) = (BufReader::new(child.stdout.take().unwrap()), child.stderr.take().unwrap());
        let (tell, out) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).unwrap() > 0 && tell.send(std::mem::take(&mut line)).is_ok() {}
        });
        let err = thread::spawn(move || {
            let mut err = String::new();
            stderr.read_to_string(&mut err).unwrap();
            err
        });
        Self { child, out, err: Some(err) }
    }

    fn terminate(&self) {
        self.signal("-TERM");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Where it says on its first line that it listens.
    fn address(&self) -> String {
        let line = self.out.recv_timeout(PATIENCE).expect("it says where it listens");
        line.trim().strip_prefix("OpenRace listens on http://").unwrap().to_owned()
    }

    /// Waits for the end: exit code, standard output and standard error.
    pub async fn ended(mut self) -> (Option<i32>, String, String) {
        until(async || self.child.try_wait().unwrap().is_some()).await;
        let err = self.err.take().unwrap().join().unwrap();
        (self.child.wait().unwrap().code(), self.out.iter().collect(), err)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
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

async fn is_healthy(address: &str) -> bool {
    let client = Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{address}/health-check")).send().await.unwrap();
    answer.status() == StatusCode::OK
}

#[tokio::test]
async fn a_setting_that_cannot_be_read_ends_the_start_by_its_name() {
    for (variable, value, flag) in [
        ("OPENRACE_TIME_ZONE", "Nowhere", "--time-zone"),
        ("OPENRACE_LISTEN", "here", "--listen"),
        ("OPENRACE_ORDER_QUEUE", "many", "--order-queue"),
        ("OPENRACE_FOLLOW", "perhaps", "--follow"),
        ("DATABASE_URL", "127.0.0.1:3306", "DATABASE_URL"),
        ("REDIS_URL", "127.0.0.1:6379", "REDIS_URL"),
        ("OPENRACE_JWT_SECRET", "short", "OPENRACE_JWT_SECRET"),
        ("RUST_LOG", "a=b=c", "RUST_LOG"),
    ] {
        let (code, out, err) = Process::start(openrace("serve").env(variable, value)).ended().await;
        assert!(code.is_some_and(|code| code != 0) && out.is_empty(), "{variable}: {code:?} {out}");
        assert!(err.contains(flag), "{variable}: {err}");
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_ends_without_a_failure() {
    for signal in ["-TERM", "-INT"] {
        let server = Process::start(&mut openrace("serve"));
        assert!(is_healthy(&server.address()).await);
        server.signal(signal);
        let (code, _, err) = server.ended().await;
        assert_eq!(code, Some(0), "{signal}: {err}");
    }
}

/// As a variable the address would end the start.
#[tokio::test]
async fn a_flag_wins_over_its_variable() {
    let taken = std::net::TcpListener::bind(ANY_PORT).unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let server = Process::start(openrace("serve").env("OPENRACE_LISTEN", &taken).args(["--listen", ANY_PORT]));
    assert!(is_healthy(&server.address()).await);
}

/// Soft and hard, as Linux tells them.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_raises_its_limit_of_open_files_as_far_as_it_may() {
    let openrace = openrace("serve");
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "ulimit -S -n 64 && ulimit -H -n 512 && exec \"$0\" serve"]).arg(openrace.get_program());
    limited.env_clear().envs(openrace.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let server = Process::start(&mut limited);
    server.address();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.child.id())).unwrap();
    let open_files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    assert_eq!(open_files.split_whitespace().take(2).collect::<Vec<_>>(), ["512", "512"]);
}

/// Sends bytes as they are, and waits for the end of the answer.
fn send_raw(address: &str, request: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

#[tokio::test]
async fn no_request_can_forge_a_line_of_the_log() {
    let server = Process::start(&mut openrace("serve"));
    let address = server.address();
    // Quotes, and what some readers take for the end of a line, are allowed in a path as they are; line breaks are not.
    let forged = "{\"message\":\"forged\"}";
    let value = format!("\u{85}\u{2028}%0D%0A{forged}\",\"message\":\"forged\\");
    let requests = [
        format!("/api/products/{value} HTTP/1.1"),
        format!("/api/products/search?keyword=%0A%22{}&page=%0D%0A HTTP/1.1", forged.replace('"', "%22")),
        format!("/api/nothing HTTP/1.1\r\nx-request-id: {value}\r\nx-forwarded-for: {value}\r\nuser-agent: {value}"),
        format!("/api/orders/7 HTTP/1.1\r\nauthorization: Bearer {value}"),
    ];
    for request in &requests {
        send_raw(&address, &format!("GET {request}\r\nhost: shop\r\nconnection: close\r\n\r\n"));
    }
    server.terminate();
    let (_, _, err) = server.ended().await;
    let lines: Vec<Value> = err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["message"] != "forged"), "{err}");
    let requested = lines.iter().filter(|line| line["target"] == "openrace::access").count();
    assert_eq!(requested, requests.len(), "{err}");
    assert!(lines.iter().any(|line| line["path"] == format!("/api/products/{value}")), "{err}");
}

/// A request whose body never comes is in flight.
#[tokio::test]
async fn a_second_signal_ends_a_server_that_waits_for_what_is_in_flight() {
    let mut server = Process::start(&mut openrace("serve"));
    let address = server.address();
    let mut in_flight = TcpStream::connect(&address).unwrap();
    in_flight.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = "POST /api/members/login HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n";
    in_flight.write_all(head.as_bytes()).unwrap();
    let mut continues = String::new();
    BufReader::new(&in_flight).read_line(&mut continues).unwrap();
    assert!(continues.contains("100"), "the body is waited for: {continues}");
    server.terminate();
    until(async || TcpStream::connect(&address).is_err()).await;
    assert!(server.child.try_wait().unwrap().is_none(), "it waits for the request");
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
