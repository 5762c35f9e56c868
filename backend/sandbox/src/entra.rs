//! Entra ID: who is who, and tokens that prove it.
//!
//! The tenant has a handful of people without passwords and two app registrations. Everything a client or an
//! API can check is real: signatures, keys with rotation, audiences, lifetimes, redirect addresses, PKCE.
//! Nobody outside this module signs a token.

use crate::World;
use crate::company::{DOMAIN, TENANT_ID};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) mod bridge;
mod der;
mod discovery;
mod grant;
mod keys;
mod mint;
mod refusal;
mod registration;
mod roles;
mod sign_in;
mod token;

pub use keys::KeyRing;
pub use mint::{Flaw, Holder, Mint};
pub(crate) use refusal::Refusal;
pub use registration::{Platform, Redirect, Registration};
pub use roles::{ADMINISTER, AppRole, Assignment};
pub(crate) use token::caller_as_claimed;
pub use token::{GoodSignatures, check_bearer};

/// The API that a token has to be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    Graph,
    Dataverse,
    /// The API of the program under trial.
    App,
}

/// Who a good token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A person, through a client with these delegated permissions.
    User { oid: String, client_id: String, scopes: Vec<String> },
    /// A client itself, with these application permissions.
    App { client_id: String, roles: Vec<String> },
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    #[error("Access token is empty.")]
    Missing,
    #[error("IDX14100: JWT is not well formed.")]
    Malformed,
    #[error("Access token validation failure. Invalid signing algorithm.")]
    Algorithm,
    #[error("Signing key is invalid.")]
    UnknownKey,
    #[error("Access token validation failure. Invalid signature.")]
    Signature,
    #[error("Access token validation failure. Invalid audience.")]
    Audience,
    #[error("Access token validation failure. Invalid issuer.")]
    Issuer,
    #[error("Lifetime validation failed, the token is expired.")]
    Expired,
    #[error("Lifetime validation failed, the token is not yet valid.")]
    NotYetValid,
    #[error("The token is not an access token.")]
    NotAccess,
}

/// How long tokens live that a fault shortened; stands in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenLifetime {
    pub secs: i64,
}

/// A code that was sent to a redirect address and waits to be redeemed.
#[derive(Debug, Clone)]
struct Code {
    client_id: String,
    oid: String,
    redirect: Redirect,
    asked_redirect: String,
    scope: String,
    nonce: Option<String>,
    challenge: Option<String>,
    expires_at: jiff::Timestamp,
    redeemed: bool,
}

/// What a refresh token stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct RefreshToken {
    client_id: String,
    oid: String,
    /// The scopes of the first request, for a refresh that names none.
    scope: String,
    platform: Option<Platform>,
    expires_at: jiff::Timestamp,
}

/// Keys, registrations and sessions. The people stand in `company`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Directory {
    pub keys: KeyRing,
    registrations: Vec<Registration>,
    /// App roles of the API of the program under trial.
    #[serde(default = "roles::seed")]
    app_roles: Vec<AppRole>,
    refresh_tokens: BTreeMap<String, RefreshToken>,
    #[serde(skip)]
    codes: BTreeMap<String, Code>,
    /// Browser sessions: who signed in.
    sessions: BTreeMap<String, String>,
}

impl Directory {
    pub(crate) fn seed(pane_origin: &str) -> Self {
        Self {
            keys: KeyRing::new(),
            registrations: registration::seed(pane_origin),
            app_roles: roles::seed(),
            refresh_tokens: BTreeMap::new(),
            codes: BTreeMap::new(),
            sessions: BTreeMap::new(),
        }
    }

    /// Everything as at the start but the keys, so that tokens already issued stay good.
    pub(crate) fn forget_sessions(&mut self, pane_origin: &str) {
        let keys = self.keys.clone();
        *self = Self { keys, ..Self::seed(pane_origin) };
    }

    pub fn registration(&self, client_id: &str) -> Option<&Registration> {
        self.registrations.iter().find(|registration| registration.client_id == client_id)
    }

    fn registration_mut(&mut self, client_id: &str) -> Option<&mut Registration> {
        self.registrations.iter_mut().find(|registration| registration.client_id == client_id)
    }

    pub(crate) fn registrations(&self) -> &[Registration] {
        &self.registrations
    }

    /// Allows a redirect address. `Err`: no such registration.
    pub fn add_redirect(&mut self, client_id: &str, redirect: Redirect) -> Result<(), String> {
        let registration = self.registration_mut(client_id).ok_or_else(|| unregistered(client_id))?;
        if !registration.redirects.contains(&redirect) {
            registration.redirects.push(redirect);
        }
        Ok(())
    }

    /// Registers a certificate (PEM) for client assertions and gives its SHA-256 thumbprint, base64url.
    pub fn add_certificate(&mut self, client_id: &str, pem: &str) -> Result<String, String> {
        let certificate = registration::ClientCertificate::from_pem(pem)?;
        let registration = self.registration_mut(client_id).ok_or_else(|| unregistered(client_id))?;
        let thumbprint = certificate.x5t_s256.clone();
        registration.certificates.push(certificate);
        Ok(thumbprint)
    }

    /// Withdraws a person's consent to a client, or gives it back. `oid` `*`: everybody's.
    pub fn set_consent(&mut self, client_id: &str, oid: &str, consent: Consent) -> Result<(), String> {
        let registration = self.registration_mut(client_id).ok_or_else(|| unregistered(client_id))?;
        match consent {
            Consent::Withdrawn => _ = registration.consent_withdrawn.insert(oid.to_owned()),
            Consent::Given => _ = registration.consent_withdrawn.remove(oid),
        }
        Ok(())
    }
}

impl World {
    /// From now on a key signs that nobody has seen yet; the one before is published for `grace_secs` more.
    /// Gives the new key's id. Making a key takes long, so it is made before the directory is locked.
    pub fn rotate_keys(&self, grace_secs: i64) -> String {
        let next = self.entra().keys.next_number();
        let key = keys::key_of_process(next);
        let kid = key.kid().to_owned();
        let now = self.now();
        self.entra().keys.rotate_to(key, now, grace_secs);
        kid
    }
}

/// Whether people let a client act for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Consent {
    Given,
    Withdrawn,
}

fn unregistered(client_id: &str) -> String {
    format!("no app is registered as {client_id}; GET /sandbox/tenant lists the registrations")
}

/// The name under which a token endpoint was addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tenant {
    /// By id or domain.
    Named,
    /// `common` or `organizations`: whichever tenant the person is of.
    Any,
}

impl Tenant {
    fn parse(segment: &str) -> Result<Self, Refusal> {
        match segment {
            "common" | "organizations" => Ok(Self::Any),
            _ if segment.eq_ignore_ascii_case(TENANT_ID) || segment.eq_ignore_ascii_case(DOMAIN) => {
                Ok(Self::Named)
            }
            _ => Err(Refusal::unknown_tenant(segment)),
        }
    }
}

/// The endpoints of Entra ID.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/discovery/instance", get(discovery::instance))
        .route("/{tenant}/oauth2/v2.0/token", post(grant::token).fallback(grant::only_post))
        .layer(from_fn(open_to_browsers))
        .route("/{tenant}/oauth2/v2.0/authorize", get(sign_in::show).post(sign_in::choose))
        .route("/{tenant}/oauth2/v2.0/logout", get(sign_in::sign_out))
        .fallback(async || StatusCode::NOT_FOUND)
}

/// Single-page apps call these endpoints from their own origin, without cookies.
async fn open_to_browsers(request: Request, next: Next) -> Response {
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    if let Some(asked) = asked {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    }
    response
}
