//! The door: who comes in, which limit they meet, and which table or function their address means.
//!
//! Writes go through a gate that a changeset holds from its first part to its last; reads never wait. What a
//! request changes becomes visible all at once, when it has succeeded.

use super::asking::{Ask, Asking, Hand, key};
use super::errors::{Answer, Fault};
use super::metadata::{Table, schema};
use super::reply::Reply;
use super::request::{Options, Preferences, Segment, segments};
use super::rights::{ACT_FOR_OTHERS, Principal};
use super::store::Organization;
use super::{batch, bulk, definitions, functions, limits, query, queues, search, write};
use crate::World;
use crate::entra::{self, Resource};
use crate::server::{Parts, Severed};
use crate::world::journal::Seq;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Largest body that is read, in bytes.
const BODY_LIMIT: usize = 128 * 1024 * 1024;

/// The draft that the parts of a changeset work on; it travels with each part.
#[derive(Debug, Clone)]
pub struct Draft(pub Arc<Mutex<Organization>>);

/// Answers everything below `/api/data` and `/api/search`.
pub async fn handle(State(world): State<Arc<World>>, request: Request) -> Result<Response, Severed> {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return Ok(finished(&world, too_large(), None));
    };
    let parts = head.extensions.get::<Parts>().cloned();
    let draft = head.extensions.get::<Draft>().cloned();
    let seq = head.extensions.get::<Seq>().copied();
    let path = head.uri.path().to_owned();
    if head.method == Method::POST
        && let Some(batch) = path.strip_prefix("/api/data/").and_then(|rest| rest.strip_suffix("/$batch"))
        && let Some(parts) = parts
    {
        return match admit(&world, &head.headers, None) {
            Ok((_, running)) => {
                let preferences = Preferences::parse(&head.headers);
                let reply = batch::perform(&world, &parts, batch, &head.headers, &preferences, &body).await?;
                Ok(finished(&world, reply, Some(&running)))
            }
            Err(refusal) => Ok(finished(&world, *refusal, None)),
        };
    }
    let question =
        Question { method: head.method, path, query: head.uri.query().unwrap_or_default().to_owned(), body };
    let annotated = Preferences::parse(&head.headers).annotations.any();
    let admitted = admit(&world, &head.headers, draft.as_ref());
    let (who, running) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => return Ok(finished(&world, *refusal, None)),
    };
    let reply = match ask(&world, who, head.headers, &question, seq) {
        Ok(ask) => perform(&world, &ask, &question, draft).await,
        Err(fault) => Err(fault),
    };
    let reply = reply.unwrap_or_else(|fault| fault.reply(annotated));
    Ok(finished(&world, reply, Some(&running)))
}

/// A request without its caller.
#[derive(Debug)]
pub struct Question {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub body: Bytes,
}

impl Question {
    /// The body as a JSON object.
    pub fn object(&self, of: &str) -> Answer<Map<String, Value>> {
        let refuse = |reason: String| {
            let message = format!(
                "Error identified in Payload provided by the user for Entity :'{of}', For more information on this \
                 error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  \
                 InnerException : {reason}"
            );
            Fault::new(StatusCode::BAD_REQUEST, "0x80048d19", message)
        };
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(refuse("The body must be a JSON object.".to_owned())),
            Err(reason) => Err(refuse(format!("Microsoft.OData.ODataException: {reason}"))),
        }
    }
}

fn too_large() -> Reply {
    Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "0x80060000", "Request Entity Too Large").reply(false)
}

