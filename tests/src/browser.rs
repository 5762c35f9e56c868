//! Headless Chromium over WebDriver, as a person at the Outlook page: clicks, keys, and what can be seen.
//!
//! Nothing here sleeps for a time that is hoped to be long enough: every wait is for something that can be
//! seen, looks again every few milliseconds, and in the end fails with all that is on the screen. The
//! browser reaches nothing but this machine.
//!
//! With `REGARDING_PICTURES=FOLDER` the journeys leave pictures of the pane's states there, for people to look
//! at: light, dark and with forced colours; and `readme.png`, the picture of the README (`docs/track.png`).

use crate::stack::PATIENCE;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

mod driver;
mod outlook;
mod pictures;
mod task_pane;

use driver::Driver;
pub use outlook::{Outlook, View};
pub use task_pane::TaskPane;

/// How often is looked.
const LOOK: Duration = Duration::from_millis(15);
/// The size of the page in CSS pixels.
const PAGE: (u32, u32) = (1280, 800);

/// One browser with one window, ended when dropped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    window: WindowHandle,
    /// Where pictures go, if anybody wants them.
    pictures: Option<PathBuf>,
    /// Goes last: its end is the browser's.
    _driver: Driver,
}

/// Whether the browser reaches anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    There,
    Cut,
}

/// A line of the browser's console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `security`, `network`, `console-api`, …
    pub source: String,
    /// `SEVERE`, `WARNING`, `INFO`, …
    pub level: String,
    pub message: String,
}

