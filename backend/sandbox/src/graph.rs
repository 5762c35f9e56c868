//! Microsoft Graph v1.0, as far as mail needs it: the HTTP face of [`crate::exchange`].
//!
//! One door for every request: token, throttle, path, then one handler under one lock of the mailboxes, then
//! the journal. A handler is a plain function from a request and the mailboxes to an answer; only `$batch`
//! and new subscriptions wait for anything. Nothing here keeps state of its own.

mod asked;
mod attachments;
mod batch;
mod control;
mod delta;
mod draft;
mod extensions;
mod filter;
mod folders;
mod messages;
mod path;
mod problem;
mod query;
mod sending;
mod settings;
mod show;
mod subscriptions;
mod users;

pub use control::router as control;

use crate::World;
use crate::entra::{self, Resource};
use crate::exchange::{Exchange, Happening};
use crate::server::{Parts, Severed};
use crate::world::acts::effect;
use crate::world::journal::Seq;
use asked::{Asked, Content, Reply};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use problem::Problem;
use query::{Prefer, Query};
use serde_json::{Value, json};
use std::sync::Arc;

/// Bodies larger than this are refused, as the real service does (4 MB for JSON requests).
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Everything under `/v1.0`.
pub fn router() -> Router<Arc<World>> {
    Router::new().fallback(serve)
}

async fn serve(
    State(world): State<Arc<World>>,
    Extension(seq): Extension<Seq>,
    parts: Option<Extension<Parts>>,
    request: Request,
) -> Result<Response, Severed> {
    let request_id = world.next_uuid().to_string();
    let headers = request.headers().clone();
    let reply = match perform(&world, seq, parts.map(|Extension(parts)| parts), request).await? {
        Ok(reply) => reply,
        Err(problem) => refuse(&world, &request_id, &headers, problem),
    };
    Ok(finish(&world, &request_id, &headers, reply))
}

/// `Err(Severed)`: the connection broke inside a batch. The inner error is Graph's own.
async fn perform(
    world: &World,
    seq: Seq,
    parts: Option<Parts>,
    request: Request,
) -> Result<Result<Reply, Problem>, Severed> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let Some(below) = path.strip_prefix("/v1.0") else {
        return Ok(Err(Problem::bad_request("Invalid version: only v1.0 is served here.")));
    };
    let caller = match entra::check_bearer(world, &head.headers, Resource::Graph) {
        Ok(caller) => caller,
        Err(error) => return Ok(Err(Problem::unauthorized(error, &world.options.origin))),
    };
    if below == "/$batch" {
        return batch::perform(world, parts, &head.method, body).await;
    }
    let read = || {
        Ok(Asked {
            world,
            now: world.now(),
            method: head.method.clone(),
            path: path.clone(),
            raw_query: head.uri.query().map(str::to_owned),
            segments: path::parse(below)?,
            query: Query::parse(head.uri.query())?,
            prefer: Prefer::read(&head.headers),
            headers: head.headers.clone(),
            body: bytes::Bytes::new(),
            caller,
        })
    };
    let mut asked = match read() {
        Ok(asked) => asked,
        Err(problem) => return Ok(Err(problem)),
    };
    let _slot = match Slot::take(world, &asked) {
        Ok(slot) => slot,
        Err(problem) => return Ok(Err(problem)),
    };
    let Ok(bytes) = to_bytes(body, BODY_LIMIT).await else {
        let (code, message) = ("RequestEntityTooLarge", "The request is larger than 4 MB.");
        return Ok(Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, code, message)));
    };
    asked.body = bytes;
    if let [("subscriptions", _), ..] = asked.steps().as_slice() {
        return Ok(subscriptions::answer(&asked, seq).await);
    }
    let mut exchange = world.exchange();
    let answer = answer(&asked, &mut exchange);
    let happened = exchange.take_happenings();
    drop(exchange);
    record(world, seq, happened);
    Ok(answer)
}

/// Writes what happened in the mailboxes into the journal.
fn record(world: &World, seq: Seq, happened: Vec<Happening>) {
    for happening in happened {
        world.journal.effect(seq, effect(happening));
    }
}

/// A place among the requests that an application runs at a mailbox; given back when dropped.
struct Slot<'a> {
    world: &'a World,
    app: String,
    mailbox: String,
}

impl<'a> Slot<'a> {
    fn take(world: &'a World, asked: &Asked<'_>) -> Result<Option<Self>, Problem> {
        let Ok(owner) = asked.owner() else { return Ok(None) };
        let mut exchange = world.exchange();
        let Ok(mailbox) = exchange.mailbox(&owner).map(|mailbox| mailbox.oid.clone()) else {
            return Ok(None);
        };
        let limits = exchange.limits.clone();
        exchange.traffic.enter(&limits, asked.client_id(), &mailbox, asked.now)?;
        Ok(Some(Self { world, app: asked.client_id().to_owned(), mailbox }))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.world.exchange().traffic.leave(&self.app, &self.mailbox);
    }
}

