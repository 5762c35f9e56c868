//! Tokens made to order, the bad ones above all, for trying how an API treats its callers.
//!
//! Only tests and the control plane mint; no grant of the token endpoint ever comes here.

use super::keys::{SigningKey, strangers_key};
use super::registration::GRAPH_AUDIENCE;
use super::roles::ADMINISTER;
use super::token::{self, Proof};
use crate::World;
use crate::company::{ADA, APP_CLIENT_ID, PEOPLE, PUBLIC_CLIENT_ID, Person};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Flaw {
    /// Expired an hour ago.
    Expired,
    /// Valid from an hour hence.
    NotYetValid,
    /// Meant for Graph (or, where Graph is the audience, for the app).
    WrongAudience,
    /// The issuer of another tenant, whose id `tid` names too.
    WrongTenant,
    /// The issuer of another tenant, with the right `tid`.
    WrongIssuer,
    /// Delegated, but for another permission.
    WrongScope,
    /// Issued to another client.
    WrongClient,
    /// Algorithm `none`, no signature.
    AlgorithmNone,
    /// HS256, with the public key's PEM as the shared secret.
    PublicKeyAsSecret,
    /// Signed by a key that is in no key set.
    UnknownKey,
    /// Signed by that same key, under the `kid` of the tenant's.
    ForgedSignature,
    /// A claim was changed after signing.
    Tampered,
    /// An id token.
    IdToken,
    /// An application's token, without a person and without an app role.
    AppOnly,
    /// Without the app roles that its holder has.
    WithoutRoles,
    /// An application's token that carries the permission of a person's, too.
    AppWithScope,
}

impl Flaw {
    pub const ALL: [Self; 16] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongAudience,
        Self::WrongTenant,
        Self::WrongIssuer,
        Self::WrongScope,
        Self::WrongClient,
        Self::AlgorithmNone,
        Self::PublicKeyAsSecret,
        Self::UnknownKey,
        Self::ForgedSignature,
        Self::Tampered,
        Self::IdToken,
        Self::AppOnly,
        Self::WithoutRoles,
        Self::AppWithScope,
    ];
}

/// Whose token it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Holder {
    /// A person's, through a client.
    #[default]
    Person,
    /// The client's own.
    Program,
}

/// An order for a token. The default is a good one: Ada's, for the app's API, from the app's own client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mint {
    pub holder: Holder,
    /// Object id or user principal name; empty: Ada.
    pub person: String,
    /// Empty: the app's.
    pub client_id: String,
    /// `aud`; empty: the app's client id.
    pub audience: String,
    /// `scp`; empty: `access_as_user`.
    pub scope: String,
    pub flaw: Option<Flaw>,
    /// Claims to set; `null` takes one away.
    pub claims: Map<String, Value>,
}

/// Somebody of the company, by object id or user principal name.
pub(super) fn find_person(name: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.oid == name || person.upn.eq_ignore_ascii_case(name))
}

impl Mint {
    /// A good token of this person for the app's API.
    pub fn good(person: &Person) -> Self {
        Self { person: person.oid.to_owned(), ..Self::default() }
    }

    /// A good token of this client itself for the app's API, with the app roles that it holds.
    pub fn program(client_id: &str) -> Self {
        Self { holder: Holder::Program, client_id: client_id.to_owned(), ..Self::default() }
    }

    /// A person's token for the app's API with one flaw.
    pub fn flawed(person: &Person, flaw: Flaw) -> Self {
        Self { flaw: Some(flaw), ..Self::good(person) }
    }

    /// A delegated token of this person for Graph.
    pub fn graph(person: &Person, scope: &str) -> Self {
        Self { audience: GRAPH_AUDIENCE.to_owned(), scope: scope.to_owned(), ..Self::good(person) }
    }

    /// A delegated token of this person for the CRM organization.
    pub fn dataverse(world: &World, person: &Person) -> Self {
        let (audience, scope) = (world.options.origin.clone(), "user_impersonation".to_owned());
        Self { audience, scope, ..Self::good(person) }
    }