/// Checks token, membership, impersonation and limits.
fn admit(
    world: &Arc<World>,
    headers: &HeaderMap,
    draft: Option<&Draft>,
) -> Result<(Principal, limits::Running), Box<Reply>> {
    if world.dataverse().switches.maintenance {
        let page = "<!DOCTYPE HTML><html><head><title>Service Unavailable</title></head><body><h2>Service \
                    Unavailable</h2><hr><p>HTTP Error 503. The service is unavailable.</p></body></html>";
        let reply = Reply::empty(StatusCode::SERVICE_UNAVAILABLE);
        return Err(Box::new(reply.with_body("text/html; charset=us-ascii", page.as_bytes().to_vec())));
    }
    let caller = entra::check_bearer(world, headers, Resource::Dataverse)
        .map_err(|reason| Box::new(unauthorized(world, reason)))?;
    let admitted = || -> Answer<(Principal, limits::Running)> {
        let org = match draft {
            Some(draft) => draft.0.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            None => world.dataverse().clone(),
        };
        let (column, id) = match &caller {
            entra::Caller::User { oid, .. } => ("azureactivedirectoryobjectid", oid),
            entra::Caller::App { client_id, .. } => ("applicationid", client_id),
        };
        let user = id.parse().ok().and_then(|id| org.user_by(column, id)).ok_or_else(Fault::not_a_member)?;
        let running = limits::admit(&org.traffic, &org.switches.limits, user, world.now())?;
        let sender = org.caller(user)?;
        let who = match impersonated(&org, headers)? {
            None => Principal { effective: sender, sender: None },
            Some(_) if !sender.privileges.contains_key(ACT_FOR_OTHERS) => {
                return Err(Fault::missing_privilege(&sender, ACT_FOR_OTHERS, None));
            }
            Some(other) => Principal { effective: org.caller(other)?, sender: Some(sender) },
        };
        Ok((who, running))
    };
    let annotated = Preferences::parse(headers).annotations.any();
    admitted().map_err(|fault| Box::new(fault.reply(annotated)))
}

fn unauthorized(world: &World, reason: entra::BearerError) -> Reply {
    let origin = &world.options.origin;
    let tenant = crate::company::TENANT_ID;
    let challenge =
        format!("Bearer authorization_uri={origin}/{tenant}/oauth2/authorize, resource_id={origin}/");
    let text = format!("HTTP Error 401 - Unauthorized: Access is denied. {reason}");
    let reply =
        Reply::empty(StatusCode::UNAUTHORIZED).with_body("text/plain; charset=utf-8", text.into_bytes());
    reply.with_header(header::WWW_AUTHENTICATE, &challenge)
}

/// The user for whom a request is sent, by Entra object id or by `systemuserid`.
fn impersonated(org: &Organization, headers: &HeaderMap) -> Answer<Option<Uuid>> {
    let id = |name: &str| -> Answer<Option<Uuid>> {
        let Some(text) = headers.get(name).and_then(|value| value.to_str().ok()) else { return Ok(None) };
        let message = || Fault::invalid(format!("The value of the header {name} is not a valid GUID."));
        text.trim().trim_matches(['{', '}']).parse().map(Some).map_err(|_| message())
    };
    if let Some(oid) = id("callerobjectid")? {
        return org.user_by("azureactivedirectoryobjectid", oid).map(Some).ok_or_else(Fault::not_a_member);
    }
    match id("mscrmcallerid")? {
        Some(user) if org.row("systemuser", user).is_none() => Err(Fault::not_a_member()),
        user => Ok(user),
    }
}

fn ask(
    world: &World,
    who: Principal,
    headers: HeaderMap,
    question: &Question,
    seq: Option<Seq>,
) -> Answer<Ask> {
    let version =
        question.path.strip_prefix("/api/data/").and_then(|rest| rest.split('/').next()).unwrap_or("v9.2");
    let now = jiff::Timestamp::from_second(world.now().as_second()).unwrap_or_else(|_| world.now());
    let preferences = Preferences::parse(&headers);
    Ok(Ask {
        who,
        hand: Hand::Client,
        now,
        base: format!("{}/api/data/{version}", world.options.origin),
        options: Options::parse(&question.query)?,
        preferences,
        headers,
        seq,
    })
}

