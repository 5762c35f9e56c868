//! Verifies the access tokens that come in.
//!
//! <https://learn.microsoft.com/entra/identity-platform/claims-validation>. A token counts when Entra signed
//! it for our API, for a person of an enrolled tenant who is there, through a client that we know, and now.
//! Administrators hold our API's app role besides; they alone may be programs, with application tokens of their
//! own (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>), and then the
//! configuration has to list them.
//! What the token says about keys (`jku`, `jwk`, `x5u`) is not even read, and of the algorithms only RS256 is
//! known.

use super::keys::{Keys, NoKey};
use crate::caller::{Access, By, TenantId, UserId};
use crate::clock::Clock;
use crate::config::{Config, origin_of};
use crate::net::Door;
use jsonwebtoken::{Algorithm, Validation};
use secrecy::SecretString;
use serde::Deserialize;
use shared::UtcMs;
use shared::problem::{Code, Problem};
use std::collections::BTreeSet;
use std::sync::Arc;
use url::Url;
use uuid::Uuid;

/// Clocks of Entra and ours may differ by this much.
const LEEWAY_SECS: i64 = 300;
/// Larger tokens are none; Entra's have two or three kilobytes.
const TOKEN_MAX_BYTES: usize = 16 * 1024;
/// The permission of our API that the pane asks for.
const SCOPE: &str = "access_as_user";
/// The app role of our API that administrators hold.
const ADMINISTER: &str = "Regarding.Administer";

/// A verified person. There is no other way to get one than [`Verifier::verify`].
#[derive(Clone)]
pub struct Caller {
    tenant: TenantId,
    user: UserId,
    name: String,
    expires: UtcMs,
    assertion: SecretString,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caller({} in {})", self.user, self.tenant)
    }
}

impl Caller {
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    /// The name to show; empty where the token has none. Not a key to anything.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the token ends, leeway included: the caller is nobody from then on.
    pub fn expires(&self) -> UtcMs {
        self.expires.plus_ms(LEEWAY_SECS * 1000)
    }

    /// The right to act on the caller's behalf. Its end has no leeway: Entra ID may exchange the token no longer.
    pub fn access(&self) -> Access {
        let by = By::User { assertion: self.assertion.clone(), expires: self.expires };
        Access { tenant: self.tenant, user: self.user, by }
    }
}

/// A verified administrator of one tenant. There is no other way to get one than
/// [`Verifier::verify_administrator`].
#[derive(Clone)]
pub struct Administrator {
    tenant: TenantId,
    object_id: Uuid,
    who: Administers,
}

/// Whose token an administrator brought.
#[derive(Clone, PartialEq, Eq)]
pub enum Administers {
    /// A person; the name is for showing, empty where the token has none.
    Person { user: UserId, name: String },
    /// A client itself.
    Program { client: Uuid },
}

impl std::fmt::Debug for Administers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person { user, .. } => write!(f, "person {user}"),
            Self::Program { client } => write!(f, "program {client}"),
        }
    }
}

impl std::fmt::Debug for Administrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Administrator({:?} in {})", self.who, self.tenant)
    }
}

impl Administrator {
    /// The tenant that is administered; no other can be.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub fn who(&self) -> &Administers {
        &self.who
    }

    /// Object id in the tenant, of the person or of the program's service principal.
    pub fn object_id(&self) -> Uuid {
        self.object_id
    }
}

/// Checks tokens against keys, tenants and clients.
#[derive(Debug)]
pub struct Verifier {
    keys: Keys,
    clock: Arc<dyn Clock>,
    authority: Url,
    audience: Uuid,
    tenants: BTreeSet<TenantId>,
    clients: BTreeSet<Uuid>,
    administrators: BTreeSet<Uuid>,
}

/// What is read of a token before its signature was checked: whose keys to take.
#[derive(Deserialize)]
struct Unverified {
    tid: Option<Uuid>,
}

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    tid: Uuid,
    oid: Uuid,
    exp: i64,
    nbf: i64,
    ver: String,
    azp: Option<Uuid>,
    scp: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    idtyp: Option<String>,
    name: Option<String>,
}

/// The issuer of a tenant's tokens.
pub(super) fn issuer(authority: &Url, tenant: TenantId) -> String {
    format!("{}/{tenant}/v2.0", origin_of(authority))
}

impl Verifier {
    pub fn new(config: &Config, door: Door, clock: Arc<dyn Clock>) -> Self {
        let tenants: BTreeSet<TenantId> = config.tenants.iter().map(|tenant| tenant.id).collect();
        let authority = config.entra.authority.clone();
        Self {
            keys: Keys::new(door, clock.clone(), authority.clone(), tenants.iter().copied()),
            clock,
            authority,
            audience: config.entra.client_id,
            tenants,
            clients: config.entra.clients.iter().copied().collect(),
            administrators: config.entra.administrators.iter().copied().collect(),
        }
    }

    /// The person behind an access token, or why there is none (`signed-out`, `tenant-not-enrolled`,
    /// `entra-down`).
    pub async fn verify(&self, token: &str) -> Result<Caller, Problem> {
        let (tenant, claims) = self.claims(token).await?;
        self.judge_person(&claims)?;
        Ok(Caller {
            tenant,
            user: UserId(claims.oid),
            name: claims.name.unwrap_or_default(),
            expires: UtcMs(claims.exp.saturating_mul(1000)),
            assertion: token.to_owned().into(),
        })
    }