/// Finds the handler.
fn answer(asked: &Asked<'_>, exchange: &mut Exchange) -> Result<Reply, Problem> {
    let steps = asked.steps();
    match steps.as_slice() {
        [("users" | "me", _)] => users::answer(asked, exchange),
        [("me", None) | ("users", Some(_)), rest @ ..] => mail(asked, exchange, rest),
        [first, ..] => Err(Problem::no_segment(first.0)),
        [] => Err(Problem::bad_request("The service document is not served here.")),
    }
}

/// Everything inside one mailbox.
fn mail(asked: &Asked<'_>, exchange: &mut Exchange, rest: &[(&str, Option<&str>)]) -> Result<Reply, Problem> {
    match rest {
        [("outlook", _), ("mastercategories", key)] => settings::categories(asked, exchange, *key),
        [("mailboxsettings", _), rest @ ..] => settings::mailbox_settings(asked, exchange, rest),
        [("translateexchangeids", _)] => messages::translate(asked, exchange),
        [("sendmail", _)] => sending::send_mail(asked, exchange),
        [("mailfolders", _), ..] => folders::answer(asked, exchange, rest),
        [("messages", _), ..] => messages::answer(asked, exchange, None, rest),
        [("events" | "calendar" | "calendars" | "contacts" | "todo", _), ..] => Err(Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "The sandbox has no calendar, contacts and tasks.",
        )),
        [first, ..] => Err(Problem::no_segment(first.0)),
        [] => users::answer(asked, exchange),
    }
}

/// The method does not fit the resource.
fn not_allowed(method: &Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Request_BadRequest",
        format!("Specified HTTP method '{method}' is not allowed for the request target."),
    )
}

fn refuse(world: &World, request_id: &str, asked: &HeaderMap, problem: Problem) -> Reply {
    let client_request_id = client_request_id(asked).unwrap_or(request_id);
    let value = json!({ "error": {
        "code": problem.code,
        "message": problem.message,
        "innerError": {
            "date": world.now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": request_id,
            "client-request-id": client_request_id,
        },
    }});
    Reply { status: problem.status, headers: problem.headers, content: Content::Json(value) }
}

fn client_request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("client-request-id").and_then(|value| value.to_str().ok())
}

/// Puts the headers on that every answer of Graph has.
fn finish(world: &World, request_id: &str, asked: &HeaderMap, reply: Reply) -> Response {
    let metadata = Metadata::wanted(asked);
    let is_error = !reply.status.is_success();
    let (kind, body) = match reply.content {
        Content::Nothing => (None, Body::empty()),
        Content::Bytes { kind, bytes } => (Some(kind), Body::from(bytes)),
        Content::Json(mut value) => {
            if metadata == Metadata::None {
                strip_annotations(&mut value);
            }
            let kind = match metadata {
                _ if is_error => "application/json".to_owned(),
                Metadata::Minimal => {
                    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
                        .to_owned()
                }
                Metadata::None => {
                    "application/json;odata.metadata=none;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
                        .to_owned()
                }
            };
            (Some(kind), Body::from(value.to_string()))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    let applied = Prefer::read(asked).applied;
    let mut fixed: Vec<(&'static str, String)> = vec![
        ("request-id", request_id.to_owned()),
        ("client-request-id", client_request_id(asked).unwrap_or(request_id).to_owned()),
        ("date", world.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        ("cache-control", "private".to_owned()),
        ("strict-transport-security", "max-age=31536000".to_owned()),
        (
            "x-ms-ags-diagnostic",
            json!({ "ServerInfo": {
                "DataCenter": "Sandbox", "Slice": "E", "Ring": "1", "ScaleUnit": "000", "RoleInstance": "SANDBOX000",
            }})
            .to_string(),
        ),
    ];
    if let Some(kind) = kind {
        fixed.push(("content-type", kind));
        fixed.push(("odata-version", "4.0".to_owned()));
    }
    if !applied.is_empty() && !is_error {
        fixed.push(("preference-applied", applied.join(", ")));
    }
    for (name, value) in fixed.into_iter().chain(reply.headers) {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// How much OData annotation the client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Metadata {
    Minimal,
    None,
}

impl Metadata {
    fn wanted(headers: &HeaderMap) -> Self {
        let none = headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|accept| accept.to_ascii_lowercase().contains("odata.metadata=none"));
        if none { Self::None } else { Self::Minimal }
    }
}

/// Leaves only the annotations that a client cannot do without.
fn strip_annotations(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|name, _| {
                !name.starts_with("@odata.")
                    || matches!(name.as_str(), "@odata.nextLink" | "@odata.deltaLink" | "@odata.count")
            });
            map.values_mut().for_each(strip_annotations);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_annotations),
        _ => {}
    }
}