async fn perform(world: &Arc<World>, ask: &Ask, question: &Question, draft: Option<Draft>) -> Answer<Reply> {
    let rest = question.path.strip_prefix("/api/data/").unwrap_or_default();
    let path = segments(rest.split_once('/').map_or("", |(_, path)| path));
    let searching =
        question.path.starts_with("/api/search/") || path.first().is_some_and(|s| s.name == "searchquery");
    if question.method == Method::GET || searching {
        let org = match &draft {
            Some(draft) => draft.0.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            None => world.dataverse().clone(),
        };
        let asking = Asking { org: &org, ask };
        return if searching { search::query(asking, question) } else { read(asking, &path) };
    }
    if let Some(draft) = draft {
        let mut org = draft.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = org.clone();
        let reply = change(&mut next, ask, question, &path);
        tell_obstacles(world, &next);
        let reply = reply?;
        *org = next;
        return Ok(reply);
    }
    let gate = world.dataverse().writers.clone();
    let _writing = gate.lock().await;
    let mut next = world.dataverse().clone();
    let reply = change(&mut next, ask, question, &path);
    tell_obstacles(world, &next);
    let reply = reply?;
    commit(world, next);
    Ok(reply)
}

/// Tells the journal which obstacles were met; what was refused leaves no other trace.
fn tell_obstacles(world: &World, org: &Organization) {
    let told = org.obstacles.lock().unwrap_or_else(PoisonError::into_inner).take_told();
    for (seq, effect) in told {
        world.journal.effect(seq, effect);
    }
}

/// Makes a draft the organization, and tells the journal what changed. The caller holds the gate.
pub fn commit(world: &World, mut draft: Organization) {
    for (seq, effect) in std::mem::take(&mut draft.effects) {
        world.journal.effect(seq, effect);
    }
    *world.dataverse() = draft;
    world.touch();
}

fn set(path: &[Segment]) -> Answer<(&'static Table, &[Segment])> {
    let (first, rest) = path.split_first().ok_or_else(|| Fault::unknown_segment(""))?;
    let table = schema().by_set(&first.name).ok_or_else(|| Fault::unknown_segment(&first.name))?;
    Ok((table, rest))
}

fn read(asking: Asking<'_>, path: &[Segment]) -> Answer<Reply> {
    let Some(first) = path.first().filter(|first| !first.name.is_empty()) else {
        return Ok(definitions::service_document(asking));
    };
    if first.name == "EntityDefinitions" {
        return definitions::read(asking, path);
    }
    if let Some(reply) = functions::unbound(asking, first) {
        return reply;
    }
    let (table, rest) = set(path)?;
    let Some(text) = &first.key else {
        return match rest {
            [] => query::list(&asking, table),
            [only] if only.name == "$count" => query::count(&asking, table),
            [only, ..] => Err(Fault::unknown_segment(&only.name)),
        };
    };
    let id = key(asking.org, table, text)?;
    match rest {
        [] => query::single(&asking, table, id),
        [function] if function.name.starts_with("Microsoft.Dynamics.CRM.") => {
            functions::bound(asking, table, id, function)
        }
        _ => query::property(&asking, table, id, rest),
    }
}