    /// Makes the token. An unknown person is an error that lists who there is.
    pub fn token(&self, world: &World) -> Result<String, String> {
        let or = |text: &str, otherwise: &str| {
            if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
        };
        let name = or(&self.person, ADA.oid);
        let person = find_person(&name).ok_or_else(|| {
            let people: Vec<&str> = PEOPLE.iter().map(|person| person.upn).collect();
            format!("nobody here is called {name}; there are {}", people.join(", "))
        })?;
        let client_id = or(&self.client_id, APP_CLIENT_ID);
        let audience = or(&self.audience, APP_CLIENT_ID);
        let scopes: Vec<String> =
            or(&self.scope, "access_as_user").split_whitespace().map(str::to_owned).collect();
        let lifetime = token::lifetime_secs(world);
        let mut claims = match (self.flaw, self.holder) {
            (Some(Flaw::IdToken), _) => token::id_claims(world, &audience, person, None, lifetime),
            (Some(Flaw::AppOnly | Flaw::AppWithScope), _) | (_, Holder::Program) => {
                let directory = world.entra();
                let registration = directory
                    .registration(&client_id)
                    .ok_or_else(|| format!("no app is registered as {client_id}"))?
                    .clone();
                let roles = directory.roles_of(&registration.principal_oid);
                drop(directory);
                token::app_claims(world, &audience, &registration, Proof::Secret, &roles, lifetime)
            }
            (_, Holder::Person) => {
                let client = (client_id.as_str(), Proof::None);
                token::delegated_claims(world, &audience, client, person, &scopes, lifetime)
            }
        };
        self.spoil(world, &mut claims);
        for (name, value) in &self.claims {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        Ok(self.signed(&world.entra().keys.signing(), &claims))
    }

    /// Puts wrong claims in.
    fn spoil(&self, world: &World, claims: &mut Map<String, Value>) {
        const OTHER_TENANT: &str = "0badc0de-0000-4000-8000-000000000000";
        const HOUR: i64 = 3600;
        let now = world.now().as_second();
        let other_issuer = format!("{}/{OTHER_TENANT}/v2.0", world.options.origin);
        if matches!(self.flaw, Some(Flaw::AppOnly | Flaw::WithoutRoles)) {
            claims.remove("roles");
        }
        let wrong: &[(&str, Value)] = match self.flaw {
            Some(Flaw::Expired) => &[
                ("iat", (now - 2 * HOUR).into()),
                ("nbf", (now - 2 * HOUR).into()),
                ("exp", (now - HOUR).into()),
            ],
            Some(Flaw::NotYetValid) => &[("nbf", (now + HOUR).into()), ("exp", (now + 2 * HOUR).into())],
            Some(Flaw::WrongAudience) if self.audience == GRAPH_AUDIENCE => &[("aud", APP_CLIENT_ID.into())],
            Some(Flaw::WrongAudience) => &[("aud", GRAPH_AUDIENCE.into())],
            Some(Flaw::WrongTenant) => &[("tid", OTHER_TENANT.into()), ("iss", other_issuer.into())],
            Some(Flaw::WrongIssuer) => &[("iss", other_issuer.into())],
            Some(Flaw::WrongScope) => &[("scp", "User.Read".into())],
            Some(Flaw::AppWithScope) => &[("scp", "access_as_user".into()), ("roles", json!([ADMINISTER]))],
            Some(Flaw::WrongClient) => &[("azp", PUBLIC_CLIENT_ID.into())],
            _ => &[],
        };
        for (name, value) in wrong {
            claims.insert((*name).to_owned(), value.clone());
        }
    }

    /// Signs, rightly or wrongly.
    fn signed(&self, key: &SigningKey, claims: &Map<String, Value>) -> String {
        match self.flaw {
            Some(Flaw::AlgorithmNone) => {
                token::signing_input(&json!({"typ": "JWT", "alg": "none"}), claims) + "."
            }
            Some(Flaw::PublicKeyAsSecret) => {
                let header = json!({"typ": "JWT", "alg": "HS256", "kid": key.kid()});
                let input = token::signing_input(&header, claims);
                let secret = hmac::Key::new(hmac::HMAC_SHA256, key.public_pem().as_bytes());
                let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&secret, input.as_bytes()));
                format!("{input}.{tag}")
            }
            Some(Flaw::UnknownKey) => token::sign(&strangers_key(), claims),
            Some(Flaw::ForgedSignature) => {
                let header = json!({"typ": "JWT", "alg": "RS256", "kid": key.kid()});
                let input = token::signing_input(&header, claims);
                let signature = URL_SAFE_NO_PAD.encode(strangers_key().sign(input.as_bytes()));
                format!("{input}.{signature}")
            }
            Some(Flaw::Tampered) => {
                let good = token::sign(key, claims);
                let signature = good.rsplit('.').next().unwrap_or_default();
                let mut changed = claims.clone();
                changed.insert("exp".to_owned(), json!(claims["exp"].as_i64().unwrap_or_default() + 1));
                let header = good.split('.').next().unwrap_or_default();
                let payload = URL_SAFE_NO_PAD.encode(Value::Object(changed).to_string());
                format!("{header}.{payload}.{signature}")
            }
            _ => token::sign(key, claims),
        }
    }
}
