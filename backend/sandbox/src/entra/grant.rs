//! The token endpoint: client credentials, on behalf of, authorization code with PKCE, refresh token.
//!
//! Unknown fields are ignored, as clients send many of their own. Which client asks is proved before
//! anything is looked up for it.

use super::registration::{Registration, Request};
use super::token::{self, Proof};
use super::{BearerError, Code, Platform, RefreshToken, Refusal, Tenant, TokenLifetime};
use crate::World;
use crate::company::{Person, TENANT_ID};
use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

mod client;

const ON_BEHALF_OF: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SPA_REFRESH_HOURS: i64 = 24;
const REFRESH_HOURS: i64 = 90 * 24;

/// A form; of a field sent twice the last counts.
#[derive(Debug, Default)]
struct Form(BTreeMap<String, String>);

impl Form {
    fn parse(body: &[u8], query: Option<&str>) -> Self {
        let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let body = url::form_urlencoded::parse(body);
        Self(query.chain(body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::missing(name))
    }
}

/// A client that proved who it is.
struct Client {
    registration: Registration,
    proof: Proof,
}

/// One request for a token, with what was found out about it.
struct Asking<'a> {
    world: &'a World,
    form: &'a Form,
    headers: &'a HeaderMap,
    client: Client,
    lifetime_secs: i64,
}

/// `POST /{tenant}/oauth2/v2.0/token`
pub(super) async fn token(
    State(world): State<Arc<World>>,
    Path(tenant): Path<String>,
    lifetime: Option<Extension<TokenLifetime>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::parse(&body, query.as_deref());
    let lifetime = lifetime.map(|Extension(lifetime)| lifetime.secs);
    match answer(&world, &tenant, &form, &headers, lifetime) {
        Ok(answer) => {
            let mut response = Json(answer).into_response();
            let no_store = HeaderValue::from_static("no-store, no-cache");
            response.headers_mut().insert(header::CACHE_CONTROL, no_store);
            response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
            response
        }
        Err(refusal) => refusal.correlated(form.get("client-request-id")).into_answer(&world, &headers),
    }
}

/// Any other method on the token endpoint.
pub(super) async fn only_post(
    State(world): State<Arc<World>>,
    method: http::Method,
    headers: HeaderMap,
) -> Response {
    let text = format!("The endpoint only accepts POST requests. Received a {method} request.");
    Refusal::new("invalid_request", 900_561, text).into_answer(&world, &headers)
}

fn answer(
    world: &World,
    tenant: &str,
    form: &Form,
    headers: &HeaderMap,
    lifetime_secs: Option<i64>,
) -> Result<Value, Refusal> {
    Tenant::parse(tenant)?;
    let grant_type = form.need("grant_type")?;
    let client = client::authenticate(world, form, headers)?;
    let lifetime_secs = lifetime_secs.unwrap_or_else(|| token::lifetime_secs(world));
    let asking = Asking { world, form, headers, client, lifetime_secs };
    match grant_type {
        "client_credentials" => asking.client_credentials(),
        ON_BEHALF_OF => asking.on_behalf_of(),
        "authorization_code" => asking.authorization_code(),
        "refresh_token" => asking.refresh_token(),
        other => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            Err(Refusal::new("unsupported_grant_type", 70_003, text))
        }
    }
}

