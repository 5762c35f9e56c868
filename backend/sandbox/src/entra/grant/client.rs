//! Which client asks: by secret, by an assertion signed with a registered certificate, or by name alone
//! where it is a public one.

use super::{Client, Form, basic_credentials};
use crate::World;
use crate::entra::registration::Registration;
use crate::entra::token::{self, Proof};
use crate::entra::{Refusal, Tenant};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use http::HeaderMap;
use serde::Deserialize;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LEEWAY_SECS: i64 = 300;

/// The refusal where a secret or an assertion is needed and none came.
pub(super) fn no_proof() -> Refusal {
    let text =
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    Refusal::new("invalid_client", 7_000_218, text)
}

/// Finds the client and checks whatever proof it sent.
pub(super) fn authenticate(world: &World, form: &Form, headers: &HeaderMap) -> Result<Client, Refusal> {
    let basic = basic_credentials(headers);
    let client_id = match (&basic, form.get("client_id")) {
        (Some((name, _)), _) => name.as_str(),
        (None, Some(name)) => name,
        (None, None) => return Err(Refusal::missing("client_id")),
    };
    let registration =
        world.entra().registration(client_id).cloned().ok_or_else(|| Refusal::unknown_client(client_id))?;
    let secret = basic.as_ref().map(|(_, secret)| secret.as_str()).or(form.get("client_secret"));
    let proof = match (secret, form.get("client_assertion")) {
        (Some(secret), _) if secret == registration.secret => Proof::Secret,
        (Some(_), _) => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'."
            );
            return Err(Refusal::new("invalid_client", 7_000_215, text));
        }
        (None, Some(assertion)) => {
            if form.need("client_assertion_type")? != ASSERTION_TYPE {
                let text = format!("The client_assertion_type must be '{ASSERTION_TYPE}'.");
                return Err(Refusal::new("invalid_request", 9_002_313, text));
            }
            check_assertion(world, &registration, assertion)?;
            Proof::Certificate
        }
        (None, None) => Proof::None,
    };
    Ok(Client { registration, proof })
}

/// What a client says of itself.
#[derive(Deserialize)]
struct ClientClaims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
}

fn check_assertion(world: &World, registration: &Registration, assertion: &str) -> Result<(), Refusal> {
    let refused = |number, text: String| Refusal::new("invalid_client", number, text);
    let malformed = || refused(50_027, "JWT token is invalid or malformed.".to_owned());
    let parsed = token::parse(assertion).ok_or_else(malformed)?;
    let thumbprint = |name: &str| parsed.header[name].as_str();
    let certificate = registration.certificate(thumbprint("x5t#S256"), thumbprint("x5t")).ok_or_else(|| {
        let text = format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '{}']",
            thumbprint("x5t#S256").or(thumbprint("x5t")).unwrap_or_default()
        );
        refused(700_027, text)
    })?;
    let algorithm: &RsaParameters = match parsed.header["alg"].as_str() {
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        _ => {
            return Err(refused(
                5_002_730,
                "Invalid JWT token. Unsupported signing algorithm; PS256 and RS256 are taken.".to_owned(),
            ));
        }
    };
    UnparsedPublicKey::new(algorithm, certificate.public_key())
        .verify(parsed.signed.as_bytes(), &parsed.signature)
        .map_err(|_| {
            let text = "Client assertion contains an invalid signature. [Reason - The key was found, but use of the key to verify the signature failed.]";
            refused(700_027, text.to_owned())
        })?;
    let claims: ClientClaims =
        serde_json::from_value(serde_json::Value::Object(parsed.claims)).map_err(|_| malformed())?;
    if claims.iss != registration.client_id || claims.sub != registration.client_id {
        let text = format!(
            "Client assertion: issuer and subject must be the client id '{}'.",
            registration.client_id
        );
        return Err(refused(700_021, text));
    }
    if !is_own_audience(world, &claims.aud) {
        let text = format!("Client assertion audience claim does not match Realm issuer: '{}'.", claims.aud);
        return Err(refused(700_023, text));
    }
    let now = world.now().as_second();
    if claims.exp + LEEWAY_SECS <= now || claims.nbf - LEEWAY_SECS > now {
        return Err(refused(700_024, "Client assertion is not within its valid time range.".to_owned()));
    }
    Ok(())
}

/// The token endpoint or the issuer, by any name of the tenant.
fn is_own_audience(world: &World, audience: &str) -> bool {
    let rest = audience.strip_prefix(&world.options.origin).and_then(|path| path.strip_prefix('/'));
    rest.and_then(|path| path.split_once('/')).is_some_and(|(tenant, endpoint)| {
        Tenant::parse(tenant).is_ok() && matches!(endpoint, "oauth2/v2.0/token" | "v2.0" | "v2.0/")
    })
}
