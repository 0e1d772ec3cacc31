//! One `openrace serve` of a stage.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use sqlx::{
    ConnectOptions,
    mysql::{MySqlConnectOptions, MySqlSslMode},
};
use tokio::task::block_in_place;

use super::{SECRET, proxy::Proxy, services::Services};
use crate::wait::{PATIENCE, until};

/// Signal 9.
const KILLED: i32 = 9;
/// Refuses every connection.
const NOWHERE: ([u8; 4], u16) = ([127, 0, 0, 1], 1);
/// A file that may not grow is then an error, as on a full disk, and not the end.
const LIMITABLE: &str = "trap '' XFSZ; exec \"$0\" serve --index-dir \"$1\"";

/// A process, its wires, and where it listens now.
pub struct Node {
    pub number: usize,
    pub mysql: Proxy,
    pub redis: Proxy,
    process: Mutex<Option<Child>>,
    listens: Mutex<Listens>,
}

/// Where shoppers and operators ask a node.
#[derive(Debug, Clone, Copy)]
pub struct Listens {
    address: SocketAddr,
    admin: SocketAddr,
}

/// What a process is started with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan<'a> {
    /// `name:n`: dies when it comes by there for the n-th time.
    pub fail_point: Option<&'a str>,
    /// Makes this mistake.
    pub planted_bug: Option<&'a str>,
    /// Milliseconds by which its own clock is wrong.
    pub clock_offset: i64,
    /// Where it reaches MySQL past the wire.
    pub mysql: Option<&'a str>,
}

impl Node {
    pub async fn start(number: usize, services: &Services, plan: Plan<'_>) -> Self {
        let mysql = Proxy::to(mysql_address(&services.database_url)).await;
        let redis = Proxy::to(redis_address(&services.redis_url)).await;
        let listens = Mutex::new(Listens { address: NOWHERE.into(), admin: NOWHERE.into() });
        let node = Self { number, mysql, redis, process: Mutex::default(), listens };
        node.start_again(services, plan);
        node
    }

    /// Starts the process if none runs.
    pub fn start_again(&self, services: &Services, plan: Plan<'_>) {
        // It reaches its services by the proxies, which must run on while it starts.
        block_in_place(|| {
            let mut process = lock(&self.process);
            let ended = |process: &mut Child| process.try_wait().unwrap().is_some();
            if process.as_mut().is_none_or(ended) {
                let (child, listens) = self.launch(services, plan);
                *process = Some(child);
                *lock(&self.listens) = listens;
            }
        });
    }

    fn launch(&self, services: &Services, plan: Plan<'_>) -> (Child, Listens) {
        let mysql = plan.mysql.map_or_else(|| self.by_the_wire(), str::to_owned);
        let (_, tail) = services.redis_url.rsplit_once(':').unwrap();
        let redis = services.redis_url.replace(tail, &format!("{}/", self.redis.address.port()));
        let index = services.path(&format!("index-{}", self.number));
        let log = services.path(&format!("node-{}.log", self.number));
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", LIMITABLE, env!("CARGO_BIN_EXE_openrace")]).arg(&index).env_clear().envs([
            ("DATABASE_URL", mysql.as_str()),
            ("REDIS_URL", &redis),
            ("OPENRACE_JWT_SECRET", SECRET),
            ("OPENRACE_LISTEN", "127.0.0.1:0"),
            ("OPENRACE_ADMIN_LISTEN", "127.0.0.1:0"),
            ("OPENRACE_STALE_AFTER", "2"),
            ("RUST_LOG", "info,openrace::access=off"),
            ("OPENRACE_CLOCK_OFFSET_MS", &plan.clock_offset.to_string()),
        ]);
        command.envs(plan.fail_point.map(|point| ("OPENRACE_FAIL_POINT", point)));
        command.envs(plan.planted_bug.map(|bug| ("OPENRACE_PLANTED_BUG", bug)));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        // When this process is killed, what ends the servers ends the node too.
        fs::write(services.path(&format!("node-{}.pid", self.number)), child.id().to_string()).unwrap();
        // It may take over an order, and die of it, before it says where it listens.
        let nowhere = plan.fail_point.map(|_| Listens { address: NOWHERE.into(), admin: NOWHERE.into() });
        let listens = greeting(child.stdout.take().unwrap()).or(nowhere);
        (child, listens.unwrap_or_else(|| panic!("node {} did not start", self.number)))
    }

    fn by_the_wire(&self) -> String {
        let (host, port) = ("127.0.0.1", self.mysql.address.port());
        let options = MySqlConnectOptions::new().host(host).port(port).username("node").database("openrace");
        options.ssl_mode(MySqlSslMode::Disabled).to_url_lossy().to_string()
    }

    /// `kill -9`.
    pub fn kill(&self) {
        block_in_place(|| {
            if let Some(process) = &mut *lock(&self.process) {
                // It may have died by itself.
                let _ = process.kill();
                let _ = process.wait();
            }
        });
    }

    /// SIGTERM, and waits for the end; the exit code.
    pub async fn stop(&self) -> Option<i32> {
        let process = lock(&self.process).as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        until("the node ends", async || self.ended().is_some()).await;
        self.ended().unwrap().code()
    }

    /// Whether it was killed, or came by the point at which it was to die.
    pub fn was_killed(&self) -> bool {
        self.ended().is_some_and(|ended| ended.signal() == Some(KILLED))
    }

    /// How it ended, if it did.
    pub fn ended(&self) -> Option<ExitStatus> {
        lock(&self.process).as_mut().and_then(|process| process.try_wait().unwrap())
    }

    /// From now on no file that it writes may be larger: a full disk.
    #[cfg(target_os = "linux")]
    pub fn limit_files(&self, bytes: Option<u64>) {
        let process = lock(&self.process).as_ref().unwrap().id().to_string();
        let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let set = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={limit}:")]).status();
        assert!(set.unwrap().success());
    }

    /// Where it listens, or listened last. Answers while the process starts.
    pub fn address(&self) -> SocketAddr {
        lock(&self.listens).address
    }

    /// Where operators ask it.
    pub fn admin(&self) -> SocketAddr {
        lock(&self.listens).admin
    }
}

/// What a node says first; nothing if it ends before. Whatever it says later is read and dropped.
pub fn greeting(output: impl Read + Send + 'static) -> Option<Listens> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let mut address_after = |mark: &str| {
            let line = lines.find(|line| line.contains(mark))?;
            let (_, address) = line.split_once("http://")?;
            address.split('/').next()?.parse().ok()
        };
        let listens = address_after("listens on").zip(address_after("operators"));
        let _ = tell.send(listens.map(|(address, admin)| Listens { address, admin }));
        lines.for_each(drop);
    });
    told.recv_timeout(PATIENCE).expect("a node says where it listens, or ends")
}

/// A test that failed in the middle must still be able to clear away.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn mysql_address(url: &str) -> SocketAddr {
    let options: MySqlConnectOptions = url.parse().unwrap();
    SocketAddr::from(([127, 0, 0, 1], options.get_port()))
}

fn redis_address(url: &str) -> SocketAddr {
    let (_, port) = url.trim_end_matches('/').rsplit_once(':').unwrap();
    SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()))
}
