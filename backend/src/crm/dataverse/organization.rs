//! The line to one organization: its address, its headers, its batches, and the little that is known of it.

use super::definitions::Definitions;
use super::multipart::{self, Operation, Part};
use super::refusal;
use crate::body::unquoted;
use crate::caller::{Access, By, TenantId, UserId};
use crate::clock::Clock;
use crate::entra::Tokens;
use crate::line::{CRM, Effect, Line};
use crate::net::{Door, Request, Response};
use crate::outcome::{Failure, Outcome};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;
use uuid::Uuid;

const ROOT: &str = "/api/data/v9.2/";
const READ_LIMIT: Duration = Duration::from_secs(20);
/// Plug-ins run inside a write; Dataverse itself gives up after two minutes.
const WRITE_LIMIT: Duration = Duration::from_secs(45);
/// More users' ids are not remembered.
const MOST_USERS: usize = 4_096;

/// Names beside ids, and the tables that lookups point to.
const ANNOTATIONS: &str = r#"odata.include-annotations="OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname""#;

type User = (TenantId, UserId);
/// Whom the limits are counted for: each user, and the engine as one, whomever it acts for.
type Limited = (TenantId, Option<UserId>);

#[derive(Debug)]
pub(super) struct Organization {
    line: Line<Limited>,
    /// Scheme, host and port; no path.
    url: Url,
    pub definitions: Definitions,
    pub clock: Arc<dyn Clock>,
    users: Mutex<HashMap<User, Uuid>>,
}

impl Organization {
    pub fn new(door: Arc<Door>, tokens: Arc<dyn Tokens>, mut url: Url, clock: Arc<dyn Clock>) -> Self {
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        let line = Line::new(CRM, door, tokens, clock.clone());
        Self { line, url, definitions: Definitions::default(), clock, users: Mutex::default() }
    }

    /// An address of the organization; the path is encoded already.
    pub fn address(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url
    }

