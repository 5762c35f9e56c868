//! One line to one service of the other side: with a token, as often as the service allows, and with its
//! answers told apart as [`crate::outcome`] demands.
//!
//! Both connectors speak through a line, so that a refused token, a `Retry-After` and a lost answer mean the
//! same everywhere. A line must never look into a body: what an answer says is its connector's business.

use crate::caller::{Access, By};
use crate::clock::Clock;
use crate::entra::{Resource, Tokens};
use crate::net::{Door, Request, Response, TransportError, retry_after_ms};
use crate::outcome::{Failure, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::ExposeSecret;
use shared::problem::{Code, Problem};
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

mod lanes;
mod pauses;
#[cfg(test)]
pub(crate) mod script;

pub use lanes::{Hurry, Lanes, Place};
pub use pauses::Pauses;

/// How a service's troubles are called.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    pub resource: Resource,
    pub down: Code,
    pub throttled: Code,
    pub refused: Code,
}

pub const EXCHANGE: Service = Service {
    resource: Resource::Graph,
    down: Code::ExchangeDown,
    throttled: Code::ExchangeThrottled,
    refused: Code::ExchangeRefused,
};
pub const CRM: Service = Service {
    resource: Resource::Dataverse,
    down: Code::CrmDown,
    throttled: Code::CrmThrottled,
    refused: Code::CrmRefused,
};

/// Whether a request can change something: its lost answer then leaves us in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Read,
    Write,
}

/// The line. `K` is what the service counts its limits by, e.g. a mailbox.
pub struct Line<K> {
    service: Service,
    door: Arc<Door>,
    tokens: Arc<dyn Tokens>,
    clock: Arc<dyn Clock>,
    pauses: Pauses<K>,
}

impl<K> fmt::Debug for Line<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({:?})", self.service.resource)
    }
}

impl<K: Hash + Eq + Clone> Line<K> {
    pub fn new(service: Service, door: Arc<Door>, tokens: Arc<dyn Tokens>, clock: Arc<dyn Clock>) -> Self {
        Self { service, door, tokens, clock, pauses: Pauses::default() }
    }

    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Sends a request with a token; once more with a fresh one if that was refused with 401.
    ///
    /// While the service has asked `key` to wait, nothing is sent. What comes back as an answer is neither
    /// 401 nor 429 nor 503.
    pub async fn send(
        &self,
        access: &Access,
        key: &K,
        request: Request,
        effect: Effect,
    ) -> Outcome<Response> {
        if let Some(pause) = self.pauses.pause_of(key, self.clock.now()) {
            let problem = Problem::new(pause.code).retry_after_ms(Some(pause.left_ms));
            return Err(Failure::NotDone(problem));
        }
        let mut response = self.send_once(access, request.clone(), effect).await?;
        if response.status == StatusCode::UNAUTHORIZED {
            self.forget(access);
            if let Some(claims) = claims_challenge(&response.headers) {
                return Err(Failure::Refused(
                    Problem::new(Code::InteractionRequired).because("claims", claims),
                ));
            }
            response = self.send_once(access, request, effect).await?;
            if response.status == StatusCode::UNAUTHORIZED {
                self.forget(access);
                return Err(self.token_refused(access, &response.headers));
            }
        }
        match self.heed(key, response.status, &response.headers) {
            Some(failure) => Err(failure),
            None => Ok(response),
        }
    }

    async fn send_once(&self, access: &Access, mut request: Request, effect: Effect) -> Outcome<Response> {
        let token = self.tokens.token(access, self.service.resource).await?;
        let bearer = format!("Bearer {}", token.expose_secret());
        let mut value = HeaderValue::try_from(bearer).map_err(|_| {
            Failure::NotDone(Problem::new(Code::EntraDown).because("reason", "the token is no header value"))
        })?;
        value.set_sensitive(true);
        request.headers.insert(header::AUTHORIZATION, value);
        self.door.send(request).await.map_err(|error| self.lost(&error, effect))
    }

    /// Drops the token that was refused.
    pub fn forget(&self, access: &Access) {
        self.tokens.forget(access, self.service.resource);
    }

