//! The control plane under `/sandbox`: what no real tenant offers.
//!
//! Here a test or a demonstration reads the journal, breaks things, turns the keys, and acts as people act
//! in Outlook (`/sandbox/exchange`) and in the CRM (`/sandbox/dataverse`). Nobody signs in for it, which is
//! why the sandbox listens on loopback only. Programs under trial must never call it.

use crate::company;
use crate::entra::{Consent, Flaw, Mint, Platform, Redirect, bridge};
use crate::world::faults::{Armed, Fault};
use crate::world::journal::{Entry, Journal, Seq, Service};
use crate::{World, dataverse, graph};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything under `/sandbox`. What people do in Outlook and in the CRM stands in the modules of those
/// services.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/sandbox/tenant", get(tenant))
        .route("/sandbox/journal", get(read_journal).delete(clear_journal))
        .route("/sandbox/faults", get(list_faults).post(add_fault).delete(clear_faults))
        .route("/sandbox/faults/{name}", delete(remove_fault))
        .route("/sandbox/release/{name}", post(release))
        .route("/sandbox/latency", get(read_latency).post(set_latency))
        .route("/sandbox/keys/rotate", post(rotate_keys))
        .route("/sandbox/entra/redirects", post(add_redirect))
        .route("/sandbox/entra/certificates", post(add_certificate))
        .route("/sandbox/entra/consent", post(set_consent))
        .route("/sandbox/token", post(mint))
        .route("/sandbox/naa/token", post(bridge::token))
        .route("/sandbox/reset", post(reset))
        .route("/sandbox/ca.pem", get(ca_pem))
        .nest("/sandbox/exchange", graph::control())
        .nest("/sandbox/dataverse", dataverse::control())
        .fallback(unknown)
}

/// A refusal of the control plane.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "badRequest", message: message.into() }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "notFound", message: message.into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        (self.status, Json(body)).into_response()
    }
}

/// A JSON body whose faults are told in the control plane's own error shape.
pub struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    Json<T>: FromRequest<S, Rejection = JsonRejection>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Problem> {
        let read = Json::<T>::from_request(request, state).await;
        read.map(|Json(body)| Self(body)).map_err(|reason| Problem::bad_request(reason.body_text()))
    }
}

async fn unknown(request: axum::extract::Request) -> Problem {
    Problem::not_found(format!("the control plane has no {} {}", request.method(), request.uri().path()))
}

async fn tenant(State(world): State<Arc<World>>) -> Json<Value> {
    let entra = world.entra();
    let secrets: BTreeMap<&str, &str> = BTreeMap::from([
        (company::APP_CLIENT_ID, company::APP_CLIENT_SECRET),
        (company::PUBLIC_CLIENT_ID, company::PUBLIC_CLIENT_SECRET),
    ]);
    let clients: Vec<Value> = entra
        .registrations()
        .iter()
        .map(|app| {
            json!({
                "name": app.name,
                "clientId": app.client_id,
                "clientSecret": secrets.get(app.client_id.as_str()),
                "redirects": app.redirects,
            })
        })
        .collect();
    let people: Vec<Value> = company::PEOPLE
        .iter()
        .map(|person| {
            json!({
                "oid": person.oid,
                "name": person.name,
                "upn": person.upn,
                "title": person.title,
                "role": person.role,
                "systemuserId": person.systemuser,
            })
        })
        .collect();
    Json(json!({
        "company": company::NAME,
        "tenantId": company::TENANT_ID,
        "organizationId": company::ORGANIZATION_ID,
        "domain": company::DOMAIN,
        "origin": world.options.origin,
        "paneOrigin": world.options.pane_origin,
        "authority": format!("{}/{}", world.options.origin, company::TENANT_ID),
        "graph": format!("{}/v1.0", world.options.origin),
        "dataverse": format!("{}/api/data/v9.2", world.options.origin),
        "apiScope": format!("api://{}/access_as_user", company::APP_CLIENT_ID),
        "clients": clients,
        "people": people,
        "sharedMailbox": {
            "oid": company::QUEUE_OID,
            "name": company::QUEUE_NAME,
            "address": company::QUEUE_ADDRESS,
            "queueId": company::QUEUE_ID,
        },
    }))
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

/// What the journal answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JournalPage {
    entries: Vec<Entry>,
    /// Upstream round trips in sequence among these entries.
    depth: usize,
    /// A mark for the next `?after=`.
    last: Seq,
}

async fn read_journal(
    State(world): State<Arc<World>>,
    Query(After { after }): Query<After>,
) -> Json<JournalPage> {
    let entries = world.journal.entries_after(Seq(after));
    let depth = Journal::depth(&entries);
    let last = entries.last().map_or(Seq(after), |entry| entry.seq);
    Json(JournalPage { entries, depth, last })
}

