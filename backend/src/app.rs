//! The composition root: the only place that names every concrete type.
//!
//! [`assemble`] puts the service together from parts that tests may replace, [`start`] puts it on a socket.
//! Only from here is the sandbox started ([`embedded`]), and nothing starts that fails the start-up check of
//! [`crate::config::check`].

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, Enrollment, StoreAt, Tls, origin_of};
use crate::crm::dataverse::DataverseCrm;
use crate::entra::{ClientProof, EntraTokens, Tokens, Verifier};
use crate::exchange::graph::GraphExchange;
use crate::http::{self, Service, ServiceParts, Site};
use crate::lifecycle::{self, Stop, Stopper};
use crate::net::over_reqwest::Reqwest;
use crate::net::{self, Door, Transport};
use crate::store::Store;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::SqliteStore;
use crate::sync::{self, Items, Organization, Pace, StoreSharing};
use anyhow::Context as _;
use axum::Router;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

#[cfg(feature = "sandbox")]
pub mod embedded;
mod listener;

pub use listener::{Running, start};

/// The database's file in the data folder.
const DATABASE: &str = "regarding.db";
/// Held while a process works on the data folder.
const LOCK: &str = "regarding.lock";
/// Keeps this process's name, where the configuration does not say it.
const NAME: &str = "node-name";
/// Random digits of such a name: enough for the nodes of one database to differ.
const NAME_DIGITS: usize = 8;

/// What the service is put together from; tests bring their own clock, transport or store.
#[derive(Debug)]
pub struct Parts {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub transport: Arc<dyn Transport>,
    pub store: Arc<dyn Store>,
    pub store_sharing: StoreSharing,
    /// Name of this process among those that share the store, also after a restart.
    pub holder: String,
    /// Kept open for as long as the service runs.
    pub lock: Option<std::fs::File>,
    pub pace: Pace,
}

impl Parts {
    /// The parts of production: the machine's clock, connections over reqwest, the configured database.
    pub async fn of(config: Config) -> anyhow::Result<Self> {
        let lock = lock(&config.data_dir)?;
        Self::locked(config, lock).await
    }

    /// The same, in a data folder that is locked already.
    pub async fn locked(config: Config, lock: std::fs::File) -> anyhow::Result<Self> {
        let transport = Reqwest::new(&config.roots, upstream_limits(&config))?;
        let (store, store_sharing) = open_store(&config).await?;
        let holder = node_name(&config)?;
        Ok(Self {
            config,
            clock: Arc::new(SystemClock),
            transport: Arc::new(transport),
            store,
            store_sharing,
            holder,
            lock: Some(lock),
            pace: Pace::Live,
        })
    }
}

/// The configured name, or the one that was given to the data folder when the first process started in it. Nobody else
/// works in that folder, so whoever had the name before is no more.
fn node_name(config: &Config) -> anyhow::Result<String> {
    if let Some(name) = &config.node {
        return Ok(name.clone());
    }
    let file = config.data_dir.join(NAME);
    let at = || file.display().to_string();
    let kept = match std::fs::read_to_string(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("{} cannot be read", at()))?,
    };
    if config::is_node_name(kept.trim()) {
        return Ok(kept.trim().to_owned());
    }
    let id = uuid::Uuid::new_v4().simple().to_string();
    let name = format!("node-{}", &id[..NAME_DIGITS]);
    // Whole or not at all: whoever is killed over it finds no half of a name.
    let draft = file.with_extension("draft");
    std::fs::write(&draft, &name).and_then(|()| std::fs::rename(&draft, &file)).with_context(|| {
        format!("{} cannot be written. Check the disk and the folder's permissions", at())
    })?;
    Ok(name)
}

/// The store that the configuration names. Other processes may work on one in PostgreSQL, none on one in SQLite.
async fn open_store(config: &Config) -> anyhow::Result<(Arc<dyn Store>, StoreSharing)> {
    match &config.store {
        StoreAt::Sqlite => {
            let file = config.data_dir.join(DATABASE);
            let store = SqliteStore::open(&file).await.with_context(|| {
                format!(
                    "the database {} cannot be opened. Check the disk and the folder's permissions",
                    file.display()
                )
            })?;
            Ok((Arc::new(store), StoreSharing::Exclusive))
        }
        StoreAt::Postgres(at) => {
            let store = PostgresStore::open(at).await.context(
                "the database of [store] cannot be opened. Check that the server runs, that address, user and password are right, and that the user may create tables",
            )?;
            Ok((Arc::new(store), StoreSharing::Shared))
        }
    }
}

fn upstream_limits(config: &Config) -> net::Limits {
    net::Limits { time: Duration::from_secs(config.limits.upstream_secs), ..net::Limits::default() }
}

/// Tries what can be tried of a configuration without starting: files, certificates, credentials.
pub fn rehearse(config: &Config) -> anyhow::Result<()> {
    config::check(config)?;
    Reqwest::new(&config.roots, net::Limits::default()).context("trusted_ca")?;
    server_config(&config.tls)?;
    ClientProof::new(&config.entra.credential).map_err(anyhow::Error::msg).context("entra")?;
    Site::read(config)?;
    Ok(())
}