impl Asking<'_> {
    fn client_credentials(&self) -> Result<Value, Refusal> {
        let registration = &self.client.registration;
        if self.client.proof == Proof::None {
            return Err(client::no_proof());
        }
        let scope = self.form.need("scope")?;
        let request = Request::parse(scope, &self.world.options.origin)?;
        if !request.is_default() || request.permissions.len() > 1 {
            let text = format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
            );
            return Err(Refusal::new("invalid_scope", 1_002_012, text));
        }
        let roles = request.granted_roles(&self.world.entra(), registration);
        let claims = token::app_claims(
            self.world,
            &request.audience,
            registration,
            self.client.proof,
            &roles,
            self.lifetime_secs,
        );
        Ok(json!({
            "token_type": "Bearer",
            "expires_in": self.lifetime_secs,
            "ext_expires_in": self.lifetime_secs,
            "access_token": self.sign(&claims),
        }))
    }

    fn on_behalf_of(&self) -> Result<Value, Refusal> {
        if self.client.proof == Proof::None {
            return Err(client::no_proof());
        }
        let assertion = self.form.need("assertion")?;
        match self.form.need("requested_token_use")? {
            "on_behalf_of" => {}
            other => {
                let text = format!("The requested token use '{other}' is not supported.");
                return Err(Refusal::new("invalid_request", 9_002_313, text));
            }
        }
        let request = Request::parse(self.form.need("scope")?, &self.world.options.origin)?;
        let person = self.person_of_assertion(assertion)?;
        self.delegated(person, &request, None, Platform::Web)
    }

    /// Checks an assertion all the way: the tenant's signature, in time, meant for this client, delegated.
    fn person_of_assertion(&self, assertion: &str) -> Result<&'static Person, Refusal> {
        let claims = token::verify(self.world, assertion).map_err(assertion_refused)?;
        let client_id = &self.client.registration.client_id;
        if claims.aud.strip_prefix("api://").unwrap_or(&claims.aud) != client_id {
            let text = format!(
                "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '{}' and the expected audience is '{client_id}' or one of the Application Uris of this application.",
                claims.aud
            );
            return Err(Refusal::new("invalid_grant", 500_131, text));
        }
        if claims.scp.is_none() {
            let text = "Input id_token or app-only token cannot be used as 'urn:ietf:params:oauth:grant-type:jwt-bearer' grant.";
            return Err(Refusal::new("invalid_grant", 240_002, text));
        }
        World::person(&claims.oid).ok_or_else(|| unknown_person(&claims.oid))
    }

    fn authorization_code(&self) -> Result<Value, Refusal> {
        let code = self.form.need("code")?;
        let redirect_uri = self.form.need("redirect_uri")?;
        let kept = self.world.entra().codes.get(code).cloned();
        let kept = kept.ok_or_else(|| {
            Refusal::new("invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid.")
        })?;
        self.check_code(&kept, redirect_uri)?;
        if let Some(kept) = self.world.entra().codes.get_mut(code) {
            kept.redeemed = true;
        }
        let person = World::person(&kept.oid).ok_or_else(|| unknown_person(&kept.oid))?;
        let scope = self.form.get("scope").unwrap_or(&kept.scope);
        let request = Request::parse(scope, &self.world.options.origin)?;
        self.delegated(person, &request, kept.nonce.as_deref(), kept.redirect.platform)
    }

    fn check_code(&self, code: &Code, redirect_uri: &str) -> Result<(), Refusal> {
        let invalid = |number, text: &str| Err(Refusal::new("invalid_grant", number, text));
        if code.redeemed {
            return invalid(
                54_005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
            );
        }
        if code.client_id != self.client.registration.client_id {
            return invalid(
                70_000,
                "Provided grant is invalid or malformed: it was issued to another client.",
            );
        }
        if code.expires_at <= self.world.now() {
            return invalid(
                70_008,
                "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.",
            );
        }
        if code.asked_redirect != redirect_uri {
            let text =
                "The reply address does not match the one that the authorization code was requested with.";
            return invalid(500_112, text);
        }
        self.check_platform(code.redirect.platform)?;
        match (&code.challenge, self.form.get("code_verifier")) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(Refusal::new(
                "invalid_grant",
                50_148,
                "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE.",
            )),
            (Some(challenge), Some(verifier)) => {
                let right = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == *challenge;
                if right {
                    Ok(())
                } else {
                    invalid(
                        501_481,
                        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
                    )
                }
            }
        }
    }

    /// A page redeems across origins and without a secret, a server with its secret.
    fn check_platform(&self, platform: Platform) -> Result<(), Refusal> {
        let from_a_page = self.headers.contains_key(header::ORIGIN);
        let text = match platform {
            Platform::Spa if !from_a_page => {
                "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."
            }
            Platform::Web | Platform::Native if from_a_page => {
                let text = "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin is not registered as such.";
                return Err(Refusal::new("invalid_request", 9_002_326, text));
            }
            Platform::Web if self.client.proof == Proof::None => return Err(client::no_proof()),
            Platform::Spa | Platform::Web | Platform::Native => return Ok(()),
        };
        Err(Refusal::new("invalid_request", 9_002_327, text))
    }

    fn refresh_token(&self) -> Result<Value, Refusal> {
        let token = self.form.need("refresh_token")?;
        let kept = self.world.entra().refresh_tokens.get(token).cloned();
        let invalid = |number, text: &str| Refusal::new("invalid_grant", number, text);
        let kept = kept
            .filter(|kept| kept.client_id == self.client.registration.client_id)
            .ok_or_else(|| invalid(9_002_313, "Invalid request. Request is malformed or invalid."))?;
        if kept.expires_at <= self.world.now() {
            let text = "The refresh token has expired due to inactivity. Sign in again.";
            return Err(invalid(700_082, text));
        }
        let platform = kept.platform.unwrap_or(Platform::Native);
        self.check_platform(platform)?;
        let person = World::person(&kept.oid).ok_or_else(|| unknown_person(&kept.oid))?;
        let mut request =
            Request::parse(self.form.get("scope").unwrap_or(&kept.scope), &self.world.options.origin)?;
        if !request.wants("offline_access") {
            request.openid.push("offline_access".to_owned());
        }
        self.delegated(person, &request, None, platform)
    }

    /// The answer of every grant that speaks for a person.
    fn delegated(
        &self,
        person: &Person,
        request: &Request,
        nonce: Option<&str>,
        platform: Platform,
    ) -> Result<Value, Refusal> {
        let registration = &self.client.registration;
        let mut answer = issue_delegated(
            self.world,
            (registration, self.client.proof),
            person,
            request,
            nonce,
            self.lifetime_secs,
        )?;
        if request.wants("offline_access") {
            answer["refresh_token"] = self.keep_refresh_token(person, platform).into();
        }
        if self.form.get("client_info") == Some("1") {
            answer["client_info"] = client_info(person).into();
        }
        Ok(answer)
    }

    fn keep_refresh_token(&self, person: &Person, platform: Platform) -> String {
        let hours = if platform == Platform::Spa { SPA_REFRESH_HOURS } else { REFRESH_HOURS };
        let life = jiff::SignedDuration::from_hours(hours);
        let token = format!("1.sandbox-{}", self.world.next_uuid().simple());
        let kept = RefreshToken {
            client_id: self.client.registration.client_id.clone(),
            oid: person.oid.to_owned(),
            scope: self.form.get("scope").unwrap_or("openid offline_access").to_owned(),
            platform: Some(platform),
            expires_at: self.world.now().saturating_add(life).unwrap_or(jiff::Timestamp::MAX),
        };
        self.world.entra().refresh_tokens.insert(token.clone(), kept);
        token
    }

    fn sign(&self, claims: &serde_json::Map<String, Value>) -> String {
        token::sign(&self.world.entra().keys.signing(), claims)
    }
}

