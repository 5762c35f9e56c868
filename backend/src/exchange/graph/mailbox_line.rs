//! The line to Graph, mailbox by mailbox.

use super::answer::Answer;
use crate::caller::{Access, By, TenantId};
use crate::clock::Clock;
use crate::entra::Tokens;
use crate::line::{EXCHANGE, Effect, Hurry, Lanes, Line};
use crate::net::{Door, Request};
use crate::outcome::{Failure, Outcome};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::problem::{Code, Problem};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Exchange serves at most four requests of one application at once in one mailbox. Parts of a batch count one
/// by one, and Graph sends on four of them at a time: a batch of four or more has the mailbox to itself
/// (<https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits>).
pub(super) const LANES: u32 = 4;

const READ_LIMIT: Duration = Duration::from_secs(20);
const WRITE_LIMIT: Duration = Duration::from_secs(30);
/// Files take their time.
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(1);

/// What may stand in a path segment as it is (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Every id in the answer shall be the immutable one; ids in the path may be either
/// (<https://learn.microsoft.com/graph/outlook-immutable-id>).
pub(super) const IMMUTABLE_IDS: &str = r#"IdType="ImmutableId""#;

/// What Graph counts its limits by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Spot {
    Mailbox(SmtpAddress),
    /// All subscriptions of a tenant.
    Subscriptions,
}

type Key = (TenantId, Spot);

#[derive(Debug)]
pub(super) struct MailboxLine {
    line: Line<Key>,
    lanes: Lanes<Key>,
    /// Ends in a slash.
    base: Url,
}

/// A request that is not sent yet.
pub(super) struct Call {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Value>,
    effect: Effect,
    time_limit: Duration,
    /// How many lanes of the mailbox it takes.
    lanes: u32,
}

impl Call {
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            effect: Effect::Read,
            time_limit: READ_LIMIT,
            lanes: 1,
        }
    }

    /// A request that changes something.
    pub fn write(method: Method, url: Url, body: Option<Value>) -> Self {
        Self { method, body, effect: Effect::Write, time_limit: WRITE_LIMIT, ..Self::get(url) }
    }

    /// Several reads in one request.
    pub fn batch(url: Url, body: Value, lanes: u32) -> Self {
        Self { method: Method::POST, body: Some(body), lanes, ..Self::get(url) }
    }

    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub fn immutable_ids(self) -> Self {
        self.header(PREFER, HeaderValue::from_static(IMMUTABLE_IDS))
    }

    /// The answer is a file.
    pub fn download(mut self) -> Self {
        self.time_limit = DOWNLOAD_LIMIT;
        self
    }
}

impl MailboxLine {
    pub fn new(door: Arc<Door>, tokens: Arc<dyn Tokens>, mut base: Url, clock: Arc<dyn Clock>) -> Self {
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        Self { line: Line::new(EXCHANGE, door, tokens, clock), lanes: Lanes::new(LANES), base }
    }

    /// The address of `path` below the versioned root; `path` is encoded already.
    pub fn url(&self, path: &str) -> Outcome<Url> {
        let path = path.trim_start_matches('/');
        self.base.join(path).map_err(|reason| self.line.refused(format!("no address: {reason}")))
    }

    /// A link of an answer, if it leads to Graph itself.
    pub fn follow(&self, link: &str) -> Outcome<Url> {
        let url = self.line.door().same_origin(&self.base, link).map_err(|error| self.line.refused(error))?;
        if url.path().starts_with(self.base.path()) {
            Ok(url)
        } else {
            Err(self.line.refused("a link leads out of the API"))
        }
    }

    /// The same as a part of a batch names it: below the versioned root, with a leading slash.
    pub fn follow_in_batch(&self, link: &str) -> Outcome<String> {
        let url = self.follow(link)?;
        let path = url.path().strip_prefix(self.base.path()).unwrap_or_default();
        Ok(match url.query() {
            Some(query) => format!("/{path}?{query}"),
            None => format!("/{path}"),
        })
    }

    /// Sends one request in the mailbox's lanes. The answer is neither 401 nor 429 nor 503.
    pub async fn send(&self, access: &Access, mailbox: &SmtpAddress, call: Call) -> Outcome<Answer> {
        self.send_to(access, Spot::Mailbox(mailbox.clone()), call).await
    }