/// Takes the data folder for this process: two on one would both believe that they are alone.
pub fn lock(folder: &Path) -> anyhow::Result<std::fs::File> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!("the data folder {} cannot be made. Choose another with --data", folder.display())
    })?;
    let path = folder.join(LOCK);
    let file = std::fs::File::create(&path).with_context(|| {
        format!("{} cannot be written. Choose another folder with --data", path.display())
    })?;
    file.try_lock().with_context(|| {
        format!(
            "another process works on the data folder {}. Stop it, or choose another folder with --data",
            folder.display()
        )
    })?;
    Ok(file)
}

/// The service, put together and at work, without a socket.
#[derive(Debug)]
pub struct App {
    service: Arc<Service>,
    store: Weak<dyn Store>,
    stopper: Stopper,
    stop: Stop,
    _lock: Option<std::fs::File>,
}

/// Puts the service together and starts its engine, which takes up whatever an earlier run left.
pub async fn assemble(parts: Parts) -> anyhow::Result<App> {
    let Parts { config, clock, transport, store, store_sharing, holder, lock, pace } = parts;
    config::check(&config)?;
    let config = Arc::new(config);
    let door = Door::new(transport, config.upstream_origins(), upstream_limits(&config));
    let tokens = EntraTokens::new(&config, door.clone(), clock.clone()).map_err(anyhow::Error::msg)?;
    let tokens: Arc<dyn Tokens> = Arc::new(tokens);
    let door = Arc::new(door);
    let graph = config.graph.url.join("v1.0").context("graph.url")?;
    let exchange = GraphExchange::new(door.clone(), tokens.clone(), graph, clock.clone());
    let organizations: HashMap<_, _> = config
        .tenants
        .iter()
        .map(|tenant| {
            let url = tenant.dataverse.clone();
            let crm = DataverseCrm::new(door.clone(), tokens.clone(), url, clock.clone());
            let url = format!("{}/main.aspx", origin_of(&tenant.dataverse));
            (tenant.id, Organization { crm: Arc::new(crm), url })
        })
        .collect();
    let (stopper, stop) = lifecycle::signal();
    let items = Items::start(sync::Parts {
        clock: clock.clone(),
        store: store.clone(),
        exchange: Arc::new(exchange),
        organizations,
        holder,
        store_sharing,
        lease_ms: i64::try_from(config.limits.lease_ms).context("limits.lease_ms")?,
        stop: stop.receiver(),
        notifications: notifications(&config)?,
        pace,
    })
    .await
    .context("the engine cannot start")?;
    if pace == Pace::Live {
        for tenant in config.tenants.iter().filter(|tenant| tenant.mailboxes == Enrollment::All) {
            tokio::spawn(items.administration().adopt_all(tenant.id));
        }
    }
    let verifier = Verifier::new(&config, (*door).clone(), clock.clone());
    let site = Site::read(&config)?;
    let weak = Arc::downgrade(&store);
    let parts = ServiceParts { config, clock, verifier, items, store, site, stop: stop.clone() };
    Ok(App { service: Service::new(parts), store: weak, stopper, stop, _lock: lock })
}

/// Where Exchange is to ring.
fn notifications(config: &Config) -> anyhow::Result<Option<sync::Notifications>> {
    if config.notifications == config::Notifications::Off {
        return Ok(None);
    }
    let notify = config.public_origin.join("api/notifications/graph").context("public_origin")?;
    let lifecycle =
        config.public_origin.join("api/notifications/graph/lifecycle").context("public_origin")?;
    Ok(Some(sync::Notifications { notify, lifecycle }))
}

impl App {
    /// The whole API and the pane's files, for calls in process.
    pub fn router(&self) -> Router {
        http::router(self.service.clone())
    }

    pub fn config(&self) -> &Config {
        &self.service.config
    }

    /// The engine's face, for tests that look past HTTP.
    pub fn items(&self) -> &Items {
        &self.service.items
    }

    /// Begins the stop: event streams end, the engine begins nothing new.
    pub fn begin_stop(&self) {
        self.stopper.stop();
    }

    pub fn stop_signal(&self) -> Stop {
        self.stop.clone()
    }

    /// Ends the engine, waiting for the step under way as long as the configuration says. Every router must
    /// have been dropped.
    pub async fn stop(self) {
        /// How often is looked whether the engine has let go of the store.
        const LOOK: Duration = Duration::from_millis(10);
        self.begin_stop();
        let limit = Duration::from_secs(self.service.config.limits.stop_secs);
        let Self { service, store, .. } = self;
        drop(service);
        let let_go = async {
            while store.strong_count() > 0 {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(limit, let_go).await.is_err() {
            tracing::warn!(
                limit_secs = limit.as_secs(),
                "stopped in the middle of a step; the next start carries on"
            );
        }
    }
}

/// Certificate and key, ready for connections of HTTP/2 and HTTP/1.1.
fn server_config(tls: &Tls) -> anyhow::Result<Option<Arc<rustls::ServerConfig>>> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use secrecy::ExposeSecret as _;
    let Tls::Own { chain_pem, key_pem } = tls else { return Ok(None) };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain_pem.as_bytes())
        .collect::<Result<_, _>>()
        .ok()
        .filter(|chain: &Vec<_>| !chain.is_empty())
        .context("tls.certificate: the file holds no PEM certificate")?;
    let key = PrivateKeyDer::from_pem_slice(key_pem.expose_secret().as_bytes())
        .map_err(|_| anyhow::anyhow!("tls.key: the file holds no PEM private key"))?;
    let mut config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .context("tls: certificate and key do not belong together")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(Arc::new(config)))
}