/// Access token (and id token, where `openid` is asked) for a person through a client.
pub(super) fn issue_delegated(
    world: &World,
    (registration, proof): (&Registration, Proof),
    person: &Person,
    request: &Request,
    nonce: Option<&str>,
    lifetime_secs: i64,
) -> Result<Value, Refusal> {
    if !registration.has_consent_of(person.oid) {
        return Err(Refusal::no_consent(&registration.client_id, &registration.name));
    }
    let scopes = request.granted_scopes(registration)?;
    let client = (registration.client_id.as_str(), proof);
    let claims = token::delegated_claims(world, &request.audience, client, person, &scopes, lifetime_secs);
    let key = world.entra().keys.signing();
    let mut shown: Vec<String> = scopes.iter().map(|scope| format!("{}{scope}", request.prefix)).collect();
    if request.is_default() {
        shown.push(format!("{}.default", request.prefix));
    }
    shown.extend(request.openid.iter().filter(|scope| *scope != "offline_access").cloned());
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": shown.join(" "),
        "expires_in": lifetime_secs,
        "ext_expires_in": lifetime_secs,
        "access_token": token::sign(&key, &claims),
    });
    if request.wants("openid") {
        let claims = token::id_claims(world, &registration.client_id, person, nonce, lifetime_secs);
        answer["id_token"] = token::sign(&key, &claims).into();
    }
    Ok(answer)
}

/// MSAL's way of learning the account: base64url of user and tenant id.
pub(super) fn client_info(person: &Person) -> String {
    URL_SAFE_NO_PAD.encode(json!({"uid": person.oid, "utid": TENANT_ID}).to_string())
}

fn unknown_person(oid: &str) -> Refusal {
    let text = format!(
        "The user account {oid} does not exist in the directory. To sign into this application, the account must be added to the directory."
    );
    Refusal::new("invalid_grant", 50_034, text)
}

/// How a bad assertion of on-behalf-of is refused.
fn assertion_refused(error: BearerError) -> Refusal {
    let (number, text) = match error {
        BearerError::Expired | BearerError::NotYetValid => (
            500_133,
            "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token.".to_owned(),
        ),
        BearerError::Malformed | BearerError::Missing | BearerError::NotAccess => {
            (50_027, "JWT token is invalid or malformed.".to_owned())
        }
        BearerError::Issuer => (
            50_013,
            "Assertion failed signature validation. [Reason - The issuer of the assertion is not this directory.]".to_owned(),
        ),
        BearerError::Algorithm | BearerError::UnknownKey | BearerError::Signature | BearerError::Audience => (
            50_013,
            format!("Assertion failed signature validation. [Reason - The key was not found or did not verify: {error}]"),
        ),
    };
    Refusal::new("invalid_grant", number, text)
}

/// Name and password of HTTP's Basic scheme, both percent-encoded first (RFC 6749, 2.3.1).
fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    let decoded = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
    Some((decoded(name), decoded(password)))
}