async fn clear_journal(State(world): State<Arc<World>>) -> StatusCode {
    world.journal.clear();
    StatusCode::NO_CONTENT
}

async fn list_faults(State(world): State<Arc<World>>) -> Json<Vec<Armed>> {
    Json(world.faults.list())
}

async fn add_fault(State(world): State<Arc<World>>, Body(fault): Body<Fault>) -> Response {
    (StatusCode::CREATED, Json(json!({"name": world.faults.add(fault)}))).into_response()
}

async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

async fn remove_fault(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    if world.faults.remove(&name) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found(format!("no fault is called {name}; GET /sandbox/faults lists them")))
    }
}

async fn release(State(world): State<Arc<World>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    match world.faults.release(&name) {
        Some(released) => Ok(Json(json!({"released": released}))),
        None => Err(Problem::not_found(format!("no fault is called {name}; GET /sandbox/faults lists them"))),
    }
}

const SERVICES: [Service; 5] =
    [Service::Entra, Service::Graph, Service::Dataverse, Service::Host, Service::Control];

/// Milliseconds that every request to a service takes longer.
async fn read_latency(State(world): State<Arc<World>>) -> Json<BTreeMap<Service, u64>> {
    Json(SERVICES.into_iter().map(|service| (service, world.faults.latency_ms(service))).collect())
}

/// `{"graph": 80, "dataverse": 120}`; services that are not named keep theirs.
async fn set_latency(
    State(world): State<Arc<World>>,
    Body(latency): Body<BTreeMap<Service, u64>>,
) -> Json<BTreeMap<Service, u64>> {
    for (service, ms) in latency {
        world.faults.set_latency(service, ms);
    }
    read_latency(State(world)).await
}

/// How long the key before stays published.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Rotation {
    grace_secs: i64,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { grace_secs: 24 * 3600 }
    }
}

async fn rotate_keys(State(world): State<Arc<World>>, body: bytes::Bytes) -> Result<Json<Value>, Problem> {
    let rotation: Rotation = if body.is_empty() {
        Rotation::default()
    } else {
        serde_json::from_slice(&body).map_err(|reason| {
            Problem::bad_request(format!("send {{\"graceSecs\": 3600}} or nothing: {reason}"))
        })?
    };
    let kid = tokio::task::spawn_blocking(move || world.rotate_keys(rotation.grace_secs));
    kid.await
        .map(|kid| Json(json!({"kid": kid})))
        .map_err(|reason| Problem::bad_request(format!("the keys were not rotated: {reason}")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewRedirect {
    client_id: String,
    uri: String,
    platform: Platform,
}

async fn add_redirect(
    State(world): State<Arc<World>>,
    Body(asked): Body<NewRedirect>,
) -> Result<StatusCode, Problem> {
    let redirect = Redirect { uri: asked.uri, platform: asked.platform };
    world.entra().add_redirect(&asked.client_id, redirect).map_err(Problem::not_found)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewCertificate {
    client_id: String,
    /// PEM.
    certificate: String,
}

async fn add_certificate(
    State(world): State<Arc<World>>,
    Body(asked): Body<NewCertificate>,
) -> Result<Json<Value>, Problem> {
    let added = world.entra().add_certificate(&asked.client_id, &asked.certificate);
    added.map(|thumbprint| Json(json!({"x5t#S256": thumbprint}))).map_err(Problem::bad_request)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConsentChange {
    client_id: String,
    /// Object id, or `*` for everybody.
    person: String,
    consent: Consent,
}

async fn set_consent(
    State(world): State<Arc<World>>,
    Body(asked): Body<ConsentChange>,
) -> Result<StatusCode, Problem> {
    let changed = world.entra().set_consent(&asked.client_id, &asked.person, asked.consent);
    changed.map_err(Problem::not_found)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A token made to order; see [`Mint`] and [`Flaw`].
async fn mint(State(world): State<Arc<World>>, Body(order): Body<Mint>) -> Result<Json<Value>, Problem> {
    let token = order.token(&world).map_err(|reason| {
        let flaws: Vec<Value> = Flaw::ALL.iter().map(|flaw| json!(flaw)).collect();
        Problem::bad_request(format!("{reason}. Flaws to order: {}", Value::from(flaws)))
    })?;
    Ok(Json(json!({"token": token})))
}

async fn reset(State(world): State<Arc<World>>) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}

async fn ca_pem(State(world): State<Arc<World>>) -> Result<Response, Problem> {
    let authority = world.authority().map_err(|reason| Problem::bad_request(reason.to_string()))?;
    let kind = [(header::CONTENT_TYPE, "application/x-pem-file")];
    Ok((kind, authority.ca_pem().to_owned()).into_response())
}
