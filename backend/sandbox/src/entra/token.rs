//! Tokens: what stands in them, how they are signed, and how they are checked.
//!
//! Every token of the tenant is a JWT of version 2.0, also those for Graph and Dataverse: to a client those
//! are opaque anyway.

use super::keys::SigningKey;
use super::registration::{GRAPH_AUDIENCE, Registration, is_organization};
use super::{BearerError, Caller, Resource};
use crate::World;
use crate::company::{APP_CLIENT_ID, Person, TENANT_ID};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use rand::{Rng, RngExt};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Clocks of clients and APIs may differ by this much.
const LEEWAY_SECS: i64 = 300;
/// Entra spreads lifetimes between 60 and 90 minutes, so that not all tokens expire at once.
const LIFETIME_SECS: std::ops::RangeInclusive<i64> = 3600..=5400;

/// How a client proved who it is; `azpacr` of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    None,
    Secret,
    Certificate,
}

impl Proof {
    fn azpacr(self) -> &'static str {
        match self {
            Self::None => "0",
            Self::Secret => "1",
            Self::Certificate => "2",
        }
    }
}

/// Issuer of the tenant's tokens.
pub(super) fn issuer(world: &World) -> String {
    format!("{}/{TENANT_ID}/v2.0", world.options.origin)
}

/// A lifetime as Entra spreads them.
pub(super) fn lifetime_secs(world: &World) -> i64 {
    world.rng().random_range(LIFETIME_SECS)
}

/// What every token has.
fn frame(world: &World, audience: &str, lifetime_secs: i64) -> Map<String, Value> {
    let now = world.now().as_second();
    let mut uti = [0; 16];
    world.rng().fill_bytes(&mut uti);
    let claims = json!({
        "aud": audience,
        "iss": issuer(world),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime_secs,
        "tid": TENANT_ID,
        "uti": URL_SAFE_NO_PAD.encode(uti),
        "ver": "2.0",
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

/// A person's `sub` towards one client: the same always, another for every client.
fn pairwise_subject(client_id: &str, oid: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{client_id} {oid}").as_bytes()))
}

/// Claims of an access token for a person.
pub(super) fn delegated_claims(
    world: &World,
    audience: &str,
    (client_id, proof): (&str, Proof),
    person: &Person,
    scopes: &[String],
    lifetime_secs: i64,
) -> Map<String, Value> {
    let mut claims = frame(world, audience, lifetime_secs);
    claims.insert("azp".into(), client_id.into());
    claims.insert("azpacr".into(), proof.azpacr().into());
    claims.insert("oid".into(), person.oid.into());
    claims.insert("sub".into(), pairwise_subject(audience, person.oid).into());
    claims.insert("name".into(), person.name.into());
    claims.insert("preferred_username".into(), person.upn.into());
    claims.insert("scp".into(), scopes.join(" ").into());
    claims.insert("xms_cc".into(), json!(["cp1"]));
    let roles = if audience == APP_CLIENT_ID { world.entra().roles_of(person.oid) } else { Vec::new() };
    if !roles.is_empty() {
        claims.insert("roles".into(), json!(roles));
    }
    claims
}

/// Claims of an access token for a client itself.
pub(super) fn app_claims(
    world: &World,
    audience: &str,
    registration: &Registration,
    proof: Proof,
    roles: &[String],
    lifetime_secs: i64,
) -> Map<String, Value> {
    let mut claims = frame(world, audience, lifetime_secs);
    claims.insert("azp".into(), registration.client_id.clone().into());
    claims.insert("azpacr".into(), proof.azpacr().into());
    claims.insert("oid".into(), registration.principal_oid.clone().into());
    claims.insert("sub".into(), registration.principal_oid.clone().into());
    claims.insert("idtyp".into(), "app".into());
    if !roles.is_empty() {
        claims.insert("roles".into(), json!(roles));
    }
    claims
}

/// Claims of an id token: for the client, about the person, no key to any API.
pub(super) fn id_claims(
    world: &World,
    client_id: &str,
    person: &Person,
    nonce: Option<&str>,
    lifetime_secs: i64,
) -> Map<String, Value> {
    let mut claims = frame(world, client_id, lifetime_secs);
    claims.insert("oid".into(), person.oid.into());
    claims.insert("sub".into(), pairwise_subject(client_id, person.oid).into());
    claims.insert("name".into(), person.name.into());
    claims.insert("preferred_username".into(), person.upn.into());
    if let Some(nonce) = nonce {
        claims.insert("nonce".into(), nonce.into());
    }
    claims
}

/// Header, dot, claims: what gets signed.
pub(super) fn signing_input(header: &Value, claims: &Map<String, Value>) -> String {
    let part = |json: String| URL_SAFE_NO_PAD.encode(json);
    format!("{}.{}", part(header.to_string()), part(Value::Object(claims.clone()).to_string()))
}

/// The signed token.
pub(super) fn sign(key: &SigningKey, claims: &Map<String, Value>) -> String {
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": key.kid(), "x5t": key.kid()});
    let input = signing_input(&header, claims);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// A JWT taken apart; nothing is verified.
pub(super) struct Parsed<'a> {
    pub header: Value,
    pub claims: Map<String, Value>,
    pub signed: &'a str,
    pub signature: Vec<u8>,
}

pub(super) fn parse(token: &str) -> Option<Parsed<'_>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let json = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    Some(Parsed {
        header: serde_json::from_slice(&json(header)?).ok()?,
        claims: serde_json::from_slice(&json(claims)?).ok()?,
        signed,
        signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
    })
}

