//! How we prove to Entra that we are our app registration: with a client secret, or with an assertion signed
//! by a certificate's key.
//!
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>

use crate::config::Credential;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use shared::UtcMs;
use uuid::Uuid;

/// How long an assertion holds; Entra takes at most ten minutes.
const ASSERTION_SECS: i64 = 300;

/// What is sent along with every request for a token.
pub struct ClientProof(Kind);

enum Kind {
    Secret(SecretString),
    Certificate { thumbprint: String, key: Box<EncodingKey> },
}

impl std::fmt::Debug for ClientProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Kind::Secret(_) => "ClientProof(secret)",
            Kind::Certificate { .. } => "ClientProof(certificate)",
        })
    }
}

impl ClientProof {
    /// Reads the credential. The error says what is wrong with the files, and nothing of what stands in them.
    pub fn new(credential: &Credential) -> Result<Self, String> {
        Ok(Self(match credential {
            Credential::Secret(secret) => Kind::Secret(secret.clone()),
            Credential::Certificate { certificate_pem, key_pem } => {
                let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
                    .map_err(|_| "the certificate's file holds no PEM certificate. Export it as PEM.")?;
                let key = EncodingKey::from_rsa_pem(key_pem.expose_secret().as_bytes()).map_err(
                    |_| "the key's file holds no RSA private key as PEM. Entra takes RSA keys only.",
                )?;
                let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &der));
                Kind::Certificate { thumbprint, key: Box::new(key) }
            }
        }))
    }

    /// The form fields that prove who we are to this token endpoint.
    pub(super) fn fields(
        &self,
        client_id: Uuid,
        endpoint: &str,
        now: UtcMs,
    ) -> Result<Vec<(&'static str, SecretString)>, jsonwebtoken::errors::Error> {
        match &self.0 {
            Kind::Secret(secret) => Ok(vec![("client_secret", secret.clone())]),
            Kind::Certificate { thumbprint, key } => {
                let assertion = assertion(thumbprint, key, client_id, endpoint, now)?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                Ok(vec![("client_assertion_type", kind.into()), ("client_assertion", assertion.into())])
            }
        }
    }
}

fn assertion(
    thumbprint: &str,
    key: &EncodingKey,
    client_id: Uuid,
    endpoint: &str,
    now: UtcMs,
) -> Result<String, jsonwebtoken::errors::Error> {
    let mut header = Header::new(Algorithm::PS256);
    header.x5t_s256 = Some(thumbprint.to_owned());
    let now = now.0 / 1000;
    let claims = json!({
        "aud": endpoint,
        "iss": client_id,
        "sub": client_id,
        "jti": Uuid::new_v4(),
        "nbf": now,
        "iat": now,
        "exp": now + ASSERTION_SECS,
    });
    jsonwebtoken::encode(&header, &claims, key)
}
