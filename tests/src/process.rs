//! The service as a process of its own: the real program on a real socket, which can be killed.
//!
//! What it was told to write down is all that outlives it, as after a loss of power.

use crate::pane::Pane;
use crate::stack::PATIENCE;
use crate::tenant::Tenant;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use backend::net::over_reqwest::{Reqwest, Roots};
use backend::net::{self, Transport};
use http::StatusCode;
use sandbox::company::{self, Person};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::oneshot;
use url::Url;

/// Variable of the environment in which the program finds its client secret.
const SECRET: &str = "REGARDING_CLIENT_SECRET";

/// A running `regarding serve`. Dropped, it is killed.
#[derive(Debug)]
pub struct Program {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    transport: Arc<dyn Transport>,
}

impl Program {
    /// Starts the program on a data folder, with the tenant at its origin as the other side, and waits until
    /// it listens.
    pub async fn start(tenant: &Tenant, folder: &Path) -> Self {
        let configuration = configuration(&tenant.world.options.origin, "http://localhost", "");
        Self::start_told(program(), folder, &configuration).await
    }

    /// Starts a program on a folder with this configuration, and waits until it listens.
    pub async fn start_told(program: &Path, folder: &Path, configuration: &str) -> Self {
        let file = folder.join("regarding.toml");
        std::fs::write(&file, configuration).expect("the folder can be written");
        let mut child = Command::new(program)
            .args(["serve", "--log", "json", "--config"])
            .arg(&file)
            .env(SECRET, company::APP_CLIENT_SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program can be started");
        let log = Arc::<Mutex<String>>::default();
        let (say, heard) = oneshot::channel();
        tokio::spawn(read_log(child.stderr.take().expect("a pipe"), log.clone(), say));
        let Ok(Ok(address)) = tokio::time::timeout(PATIENCE, heard).await else {
            panic!("the program does not listen; it says:\n{}", text_of(&log));
        };
        let transport = Reqwest::new(&Roots::Only(String::new()), net::Limits::default());
        Self { child, address, log, transport: Arc::new(transport.expect("a client")) }
    }

    /// `kill -9`: the process gets no chance to do anything more. Returns once it is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("the process was there to be killed");
    }

    /// Its process, for as long as it lives.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        text_of(&self.log)
    }

    /// Its API: calls go over the socket. A connection that breaks is answered with 502.
    pub fn api(&self) -> Router {
        let (transport, address) = (self.transport.clone(), self.address);
        Router::new().fallback(move |request: Request| forward(transport.clone(), address, request))
    }

    /// Somebody of the company with the pane open, signed in.
    pub fn pane(&self, tenant: &Tenant, person: &Person) -> Pane {
        Pane::signed_in(self.api(), tenant, person)
    }
}

/// The program's configuration for a sandbox that runs beside it; `more` is in TOML, after the tenant's keys.
pub fn configuration(origin: &str, public_origin: &str, more: &str) -> String {
    format!(
        r#"listen = "127.0.0.1:0"
public_origin = "{public_origin}"
data_dir = "."
sandbox = true
[tls]
behind_proxy = true
[entra]
authority = "{origin}"
client_id = "{}"
secret_env = "{SECRET}"
[graph]
url = "{origin}"
[[tenant]]
id = "{}"
dataverse = "{origin}"
{more}
"#,
        company::APP_CLIENT_ID,
        company::TENANT_ID,
    )
}

/// Gathers what the program logs, and says where it listens as soon as it tells.
async fn read_log(from: ChildStderr, log: Arc<Mutex<String>>, say: oneshot::Sender<SocketAddr>) {
    let mut say = Some(say);
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if say.is_some()
            && let Some(address) = listening_at(&line)
            && let Some(say) = say.take()
        {
            // Nobody hears it who has given up waiting.
            let _ = say.send(address);
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
    }
}

fn listening_at(line: &str) -> Option<SocketAddr> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    (event["message"] == "listening").then(|| event["address"].as_str()?.parse().ok()).flatten()
}

fn text_of(log: &Mutex<String>) -> String {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

async fn forward(transport: Arc<dyn Transport>, to: SocketAddr, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |whole| whole.as_str());
    let request = net::Request {
        method: head.method,
        url: Url::parse(&format!("http://{to}{path}")).expect("an address"),
        headers: head.headers,
        body: axum::body::to_bytes(body, usize::MAX).await.expect("a whole body"),
        time_limit: PATIENCE,
    };
    match transport.send(request).await {
        Ok(answer) => (answer.status, answer.headers, Body::from(answer.body)).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// The program under trial: the one that `REGARDING_BIN` names, as `cargo xtask test` sets it, or the one of
/// this build, built first so that it is never of older sources than the tests.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("REGARDING_BIN") {
        Some(program) => program.into(),
        None => build(),
    })
}

fn build() -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a file");
    // <target>/<profile>/deps/<test>
    let profile = tests.ancestors().nth(2).expect("cargo puts tests into folders");
    let target = profile.parent().expect("cargo puts tests into folders");
    let mut cargo = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Named together with the tests, so that cargo settles on the same features of the libraries.
    cargo.args(["build", "--quiet", "--package", "backend", "--package", "tests", "--bin", "regarding"]);
    cargo.arg("--target-dir").arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.file_name().is_some_and(|name| name == "release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo can be started").success(), "the program cannot be built");
    profile.join(format!("regarding{}", std::env::consts::EXE_SUFFIX))
}