    /// The address below the API's root that a link leads to. A link is data: one that leads elsewhere is not
    /// followed.
    pub fn below_root(&self, link: &str) -> Outcome<String> {
        let elsewhere = || self.astray(Effect::Read, "a link to the next page leads elsewhere");
        let url = self.url.join(link).map_err(|_| elsewhere())?;
        if url.origin() != self.url.origin() {
            return Err(elsewhere());
        }
        let path = url.path().strip_prefix(ROOT).ok_or_else(elsewhere)?;
        Ok(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
    }

    /// What people call the organization by: its host.
    pub fn name(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The caller's `systemuserid`, if a look has told it before.
    pub fn user_of(&self, access: &Access) -> Option<Uuid> {
        let users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.get(&(access.tenant, access.user)).copied()
    }

    pub fn remember_user(&self, access: &Access, user: Uuid) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.len() >= MOST_USERS {
            users.clear();
        }
        users.insert((access.tenant, access.user), user);
    }

    /// Reads all of it in one round trip; as many answers as questions, in their order. No answer is 401,
    /// 429, 503 or "not a member".
    pub async fn read(&self, access: &Access, mut questions: Vec<Operation>) -> Outcome<Vec<Part>> {
        for question in &mut questions {
            question.headers.extend(part_headers(access));
            question.headers.push(("If-None-Match", "null".to_owned()));
            question.headers.push(("Prefer", ANNOTATIONS.to_owned()));
        }
        let body = multipart::write_reads(ROOT, &questions);
        let response = self.send_batch(access, body, Effect::Read).await?;
        let parts = parts(&response).ok_or_else(|| self.refused_or_astray(&response, Effect::Read))?;
        let answers = multipart::in_order(parts, questions.len());
        let answers: Option<Vec<Part>> = answers.into_iter().collect();
        let answers =
            answers.ok_or_else(|| self.line.astray(Effect::Read, "a part of the answer is missing"))?;
        match answers.iter().find(|part| refusal::is_not_licensed(part)) {
            Some(part) => Err(self.failure(Effect::Read, part)),
            None => Ok(answers),
        }
    }

    /// Does all of it or nothing, in one round trip. `Ok(Err(…))`: refused, with the answer of the part that
    /// was.
    pub async fn change(&self, access: &Access, mut writes: Vec<Operation>) -> Outcome<Result<(), Part>> {
        for write in &mut writes {
            write.headers.extend(part_headers(access));
        }
        let body = multipart::write_changeset(ROOT, &writes);
        let response = self.send_batch(access, body, Effect::Write).await?;
        let Some(parts) = parts(&response) else {
            let refused = single(&response);
            return if refused.status.is_success() {
                Err(self.line.astray(Effect::Write, "the answer to a changeset cannot be read"))
            } else {
                Ok(Err(refused))
            };
        };
        if let Some(refused) = parts.iter().find(|part| !part.status.is_success()) {
            return Ok(Err(refused.clone()));
        }
        if parts.len() < writes.len() || !response.status.is_success() {
            return Err(self.line.astray(Effect::Write, "a part of the answer is missing"));
        }
        Ok(Ok(()))
    }

    /// Sends one write. `Ok(Err(…))`: refused.
    pub async fn write(&self, access: &Access, write: Operation) -> Outcome<Result<(), Part>> {
        let mut headers = HeaderMap::new();
        for (name, value) in part_headers(access).into_iter().chain(write.headers) {
            insert(&mut headers, name, &value);
        }
        let body = match write.body {
            None => Bytes::new(),
            Some(body) => {
                insert(&mut headers, "Content-Type", "application/json; charset=utf-8");
                Bytes::from(body.to_string())
            }
        };
        insert(&mut headers, "Prefer", ANNOTATIONS);
        let url = self.address(&format!("{ROOT}{}", write.address));
        let request = Request { method: write.method, url, headers, body, time_limit: WRITE_LIMIT };
        let key = limited(access);
        let response = self.line.send(access, &key, request, Effect::Write).await?;
        Ok(if response.status.is_success() { Ok(()) } else { Err(single(&response)) })
    }

    /// What a refusal means that no operation has its own word for.
    pub fn failure(&self, effect: Effect, part: &Part) -> Failure {
        match (refusal::failure(part, self.name()), effect) {
            // A question holds message ids and addresses; whoever asked it cannot tell what the words repeat.
            (Some(problem), Effect::Read) => Failure::Refused(unquoted(problem, &[])),
            (Some(problem), Effect::Write) => Failure::Refused(problem),
            (None, _) => self.line.astray(effect, format!("HTTP {}", part.status.as_u16())),
        }
    }

    /// The answer says nothing about what was asked.
    pub fn astray(&self, effect: Effect, reason: &str) -> Failure {
        self.line.astray(effect, reason)
    }

    /// Sends a batch; once more with a fresh token when a part refuses the token. A changeset whose part was
    /// refused so has changed nothing.
    ///
    /// The service is asked to go on after an error, also where there is one changeset only, which stays all or
    /// nothing: the answer then is the part's own, with its `Retry-After`, instead of a bare status of the whole.
    async fn send_batch(&self, access: &Access, body: String, effect: Effect) -> Outcome<Response> {
        let mut headers = HeaderMap::new();
        for (name, value) in part_headers(access) {
            insert(&mut headers, name, &value);
        }
        insert(&mut headers, "Content-Type", &multipart::content_type());
        insert(&mut headers, "Prefer", &format!("odata.continue-on-error, {ANNOTATIONS}"));
        let request = Request {
            method: Method::POST,
            url: self.address(&format!("{ROOT}$batch")),
            headers,
            body: Bytes::from(body),
            time_limit: if effect == Effect::Read { READ_LIMIT } else { WRITE_LIMIT },
        };
        let key = limited(access);
        let mut response = self.line.send(access, &key, request.clone(), effect).await?;
        if unauthorized(&response).is_some() {
            self.line.forget(access);
            response = self.line.send(access, &key, request, effect).await?;
            if let Some(part) = unauthorized(&response) {
                return Err(self.line.token_refused(access, &part.headers));
            }
        }
        let throttled = parts(&response)
            .into_iter()
            .flatten()
            .find_map(|part| self.line.heed(&key, part.status, &part.headers));
        throttled.map_or(Ok(response), Err)
    }

    fn refused_or_astray(&self, response: &Response, effect: Effect) -> Failure {
        if response.status.is_success() {
            return self.line.astray(effect, "the answer to a batch cannot be read");
        }
        self.failure(effect, &single(response))
    }
}

fn limited(access: &Access) -> Limited {
    let user = match access.by {
        By::User { .. } => Some(access.user),
        By::Engine | By::Service => None,
    };
    (access.tenant, user)
}

/// Headers of every request and every part of a batch: a part is a request of its own.
fn part_headers(access: &Access) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("Accept", "application/json".to_owned()),
        ("OData-MaxVersion", "4.0".to_owned()),
        ("OData-Version", "4.0".to_owned()),
    ];
    if matches!(access.by, By::Engine) {
        headers.push(("CallerObjectId", access.user.to_string()));
    }
    headers
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.insert(name, value);
    }
}

fn parts(response: &Response) -> Option<Vec<Part>> {
    let kind = response.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    multipart::read(kind, &response.body)
}

fn unauthorized(response: &Response) -> Option<Part> {
    parts(response)?.into_iter().find(|part| part.status == StatusCode::UNAUTHORIZED)
}

/// An answer that is not in parts.
fn single(response: &Response) -> Part {
    Part {
        content_id: None,
        status: response.status,
        headers: response.headers.clone(),
        body: serde_json::from_slice(&response.body).unwrap_or(Value::Null),
    }
}
