//! The one door to the internet.
//!
//! Every outgoing request passes here: https to hosts on the allow-list only (loopback for the sandbox), no
//! redirects, a time limit, a cap on the answer's size. A `nextLink`, a `Location` or a batch URL is data: it
//! gets no token before its origin was checked.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use std::time::Duration;
use url::Url;

mod door;
#[cfg(feature = "sandbox")]
pub mod in_process;
pub mod over_reqwest;
mod retry_after;

pub use door::Door;
pub(crate) use door::is_loopback;
pub use retry_after::retry_after_ms;

/// An outgoing request, complete with its token.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Until the whole answer is here.
    pub time_limit: Duration,
}

/// Says where it goes, and neither what for nor with which token: queries hold names and addresses.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({} {})", self.method, self.url.origin().ascii_serialization())
    }
}

/// A whole answer, body included.
#[derive(Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Says how it went; the body holds mail.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

/// No answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request did not reach the other side: nothing can have happened there.
    #[error("not connected: {0}")]
    NotSent(String),
    /// It may have; the answer was lost.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The door refused to send it.
    #[error("refused by the outgoing allow-list: {0}")]
    Forbidden(String),
    /// The answer was larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// What no request may exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest answer, in bytes.
    pub answer_bytes: usize,
    /// Longest time until the whole answer is here, whatever the request says.
    pub time: Duration,
}

impl Default for Limits {
    /// 64 MiB, enough for the largest body that Exchange keeps; 60 seconds.
    fn default() -> Self {
        Self { answer_bytes: 64 * 1024 * 1024, time: Duration::from_mins(1) }
    }
}

/// Carries requests out; the real one is over reqwest, tests call the sandbox in process.
#[async_trait::async_trait]
pub trait Transport: Send + Sync + std::fmt::Debug {
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}