    pub async fn send_to(&self, access: &Access, spot: Spot, call: Call) -> Outcome<Answer> {
        let key = (access.tenant, spot);
        let crowded = || Failure::NotDone(Problem::new(Code::ExchangeThrottled));
        let hurry = match access.by {
            By::User { .. } => Hurry::Person,
            By::Engine | By::Service => Hurry::Engine,
        };
        let _place = self.lanes.enter(&key, call.lanes, hurry).await.ok_or_else(crowded)?;
        let mut headers = call.headers;
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let body = match call.body {
            None => Bytes::new(),
            Some(body) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Bytes::from(body.to_string())
            }
        };
        let (method, url, time_limit) = (call.method, call.url, call.time_limit);
        let request = Request { method, url, headers, body, time_limit };
        let response = self.line.send(access, &key, request, call.effect).await?;
        Ok(Answer::new(response.status, response.headers, &response.body))
    }

    /// What 429 or 503 on a part of a batch means.
    pub fn heed(&self, access: &Access, mailbox: &SmtpAddress, part: &Answer) -> Option<Failure> {
        self.line.heed(&(access.tenant, Spot::Mailbox(mailbox.clone())), part.status, &part.headers)
    }

    pub fn forget_token(&self, access: &Access) {
        self.line.forget(access);
    }

    pub fn token_refused(&self, access: &Access, part: &Answer) -> Failure {
        self.line.token_refused(access, &part.headers)
    }

    /// The answer says nothing about what was asked.
    pub fn astray(&self, effect: Effect, reason: &str) -> Failure {
        self.line.astray(effect, reason)
    }

    /// Graph answered no, and `reason` is why.
    pub fn refused(&self, reason: &str) -> Failure {
        self.line.refused(reason)
    }

    /// What an answer means that no operation has its own word for: the mailbox is closed or gone, Graph is
    /// in trouble, or it says no.
    pub fn failure(&self, mailbox: &SmtpAddress, effect: Effect, answer: &Answer) -> Failure {
        if let Some(code) = answer.mailbox_trouble() {
            return Failure::Refused(Problem::new(code).because("mailbox", mailbox));
        }
        if answer.says_nothing_of_the_request() {
            return self.astray(effect, &answer.reason());
        }
        self.line.refused(answer.reason())
    }
}
/// `users/{mailbox}/messages/{id}`, encoded.
pub(super) fn message_path(mailbox: &SmtpAddress, item: &ItemId) -> String {
    format!("{}/messages/{}", mailbox_path(mailbox), segment(&item.0))
}

/// `users/{mailbox}/mailFolders/{id}`, encoded.
pub(super) fn folder_path(mailbox: &SmtpAddress, folder: &FolderId) -> String {
    format!("{}/mailFolders/{}", mailbox_path(mailbox), segment(&folder.0))
}

/// `users/{mailbox}`, encoded.
pub(super) fn mailbox_path(mailbox: &SmtpAddress) -> String {
    format!("users/{}", segment(mailbox.as_str()))
}

/// Text as one path segment. Dots alone would be taken for a step up.
pub(super) fn segment(text: &str) -> String {
    if text.chars().all(|c| c == '.') {
        return "%2E".repeat(text.len());
    }
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_leaves_its_segment() {
        let mailbox = SmtpAddress::new("o'hara+x@contoso.example");
        for hostile in ["../../me/sendMail", "A/$value?x=1#y", "A%2f..", "AAk=\r\nHost: evil", "Ü\"<>"] {
            let path = message_path(&mailbox, &ItemId(hostile.to_owned()));
            let (_, id) = path.split_once("/messages/").unwrap();
            assert!(
                id.chars().all(|c| c.is_ascii_alphanumeric() || "-._~%".contains(c)) && !id.contains('/'),
                "{path}"
            );
            let back = percent_encoding::percent_decode_str(id).decode_utf8().unwrap();
            assert_eq!(back, hostile);
        }
        assert_eq!(segment(".."), "%2E%2E");
    }
}
