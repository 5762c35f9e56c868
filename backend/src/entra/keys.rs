//! The public keys of Entra's tenants.
//!
//! Asked of the configured authority only, for enrolled tenants only: nothing in a token says where keys come
//! from. A key set is asked for again after a day, and at once when a token names a key that is not in it,
//! though not as often as somebody may send such tokens.

use crate::caller::TenantId;
use crate::clock::Clock;
use crate::net::{Door, Request};
use crate::rate::{Allowance, Rates};
use bytes::Bytes;
use http::{HeaderMap, Method};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use shared::UtcMs;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

const FRESH_MS: i64 = 24 * 3_600_000;
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How often unknown keys make us ask, for each tenant.
const ASKING: Allowance = Allowance { burst: 4, per_minute: 2 };
/// Smaller RSA keys are no longer safe; Entra's have 2048 bits.
const MODULUS_MIN_BYTES: usize = 256;

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The tenant's key set does not have it.
    Unknown,
    /// The key set could not be had, so nobody knows.
    Unreachable,
}

/// Key sets of the enrolled tenants.
#[derive(Debug)]
pub(super) struct Keys {
    door: Door,
    clock: Arc<dyn Clock>,
    authority: Url,
    sets: BTreeMap<TenantId, Mutex<KeySet>>,
    asking: Rates<TenantId>,
}

#[derive(Default)]
struct KeySet {
    keys: HashMap<String, DecodingKey>,
    asked: Option<UtcMs>,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySet({} keys, asked {:?})", self.keys.len(), self.asked)
    }
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    kid: String,
    n: String,
    e: String,
    issuer: String,
}

impl Keys {
    pub(super) fn new(
        door: Door,
        clock: Arc<dyn Clock>,
        authority: Url,
        tenants: impl Iterator<Item = TenantId>,
    ) -> Self {
        let sets: BTreeMap<_, _> = tenants.map(|tenant| (tenant, Mutex::default())).collect();
        let asking = Rates::new(ASKING, sets.len() + 1);
        Self { door, clock, authority, sets, asking }
    }

    /// The tenant's key of this id.
    pub(super) async fn find(&self, tenant: TenantId, kid: &str) -> Result<DecodingKey, NoKey> {
        // Only enrolled tenants have a set, and only they may make us ask Entra for something.
        let mut set = self.sets.get(&tenant).ok_or(NoKey::Unknown)?.lock().await;
        let now = self.clock.now();
        let is_fresh = set.asked.is_some_and(|asked| (0..FRESH_MS).contains(&now.since_ms(asked)));
        let known = set.keys.get(kid).cloned();
        if let (true, Some(key)) = (is_fresh, &known) {
            return Ok(key.clone());
        }
        if self.asking.take(&tenant, now).is_err() {
            let never = if set.asked.is_some() { NoKey::Unknown } else { NoKey::Unreachable };
            return known.ok_or(never);
        }
        match self.fetch(tenant).await {
            Ok(keys) => {
                tracing::info!(%tenant, keys = keys.len(), "signing keys fetched");
                *set = KeySet { keys, asked: Some(now) };
                set.keys.get(kid).cloned().ok_or(NoKey::Unknown)
            }
            Err(reason) => {
                // Keys that were good yesterday are good until Entra says otherwise.
                tracing::warn!(%tenant, %reason, "signing keys cannot be fetched");
                known.ok_or(NoKey::Unreachable)
            }
        }
    }

    async fn fetch(&self, tenant: TenantId) -> Result<HashMap<String, DecodingKey>, String> {
        let mut url = self.authority.clone();
        url.set_path(&format!("/{tenant}/discovery/v2.0/keys"));
        let request = Request {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            time_limit: TIME_LIMIT,
        };
        let response = self.door.send(request).await.map_err(|error| error.to_string())?;
        if response.status != 200 {
            return Err(format!("status {}", response.status));
        }
        let jwks: Jwks = serde_json::from_slice(&response.body).map_err(|_| "no key set".to_owned())?;
        let issuer = super::verify::issuer(&self.authority, tenant);
        Ok(jwks.keys.into_iter().filter_map(|key| usable(key, &issuer, tenant)).collect())
    }
}

/// The key under its id, if it is an RSA key for signatures of this issuer.
fn usable(key: serde_json::Value, issuer: &str, tenant: TenantId) -> Option<(String, DecodingKey)> {
    let key: Jwk = serde_json::from_value(key).ok()?;
    let is_for_signatures = key.usage.as_deref().is_none_or(|usage| usage == "sig");
    // Keys that sign for every tenant name their issuer with a placeholder.
    let is_for_issuer = key.issuer.replace("{tenantid}", &tenant.to_string()) == issuer;
    // base64url: four characters for three bytes.
    let is_long_enough = key.n.len() * 3 / 4 >= MODULUS_MIN_BYTES;
    if key.kty != "RSA" || !is_for_signatures || !is_for_issuer || !is_long_enough {
        return None;
    }
    Some((key.kid, DecodingKey::from_rsa_components(&key.n, &key.e).ok()?))
}