impl Browser {
    /// A fresh browser: no cookies, no cache, no history.
    pub async fn start() -> Self {
        let mut driver = Driver::start();
        let connected = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities())
            .connect(&driver.address())
            .await;
        let client = connected.unwrap_or_else(|error| panic!("Chromium does not start: {error}"));
        driver.session = client.session_id().await.expect("the session is new");
        let window = client.window().await.expect("a window");
        let pictures = std::env::var_os("REGARDING_PICTURES").map(PathBuf::from);
        let browser = Self { client, window, pictures, _driver: driver };
        // The window's size includes what a browser has around the page.
        let size = json!({ "width": PAGE.0, "height": PAGE.1, "deviceScaleFactor": 1, "mobile": false });
        browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
        browser
    }

    /// Opens an address in the one window.
    pub async fn goto(&self, address: &str) {
        self.client.goto(address).await.unwrap_or_else(|error| panic!("{address} does not open: {error}"));
    }

    /// The Outlook page.
    pub fn outlook(&self) -> Outlook<'_> {
        Outlook(self)
    }

    /// The task pane in the Outlook page.
    pub fn pane(&self) -> TaskPane<'_> {
        TaskPane(self)
    }

    /// Looks until there is something.
    ///
    /// What goes wrong while looking counts as nothing there yet: a frame may be replaced at any moment.
    pub async fn until<T>(
        &self,
        what: &str,
        mut look: impl AsyncFnMut() -> Result<Option<T>, CmdError>,
    ) -> T {
        let limit = Instant::now() + PATIENCE;
        loop {
            let seen = look().await;
            if let Ok(Some(seen)) = seen {
                return seen;
            }
            if Instant::now() > limit {
                let error = seen.err().map(|error| format!("\nlast error: {error}")).unwrap_or_default();
                panic!("never came: {what}{error}\n{}", self.describe().await);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Runs a function body in the top page and gives what it returns.
    async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value, CmdError> {
        self.enter_top().await?;
        self.client.execute(script, arguments).await
    }

    async fn enter_top(&self) -> Result<(), CmdError> {
        self.command("frame", json!({ "id": null })).await.map(drop)
    }

    /// A command of WebDriver, or of chromedriver, that the client has no name for.
    async fn command(&self, path: &'static str, body: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(Command { path, body }).await
    }

    /// A command of the Chrome DevTools Protocol.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": method, "params": parameters });
        let done = self.command("goog/cdp/execute", body).await;
        done.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Runs a script in every page and frame from now on, before the page's own.
    pub async fn run_before_each_page(&self, script: &str) {
        let script = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", script).await;
    }

    /// Takes the network away from the window, or gives it back.
    pub async fn set_network(&self, network: Network) {
        let offline = network == Network::Cut;
        let conditions =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.emulateNetworkConditions", conditions).await;
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub async fn press(&self, keys: &[Key]) {
        for key in keys {
            let value = char::from(*key);
            self.strike(value).await;
        }
    }

    /// Types text, wherever the focus is.
    pub async fn type_text(&self, text: &str) {
        for letter in text.chars() {
            self.strike(letter).await;
        }
    }

    async fn strike(&self, value: char) {
        let key = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client.perform_actions(key).await.unwrap_or_else(|error| panic!("a key was refused: {error}"));
    }

    /// The console since it was read last.
    pub async fn console(&self) -> Vec<Line> {
        let lines = self.command("se/log", json!({ "type": "browser" })).await.expect("the browser's log");
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let line = |line: &Value| Line {
            source: text(line, "source"),
            level: text(line, "level"),
            message: text(line, "message"),
        };
        lines.as_array().map(|lines| lines.iter().map(line).collect()).unwrap_or_default()
    }

    /// Turns to the window that has been opened beside the first one.
    pub async fn enter_other_window(&self) {
        self.until("a second window", async || {
            let other = self.client.windows().await?.into_iter().find(|window| *window != self.window);
            match other {
                Some(other) => self.client.switch_to_window(other).await.map(Some),
                None => Ok(None),
            }
        })
        .await;
    }

    /// Turns back to the first window, once it is the only one.
    pub async fn return_to_only_window(&self) {
        self.client.switch_to_window(self.window.clone()).await.expect("the first window stays open");
        self.until("the second window's end", async || {
            Ok((self.client.windows().await?.len() == 1).then_some(()))
        })
        .await;
    }

    /// Clicks the button of this text in the window's top page.
    pub async fn click_button(&self, text: &str) {
        self.until(&format!("a button {text:?}"), async || {
            self.enter_top().await?;
            self.client.find(Locator::XPath(&button(text))).await?.click().await.map(Some)
        })
        .await;
    }

    /// The text of the window's top page.
    pub async fn text(&self) -> String {
        let text = self.run("return document.body.innerText", vec![]).await.expect("a page");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Everything on the screen, and what the console said: for whoever has to find out what went wrong.
    async fn describe(&self) -> String {
        let top = self.run("return document.body.innerText", vec![]).await;
        let pane = self.pane().run("return document.body.innerText", vec![]).await;
        let console = self.command("se/log", json!({ "type": "browser" })).await;
        format!("--- page\n{top:#?}\n--- pane\n{pane:#?}\n--- console\n{console:#?}")
    }
}

/// An enabled button, or a link that looks like one, by its text or by the name that screen readers say.
fn button(text: &str) -> String {
    assert!(!text.contains('"'), "{text}: XPath has no way to write this");
    format!(
        "//*[self::button or self::a][not(@disabled)][normalize-space()=\"{text}\" or @aria-label=\"{text}\"]"
    )
}

fn capabilities() -> Capabilities {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-default-browser-check",
        "--hide-scrollbars",
        "--lang=en-US",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
        &format!("--window-size={},{}", PAGE.0, PAGE.1),
    ];
    let mut wanted = json!({
        "browserName": "chrome",
        // The sandbox's certificate authority is thrown away with the test.
        "acceptInsecureCerts": true,
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "args": arguments,
            // A pane's window has to come through the popup blocker by itself.
            "excludeSwitches": ["disable-popup-blocking"],
        },
    });
    // Without a name chromedriver finds the one that it came with.
    if let Ok(program) = std::env::var("CHROMIUM") {
        wanted["goog:chromeOptions"]["binary"] = program.into();
    }
    wanted.as_object().expect("an object").clone()
}

/// A POST to the session that fantoccini has no name for.
#[derive(Debug)]
struct Command {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
