//! `$batch`: many requests in one, as nested `multipart/mixed`.
//!
//! Parts go through the server's own way in, so that the journal lists them and faults can hit them. The parts
//! of a changeset work on a draft which becomes the organization only if all of them succeed; until then
//! nobody else may write. It must never let a part see or keep half a changeset.

use super::errors::Fault;
use super::reply::Reply;
use super::request::Preferences;
use super::web::{Draft, commit};
use crate::World;
use crate::server::{Parts, Severed};
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// More operations than this are refused.
const MOST: usize = 1_000;

/// One request inside a batch.
#[derive(Debug)]
struct Operation {
    content_id: Option<String>,
    method: String,
    address: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[derive(Debug)]
enum Item {
    One(Operation),
    Changeset(Vec<Operation>),
}

/// The answer of one part: its head and body, and its content id.
struct Answered {
    content_id: Option<String>,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Performs a batch. `version` is the one in its address, e.g. `v9.2`.
pub async fn perform(
    world: &Arc<World>,
    parts: &Parts,
    version: &str,
    headers: &HeaderMap,
    preferences: &Preferences,
    body: &[u8],
) -> Result<Reply, Severed> {
    let items = match read(headers, body) {
        Ok(items) => items,
        Err(fault) => return Ok(fault.reply(false)),
    };
    let boundary = format!("batchresponse_{}", world.next_uuid());
    let mut text = Vec::new();
    let mut outcome = StatusCode::OK;
    for item in items {
        open(&mut text, &boundary);
        let failed = match item {
            Item::One(operation) => {
                let answered = send(parts, version, headers, operation, None, &BTreeMap::new()).await?;
                write_part(&mut text, &answered);
                (!answered.status.is_success() && answered.status != StatusCode::NOT_MODIFIED)
                    .then_some(answered.status)
            }
            Item::Changeset(operations) => {
                changeset(world, parts, version, headers, operations, &mut text).await?
            }
        };
        if let (Some(status), false) = (failed, preferences.continue_on_error) {
            outcome = status;
            break;
        }
    }
    text.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(Reply::empty(outcome).with_body(&format!("multipart/mixed; boundary={boundary}"), text))
}

/// Performs a changeset; the status is that of the part that failed.
async fn changeset(
    world: &Arc<World>,
    parts: &Parts,
    version: &str,
    whole: &HeaderMap,
    operations: Vec<Operation>,
    text: &mut Vec<u8>,
) -> Result<Option<StatusCode>, Severed> {
    let gate = world.dataverse().writers.clone();
    let _writing = gate.lock().await;
    let draft = Draft(Arc::new(Mutex::new(world.dataverse().clone())));
    let mut made: BTreeMap<String, String> = BTreeMap::new();
    let mut answers = Vec::new();
    for operation in operations {
        let answered = send(parts, version, whole, operation, Some(&draft), &made).await?;
        if !answered.status.is_success() {
            let status = answered.status;
            write_part(text, &answered);
            return Ok(Some(status));
        }
        let address = answered.headers.get("odata-entityid").and_then(|value| value.to_str().ok());
        if let (Some(id), Some(address)) = (&answered.content_id, address) {
            made.insert(id.clone(), address.to_owned());
        }
        answers.push(answered);
    }
    let next = draft.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    commit(world, next);
    let boundary = format!("changesetresponse_{}", world.next_uuid());
    text.extend_from_slice(format!("Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n").as_bytes());
    for answered in &answers {
        open(text, &boundary);
        write_part(text, answered);
    }
    text.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(None)
}

fn open(text: &mut Vec<u8>, boundary: &str) {
    text.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
}

fn write_part(text: &mut Vec<u8>, answered: &Answered) {
    text.extend_from_slice(b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    if let Some(id) = &answered.content_id {
        text.extend_from_slice(format!("Content-ID: {id}\r\n").as_bytes());
    }
    let status = answered.status;
    let reason = status.canonical_reason().unwrap_or_default();
    text.extend_from_slice(format!("\r\nHTTP/1.1 {} {reason}\r\n", status.as_u16()).as_bytes());
    let kept = [
        "content-type",
        "odata-version",
        "odata-entityid",
        "location",
        "etag",
        "preference-applied",
        "retry-after",
    ];
    for name in kept {
        if let Some(value) = answered.headers.get(name) {
            let shown = match name {
                "content-type" => "Content-Type",
                "odata-version" => "OData-Version",
                "odata-entityid" => "OData-EntityId",
                "location" => "Location",
                "etag" => "ETag",
                "preference-applied" => "Preference-Applied",
                _ => "Retry-After",
            };
            text.extend_from_slice(shown.as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(b"\r\n");
        }
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(&answered.body);
    text.extend_from_slice(b"\r\n");
}

async fn send(
    parts: &Parts,
    version: &str,
    whole: &HeaderMap,
    operation: Operation,
    draft: Option<&Draft>,
    made: &BTreeMap<String, String>,
) -> Result<Answered, Severed> {
    let content_id = operation.content_id.clone();
    let refused = |fault: Fault| {
        let reply = fault.reply(false);
        Answered {
            content_id: content_id.clone(),
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        }
    };
    let mut request = match request(version, operation, draft, made) {
        Ok(request) => request,
        Err(fault) => return Ok(refused(fault)),
    };
    // For whom the batch is sent holds for its parts, as its token does.
    for name in ["callerobjectid", "mscrmcallerid"] {
        if let Some(value) = whole.get(name) {
            request.headers_mut().entry(HeaderName::from_static(name)).or_insert_with(|| value.clone());
        }
    }
    let response: Response = parts.dispatch(request).await?;
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| Severed)?;
    Ok(Answered { content_id, status: head.status, headers: head.headers, body: body.to_vec() })
}

fn request(
    version: &str,
    operation: Operation,
    draft: Option<&Draft>,
    made: &BTreeMap<String, String>,
) -> Result<Request, Fault> {
    let broken = |what: &str| {
        Fault::new(StatusCode::BAD_REQUEST, "0x80060888", format!("The batch part is malformed: {what}."))
    };
    let method = Method::from_bytes(operation.method.as_bytes()).map_err(|_| broken("its method"))?;
    if draft.is_some() && method == Method::GET {
        return Err(broken("a changeset cannot contain GET requests"));
    }
    let address = path_of(&referenced(&operation.address, made), version);
    let uri: Uri = address.parse().map_err(|_| broken("its address"))?;
    let body = if made.is_empty() { operation.body } else { resolved(&operation.body, made) };
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    for (name, value) in &operation.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
        {
            request.headers_mut().append(name, value);
        }
    }
    if let Some(draft) = draft {
        request.extensions_mut().insert(draft.clone());
    }
    Ok(request)
}

/// Puts the address of what part `n` made in place of `$n` at the beginning.
fn referenced(address: &str, made: &BTreeMap<String, String>) -> String {
    let bare = address.trim_start_matches('/');
    let Some(rest) = bare.strip_prefix('$') else { return address.to_owned() };
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
    match made.get(&rest[..end]) {
        Some(found) => format!("{found}{}", &rest[end..]),
        None => address.to_owned(),
    }
}

/// The same inside a body: a string that is nothing but `$n` (in `@odata.bind` and `@odata.id`).
fn resolved(body: &[u8], made: &BTreeMap<String, String>) -> Vec<u8> {
    fn walk(value: &mut serde_json::Value, made: &BTreeMap<String, String>) {
        match value {
            serde_json::Value::Object(object) => {
                for (name, value) in object {
                    match value {
                        serde_json::Value::String(text) if name.contains("@odata.") => {
                            *text = referenced(text, made);
                        }
                        other => walk(other, made),
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| walk(item, made)),
            _ => {}
        }
    }
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(mut value) => {
            walk(&mut value, made);
            value.to_string().into_bytes()
        }
        Err(_) => body.to_vec(),
    }
}

/// The path of an absolute address, of a path, or of a name relative to the batch.
fn path_of(address: &str, version: &str) -> String {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
        None if address.starts_with("/api/") => address.to_owned(),
        None => format!("/api/data/{version}/{}", address.trim_start_matches('/')),
    };
    path.replace(' ', "%20")
}

fn malformed(what: &str) -> Fault {
    let message = format!("The batch request is malformed: {what}.");
    Fault::new(StatusCode::BAD_REQUEST, "0x80048d19", message)
}

fn boundary(content_type: &str) -> Option<String> {
    content_type.split(';').map(str::trim).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"').to_owned())
    })
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Item>, Fault> {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = boundary(kind).ok_or_else(|| malformed("the Content-Type has no boundary"))?;
    let mut items = Vec::new();
    let mut count = 0;
    for part in split(body, &boundary)? {
        let (headers, rest) = head(part)?;
        let kind = find(&headers, "content-type").unwrap_or_default();
        if kind.starts_with("multipart/mixed") {
            let inner = self::boundary(kind).ok_or_else(|| malformed("a changeset has no boundary"))?;
            let operations: Result<Vec<_>, Fault> = split(rest, &inner)?.into_iter().map(operation).collect();
            let operations = operations?;
            count += operations.len();
            items.push(Item::Changeset(operations));
        } else {
            count += 1;
            items.push(Item::One(operation(part)?));
        }
    }
    if count > MOST {
        return Err(malformed("it has more than 1000 operations"));
    }
    Ok(items)
}

/// The lines between boundaries, without the line break before each boundary.
fn split<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<&'a [u8]>, Fault> {
    let marker = format!("--{boundary}");
    let (mut parts, mut start, mut at) = (Vec::new(), None, 0);
    while at < body.len() {
        let end =
            body[at..].iter().position(|&byte| byte == b'\n').map_or(body.len(), |found| at + found + 1);
        let line = body[at..end].trim_ascii_end();
        let last = line.strip_suffix(b"--") == Some(marker.as_bytes());
        if last || line == marker.as_bytes() {
            if let Some(start) = start {
                parts.push(without_line_break(&body[start..at]));
            }
            start = Some(end);
            if last {
                return Ok(parts);
            }
        }
        at = end;
    }
    if start.is_none() {
        Err(malformed("its boundary does not occur in the body"))
    } else {
        Err(malformed("the closing boundary is missing"))
    }
}

fn without_line_break(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

type Head<'a> = (Vec<(String, String)>, &'a [u8]);

/// Header lines up to the empty line, and what follows it.
fn head(part: &[u8]) -> Result<Head<'_>, Fault> {
    let mut headers = Vec::new();
    let mut rest = part;
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |found| found + 1);
        let line = std::str::from_utf8(&rest[..end]).map_err(|_| malformed("a header is not text"))?.trim();
        rest = &rest[end..];
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("a header has no colon"))?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok((headers, rest))
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn operation(part: &[u8]) -> Result<Operation, Fault> {
    let (outer, rest) = head(part)?;
    let end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |found| found + 1);
    let line = std::str::from_utf8(&rest[..end]).map_err(|_| malformed("a request line is not text"))?.trim();
    let (method, address) = line.split_once(' ').ok_or_else(|| malformed("a request line has no address"))?;
    let address = address.trim().strip_suffix("HTTP/1.1").unwrap_or(address).trim();
    let (headers, body) = head(&rest[end..])?;
    Ok(Operation {
        content_id: find(&outer, "content-id").map(str::to_owned),
        method: method.to_owned(),
        address: address.to_owned(),
        headers,
        body: body.trim_ascii_end().to_vec(),
    })
}