    /// The failure that says so when the service refused even a fresh token.
    pub fn token_refused(&self, access: &Access, headers: &HeaderMap) -> Failure {
        let problem = match (claims_challenge(headers), &access.by) {
            (Some(claims), _) => Problem::new(Code::InteractionRequired).because("claims", claims),
            (None, By::User { .. }) => Problem::new(Code::SignedOut)
                .because("reason", format!("{:?} does not accept the token", self.service.resource)),
            (None, By::Engine | By::Service) => Problem::new(Code::ConsentRequired)
                .because("reason", format!("{:?} does not accept the engine's token", self.service.resource)),
        };
        Failure::Refused(problem)
    }

    /// What an answer of 429 or 503 means, also one to a part of a batch; the wish to be left alone is
    /// remembered. `None` for any other answer.
    pub fn heed(&self, key: &K, status: StatusCode, headers: &HeaderMap) -> Option<Failure> {
        let code = match status {
            StatusCode::TOO_MANY_REQUESTS => self.service.throttled,
            StatusCode::SERVICE_UNAVAILABLE => self.service.down,
            _ => return None,
        };
        let now = self.clock.now();
        let wait_ms = retry_after_ms(headers, now);
        if let Some(wait_ms) = wait_ms {
            self.pauses.pause(key.clone(), now, wait_ms, code);
        }
        Some(Failure::NotDone(Problem::new(code).retry_after_ms(wait_ms)))
    }

    /// The service answered what says nothing about the effect: a server error, or nonsense.
    pub fn astray(&self, effect: Effect, reason: impl fmt::Display) -> Failure {
        let problem = Problem::new(self.service.down).because("reason", reason);
        match effect {
            Effect::Read => Failure::NotDone(problem),
            Effect::Write => Failure::Unknown(problem),
        }
    }

    /// The service answered no, and `reason` is why.
    pub fn refused(&self, reason: impl fmt::Display) -> Failure {
        Failure::Refused(Problem::new(self.service.refused).because("reason", reason))
    }

    fn lost(&self, error: &TransportError, effect: Effect) -> Failure {
        match error {
            TransportError::NotSent(_) => {
                Failure::NotDone(Problem::new(self.service.down).because("reason", error))
            }
            TransportError::NoAnswer(_) => self.astray(effect, error),
            // The service was never reached, and will not be before somebody mends the configuration.
            TransportError::Forbidden(_) => self.refused(error),
            TransportError::TooLarge(_) => match effect {
                Effect::Read => self.refused(error),
                Effect::Write => self.astray(effect, error),
            },
        }
    }
}

/// The claims challenge of a 401 (continuous access evaluation), as the JSON text that MSAL takes.
fn claims_challenge(headers: &HeaderMap) -> Option<String> {
    let challenge = headers.get(header::WWW_AUTHENTICATE)?.to_str().ok()?;
    let (_, rest) = challenge.split_once("claims=\"")?;
    let (claims, _) = rest.split_once('"')?;
    let decoded = URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .or_else(|_| STANDARD.decode(claims))
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.filter(|text| text.starts_with('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(text: &str) -> Option<String> {
        let value = HeaderValue::from_str(text).unwrap();
        claims_challenge(&HeaderMap::from_iter([(header::WWW_AUTHENTICATE, value)]))
    }

    #[test]
    fn a_claims_challenge_is_handed_on_as_json() {
        let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1795161600"}}}"#;
        let encoded = STANDARD.encode(claims);
        let header =
            format!(r#"Bearer realm="", error="insufficient_claims", claims="{encoded}", client_id="x""#);
        assert_eq!(challenge(&header).as_deref(), Some(claims));
    }

    #[test]
    fn a_challenge_without_claims_or_with_nonsense_is_none() {
        for text in ["Bearer", "Bearer realm=\"\"", "Bearer claims=\"%%%\"", "Bearer claims=\"aGFsbG8=\""] {
            assert_eq!(challenge(text), None, "{text}");
        }
    }
}