    /// The administrator behind an access token, or why there is none (as of [`Self::verify`], or
    /// `not-administrator` for somebody who is known and may not).
    pub async fn verify_administrator(&self, token: &str) -> Result<Administrator, Problem> {
        let (tenant, claims) = self.claims(token).await?;
        let who = if claims.is_programs() {
            Administers::Program { client: self.judge_program(&claims)? }
        } else {
            self.judge_person(&claims)?;
            Administers::Person { user: UserId(claims.oid), name: claims.name.unwrap_or_default() }
        };
        if !claims.roles.iter().any(|role| role == ADMINISTER) {
            return Err(not_administrator("the token does not hold the app role Regarding.Administer"));
        }
        Ok(Administrator { tenant, object_id: claims.oid, who })
    }

    /// What an access token for our API says, signature, issuer, audience and times checked.
    async fn claims(&self, token: &str) -> Result<(TenantId, Claims), Problem> {
        let (kid, tenant) = self.read_unverified(token)?;
        let key = self.keys.find(tenant, &kid).await.map_err(|no_key| match no_key {
            NoKey::Unknown => refused("the token is signed by a key that Entra ID does not list"),
            NoKey::Unreachable => Problem::new(Code::EntraDown),
        })?;
        // Times, issuer and audience are checked below, by our clock and in our words.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let verified = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|error| {
            refused(match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => "the token's signature is wrong",
                _ => "the token lacks what an access token of version 2.0 says",
            })
        })?;
        self.judge(tenant, &verified.claims)?;
        Ok((tenant, verified.claims))
    }

    /// Which key of which tenant is said to have signed.
    fn read_unverified(&self, token: &str) -> Result<(String, TenantId), Problem> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(refused("the token is too long"));
        }
        let malformed = |_| refused("the token cannot be read");
        let header = jsonwebtoken::decode_header(token).map_err(malformed)?;
        if header.alg != Algorithm::RS256 {
            return Err(refused("the token is signed by an algorithm other than RS256"));
        }
        if header.crit.is_some() {
            return Err(refused("the token asks for an extension that is not known here"));
        }
        let kid = header.kid.ok_or_else(|| refused("the token names no key"))?;
        let claims = jsonwebtoken::dangerous::insecure_decode::<Unverified>(token).map_err(malformed)?.claims;
        let tenant = TenantId(claims.tid.ok_or_else(|| refused("the token names no tenant"))?);
        if !self.tenants.contains(&tenant) {
            return Err(Problem::new(Code::TenantNotEnrolled));
        }
        Ok((kid, tenant))
    }

    /// What every token must be, whoever it is about.
    fn judge(&self, tenant: TenantId, claims: &Claims) -> Result<(), Problem> {
        let now_secs = self.clock.now().0.div_euclid(1000);
        first_of([
            (claims.ver != "2.0", "the token is not of version 2.0"),
            (TenantId(claims.tid) != tenant, "the token names two tenants"),
            (claims.iss != issuer(&self.authority, tenant), "the token is from another issuer"),
            (
                Uuid::parse_str(&claims.aud).ok() != Some(self.audience),
                "the token is for another application",
            ),
            (claims.exp.saturating_add(LEEWAY_SECS) <= now_secs, "the token has expired"),
            (claims.nbf.saturating_sub(LEEWAY_SECS) > now_secs, "the token is not valid yet"),
            (claims.oid.is_nil(), "the token names nobody"),
        ])
    }

    fn judge_person(&self, claims: &Claims) -> Result<(), Problem> {
        let scopes = claims.scp.as_deref().unwrap_or_default();
        first_of([
            (claims.is_programs(), "the token is an application's, not a person's"),
            (
                claims.idtyp.is_none() && claims.scp.is_none() && !claims.roles.is_empty(),
                "the token does not say whether it is an application's: add the optional claim idtyp to the access tokens of the app registration",
            ),
            (
                !scopes.split(' ').any(|scope| scope == SCOPE),
                "the token does not carry the permission access_as_user",
            ),
            (
                !claims.azp.is_some_and(|client| self.clients.contains(&client)),
                "the token was issued to another client",
            ),
        ])
    }

    /// The client whose own token this is. A program that is not on the list is known, but may not.
    fn judge_program(&self, claims: &Claims) -> Result<Uuid, Problem> {
        first_of([(
            claims.scp.is_some(),
            "the token claims to be an application's and a person's at the same time",
        )])?;
        let client = claims.azp.ok_or_else(|| refused("the token names no client"))?;
        if !self.administrators.contains(&client) {
            return Err(not_administrator("the program is not listed in the service's configuration"));
        }
        Ok(client)
    }
}

impl Claims {
    fn is_programs(&self) -> bool {
        self.idtyp.as_deref() == Some("app")
    }
}

fn first_of<const N: usize>(faults: [(bool, &str); N]) -> Result<(), Problem> {
    match faults.into_iter().find(|(is_so, _)| *is_so) {
        Some((_, reason)) => Err(refused(reason)),
        None => Ok(()),
    }
}

fn not_administrator(reason: &str) -> Problem {
    Problem::new(Code::NotAdministrator).because("reason", reason)
}

fn refused(reason: &str) -> Problem {
    Problem::new(Code::SignedOut).because("reason", reason)
}
