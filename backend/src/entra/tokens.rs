//! Obtains the tokens that go out: on behalf of the user who is there, or for the engine itself.
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow> and
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>. A token is kept in
//! memory, never anywhere else, until shortly before it expires; many who want the same one wait for one
//! request.

use super::refusal;
use super::{ClientProof, Resource, Tokens};
use crate::caller::{Access, By, TenantId, UserId};
use crate::clock::Clock;
use crate::config::{Config, origin_of};
use crate::net::{Door, Request, Response, TransportError};
use crate::outcome::{Failure, Outcome};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use shared::UtcMs;
use shared::problem::{Code, Problem};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// A token is renewed this long before it expires.
const MARGIN_MS: i64 = 300_000;
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Tokens kept at the most; a token has about three kilobytes.
const CAPACITY: usize = 5_000;

/// The real [`Tokens`].
#[derive(Debug)]
pub struct EntraTokens {
    door: Door,
    clock: Arc<dyn Clock>,
    authority: Url,
    client_id: Uuid,
    proof: ClientProof,
    graph_scope: String,
    dataverse_scopes: BTreeMap<TenantId, String>,
    slots: Mutex<HashMap<Key, Arc<Slot>>>,
}

/// Whose token for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    tenant: TenantId,
    /// `None`: the engine's own.
    user: Option<UserId>,
    resource: Resource,
}

impl Key {
    fn of(access: &Access, resource: Resource) -> Self {
        let user = match access.by {
            By::User { .. } => Some(access.user),
            By::Engine | By::Service => None,
        };
        Self { tenant: access.tenant, user, resource }
    }
}

/// The place of one token. Whoever holds `state` is the one who asks Entra.
#[derive(Default)]
struct Slot {
    state: tokio::sync::Mutex<State>,
    /// Copy of the kept token's end, for tidying up without waiting.
    until: Mutex<Option<UtcMs>>,
}

#[derive(Default)]
struct State {
    kept: Option<(SecretString, UtcMs)>,
    /// How asking failed the last time, if it was for want of an answer.
    outage: Option<Failure>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot(until {:?})", self.until)
    }
}

/// On what grounds a token is asked for.
#[derive(Clone, Copy)]
enum Grant<'a> {
    /// The user is there, and this is their token for our API.
    OnBehalfOf(&'a SecretString),
    /// We are who we are.
    ClientCredentials,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: i64,
}

impl EntraTokens {
    /// The error says what is wrong with the credential.
    pub fn new(config: &Config, door: Door, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let scope = |url: &Url| format!("{}/.default", origin_of(url));
        let tenants = config.tenants.iter();
        Ok(Self {
            door,
            clock,
            authority: config.entra.authority.clone(),
            client_id: config.entra.client_id,
            proof: ClientProof::new(&config.entra.credential)?,
            graph_scope: scope(&config.graph.resource),
            dataverse_scopes: tenants.map(|tenant| (tenant.id, scope(&tenant.dataverse))).collect(),
            slots: Mutex::default(),
        })
    }

