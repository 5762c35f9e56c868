//! Several reads in one round trip: Graph's JSON batching.
//!
//! <https://learn.microsoft.com/graph/json-batching>: parts are answered in any order and each by itself; the
//! batch is 200 although a part failed, was throttled, or is missing. So one part's trouble is never another's.

use super::answer::Answer;
use super::mailbox_line::{Call, LANES, MailboxLine, PREFER};
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::item::SmtpAddress;
use shared::problem::{Code, Problem};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// As many parts Graph takes in one batch.
pub(super) const MOST_PARTS: usize = 20;

/// One read of a batch.
pub(super) struct Part {
    id: Cow<'static, str>,
    /// Relative to the versioned root, with a leading slash, encoded.
    url: String,
    prefer: Option<Cow<'static, str>>,
    of: Of,
    download: bool,
}

/// Whose limits a part counts against.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Mailbox,
    Directory,
}

impl Part {
    /// Reads something in the mailbox.
    pub fn new(id: impl Into<Cow<'static, str>>, url: String) -> Self {
        Self { id: id.into(), url, prefer: None, of: Of::Mailbox, download: false }
    }

    /// Reads something in the directory.
    pub fn of_directory(id: &'static str, url: String) -> Self {
        Self { of: Of::Directory, ..Self::new(id, url) }
    }

    pub fn prefer(mut self, prefer: impl Into<Cow<'static, str>>) -> Self {
        self.prefer = Some(prefer.into());
        self
    }

    /// The answer is a file.
    pub fn download(mut self) -> Self {
        self.download = true;
        self
    }
}

/// The answers of a batch, by the ids of its parts.
#[derive(Debug, Default)]
pub(super) struct Answers(BTreeMap<String, Outcome<Answer>>);

impl Answers {
    /// The answer of a part: neither 401 nor 424 nor 429 nor 503. Without one nothing is known.
    pub fn take(&mut self, line: &MailboxLine, id: &str) -> Outcome<Answer> {
        let missing = || Err(line.astray(Effect::Read, "a part of the answer is missing"));
        self.0.remove(id).unwrap_or_else(missing)
    }
}

/// Reads all parts, at most [`MOST_PARTS`] in one round trip; a single part is asked for plainly. A token that
/// a part refuses is tried once more, fresh. Fails as a whole when the first round trip does; a later one that
/// fails is the failure of its parts.
pub(super) async fn read(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    parts: &[Part],
) -> Outcome<Answers> {
    let mut all = Answers::default();
    let mut trips = parts.chunks(MOST_PARTS);
    if let Some(first) = trips.next() {
        all.0.extend(round_trip(line, access, mailbox, first).await?);
    }
    let mut failed: Option<Failure> = None;
    for parts in trips {
        // Whoever was refused or told to wait does not ask the next moment for more.
        let answers = match failed.clone() {
            None => round_trip(line, access, mailbox, parts).await,
            Some(failure) => Err(failure),
        };
        match answers {
            Ok(answers) => all.0.extend(answers),
            Err(failure) => {
                all.0.extend(parts.iter().map(|part| (part.id.to_string(), Err(failure.clone()))));
                failed = Some(failure);
            }
        }
    }
    Ok(all)
}

type ByPart = BTreeMap<String, Outcome<Answer>>;

async fn round_trip(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    parts: &[Part],
) -> Outcome<ByPart> {
    if let [part] = parts {
        let answer = line.send(access, mailbox, plain(line, part)?).await?;
        return Ok(ByPart::from([(part.id.to_string(), Ok(answer))]));
    }
    let mut answers = batch(line, access, mailbox, parts).await?;
    if answers.values().any(|part| part.status == StatusCode::UNAUTHORIZED) {
        line.forget_token(access);
        answers = batch(line, access, mailbox, parts).await?;
    }
    Ok(answers.into_iter().map(|(id, part)| (id, understood(line, access, mailbox, part))).collect())
}

fn plain(line: &MailboxLine, part: &Part) -> Outcome<Call> {
    let mut call = Call::get(line.url(&part.url)?);
    if let Some(prefer) = &part.prefer {
        let prefer = HeaderValue::try_from(prefer.as_ref())
            .map_err(|_| Failure::NotDone(Problem::new(Code::Internal).because("reason", "preference")))?;
        call = call.header(PREFER, prefer);
    }
    Ok(if part.download { call.download() } else { call })
}

async fn batch(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    parts: &[Part],
) -> Outcome<BTreeMap<String, Answer>> {
    let of_mailbox = parts.iter().filter(|part| part.of == Of::Mailbox).count() as u32;
    let body = json!({"requests": parts.iter().map(request).collect::<Vec<_>>()});
    let mut call = Call::batch(line.url("$batch")?, body, of_mailbox.clamp(1, LANES));
    if parts.iter().any(|part| part.download) {
        call = call.download();
    }
    let whole = line.send(access, mailbox, call).await?;
    if !whole.status.is_success() {
        return Err(line.failure(mailbox, Effect::Read, &whole));
    }
    answers(whole.body).ok_or_else(|| line.astray(Effect::Read, "the answer to a batch cannot be read"))
}

/// What the statuses mean that no operation has its own word for.
fn understood(line: &MailboxLine, access: &Access, mailbox: &SmtpAddress, part: Answer) -> Outcome<Answer> {
    if let Some(failure) = line.heed(access, mailbox, &part) {
        return Err(failure);
    }
    match part.status {
        StatusCode::UNAUTHORIZED => {
            line.forget_token(access);
            Err(line.token_refused(access, &part))
        }
        StatusCode::FAILED_DEPENDENCY => Err(line.astray(Effect::Read, &part.reason())),
        _ => Ok(part),
    }
}

fn request(part: &Part) -> Value {
    let mut request = json!({"id": part.id, "method": "GET", "url": part.url});
    if let Some(prefer) = &part.prefer {
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

fn answers(body: Value) -> Option<BTreeMap<String, Answer>> {
    let wire: Wire = serde_json::from_value(body).ok()?;
    let mut answers = BTreeMap::new();
    for part in wire.responses {
        let id = part.id.as_str().map_or_else(|| part.id.to_string(), str::to_owned);
        let Ok(status) = StatusCode::from_u16(part.status) else { continue };
        answers.insert(id, Answer { status, headers: headers(&part.headers), body: part.body });
    }
    Some(answers)
}

fn headers(wire: &BTreeMap<String, Value>) -> HeaderMap {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    wire.iter()
        .filter_map(|(name, value)| {
            Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(text(value)).ok()?))
        })
        .collect()
}
