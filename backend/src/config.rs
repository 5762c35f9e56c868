//! What the service is told before it starts.
//!
//! One TOML file (`config/file.rs`; every key is described in `regarding.example.toml`), or nothing at all:
//! then the embedded sandbox is the other side. The rest of the crate sees only this value; it must never
//! read the environment or files for settings of its own. Secrets stand in it, so it is never printed.

use crate::caller::TenantId;
use crate::net::over_reqwest::Roots;
use crate::store::postgres::PostgresAt;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;
use uuid::Uuid;

mod file;
mod start_check;

pub use file::{ConfigError, is_node_name, load, parse};
pub use start_check::{Unsafe, check};

/// Microsoft's sign-in.
pub const ENTRA: &str = "https://login.microsoftonline.com";
/// Microsoft Graph; also the resource that its tokens are for.
pub const GRAPH: &str = "https://graph.microsoft.com";
/// Where Microsoft publishes office.js; the pane's pages name this address.
pub const OFFICE_JS: &str = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js";
/// Pages that show Outlook on the web and frame the pane. Microsoft publishes no such list; more can be
/// configured.
pub const OUTLOOK_ORIGINS: [&str; 4] = [
    "https://outlook.office.com",
    "https://outlook.office365.com",
    "https://outlook.cloud.microsoft",
    "https://outlook.live.com",
];

/// Everything the service is told.
#[derive(Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// The origin under which browsers reach us.
    pub public_origin: Url,
    pub tls: Tls,
    pub data_dir: PathBuf,
    /// Name of this process among those that share the store; `None`: one that is kept in the data folder.
    pub node: Option<String>,
    /// Folder with the built pane; `None`: the API alone.
    pub static_dir: Option<PathBuf>,
    /// Which certificate authorities are believed on outgoing connections.
    pub roots: Roots,
    /// Whether the other side is a sandbox on this machine.
    pub other_side: OtherSide,
    pub entra: Entra,
    pub graph: Graph,
    pub tenants: Vec<Tenant>,
    pub pane: Pane,
    pub limits: Limits,
    /// Whether Exchange can reach us at the public origin to ring when mail changes.
    pub notifications: Notifications,
    pub store: StoreAt,
}

/// Where wishes, links and mailboxes are kept.
#[derive(Clone)]
pub enum StoreAt {
    /// In a file in the data folder; for one process.
    Sqlite,
    /// In a database that several processes may share.
    Postgres(PostgresAt),
}

/// Whether Exchange is asked for change notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notifications {
    On,
    Off,
}

/// Says which configuration it is, and keeps the secrets.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("public_origin", &self.public_origin.as_str())
            .field("other_side", &self.other_side)
            .finish_non_exhaustive()
    }
}

/// Who answers for Entra, Graph and Dataverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherSide {
    Microsoft,
    Sandbox,
}

/// How browsers' connections are encrypted.
#[derive(Clone)]
pub enum Tls {
    /// By us, with this certificate chain and key (PEM).
    Own { chain_pem: String, key_pem: SecretString },
    /// By a proxy in front of us; we speak plain HTTP.
    BehindProxy,
}

#[derive(Clone)]
pub struct Entra {
    /// Base of all authorities, e.g. `https://login.microsoftonline.com`.
    pub authority: Url,
    /// Our app registration.
    pub client_id: Uuid,
    pub credential: Credential,
    /// Clients (`azp`) whose tokens are accepted; our own is always among them.
    pub clients: Vec<Uuid>,
    /// Clients (`azp`) that may administer as programs, with tokens of their own; by default our own alone.
    pub administrators: Vec<Uuid>,
}

/// How we prove to Entra who we are.
#[derive(Clone)]
pub enum Credential {
    Secret(SecretString),
    /// A certificate that was uploaded to the app registration, and its private key, both PEM.
    Certificate {
        certificate_pem: String,
        key_pem: SecretString,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// Base of its addresses, without the version.
    pub url: Url,
    /// What its tokens are for.
    pub resource: Url,
}

/// A tenant that we work for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    /// Its organization in Dataverse.
    pub dataverse: Url,
    /// What becomes of its users' and queues' mailboxes.
    pub mailboxes: Enrollment,
}