fn change(org: &mut Organization, ask: &Ask, question: &Question, path: &[Segment]) -> Answer<Reply> {
    let (table, rest) = set(path)?;
    let method = question.method.as_str();
    let Some(text) = &path[0].key else {
        return match (method, rest) {
            ("POST", []) => create(org, ask, table, None, question),
            ("POST", [action]) if action.name.starts_with("Microsoft.Dynamics.CRM.") => {
                let name = action.name.trim_start_matches("Microsoft.Dynamics.CRM.");
                bulk::perform(org, ask, table, name, &question.object(table.set)?)
            }
            _ => Err(not_allowed(method)),
        };
    };
    let id = key(org, table, text)?;
    match (method, rest) {
        ("POST", [action]) if action.name.starts_with("Microsoft.Dynamics.CRM.") => {
            queues::perform(org, ask, table, id, &action.name, &question.object(table.set)?)
        }
        ("PATCH", []) => patch(org, ask, table, id, question),
        ("DELETE", []) => {
            match_version(org, ask, table, id)?;
            write::delete(org, ask, table, id)?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        ("PUT" | "DELETE", [property]) if table.property(&property.name).is_some() => {
            let value = match method {
                "PUT" => question.object(table.set)?.get("value").cloned().unwrap_or(Value::Null),
                _ => Value::Null,
            };
            match_version(org, ask, table, id)?;
            let body = Map::from_iter([(property.name.clone(), value)]);
            write::update(org, ask, table, id, &body)?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        ("PUT" | "POST", [navigation, last]) if last.name == "$ref" => {
            write::associate(org, ask, table, id, &navigation.name, &question.object(table.set)?)?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        ("DELETE", [navigation, last]) if last.name == "$ref" => {
            let member = match (&navigation.key, ask_id(&question.query)) {
                (Some(text), _) => Some(key(org, table, text)?),
                (None, Some(address)) => Some(super::asking::reference(org, table, &address)?.1),
                (None, None) => None,
            };
            write::disassociate(org, ask, table, id, &navigation.name, member)?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (_, [other, ..]) => Err(Fault::unknown_segment(&other.name)),
        _ => Err(not_allowed(method)),
    }
}

/// `$id=` of the older form of taking a record out of a collection.
fn ask_id(query: &str) -> Option<String> {
    let value =
        query.split('&').find_map(|pair| pair.strip_prefix("$id=").or(pair.strip_prefix("%24id=")))?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
}

fn not_allowed(method: &str) -> Fault {
    let message = format!("The requested resource does not support http method '{method}'.");
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "0x80060889", message)
}

/// `If-Match` with an etag: the row has to be as the client saw it.
fn match_version(org: &Organization, ask: &Ask, of: &'static Table, id: Uuid) -> Answer<()> {
    let Some(wanted) = ask.header("if-match").filter(|etag| *etag != "*") else { return Ok(()) };
    let (_, row) = org.find(of.logical, id).ok_or_else(|| Fault::missing_record(of, id))?;
    if row.etag() == wanted { Ok(()) } else { Err(Fault::stale_version()) }
}

/// Update or insert, as the preconditions allow.
fn patch(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    id: Uuid,
    question: &Question,
) -> Answer<Reply> {
    let exists = org.find(of.logical, id).is_some();
    if !exists {
        if ask.header("if-match").is_some() {
            return Err(Fault::missing_record(of, id));
        }
        return create(org, ask, of, Some(id), question);
    }
    if ask.header("if-none-match") == Some("*") {
        return Err(Fault::duplicate_key());
    }
    match_version(org, ask, of, id)?;
    write::update(org, ask, of, id, &question.object(of.set)?)?;
    written(org, ask, of, id, StatusCode::OK)
}

fn create(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    id: Option<Uuid>,
    question: &Question,
) -> Answer<Reply> {
    let id = write::create(org, ask, of, id, &question.object(of.set)?)?;
    written(org, ask, of, id, StatusCode::CREATED)
}

/// The answer to a write: nothing but the address, or the row if the client prefers it.
fn written(
    org: &Organization,
    ask: &Ask,
    of: &'static Table,
    id: Uuid,
    with_body: StatusCode,
) -> Answer<Reply> {
    let address = format!("{}/{}({id})", ask.base, of.set);
    let entity_id = HeaderName::from_static("odata-entityid");
    if !ask.preferences.representation {
        return Ok(Reply::empty(StatusCode::NO_CONTENT).with_header(entity_id, &address));
    }
    super::shape::check(of, &ask.options.select, &ask.options.expand)?;
    let asking = Asking { org, ask };
    let (_, row) = query::readable_row(&asking, of, id)?;
    let reply = Reply::json(with_body, &query::entity(&asking, of, id, row)?);
    let reply = reply.with_header(entity_id, &address).with_header(header::LOCATION, &address);
    let applied = HeaderName::from_static("preference-applied");
    Ok(reply.with_header(applied, &ask.preferences.applied.join(",")))
}

/// Adds the headers that every answer has.
fn finished(world: &World, mut reply: Reply, running: Option<&limits::Running>) -> Response {
    let request_id = world.next_uuid().to_string();
    let mut add = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            reply.headers.insert(HeaderName::from_static(name), value);
        }
    };
    add("x-ms-service-request-id", request_id.clone());
    add("req_id", request_id);
    add("cache-control", "no-cache".to_owned());
    if let Some(running) = running {
        add("x-ms-ratelimit-burst-remaining-xrm-requests", running.remaining.to_string());
        add("x-ms-ratelimit-time-remaining-xrm-requests", format!("{:.2}", running.remaining_secs));
    }
    reply.into_response()
}
