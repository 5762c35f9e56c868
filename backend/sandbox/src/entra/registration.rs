//! The app registrations: who may ask for tokens, how they prove it, and what they were granted.

use crate::company::{APP_CLIENT_ID, APP_CLIENT_SECRET, PUBLIC_CLIENT_ID, PUBLIC_CLIENT_SECRET};
use crate::entra::{Directory, Refusal, Resource, der};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Delegated permissions on Graph that both registrations were granted.
const GRAPH_SCOPES: [&str; 5] = [
    "Mail.ReadWrite",
    "Mail.ReadWrite.Shared",
    "MailboxSettings.ReadWrite",
    "User.Read",
    "User.ReadBasic.All",
];
/// Application permissions on Graph that both registrations were granted.
const GRAPH_ROLES: [&str; 3] = ["Mail.ReadWrite", "MailboxSettings.ReadWrite", "User.Read.All"];
/// Object id of the app's service principal in the tenant.
pub(super) const APP_PRINCIPAL_OID: &str = "5a9db0c5-0000-4000-8000-00000000c0f0";
/// Scopes of OpenID Connect; they name no API.
pub(super) const OPENID_SCOPES: [&str; 4] = ["openid", "profile", "offline_access", "email"];
pub(super) const GRAPH_AUDIENCE: &str = "https://graph.microsoft.com";
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";
const DEFAULT_SCOPE: &str = ".default";

/// The kind of client that a redirect address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Platform {
    /// JavaScript in a browser: no secret, PKCE, redemption across origins only.
    Spa,
    /// A server with a secret.
    Web,
    /// A program on a desktop or phone: no secret.
    Native,
}

/// An address that an authorization code may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    pub uri: String,
    pub platform: Platform,
}

/// A certificate whose key may sign client assertions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ClientCertificate {
    /// base64url of the SHA-1 thumbprint.
    pub x5t: String,
    /// base64url of the SHA-256 thumbprint.
    pub x5t_s256: String,
    /// base64 of the `SubjectPublicKeyInfo`.
    public_key: String,
}

impl ClientCertificate {
    /// Reads a certificate as PEM.
    pub(super) fn from_pem(pem: &str) -> Result<Self, String> {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|reason| {
            format!("this is no PEM certificate: {reason}. Send the text of a .pem file.")
        })?;
        let public_key = der::public_key_of_certificate(&der)
            .filter(|key| aws_lc_rs::rsa::PublicKey::from_der(key).is_ok())
            .ok_or("this certificate holds no RSA key; Entra takes RSA certificates only")?;
        let thumbprint = |algorithm| URL_SAFE_NO_PAD.encode(digest::digest(algorithm, &der));
        Ok(Self {
            x5t: thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            x5t_s256: thumbprint(&digest::SHA256),
            public_key: STANDARD.encode(public_key),
        })
    }

    pub(super) fn public_key(&self) -> Vec<u8> {
        STANDARD.decode(&self.public_key).unwrap_or_default()
    }
}

/// An app registration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registration {
    pub client_id: String,
    pub name: String,
    /// Object id of its service principal in the tenant.
    pub principal_oid: String,
    pub(super) secret: String,
    pub(super) certificates: Vec<ClientCertificate>,
    pub redirects: Vec<Redirect>,
    /// People who took back their consent; `*`: the administrator did, for everybody.
    pub(super) consent_withdrawn: BTreeSet<String>,
}

/// Both registrations as they are at the start.
pub(super) fn seed(pane_origin: &str) -> Vec<Registration> {
    let spa = |uri: String| Redirect { uri, platform: Platform::Spa };
    let pane_host = pane_origin.split_once("://").map_or(pane_origin, |(_, host)| host);
    let app_redirects = vec![
        spa(format!("brk-multihub://{pane_host}")),
        spa(format!("{pane_origin}/")),
        spa(format!("{pane_origin}/pane.html")),
        spa(format!("{pane_origin}/signed-in.html")),
    ];
    let native = |uri: &str| Redirect { uri: uri.to_owned(), platform: Platform::Native };
    vec![
        Registration {
            client_id: APP_CLIENT_ID.to_owned(),
            name: "Regarding".to_owned(),
            principal_oid: APP_PRINCIPAL_OID.to_owned(),
            secret: APP_CLIENT_SECRET.to_owned(),
            certificates: Vec::new(),
            redirects: app_redirects,
            consent_withdrawn: BTreeSet::new(),
        },
        Registration {
            client_id: PUBLIC_CLIENT_ID.to_owned(),
            name: "Visitor".to_owned(),
            principal_oid: "5a9db0c5-0000-4000-8000-00000000c0f1".to_owned(),
            secret: PUBLIC_CLIENT_SECRET.to_owned(),
            certificates: Vec::new(),
            redirects: vec![native("http://localhost"), native("http://127.0.0.1")],
            consent_withdrawn: BTreeSet::new(),
        },
    ]
}

impl Registration {
    /// The registered address that an asked one stands for. Plain HTTP on loopback may have any port, as
    /// native programs take the one that is free.
    pub(super) fn redirect(&self, asked: &str) -> Option<&Redirect> {
        self.redirects.iter().find(|redirect| {
            redirect.uri == asked
                || (redirect.platform == Platform::Native && same_but_for_port(&redirect.uri, asked))
        })
    }

    pub(super) fn has_consent_of(&self, oid: &str) -> bool {
        !self.consent_withdrawn.contains("*") && !self.consent_withdrawn.contains(oid)
    }

