//! The configuration file: read, checked key by key, and told everything that is wrong with it at once.

use super::{
    Config, Credential, Enrollment, Entra, Graph, Limits, Notifications, OtherSide, Pane, Tenant, Tls,
};
use crate::caller::TenantId;
use crate::net::over_reqwest::Roots;
use database::StoreKeys;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;
use uuid::Uuid;

mod database;

/// Shorter secrets are none: Entra's have 40 characters.
const SECRET_MIN_CHARS: usize = 16;
/// Shorter leases end while a busy machine is about to renew them; longer ones leave mailboxes alone for longer
/// than users wait.
const LEASE_MS: std::ops::RangeInclusive<u64> = 300..=60_000;
/// Pieces of secrets that somebody forgot to replace.
const PLACEHOLDERS: [&str; 7] = ["changeme", "change-me", "your-", "<", "placeholder", "example", "xxxx"];

/// As long as names of machines.
const NODE_NAME_CHARS: usize = 64;

/// Whether something may be the name of a process: plain enough for commands, addresses and logs.
pub fn is_node_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= NODE_NAME_CHARS && name.chars().all(plain)
}

/// Why the configuration cannot be used; every line names a key and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", .0.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    public_origin: String,
    data_dir: Option<PathBuf>,
    node: Option<String>,
    static_dir: Option<PathBuf>,
    trusted_ca: Option<PathBuf>,
    #[serde(default)]
    sandbox: bool,
    #[serde(default)]
    tls: TlsKeys,
    entra: EntraKeys,
    #[serde(default)]
    graph: GraphKeys,
    #[serde(default)]
    tenant: Vec<TenantKeys>,
    #[serde(default)]
    pane: PaneKeys,
    #[serde(default)]
    limits: Limits,
    /// Whether Exchange can reach the public origin to ring; `true` unless said otherwise.
    notifications: Option<bool>,
    #[serde(default)]
    store: StoreKeys,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct TlsKeys {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    behind_proxy: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntraKeys {
    authority: Option<String>,
    client_id: String,
    secret_env: Option<String>,
    secret_file: Option<PathBuf>,
    certificate: Option<PathBuf>,
    certificate_key: Option<PathBuf>,
    #[serde(default)]
    clients: Vec<String>,
    administrators: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct GraphKeys {
    url: Option<String>,
    resource: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantKeys {
    id: String,
    dataverse: String,
    /// `all` or `by_hand`.
    #[serde(default)]
    mailboxes: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PaneKeys {
    office_js: Option<String>,
    frame_ancestors: Option<Vec<String>>,
}

/// Reads the file. Relative paths in it start at its folder; `env` looks up a variable of the environment.
pub fn load(path: &Path, env: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|reason| {
        ConfigError(vec![format!(
            "{} cannot be read: {reason}. Check the path given to --config.",
            path.display()
        )])
    })?;
    parse(&text, path.parent().unwrap_or(Path::new(".")), env)
}

/// Reads the text of a file that lies in `folder`.
pub fn parse(text: &str, folder: &Path, env: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let file: File = toml::from_str(text).map_err(|error| {
        ConfigError(vec![format!("{error}. The keys are described in regarding.example.toml.")])
    })?;
    let mut reader = Reader { folder, env: &env, faults: Vec::new() };
    let config = reader.read(file);
    match config {
        Some(config) if reader.faults.is_empty() => {
            super::check(&config).map_err(|fault| ConfigError(vec![fault.to_string()]))?;
            Ok(config)
        }
        _ => Err(ConfigError(reader.faults)),
    }
}

/// Gathers what is wrong while it reads on. A function that returns `None` has added a fault.
struct Reader<'a> {
    folder: &'a Path,
    env: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, file: File) -> Option<Config> {
        let other_side = if file.sandbox { OtherSide::Sandbox } else { OtherSide::Microsoft };
        let public_origin = self.origin("public_origin", &file.public_origin);
        let tls = self.tls(&file.tls);
        let roots = self.roots(file.trusted_ca.as_deref(), other_side);
        let entra = self.entra(&file.entra);
        let graph = self.graph(&file.graph, other_side);
        let tenants = self.tenants(&file.tenant);
        let pane = self.pane(&file.pane);
        self.limits(&file.limits);
        let store = self.store(file.store);
        let node = self.node(file.node);
        Some(Config {
            listen: file.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000))),
            public_origin: public_origin?,
            tls: tls?,
            data_dir: self.path(&file.data_dir.unwrap_or_else(|| "regarding-data".into())),
            node,
            static_dir: file.static_dir.map(|dir| self.path(&dir)),
            roots: roots?,
            other_side,
            entra: entra?,
            graph: graph?,
            tenants: tenants?,
            pane: pane?,
            limits: file.limits,
            store: store?,
            notifications: match file.notifications {
                Some(false) => Notifications::Off,
                Some(true) | None => Notifications::On,
            },
        })
    }

    fn fault<T>(&mut self, key: &str, what: impl std::fmt::Display) -> Option<T> {
        self.faults.push(format!("{key}: {what}"));
        None
    }

    fn node(&mut self, name: Option<String>) -> Option<String> {
        match name {
            Some(name) if is_node_name(&name) => Some(name),
            Some(name) => self.fault(
                "node",
                format!(
                    "`{name}` is no name for a node. Choose up to {NODE_NAME_CHARS} letters, digits, `-`, `_` and `.`"
                ),
            ),
            None => None,
        }
    }

    fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    fn text(&mut self, key: &str, path: &Path) -> Option<String> {
        let path = self.path(path);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(reason) => self.fault(
                key,
                format!(
                    "{} cannot be read: {reason}. Give the path of a file that the service may read.",
                    path.display()
                ),
            ),
        }
    }

    /// An address without path, query or user name.
    fn origin(&mut self, key: &str, text: &str) -> Option<Url> {
        let url = self.url(key, text)?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !is_bare {
            return self.fault(key, format!("{text} has a path. Give scheme, host and port only."));
        }
        Some(url)
    }

    fn url(&mut self, key: &str, text: &str) -> Option<Url> {
        match Url::parse(text) {
            Ok(url)
                if matches!(url.scheme(), "https" | "http")
                    && url.has_host()
                    && url.username().is_empty()
                    && url.password().is_none() =>
            {
                Some(url)
            }
            _ => self.fault(key, format!("`{text}` is no web address. Give one like https://host.example.")),
        }
    }

    fn guid(&mut self, key: &str, text: &str) -> Option<Uuid> {
        match Uuid::parse_str(text) {
            Ok(id) if !id.is_nil() => Some(id),
            _ => self.fault(key, format!("`{text}` is no id. Copy the GUID from the Entra admin centre.")),
        }
    }

    fn tls(&mut self, keys: &TlsKeys) -> Option<Tls> {
        match (&keys.certificate, &keys.key, keys.behind_proxy) {
            (Some(certificate), Some(key), false) => {
                let chain_pem = self.text("tls.certificate", certificate);
                let key_pem = self.text("tls.key", key);
                Some(Tls::Own { chain_pem: chain_pem?, key_pem: key_pem?.into() })
            }
            (None, None, true) => Some(Tls::BehindProxy),
            _ => self.fault(
                "tls",
                "give either certificate and key (PEM files), or behind_proxy = true when a proxy in front does the encryption. Outlook loads add-ins over https only.",
            ),
        }
    }

    fn roots(&mut self, file: Option<&Path>, other_side: OtherSide) -> Option<Roots> {
        let Some(file) = file else { return Some(Roots::System) };
        let pem = self.text("trusted_ca", file)?;
        Some(match other_side {
            OtherSide::Microsoft => Roots::SystemAnd(pem),
            OtherSide::Sandbox => Roots::Only(pem),
        })
    }

    fn entra(&mut self, keys: &EntraKeys) -> Option<Entra> {
        let authority = self.origin("entra.authority", keys.authority.as_deref().unwrap_or(super::ENTRA));
        let client_id = self.guid("entra.client_id", &keys.client_id);
        let credential = self.credential(keys);
        let clients: Vec<_> = keys.clients.iter().map(|id| self.guid("entra.clients", id)).collect();
        let administrators = keys
            .administrators
            .as_ref()
            .map(|ids| ids.iter().map(|id| self.guid("entra.administrators", id)).collect::<Vec<_>>());
        let client_id = client_id?;
        let mut clients = clients.into_iter().collect::<Option<Vec<_>>>()?;
        if !clients.contains(&client_id) {
            clients.push(client_id);
        }
        let administrators = match administrators {
            Some(ids) => ids.into_iter().collect::<Option<Vec<_>>>()?,
            None => vec![client_id],
        };
        Some(Entra { authority: authority?, client_id, credential: credential?, clients, administrators })
    }

    fn credential(&mut self, keys: &EntraKeys) -> Option<Credential> {
        match (&keys.secret_env, &keys.secret_file, &keys.certificate, &keys.certificate_key) {
            (Some(name), None, None, None) => match (self.env)(name) {
                Some(secret) => self.secret("entra.secret_env", secret.into()),
                None => self.fault(
                    "entra.secret_env",
                    format!("the environment has no variable {name}. Set it to the client secret."),
                ),
            },
            (None, Some(file), None, None) => {
                let secret = self.text("entra.secret_file", file)?;
                self.secret("entra.secret_file", secret.into())
            }
            (None, None, Some(certificate), Some(key)) => {
                let certificate_pem = self.text("entra.certificate", certificate);
                let key_pem = self.text("entra.certificate_key", key);
                let credential = Credential::Certificate {
                    certificate_pem: certificate_pem?,
                    key_pem: key_pem?.into(),
                };
                match crate::entra::ClientProof::new(&credential) {
                    Ok(_) => Some(credential),
                    Err(reason) => self.fault("entra.certificate", reason),
                }
            }
            _ => self.fault(
                "entra",
                "give exactly one of: secret_env (name of an environment variable), secret_file, or certificate with certificate_key (PEM files; preferred).",
            ),
        }
    }

    /// Refuses what nobody can have meant. Never repeats the secret.
    fn secret(&mut self, key: &str, secret: SecretString) -> Option<Credential> {
        let text = secret.expose_secret().trim();
        let lower = text.to_lowercase();
        let is_placeholder = PLACEHOLDERS.iter().any(|piece| lower.contains(piece));
        if text.chars().count() < SECRET_MIN_CHARS || is_placeholder {
            return self.fault(
                key,
                "this is no client secret but a placeholder, or too short. Put in the value of a secret of the app registration.",
            );
        }
        Some(Credential::Secret(text.to_owned().into()))
    }

    fn graph(&mut self, keys: &GraphKeys, other_side: OtherSide) -> Option<Graph> {
        let url = self.origin("graph.url", keys.url.as_deref().unwrap_or(super::GRAPH))?;
        let resource = match (&keys.resource, other_side) {
            (Some(resource), _) => self.origin("graph.resource", resource)?,
            (None, OtherSide::Microsoft) => url.clone(),
            (None, OtherSide::Sandbox) => self.origin("graph.resource", super::GRAPH)?,
        };
        Some(Graph { url, resource })
    }

    fn tenants(&mut self, all: &[TenantKeys]) -> Option<Vec<Tenant>> {
        if all.is_empty() {
            return self.fault("tenant", "there is none. Add [[tenant]] with id and dataverse.");
        }
        let mut tenants: Vec<Tenant> = Vec::new();
        let mut is_whole = true;
        for keys in all {
            let id = self.guid("tenant.id", &keys.id).map(TenantId);
            let dataverse = self.origin("tenant.dataverse", &keys.dataverse);
            let mailboxes = match keys.mailboxes.as_deref() {
                None | Some("by_hand") => Enrollment::ByHand,
                Some("all") => Enrollment::All,
                Some(other) => {
                    self.faults
                        .push(format!("tenant.mailboxes: \"{other}\" is neither \"by_hand\" nor \"all\"."));
                    Enrollment::ByHand
                }
            };
            match (id, dataverse) {
                (Some(id), Some(_)) if tenants.iter().any(|tenant| tenant.id == id) => {
                    self.faults.push(format!("tenant.id: {id} stands there twice. Remove one."));
                }
                (Some(id), Some(dataverse)) => {
                    tenants.push(Tenant { id, dataverse, mailboxes });
                }
                _ => is_whole = false,
            }
        }
        is_whole.then_some(tenants)
    }

    fn pane(&mut self, keys: &PaneKeys) -> Option<Pane> {
        let office_js = self.url("pane.office_js", keys.office_js.as_deref().unwrap_or(super::OFFICE_JS));
        let defaults = || super::OUTLOOK_ORIGINS.map(str::to_owned).to_vec();
        let ancestors = keys.frame_ancestors.clone().unwrap_or_else(defaults);
        let ancestors: Vec<_> =
            ancestors.iter().map(|origin| self.origin("pane.frame_ancestors", origin)).collect();
        Some(Pane { office_js: office_js?, frame_ancestors: ancestors.into_iter().collect::<Option<_>>()? })
    }

    fn limits(&mut self, limits: &Limits) {
        let positive = [
            ("requests_per_minute", u64::from(limits.requests_per_minute)),
            ("requests_at_once", u64::from(limits.requests_at_once)),
            ("answer_secs", limits.answer_secs),
            ("upstream_secs", limits.upstream_secs),
        ];
        for (key, value) in positive {
            if value == 0 {
                self.faults.push(format!("limits.{key}: 0 would let nothing through. Give at least 1."));
            }
        }
        if limits.wish_patience_ms >= limits.answer_secs.saturating_mul(1000) {
            self.faults.push("limits.wish_patience_ms: must be shorter than answer_secs.".to_owned());
        }
        if !LEASE_MS.contains(&limits.lease_ms) {
            let (least, most) = (LEASE_MS.start(), LEASE_MS.end());
            self.faults.push(format!("limits.lease_ms: give {least} to {most} milliseconds."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../regarding.example.toml");
    const SECRET: &str = "q8X~4d9fLk2mPz7RtVw1YbNc6HsJg3AeUoBi0QxT";

    pub(super) const SMALLEST: &str = r#"
        public_origin = "https://regarding.contoso.com"
        [tls]
        behind_proxy = true
        [entra]
        client_id = "22222222-2222-4222-8222-222222222222"
        secret_env = "REGARDING_CLIENT_SECRET"
        [[tenant]]
        id = "11111111-1111-4111-8111-111111111111"
        dataverse = "https://contoso.crm4.dynamics.com"
    "#;

    fn read(text: &str) -> Result<Config, ConfigError> {
        read_with(text, |_| None)
    }

    /// The same, with more in the environment.
    pub(super) fn read_with(text: &str, env: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        parse(text, Path::new("/nowhere"), |name| {
            (name == "REGARDING_CLIENT_SECRET").then(|| SECRET.to_owned()).or_else(|| env(name))
        })
    }

    fn refusal(text: &str) -> String {
        read(text).map(|_| ()).expect_err("refused").to_string()
    }

    #[test]
    fn the_smallest_file_is_for_microsoft_with_the_defaults() {
        let config = read(SMALLEST).unwrap();
        assert_eq!(config.other_side, OtherSide::Microsoft);
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(config.entra.authority.as_str(), "https://login.microsoftonline.com/");
        assert_eq!(config.graph.url, config.graph.resource);
        assert_eq!(config.entra.clients, [config.entra.client_id]);
        assert_eq!(config.entra.administrators, [config.entra.client_id]);
        assert_eq!(config.pane.office_js.as_str(), super::super::OFFICE_JS);
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.data_dir, Path::new("/nowhere/regarding-data"));
        let pane = config.for_pane();
        assert_eq!(pane.authority, "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111");
        assert_eq!(pane.scope, "api://22222222-2222-4222-8222-222222222222/access_as_user");
        assert!(!pane.sandbox);
    }

    #[test]
    fn the_example_shows_every_key_with_its_default() {
        let shown = read(EXAMPLE).unwrap();
        let smallest = read(SMALLEST).unwrap();
        assert_eq!(shown.limits, smallest.limits);
        assert_eq!(shown.tenants[0].mailboxes, smallest.tenants[0].mailboxes);
        assert_eq!(shown.pane, smallest.pane);
        assert_eq!(shown.graph, smallest.graph);
        assert_eq!(shown.listen, smallest.listen);
        assert_eq!(shown.data_dir, smallest.data_dir);
        // Uncommented, each optional key is one the reader knows: a misspelt one would be refused.
        for line in EXAMPLE.lines().filter_map(|line| line.strip_prefix("#: ")) {
            let key = line.split('=').next().unwrap().trim();
            let known = [
                "node",
                "static_dir",
                "trusted_ca",
                "sandbox",
                "certificate",
                "key",
                "secret_file",
                "certificate_key",
                "clients",
                "administrators",
                "postgres_env",
                "postgres_file",
                "postgres",
                "encryption",
                "database_ca",
            ];
            assert!(known.contains(&key), "{key}");
        }
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_key() {
        let text = SMALLEST
            .replace("https://regarding.contoso.com", "regarding.contoso.com")
            .replace("22222222-2222-4222-8222-222222222222", "my app")
            .replace("https://contoso.crm4.dynamics.com", "https://contoso.crm4.dynamics.com/main.aspx")
            .replace("behind_proxy = true", "certificate = \"missing.pem\"\nkey = \"missing.key\"");
        let told = refusal(&text);
        for key in ["public_origin", "entra.client_id", "tenant.dataverse", "tls.certificate", "tls.key"] {
            assert!(told.contains(key), "{key} in {told}");
        }
    }

    #[test]
    fn a_node_has_a_plain_name() {
        let named = |name: &str| format!("node = \"{name}\"\n{SMALLEST}");
        assert_eq!(read(&named("berlin-1.b_2")).unwrap().node.as_deref(), Some("berlin-1.b_2"));
        for name in ["", "two words", "../up", &"x".repeat(65)] {
            assert!(refusal(&named(name)).contains("node"), "{name}");
        }
    }

    #[test]
    fn unknown_and_missing_keys_are_named() {
        assert!(refusal(&format!("lissten = \"x\"\n{SMALLEST}")).contains("lissten"));
        assert!(
            refusal(&SMALLEST.replace("[[tenant]]", "[[tenant]]\nmailboxes = \"some\"")).contains("by_hand")
        );
        assert!(refusal(&SMALLEST.replace("public_origin", "#")).contains("public_origin"));
        let told = refusal(&SMALLEST[..SMALLEST.find("[[tenant]]").unwrap()]);
        assert!(told.contains("[[tenant]]"), "{told}");
        assert!(refusal(&SMALLEST.replace("behind_proxy = true", "")).contains("tls"));
    }

    #[test]
    fn a_missing_or_default_looking_secret_is_refused_and_never_repeated() {
        assert!(refusal(&SMALLEST.replace("REGARDING_CLIENT_SECRET", "UNSET")).contains("UNSET"));
        assert!(
            refusal(&SMALLEST.replace("secret_env = \"REGARDING_CLIENT_SECRET\"", ""))
                .contains("exactly one of")
        );
        for secret in ["", "tiny-4711", "<client secret goes here>", "changeme-changeme-changeme"] {
            let refused = parse(SMALLEST, Path::new("."), |_| Some(secret.to_owned()));
            let told = refused.map(|_| ()).expect_err("refused").to_string();
            assert!(told.contains("entra.secret_env"), "{told}");
            assert!(secret.is_empty() || !told.contains(secret), "{told}");
        }
    }

    #[test]
    fn a_sandbox_must_be_spoken_of_and_stay_on_this_machine() {
        let neighbour = SMALLEST
            .replace("https://contoso.crm4.dynamics.com", "https://localhost:4000")
            .replace("https://regarding.contoso.com", "https://localhost:3000")
            .replace(
                "[entra]",
                "[graph]\nurl = \"https://localhost:4000\"\n[entra]\nauthority = \"https://localhost:4000\"",
            );
        assert!(refusal(&neighbour).contains("sandbox = true"));
        let spoken = format!("sandbox = true\n{neighbour}");
        let config = read(&spoken).unwrap();
        assert_eq!(config.graph.resource.as_str(), "https://graph.microsoft.com/");
        assert!(refusal(&format!("listen = \"0.0.0.0:3000\"\n{spoken}")).contains("0.0.0.0:3000"));
        assert!(refusal(&format!("sandbox = true\n{SMALLEST}")).contains("login.microsoftonline.com"));
    }

    #[test]
    fn programs_that_administer_are_those_that_are_listed() {
        let listed = |list: &str| {
            let keys = format!("[entra]\nadministrators = {list}");
            read(&SMALLEST.replace("[entra]", &keys)).map(|config| config.entra.administrators)
        };
        assert!(listed("[]").unwrap().is_empty());
        let other = "33333333-3333-4333-8333-333333333333";
        assert_eq!(listed(&format!("[\"{other}\"]")).unwrap(), [Uuid::parse_str(other).unwrap()]);
        assert!(listed("[\"the CLI\"]").unwrap_err().to_string().contains("entra.administrators"));
    }

    #[test]
    fn all_mailboxes_of_a_tenant_may_be_wanted() {
        assert_eq!(read(SMALLEST).unwrap().tenants[0].mailboxes, Enrollment::ByHand);
        let all = SMALLEST.replace("[[tenant]]", "[[tenant]]\nmailboxes = \"all\"");
        assert_eq!(read(&all).unwrap().tenants[0].mailboxes, Enrollment::All);
    }

    #[test]
    fn limits_that_let_nothing_through_are_refused() {
        let limits = "requests_per_minute = 0\nwish_patience_ms = 60000\nlease_ms = 0";
        let told = refusal(&format!("{SMALLEST}\n[limits]\n{limits}"));
        for key in ["limits.requests_per_minute", "limits.wish_patience_ms", "limits.lease_ms"] {
            assert!(told.contains(key), "{told}");
        }
    }
}
