//! A real browser for a test: Chromium, led by chromedriver on a port of its own.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// What a browser is like.
#[derive(Clone, Copy)]
pub struct Kind {
    pub language: &'static str,
    pub scripts: bool,
    pub width: u32,
}

impl Kind {
    pub const KOREAN: Self = Self { language: "ko-KR", scripts: true, width: 1280 };
    pub const ENGLISH: Self = Self { language: "en-US", ..Self::KOREAN };
    pub const WITHOUT_SCRIPTS: Self = Self { scripts: false, ..Self::KOREAN };
    pub const PHONE: Self = Self { width: 390, ..Self::KOREAN };
}

/// A browser on one shop. It ends with the test.
pub struct Browser {
    pub driver: WebDriver,
    shop: String,
    _chromedriver: Chromedriver,
}

struct Chromedriver {
    process: Child,
    port: u16,
}

/// The port that it takes for one kind of address may be taken for the other, and then it ends.
const STARTS: usize = 5;

impl Chromedriver {
    fn start() -> Option<Self> {
        let process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed: run the tests with `make test`");
        let mut started = Self { process, port: 0 };
        let lines = BufReader::new(started.process.stdout.take()?).lines();
        started.port = lines.map_while(Result::ok).find_map(|line| {
            let port = line.strip_prefix("ChromeDriver was started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        })?;
        Some(started)
    }

    /// Has it end its Chromium, which it would leave running if it was killed.
    fn shut_down(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
        // It ends after its answer.
        io::copy(&mut stream, &mut io::sink()).map(drop)
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.shut_down();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serious findings of axe-core; what it cannot decide is left to people.
const FINDINGS: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => done(violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)));";

impl Browser {
    pub async fn open(shop: &str, kind: Kind) -> Self {
        let chromedriver = (0..STARTS).find_map(|_| Chromedriver::start()).expect("chromedriver tells its port");
        let mut wanted = DesiredCapabilities::chrome();
        for argument in
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        {
            wanted.add_arg(argument).unwrap();
        }
        wanted.add_arg(&format!("--lang={}", kind.language)).unwrap();
        if kind.width == Kind::PHONE.width {
            wanted.add_arg("--user-agent=Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile").unwrap();
        }
        wanted.add_arg(&format!("--window-size={},900", kind.width)).unwrap();
        let scripts = if kind.scripts { 1 } else { 2 };
        let preferences = json!({
            "intl.accept_languages": kind.language,
            "profile.managed_default_content_settings.javascript": scripts,
            "credentials_enable_service": false,
        });
        wanted.add_experimental_option("prefs", preferences).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", chromedriver.port), wanted).await.unwrap();
        Self { driver, shop: shop.to_owned(), _chromedriver: chromedriver }
    }

    pub async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.shop)).await.unwrap();
    }

    /// Path and query of the page that is open.
    pub async fn address(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.shop).unwrap_or(url.as_str()).to_owned()
    }

    /// The first element that fits, once there is one.
    pub async fn find(&self, css: &str) -> WebElement {
        self.driver.query(By::Css(css)).first().await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    pub async fn count(&self, css: &str) -> usize {
        self.driver.find_all(By::Css(css)).await.unwrap().len()
    }

    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Types over what a field holds.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits for a text to be on the page.
    pub async fn see(&self, text: &str) {
        let shown = async || {
            let body = self.driver.find(By::Css("body")).await.ok()?.text().await.ok()?;
            body.contains(text).then_some(())
        };
        self.until(text, shown).await;
    }

    /// Waits until there is no such element.
    pub async fn gone(&self, css: &str) {
        self.until(css, async || self.driver.find_all(By::Css(css)).await.ok()?.is_empty().then_some(())).await;
    }

    /// Waits for the page to have an address that begins so.
    pub async fn arrive(&self, address: &str) {
        self.until(address, async || self.address().await.starts_with(address).then_some(())).await;
    }

    async fn until(&self, what: &str, met: impl AsyncFn() -> Option<()>) {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let wait = async {
            while met().await.is_none() {
                ticks.tick().await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), wait).await.is_err() {
            panic!("waited in vain for {what} at {}: {}", self.address().await, self.driver.source().await.unwrap());
        }
    }

    pub async fn script(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Fails when axe-core finds something serious on the page, or the page is wider than the window.
    pub async fn check_accessibility(&self) {
        let address = self.address().await;
        self.driver.execute(include_str!("axe.min.js"), Vec::new()).await.unwrap();
        let found = self.driver.execute_async(FINDINGS, Vec::new()).await.unwrap();
        assert_eq!(found.json(), &json!([]), "{address}");
        let wide =
            self.script("return document.documentElement.scrollWidth > document.documentElement.clientWidth").await;
        assert_eq!(wide, json!(false), "{address} is wider than the window");
    }

    /// Cuts the browser's network, or joins it again.
    pub async fn offline(&self, offline: bool) {
        let conditions = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.tell("Network.enable", json!({})).await;
        self.tell("Network.emulateNetworkConditions", conditions).await;
    }

    /// Asks for dark or light pages.
    pub async fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.tell("Emulation.setEmulatedMedia", features).await;
    }

    async fn tell(&self, command: &str, parameters: Value) {
        self.driver.cdp().send_raw(command, parameters).await.unwrap();
    }

    pub async fn close(self) {
        self.driver.quit().await.unwrap();
    }
}
