//! The other side as a script, for tests: answers in the order in which they were written down.

use crate::caller::{Access, By, TenantId, UserId};
use crate::clock::Clock;
use crate::entra::{Resource, Tokens};
use crate::net::{Door, Limits, Request, Response, Transport, TransportError};
use crate::outcome::Outcome;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use shared::UtcMs;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use url::Url;
use uuid::Uuid;

/// The origin that the door lets through.
pub(crate) const ORIGIN: &str = "https://other-side.example";

type Answer = Result<Response, TransportError>;

#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Request>>,
    /// Tokens that were handed out and not forgotten since.
    token: AtomicU32,
    now: AtomicI64,
}

impl Script {
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let script = Self::default();
        script.answers.lock().unwrap().extend(answers);
        Arc::new(script)
    }

    pub fn door(self: &Arc<Self>) -> Arc<Door> {
        Arc::new(Door::new(self.clone(), vec![origin()], Limits::default()))
    }

    /// Requests so far.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// The token of each request so far.
    pub fn tokens(&self) -> Vec<String> {
        self.asked().iter().map(|r| r.headers["authorization"].to_str().unwrap().to_owned()).collect()
    }

    pub fn body(&self, request: usize) -> String {
        String::from_utf8(self.asked()[request].body.to_vec()).unwrap()
    }

    pub fn then(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
    }

    pub fn advance(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }
}

pub(crate) fn origin() -> Url {
    Url::parse(ORIGIN).unwrap()
}

pub(crate) fn ada() -> Access {
    Access {
        tenant: TenantId(Uuid::from_u128(1)),
        user: UserId(Uuid::from_u128(2)),
        by: By::User { assertion: SecretString::from("assertion"), expires: UtcMs(i64::MAX) },
    }
}

pub(crate) fn engine() -> Access {
    Access { by: By::Engine, ..ada() }
}

#[expect(clippy::unnecessary_wraps, reason = "a line of a script is an answer or a broken connection")]
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()))
        .collect();
    Ok(Response { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_owned().into() })
}

pub(crate) fn json(status: u16, body: Value) -> Answer {
    answer(status, &[("content-type", "application/json")], &body.to_string())
}

#[async_trait::async_trait]
impl Transport for Script {
    async fn send(&self, request: Request) -> Answer {
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        answer.unwrap_or_else(|| panic!("the script has no answer to request {}", self.asked().len()))
    }
}

#[async_trait::async_trait]
impl Tokens for Script {
    async fn token(&self, _: &Access, resource: Resource) -> Outcome<SecretString> {
        Ok(SecretString::from(format!("{resource:?}-{}", self.token.load(Ordering::SeqCst))))
    }

    fn forget(&self, _: &Access, _: Resource) {
        self.token.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Clock for Script {
    fn now(&self) -> UtcMs {
        UtcMs(self.now.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, _: UtcMs) {
        unreachable!("connectors never wait");
    }
}
