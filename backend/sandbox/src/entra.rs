//! Entra ID: who is who, and tokens that prove it.
//!
//! The tenant has a handful of people without passwords and two app registrations. Everything a client or an
//! API can check is real: signatures, keys with rotation, audiences, lifetimes, redirect addresses, PKCE.
//! Nobody outside this module signs a token.

use crate::World;
use axum::Router;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The API that a token has to be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    Graph,
    Dataverse,
    /// The API of the program under trial.
    App,
}

/// Who a good token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A person, through a client with these delegated permissions.
    User { oid: String, client_id: String, scopes: Vec<String> },
    /// A client itself, with these application permissions.
    App { client_id: String, roles: Vec<String> },
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    #[error("Access token is empty.")]
    Missing,
    #[error("IDX14100: JWT is not well formed.")]
    Malformed,
    #[error("Access token validation failure. Invalid signing algorithm.")]
    Algorithm,
    #[error("Signing key is invalid.")]
    UnknownKey,
    #[error("Access token validation failure. Invalid signature.")]
    Signature,
    #[error("Access token validation failure. Invalid audience.")]
    Audience,
    #[error("Access token validation failure. Invalid issuer.")]
    Issuer,
    #[error("Lifetime validation failed, the token is expired.")]
    Expired,
    #[error("Lifetime validation failed, the token is not yet valid.")]
    NotYetValid,
    #[error("The token is not an access token.")]
    NotAccess,
}

/// Checks the bearer token of a request. Each service words its own refusal.
pub fn check_bearer(world: &World, headers: &HeaderMap, resource: Resource) -> Result<Caller, BearerError> {
    let _ = (world, headers, resource);
    Err(BearerError::Missing)
}

/// How long tokens live that a fault shortened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenLifetime {
    pub secs: i64,
}

/// People, registrations, keys and sessions.
#[derive(Debug, Serialize, Deserialize)]
pub struct Directory {}

impl Directory {
    pub fn seed(_origin: &str, _pane_origin: &str) -> Self {
        Self {}
    }

    pub fn forget_sessions(&mut self, _origin: &str, _pane_origin: &str) {}
}

/// A refusal in Entra's own shape.
#[derive(Debug, Clone)]
pub struct Refusal {
    status: StatusCode,
}

impl Refusal {
    pub(crate) fn from_fault(
        _error: &str,
        _code: u32,
        _description: &str,
        _suberror: &Option<String>,
        _claims: &Option<String>,
    ) -> Self {
        Self { status: StatusCode::BAD_REQUEST }
    }

    #[must_use]
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn into_answer(self, _world: &World, _asked: &HeaderMap) -> Response {
        self.status.into_response()
    }
}

/// The caller as the request's token claims it, for the journal only: nothing is verified.
pub(crate) fn caller_as_claimed(_headers: &HeaderMap) -> String {
    "-".to_owned()
}

pub fn router() -> Router<Arc<World>> {
    Router::new()
}
