//! The keys that sign tokens, and their rotation.
//!
//! Two keys are published at any time, of which one signs. Rotation brings a key nobody has seen yet, so
//! that verifiers have to ask again; the one before stays published for a while, since tokens signed with it
//! are about. RSA keys are slow to make: within one process every tenant draws from the same few.

use super::der;
use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// An RSA key with its certificate.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "KeyText", into = "KeyText")]
pub struct SigningKey {
    pair: KeyPair,
    certificate: Vec<u8>,
    kid: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// A key as it is saved: base64 of PKCS #8 and of the certificate.
#[derive(Serialize, Deserialize)]
struct KeyText {
    pkcs8: String,
    certificate: String,
}

impl From<SigningKey> for KeyText {
    fn from(key: SigningKey) -> Self {
        Self { pkcs8: STANDARD.encode(key.pkcs8()), certificate: STANDARD.encode(&key.certificate) }
    }
}

impl TryFrom<KeyText> for SigningKey {
    type Error = String;

    fn try_from(text: KeyText) -> Result<Self, String> {
        let bytes = |text: &str| STANDARD.decode(text).map_err(|reason| format!("a signing key: {reason}"));
        let pair =
            KeyPair::from_pkcs8(&bytes(&text.pkcs8)?).map_err(|reason| format!("a signing key: {reason}"))?;
        Ok(Self::with_certificate(pair, bytes(&text.certificate)?))
    }
}

impl SigningKey {
    /// A new key of 2,048 bits; takes a noticeable fraction of a second.
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("the machine has randomness");
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().expect("a generated key encodes");
        let pkcs8 = rustls::pki_types::PrivatePkcs8KeyDer::from(pkcs8.as_ref());
        let signer = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_RSA_SHA256)
            .expect("a generated key is valid");
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Regarding sandbox, token signing");
        let certificate = params.self_signed(&signer).expect("the parameters are valid");
        Self::with_certificate(pair, certificate.der().to_vec())
    }

    fn with_certificate(pair: KeyPair, certificate: Vec<u8>) -> Self {
        let kid = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate));
        Self { pair, certificate, kid }
    }

    fn pkcs8(&self) -> Vec<u8> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().expect("a key encodes");
        der.as_ref().to_vec()
    }

    /// Key id; the certificate's SHA-1 thumbprint, as Entra has it.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// RS256 over `message`.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
            .expect("a buffer of the modulus' length takes the signature");
        signature
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (n, e) = self.numbers();
        PublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }

    fn numbers(&self) -> (&[u8], &[u8]) {
        der::rsa_numbers(self.pair.public_key().as_ref()).expect("the library encodes RSA keys rightly")
    }

    /// The public key as PEM; the classic mistake is to let it verify HS256.
    pub(super) fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().expect("a key encodes");
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
            .collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// The key as the key set shows it.
    fn to_jwk(&self, issuer: &str) -> Value {
        let (n, e) = self.numbers();
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": URL_SAFE_NO_PAD.encode(n),
            "e": URL_SAFE_NO_PAD.encode(e),
            "x5c": [STANDARD.encode(&self.certificate)],
            "issuer": issuer,
        })
    }
}

/// The key with this number of those that the process has made; made now where it is missing.
pub(super) fn key_of_process(number: usize) -> SigningKey {
    static MADE: Mutex<BTreeMap<usize, SigningKey>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(number).or_insert_with(SigningKey::generate).clone()
}

/// The key that no tenant publishes, for forgeries; rotating never reaches its number.
pub(super) fn strangers_key() -> SigningKey {
    key_of_process(0)
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Published {
    key: SigningKey,
    /// From when on the key set lacks it; `None`: not decided.
    gone_at: Option<jiff::Timestamp>,
}

/// The tenant's keys; the first one signs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyRing {
    keys: Vec<Published>,
    rotations: usize,
}

impl KeyRing {
    pub(super) fn new() -> Self {
        let keys = [1, 2].map(|number| Published { key: key_of_process(number), gone_at: None });
        Self { keys: keys.to_vec(), rotations: 0 }
    }

    pub fn signing(&self) -> SigningKey {
        self.keys[0].key.clone()
    }

    /// The number, among the process's keys, of the one that comes next.
    pub(super) fn next_number(&self) -> usize {
        // Keys read from a state folder are not of this process, so this number is new to them too.
        3 + self.rotations
    }

    /// This key signs from now on; the one before is published for `grace_secs` more.
    pub(super) fn rotate_to(&mut self, key: SigningKey, now: jiff::Timestamp, grace_secs: i64) {
        self.rotations += 1;
        let grace = jiff::SignedDuration::from_secs(grace_secs);
        self.keys.truncate(1);
        self.keys[0].gone_at = Some(now.saturating_add(grace).unwrap_or(jiff::Timestamp::MAX));
        self.keys.insert(0, Published { key, gone_at: None });
    }

    fn published(&self, now: jiff::Timestamp) -> impl Iterator<Item = &SigningKey> {
        self.keys
            .iter()
            .filter(move |published| published.gone_at.is_none_or(|gone| now < gone))
            .map(|published| &published.key)
    }

    pub(super) fn find(&self, kid: &str, now: jiff::Timestamp) -> Option<SigningKey> {
        self.published(now).find(|key| key.kid == kid).cloned()
    }

    pub(super) fn publishes(&self, kid: &str, now: jiff::Timestamp) -> bool {
        self.published(now).any(|key| key.kid == kid)
    }

    /// The key set (RFC 7517) with Entra's `issuer` on each key.
    pub(super) fn to_jwks(&self, issuer: &str, now: jiff::Timestamp) -> Value {
        let keys: Vec<Value> = self.published(now).map(|key| key.to_jwk(issuer)).collect();
        json!({ "keys": keys })
    }
}