/// The claims that a check reads.
#[derive(Debug, Clone, Deserialize)]
pub struct Claims {
    pub aud: String,
    iss: String,
    tid: String,
    nbf: i64,
    exp: i64,
    pub oid: String,
    azp: Option<String>,
    pub scp: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    idtyp: Option<String>,
}

/// Tokens whose signature was found good, with the key that made it: checking one takes longer than all the rest of
/// a request. Whether the key still counts and the token still holds is asked each time.
#[derive(Debug, Default)]
pub struct GoodSignatures(Mutex<HashMap<String, (String, Claims)>>);

/// More tokens than a tenant's clients use at a time.
const MOST_REMEMBERED: usize = 10_000;

impl GoodSignatures {
    fn find(&self, token: &str) -> Option<(String, Claims)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    fn remember(&self, token: &str, kid: &str, claims: &Claims) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_REMEMBERED {
            all.clear();
        }
        all.insert(token.to_owned(), (kid.to_owned(), claims.clone()));
    }
}

/// Checks signature, issuer and time: that the tenant signed it and that it holds now. Audience and kind
/// are left to the caller.
pub(super) fn verify(world: &World, token: &str) -> Result<Claims, BearerError> {
    let now = world.now();
    let claims = match world.good_signatures.find(token) {
        Some((kid, claims)) if world.entra().keys.publishes(&kid, now) => claims,
        _ => signed_claims(world, token, now)?,
    };
    if claims.iss != issuer(world) || claims.tid != TENANT_ID {
        return Err(BearerError::Issuer);
    }
    let now = now.as_second();
    if claims.exp + LEEWAY_SECS <= now {
        return Err(BearerError::Expired);
    }
    if claims.nbf - LEEWAY_SECS > now {
        return Err(BearerError::NotYetValid);
    }
    Ok(claims)
}

/// The claims of a token that one of the tenant's keys signed.
fn signed_claims(world: &World, token: &str, now: jiff::Timestamp) -> Result<Claims, BearerError> {
    let parsed = parse(token).ok_or(BearerError::Malformed)?;
    if parsed.header["alg"] != "RS256" {
        return Err(BearerError::Algorithm);
    }
    let kid = parsed.header["kid"].as_str().unwrap_or_default();
    let key = world.entra().keys.find(kid, now).ok_or(BearerError::UnknownKey)?;
    if !key.verifies(parsed.signed.as_bytes(), &parsed.signature) {
        return Err(BearerError::Signature);
    }
    let claims: Claims =
        serde_json::from_value(Value::Object(parsed.claims)).map_err(|_| BearerError::Malformed)?;
    world.good_signatures.remember(token, kid, &claims);
    Ok(claims)
}

/// The token of an `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

/// Checks the bearer token of a request to one of the tenant's APIs. Each service words its own refusal.
pub fn check_bearer(world: &World, headers: &HeaderMap, resource: Resource) -> Result<Caller, BearerError> {
    let claims = verify(world, bearer(headers).ok_or(BearerError::Missing)?)?;
    let right_audience = match resource {
        Resource::Graph => claims.aud == GRAPH_AUDIENCE,
        Resource::Dataverse => is_organization(&claims.aud, &world.options.origin),
        Resource::App => claims.aud == APP_CLIENT_ID,
    };
    if !right_audience {
        return Err(BearerError::Audience);
    }
    let client_id = claims.azp.ok_or(BearerError::NotAccess)?;
    match (claims.scp, claims.idtyp.as_deref()) {
        (Some(scp), None) => {
            let scopes = scp.split_whitespace().map(str::to_owned).collect();
            Ok(Caller::User { oid: claims.oid, client_id, scopes })
        }
        (None, Some("app")) => Ok(Caller::App { client_id, roles: claims.roles }),
        _ => Err(BearerError::NotAccess),
    }
}

/// The caller as the request's token claims it, for the journal only: nothing is verified.
pub(crate) fn caller_as_claimed(headers: &HeaderMap) -> String {
    let Some(parsed) = bearer(headers).and_then(parse) else { return "-".to_owned() };
    let claim = |name: &str| parsed.claims.get(name).and_then(Value::as_str);
    match (claim("preferred_username"), claim("azp")) {
        (Some(upn), _) => format!("user {upn}"),
        (None, Some(client_id)) => format!("app {client_id}"),
        (None, None) => "-".to_owned(),
    }
}
