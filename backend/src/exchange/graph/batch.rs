//! Several reads in one round trip: Graph's JSON batching.
//!
//! <https://learn.microsoft.com/graph/json-batching>: parts are answered in any order and each by itself; the
//! batch is 200 although a part failed, was throttled, or is missing.

use super::answer::Answer;
use super::mailbox_line::{Call, MailboxLine};
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::Outcome;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::item::SmtpAddress;
use std::collections::BTreeMap;

/// One read of a batch.
pub(super) struct Part {
    pub id: &'static str,
    /// Relative to the versioned root, with a leading slash, encoded.
    pub url: String,
    pub prefer: Option<&'static str>,
}

/// The answers of a batch, by the ids of its parts.
#[derive(Debug)]
pub(super) struct Answers(BTreeMap<String, Answer>);

impl Answers {
    /// The answer of a part; without it nothing is known.
    pub fn take(&mut self, line: &MailboxLine, id: &str) -> Outcome<Answer> {
        self.0.remove(id).ok_or_else(|| line.astray(Effect::Read, "a part of the answer is missing"))
    }
}

/// Reads all parts in one round trip. No answer is 401, 429 or 503; a token that a part refuses is tried
/// once more, fresh.
pub(super) async fn read(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    parts: &[Part],
    lanes: u32,
) -> Outcome<Answers> {
    let answers = read_once(line, access, mailbox, parts, lanes).await?;
    if answers.0.values().all(|part| part.status != StatusCode::UNAUTHORIZED) {
        return Ok(answers);
    }
    line.forget_token(access);
    let answers = read_once(line, access, mailbox, parts, lanes).await?;
    match answers.0.values().find(|part| part.status == StatusCode::UNAUTHORIZED) {
        Some(part) => Err(line.token_refused(access, part)),
        None => Ok(answers),
    }
}

async fn read_once(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    parts: &[Part],
    lanes: u32,
) -> Outcome<Answers> {
    let call = Call {
        method: Method::POST,
        url: line.url("$batch")?,
        headers: HeaderMap::new(),
        body: Some(json!({"requests": parts.iter().map(request).collect::<Vec<_>>()})),
        effect: Effect::Read,
        lanes,
    };
    let whole = line.send(access, mailbox, call).await?;
    if !whole.status.is_success() {
        return Err(line.failure(mailbox, Effect::Read, &whole));
    }
    let answers = answers(whole.body)
        .ok_or_else(|| line.astray(Effect::Read, "the answer to a batch cannot be read"))?;
    match answers.0.values().find_map(|part| line.heed(access, mailbox, part)) {
        Some(failure) => Err(failure),
        None => Ok(answers),
    }
}

fn request(part: &Part) -> Value {
    let mut request = json!({"id": part.id, "method": "GET", "url": part.url});
    if let Some(prefer) = part.prefer {
        request["headers"] = json!({"Prefer": prefer});
    }
    request
}

#[derive(Deserialize)]
struct Wire {
    responses: Vec<WirePart>,
}

#[derive(Deserialize)]
struct WirePart {
    id: Value,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    body: Value,
}

fn answers(body: Value) -> Option<Answers> {
    let wire: Wire = serde_json::from_value(body).ok()?;
    let mut answers = BTreeMap::new();
    for part in wire.responses {
        let id = part.id.as_str().map_or_else(|| part.id.to_string(), str::to_owned);
        let Ok(status) = StatusCode::from_u16(part.status) else { continue };
        answers.insert(id, Answer { status, headers: headers(&part.headers), body: part.body });
    }
    Some(Answers(answers))
}

fn headers(wire: &BTreeMap<String, Value>) -> HeaderMap {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    wire.iter()
        .filter_map(|(name, value)| {
            Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(text(value)).ok()?))
        })
        .collect()
}