/// Which mailboxes of a tenant are synchronized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrollment {
    /// Those that an administrator enrolled, approved and enabled.
    ByHand,
    /// Besides, every one that the CRM has a user or a queue for, unless an administrator stops it.
    All,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    /// Where the pane loads office.js from.
    pub office_js: Url,
    /// Origins that may frame the pane.
    pub frame_ancestors: Vec<Url>,
}

/// How much, how often and how long.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests that one user may send per minute in the long run.
    pub requests_per_minute: u32,
    /// Requests that one user may send at once after a pause.
    pub requests_at_once: u32,
    /// How long a wish is waited for before the answer is *in progress*, in milliseconds.
    pub wish_patience_ms: u64,
    /// How long any answer may take, in seconds; event streams excepted.
    pub answer_secs: u64,
    /// How long Entra, Graph and Dataverse may take for one answer, in seconds.
    pub upstream_secs: u64,
    /// How long open requests and the engine's current step may take to end when the service stops, in
    /// seconds.
    pub stop_secs: u64,
    /// How long a process that says nothing is believed to live, in milliseconds: after that, others take its
    /// mailboxes. Every process of one database has to be told the same.
    pub lease_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: 300,
            requests_at_once: 60,
            wish_patience_ms: 2_500,
            answer_secs: 30,
            upstream_secs: 20,
            stop_secs: 10,
            lease_ms: 15_000,
        }
    }
}

/// Where an embedded or neighbouring sandbox is to be found.
#[derive(Debug, Clone)]
pub struct SandboxSide {
    pub origin: Url,
    /// Its certificate authority; the only one believed then.
    pub ca_pem: String,
    pub tenant: TenantId,
    pub client_id: Uuid,
    pub client_secret: SecretString,
}

impl Config {
    /// The configuration for a sandbox that has Entra, Graph, Dataverse and the Outlook page on one origin.
    /// The limits on one user are wide: a demonstration has four, and tests are in a hurry.
    pub fn for_sandbox(side: &SandboxSide, listen: SocketAddr, public_origin: Url, tls: Tls) -> Self {
        let at = |path: &str| {
            let mut url = side.origin.clone();
            url.set_path(path);
            url
        };
        Self {
            listen,
            public_origin,
            tls,
            data_dir: PathBuf::from("regarding-data"),
            node: None,
            static_dir: None,
            roots: Roots::Only(side.ca_pem.clone()),
            other_side: OtherSide::Sandbox,
            entra: Entra {
                authority: at(""),
                client_id: side.client_id,
                credential: Credential::Secret(side.client_secret.clone()),
                clients: vec![side.client_id],
                administrators: vec![side.client_id],
            },
            graph: Graph { url: at(""), resource: Url::parse(GRAPH).expect("a constant address") },
            tenants: vec![Tenant { id: side.tenant, dataverse: at(""), mailboxes: Enrollment::All }],
            pane: Pane { office_js: at("/npm/office-js/dist/office.js"), frame_ancestors: vec![at("")] },
            limits: Limits { requests_per_minute: 6_000, requests_at_once: 1_000, ..Limits::default() },
            notifications: Notifications::On,
            store: StoreAt::Sqlite,
        }
    }

    /// Every origin that the backend itself calls: the list of the one door.
    pub fn upstream_origins(&self) -> Vec<Url> {
        let mut origins = vec![self.entra.authority.clone(), self.graph.url.clone()];
        origins.extend(self.tenants.iter().map(|tenant| tenant.dataverse.clone()));
        origins
    }

    /// Every address that must be on this machine when the other side is a sandbox, with the key it has in
    /// the file.
    fn other_sides_addresses(&self) -> Vec<(&'static str, &Url)> {
        let mut addresses = vec![("entra.authority", &self.entra.authority), ("graph.url", &self.graph.url)];
        addresses.extend(self.tenants.iter().map(|tenant| ("tenant.dataverse", &tenant.dataverse)));
        addresses
    }

    /// What the pane is told before anybody signed in.
    pub fn for_pane(&self) -> shared::api::Config {
        let tenant = match self.tenants.as_slice() {
            [only] => only.id.to_string(),
            _ => "organizations".to_owned(),
        };
        shared::api::Config {
            client_id: self.entra.client_id.to_string(),
            authority: format!("{}/{tenant}", origin_of(&self.entra.authority)),
            scope: format!("api://{}/access_as_user", self.entra.client_id),
            sandbox: self.other_side == OtherSide::Sandbox,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The address's origin as it stands in headers: scheme, host, port where it is not the scheme's own.
pub fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}
