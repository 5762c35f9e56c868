//! The sandbox as the other side, when no real tenant is configured.

use crate::caller::TenantId;
use crate::config::{Config, SandboxSide, Tls};
use anyhow::Context as _;
use sandbox::server::{Listen, serve};
use sandbox::world::SystemClock;
use sandbox::{Options, World, company};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;
use uuid::Uuid;

/// What can be chosen about it.
#[derive(Debug, Clone)]
pub struct Choices {
    /// Where the pane and its API are to listen.
    pub listen: SocketAddr,
    /// Where Entra, Graph, Dataverse and the Outlook page are to listen.
    pub sandbox_listen: SocketAddr,
    /// Folder in which npm installed office-js, for the Outlook page.
    pub npm_dir: Option<PathBuf>,
    /// Folders of `.eml` and `.mbox` files for Ada's mailbox.
    pub mail_dirs: Vec<PathBuf>,
    /// Where database and tenant are kept.
    pub data_dir: PathBuf,
    pub static_dir: Option<PathBuf>,
}

/// A sandbox that listens, and the configuration of the service that belongs to it.
#[derive(Debug)]
pub struct Embedded {
    pub config: Config,
    pub world: Arc<World>,
    pub running: sandbox::server::Running,
    /// The certificate authority to trust, as a file.
    pub ca_file: PathBuf,
    /// The data folder is this process's; see [`super::Parts::locked`].
    pub lock: std::fs::File,
}

/// Opens the sandbox. Port 0 takes a port that is free.
pub async fn open(choices: Choices) -> anyhow::Result<Embedded> {
    let lock = super::lock(&choices.data_dir)?;
    let listen = with_port(choices.listen)?;
    let sandbox_listen = with_port(choices.sandbox_listen)?;
    let (origin, public_origin) = (localhost(sandbox_listen), localhost(listen));
    let state_dir = choices.data_dir.join("sandbox");
    let world = World::new(Options {
        origin: origin.trim_end_matches('/').to_owned(),
        pane_origin: public_origin.trim_end_matches('/').to_owned(),
        npm_dir: choices.npm_dir,
        state_dir: Some(state_dir.clone()),
        mail_dirs: choices.mail_dirs,
        ..Options::in_memory(Arc::new(SystemClock))
    })?;
    let running = serve(world.clone(), Listen { https: Some(sandbox_listen), http: None }).await?;
    let certificate = world.authority()?.issue(jiff::Timestamp::now());
    let tls = Tls::Own { chain_pem: certificate.chain_pem, key_pem: certificate.key_pem.into() };
    let side = side(&origin, &running.ca_pem)?;
    let public_origin = Url::parse(&public_origin).context("the pane's origin")?;
    let mut config = Config::for_sandbox(&side, listen, public_origin, tls);
    config.data_dir = choices.data_dir;
    config.static_dir = choices.static_dir;
    Ok(Embedded { config, world, running, ca_file: state_dir.join("ca.pem"), lock })
}

/// The sandbox at this origin, as the configuration names it.
pub fn side(origin: &str, ca_pem: &str) -> anyhow::Result<SandboxSide> {
    Ok(SandboxSide {
        origin: Url::parse(origin).context("the sandbox's origin")?,
        ca_pem: ca_pem.to_owned(),
        tenant: TenantId(Uuid::parse_str(company::TENANT_ID).context("the sandbox's tenant")?),
        client_id: Uuid::parse_str(company::APP_CLIENT_ID).context("the sandbox's registration")?,
        client_secret: company::APP_CLIENT_SECRET.into(),
    })
}

fn localhost(address: SocketAddr) -> String {
    format!("https://localhost:{}/", address.port())
}

/// Origins stand in tokens and pages, so a port must be known before anybody listens.
fn with_port(address: SocketAddr) -> anyhow::Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let probe =
        std::net::TcpListener::bind(address).with_context(|| format!("no port is free on {address}"))?;
    probe.local_addr().context("the listener has no address")
}