    pub(super) fn certificate(
        &self,
        x5t_s256: Option<&str>,
        x5t: Option<&str>,
    ) -> Option<&ClientCertificate> {
        self.certificates
            .iter()
            .find(|held| x5t_s256 == Some(held.x5t_s256.as_str()) || x5t == Some(held.x5t.as_str()))
    }
}

fn same_but_for_port(registered: &str, asked: &str) -> bool {
    let (Ok(registered), Ok(mut asked)) = (url::Url::parse(registered), url::Url::parse(asked)) else {
        return false;
    };
    asked.scheme() == "http" && asked.set_port(registered.port()).is_ok() && registered == asked
}

/// What the scopes of a request ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub resource: Resource,
    /// `aud` of the token.
    pub audience: String,
    /// What stands before the permission in a scope, as the client wrote it (with its `/`), or nothing.
    pub prefix: String,
    /// Permissions asked for by name, or `.default`.
    pub permissions: Vec<String>,
    /// Scopes of OpenID Connect.
    pub openid: Vec<String>,
}

impl Request {
    /// Reads `scope`; scopes that name no API are Graph's. One request is for one API.
    pub(super) fn parse(scope: &str, origin: &str) -> Result<Self, Refusal> {
        let (openid, others): (Vec<&str>, Vec<&str>) =
            scope.split_whitespace().partition(|scope| OPENID_SCOPES.contains(scope));
        let mut request: Option<Self> = None;
        for asked in others {
            let (resource, audience, prefix, permission) = parse_scope(asked, origin)?;
            let request = request.get_or_insert_with(|| Self {
                resource,
                audience: audience.clone(),
                prefix,
                permissions: Vec::new(),
                openid: Vec::new(),
            });
            if request.audience != audience {
                let text = format!(
                    "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {scope} is not valid."
                );
                return Err(Refusal::new("invalid_request", 28_000, text));
            }
            request.permissions.push(permission);
        }
        let mut request = match request {
            Some(request) => request,
            None if openid.is_empty() => return Err(Refusal::missing("scope")),
            None => Self {
                resource: Resource::Graph,
                audience: GRAPH_AUDIENCE.to_owned(),
                prefix: String::new(),
                permissions: vec!["User.Read".to_owned()],
                openid: Vec::new(),
            },
        };
        request.openid = openid.into_iter().map(str::to_owned).collect();
        Ok(request)
    }

    pub(super) fn is_default(&self) -> bool {
        self.permissions.iter().any(|permission| permission == DEFAULT_SCOPE)
    }

    pub(super) fn wants(&self, openid_scope: &str) -> bool {
        self.openid.iter().any(|scope| scope == openid_scope)
    }

    /// The delegated permissions that the token gets.
    pub(super) fn granted_scopes(&self, registration: &Registration) -> Result<Vec<String>, Refusal> {
        let granted: &[&str] = match self.resource {
            Resource::Graph => &GRAPH_SCOPES,
            Resource::Dataverse => &["user_impersonation"],
            Resource::App => &["access_as_user"],
        };
        if self.is_default() {
            return Ok(granted.iter().map(|scope| (*scope).to_owned()).collect());
        }
        for asked in &self.permissions {
            if !granted.iter().any(|scope| scope.eq_ignore_ascii_case(asked)) {
                return Err(Refusal::no_consent(&registration.client_id, &registration.name));
            }
        }
        Ok(self.permissions.clone())
    }

    /// The application permissions that the token of this client gets.
    pub(super) fn granted_roles(&self, directory: &Directory, client: &Registration) -> Vec<String> {
        match self.resource {
            Resource::Graph => GRAPH_ROLES.map(str::to_owned).to_vec(),
            Resource::Dataverse => Vec::new(),
            Resource::App => directory.roles_of(&client.principal_oid),
        }
    }
}

/// API, audience, prefix and permission of one scope.
fn parse_scope(scope: &str, origin: &str) -> Result<(Resource, String, String, String), Refusal> {
    let Some((api, permission)) = scope.rsplit_once('/') else {
        return Ok((Resource::Graph, GRAPH_AUDIENCE.to_owned(), String::new(), scope.to_owned()));
    };
    let (prefix, permission) = (format!("{api}/"), permission.to_owned());
    // `https://org//.default` keeps one slash in the audience: tokens for resources that end with one.
    let bare = api.trim_end_matches('/');
    let own_uri = api.strip_prefix("api://").unwrap_or(api);
    if bare == GRAPH_AUDIENCE || api == GRAPH_APP_ID {
        Ok((Resource::Graph, bare.replace(GRAPH_APP_ID, GRAPH_AUDIENCE), prefix, permission))
    } else if own_uri == APP_CLIENT_ID || own_uri.ends_with(&format!("/{APP_CLIENT_ID}")) {
        Ok((Resource::App, APP_CLIENT_ID.to_owned(), prefix, permission))
    } else if is_organization(bare, origin) {
        Ok((Resource::Dataverse, api.to_owned(), prefix, permission))
    } else {
        Err(Refusal::unknown_resource(api))
    }
}

/// Whether an address is the CRM organization's: the tenant's own origin, or any on loopback, since one
/// tenant may listen on HTTP and HTTPS.
pub(super) fn is_organization(address: &str, origin: &str) -> bool {
    let bare = address.trim_end_matches('/');
    bare == origin.trim_end_matches('/')
        || url::Url::parse(bare).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.path() == "/"
                && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
        })
}