    fn slot(&self, key: Key) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= CAPACITY && !slots.contains_key(&key) {
            make_room(&mut slots, self.clock.now());
        }
        slots.entry(key).or_default().clone()
    }

    /// A token of our app registration for our own API, as programs bring it that administer. Not kept.
    pub async fn own(&self, tenant: TenantId) -> Outcome<SecretString> {
        let scope = format!("{}/.default", self.client_id);
        Ok(self.ask(tenant, &scope, Grant::ClientCredentials).await?.access_token)
    }

    async fn obtain(&self, access: &Access, resource: Resource) -> Outcome<Granted> {
        let scope = match resource {
            Resource::Graph => Some(&self.graph_scope),
            Resource::Dataverse => self.dataverse_scopes.get(&access.tenant),
        };
        let scope = scope.ok_or_else(|| Failure::Refused(Problem::new(Code::TenantNotEnrolled)))?;
        let grant = match &access.by {
            By::User { assertion, .. } => Grant::OnBehalfOf(assertion),
            By::Engine | By::Service => Grant::ClientCredentials,
        };
        self.ask(access.tenant, scope, grant).await
    }

    async fn ask(&self, tenant: TenantId, scope: &str, grant: Grant<'_>) -> Outcome<Granted> {
        let mut url = self.authority.clone();
        url.set_path(&format!("/{tenant}/oauth2/v2.0/token"));
        let body = self.form(scope, grant, url.as_str())?;
        let send = || {
            let mut headers = HeaderMap::new();
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(header::CONTENT_TYPE, form);
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
            let (url, body) = (url.clone(), body.clone());
            self.door.send(Request { method: Method::POST, url, headers, body, time_limit: TIME_LIMIT })
        };
        let answer = match send().await {
            // Asking for a token twice does no harm, and a kept connection may just have been closed.
            Err(TransportError::NotSent(_) | TransportError::NoAnswer(_)) => send().await,
            other => other,
        };
        self.read(&answer.map_err(|error| refusal::of_transport(&error))?)
    }

    fn read(&self, answer: &Response) -> Outcome<Granted> {
        if !answer.status.is_success() {
            return Err(refusal::read(answer, self.clock.now()));
        }
        serde_json::from_slice(&answer.body).map_err(|_| refusal::unreadable())
    }

    fn form(&self, scope: &str, grant: Grant<'_>, endpoint: &str) -> Outcome<Bytes> {
        let proof = self.proof.fields(self.client_id, endpoint, self.clock.now()).map_err(|error| {
            tracing::error!(%error, "the client assertion cannot be signed");
            Failure::Refused(Problem::new(Code::Internal))
        })?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &self.client_id.to_string()).append_pair("scope", scope);
        for (name, value) in &proof {
            form.append_pair(name, value.expose_secret());
        }
        match grant {
            Grant::OnBehalfOf(assertion) => form
                .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                .append_pair("requested_token_use", "on_behalf_of")
                .append_pair("assertion", assertion.expose_secret()),
            Grant::ClientCredentials => form.append_pair("grant_type", "client_credentials"),
        };
        Ok(Bytes::from(form.finish()))
    }
}

#[async_trait::async_trait]
impl Tokens for EntraTokens {
    async fn token(&self, access: &Access, resource: Resource) -> Outcome<SecretString> {
        let slot = self.slot(Key::of(access, resource));
        let somebody_asks = slot.state.try_lock().is_err();
        let mut state = slot.state.lock().await;
        if let Some((token, until)) = &state.kept
            && *until > self.clock.now()
        {
            return Ok(token.clone());
        }
        // Somebody asked while we waited, and got no answer: neither would we.
        if somebody_asks && let Some(outage) = &state.outage {
            return Err(outage.clone());
        }
        let obtained = self.obtain(access, resource).await;
        state.outage = match &obtained {
            Err(outage @ Failure::NotDone(_)) => Some(outage.clone()),
            _ => None,
        };
        let granted = obtained?;
        let until = self.clock.now().plus_ms(granted.expires_in.saturating_mul(1000)).plus_ms(-MARGIN_MS);
        state.kept = Some((granted.access_token.clone(), until));
        *slot.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        Ok(granted.access_token)
    }

    fn forget(&self, access: &Access, resource: Resource) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&Key::of(access, resource));
    }
}

/// Drops the tokens that have ended; if none has, the one that ends first.
fn make_room(slots: &mut HashMap<Key, Arc<Slot>>, now: UtcMs) {
    let end = |slot: &Slot| *slot.until.lock().unwrap_or_else(PoisonError::into_inner);
    // A slot without an end is being filled: somebody waits for it.
    slots.retain(|_, slot| end(slot).is_none_or(|until| until > now) && !is_abandoned(slot));
    if slots.len() >= CAPACITY {
        let first =
            slots.iter().filter_map(|(key, slot)| Some((end(slot)?, *key))).min_by_key(|(until, _)| *until);
        if let Some((_, key)) = first {
            slots.remove(&key);
        }
    }
}

/// Nobody waits for it, and it holds nothing.
fn is_abandoned(slot: &Arc<Slot>) -> bool {
    Arc::strong_count(slot) == 1 && slot.state.try_lock().is_ok_and(|state| state.kept.is_none())
}
