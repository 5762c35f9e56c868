//! One request from beginning to end: journal, faults before, the service, faults after.
//!
//! The order matters: a fault *before* must leave the tenant untouched, a fault *after* must find the effect
//! applied, and the journal's entry must close also when the client goes away in the middle.

use super::*;
use axum::body::to_bytes;
use bytes::Bytes;
use std::time::Duration;

/// Closes the entry, also when the future is dropped because the client went away.
struct OpenEntry<'a> {
    world: &'a World,
    seq: Seq,
    status: Option<u16>,
}

impl Drop for OpenEntry<'_> {
    fn drop(&mut self) {
        self.world.journal.end(self.seq, self.status);
    }
}

/// Performs a request, or (`batch`) a part of one.
pub(super) async fn perform(house: &Arc<House>, batch: Option<&Parts>, request: Request) -> Response {
    let world = &*house.world;
    let service = service_of(request.uri().path());
    let caller = entra::caller_as_claimed(request.headers());
    let seq = world.journal.begin(Asked {
        parent: batch.map(|parts| parts.parent),
        service,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        // What a client sends to Entra may hold codes and secrets, wrongly in the address too.
        query: request.uri().query().filter(|_| service != Service::Entra).map(str::to_owned),
        caller: caller.clone(),
        client_request_id: client_request_id(request.headers()),
        at: world.now(),
    });
    let mut entry = OpenEntry { world, seq, status: None };
    let changes = !request.method().is_safe();
    let response = with_faults(house, batch, seq, service, &caller, request).await;
    if changes {
        world.touch();
    }
    if response.extensions().get::<Severed>().is_none() {
        entry.status = Some(response.status().as_u16());
    }
    response
}

async fn with_faults(
    house: &Arc<House>,
    batch: Option<&Parts>,
    seq: Seq,
    service: Service,
    caller: &str,
    request: Request,
) -> Response {
    let world = &*house.world;
    let (mut request, body) = match body_if_wanted(world, request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let hits = world.faults.strike(&Sighting {
        service,
        method: request.method().as_str(),
        path_and_query: request.uri().path_and_query().map_or("/", |whole| whole.as_str()),
        place: if batch.is_some() { Place::Part } else { Place::TopLevel },
        caller,
        body: body.as_deref(),
    });
    if batch.is_none() {
        pause(world.faults.latency_ms(service)).await;
    }
    if let Some(response) = before(world, service, &hits, &mut request).await {
        return response;
    }
    let parts = Parts {
        house: house.clone(),
        parent: seq,
        authorization: request.headers().get(header::AUTHORIZATION).cloned(),
        later: Arc::default(),
    };
    request.extensions_mut().insert(seq);
    request.extensions_mut().insert(parts.clone());
    let Ok(response) = house.router_of(service).oneshot(request).await;
    if response.extensions().get::<Severed>().is_some() {
        return response;
    }
    let later = parts.take_postponed();
    after(world, batch, later.into_iter().chain(hits), response).await
}

/// Performs what happens before the service is asked; an answer here means that the service is not.
async fn before(world: &World, service: Service, hits: &[Hit], request: &mut Request) -> Option<Response> {
    for hit in hits {
        match &hit.kind {
            Kind::Latency { ms } => pause(*ms).await,
            Kind::HangBefore => hold(world, &hit.name).await,
            Kind::DropBefore => return Some(Severed.into_response()),
            Kind::Status { status, code, message, retry_after, headers } => {
                let mut response = refusal(world, service, *status, code, message, request.headers());
                let retry_after = retry_after.iter().map(|value| ("retry-after", value));
                for (name, value) in
                    headers.iter().map(|(name, value)| (name.as_str(), value)).chain(retry_after)
                {
                    let name = http::HeaderName::try_from(name);
                    if let (Ok(name), Ok(value)) = (name, http::HeaderValue::try_from(value)) {
                        response.headers_mut().insert(name, value);
                    }
                }
                return Some(response);
            }
            Kind::TokenRefused { error, code, description, suberror, claims } => {
                let refused = entra::Refusal::from_fault(
                    error,
                    *code,
                    description,
                    suberror.as_deref(),
                    claims.as_deref(),
                );
                return Some(refused.into_answer(world, request.headers()));
            }
            Kind::TokenLifetime { secs } => {
                request.extensions_mut().insert(entra::TokenLifetime { secs: *secs });
            }
            Kind::DropAfter | Kind::HangAfter | Kind::SlowBody { .. } | Kind::BodyReplaced { .. } => {}
        }
    }
    None
}

/// Performs what happens once the effect is applied. On a part, cutting and holding wait for the whole.
async fn after(
    world: &World,
    batch: Option<&Parts>,
    hits: impl Iterator<Item = Hit>,
    mut response: Response,
) -> Response {
    for hit in hits {
        match (&hit.kind, batch) {
            (Kind::DropAfter | Kind::HangAfter, Some(whole)) => whole.postpone(hit),
            (Kind::DropAfter, None) => return Severed.into_response(),
            (Kind::HangAfter, None) => hold(world, &hit.name).await,
            (Kind::BodyReplaced { pointer, value }, _) => {
                response = with_value_replaced(response, pointer, value).await;
            }
            (Kind::SlowBody { pieces, pause_ms }, None) => {
                response = slowed(response, *pieces, *pause_ms).await;
            }
            _ => {}
        }
    }
    response
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

async fn hold(world: &World, name: &str) {
    if let Some(gate) = world.faults.gate(name) {
        gate.pass().await;
    }
}

fn client_request_id(headers: &HeaderMap) -> Option<String> {
    ["client-request-id", "x-ms-client-request-id"]
        .iter()
        .find_map(|name| headers.get(*name))
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

async fn body_if_wanted(world: &World, request: Request) -> Result<(Request, Option<Bytes>), Response> {
    if !world.faults.wants_bodies() {
        return Ok((request, None));
    }
    let (head, body) = request.into_parts();
    match to_bytes(body, BODY_LIMIT).await {
        Ok(bytes) => Ok((Request::from_parts(head, Body::from(bytes.clone())), Some(bytes))),
        Err(reason) => {
            Err((StatusCode::BAD_REQUEST, format!("the body cannot be read: {reason}")).into_response())
        }
    }
}

/// A refusal in the shape that the service gives its errors.
fn refusal(
    world: &World,
    service: Service,
    status: u16,
    code: &str,
    message: &str,
    asked: &HeaderMap,
) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let request_id = world.next_uuid().to_string();
    let client_request_id = client_request_id(asked).unwrap_or_else(|| request_id.clone());
    let date = world.now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let body = match service {
        Service::Graph => serde_json::json!({"error": {
            "code": code,
            "message": message,
            "innerError": {"date": date, "request-id": request_id, "client-request-id": client_request_id},
        }}),
        Service::Entra => {
            let number = code.parse().unwrap_or(90_033);
            let error = if code.parse::<u32>().is_ok() { "temporarily_unavailable" } else { code };
            return entra::Refusal::from_fault(error, number, message, None, None)
                .with_status(status)
                .into_answer(world, asked);
        }
        Service::Dataverse | Service::Host | Service::Control => {
            serde_json::json!({"error": {"code": code, "message": message}})
        }
    };
    let mut response = (status, axum::Json(body)).into_response();
    for (name, value) in [("request-id", &request_id), ("client-request-id", &client_request_id)] {
        if let (Service::Graph, Ok(value)) = (service, http::HeaderValue::try_from(value)) {
            response.headers_mut().insert(http::HeaderName::from_static(name), value);
        }
    }
    response
}

/// Replaces one value of a JSON body; an answer without JSON stays as it is.
async fn with_value_replaced(response: Response, pointer: &str, value: &serde_json::Value) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_LIMIT).await else { return Severed.into_response() };
    let replaced = if pointer.is_empty() {
        Some(value.clone())
    } else {
        serde_json::from_slice(&bytes).ok().and_then(|json| replace(json, pointer, value))
    };
    let bytes = match replaced {
        Some(json) => Bytes::from(json.to_string()),
        None => bytes,
    };
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(bytes))
}

fn replace(
    mut json: serde_json::Value,
    pointer: &str,
    value: &serde_json::Value,
) -> Option<serde_json::Value> {
    if let Some(place) = json.pointer_mut(pointer) {
        *place = value.clone();
    } else {
        let (parent, name) = pointer.rsplit_once('/')?;
        let name = name.replace("~1", "/").replace("~0", "~");
        json.pointer_mut(parent)?.as_object_mut()?.insert(name, value.clone());
    }
    Some(json)
}

async fn slowed(response: Response, pieces: u32, pause_ms: u64) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_LIMIT).await else { return Severed.into_response() };
    head.headers.remove(header::CONTENT_LENGTH);
    let size = bytes.len().div_ceil(pieces.max(1) as usize).max(1);
    let stream = futures_util::stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        pause(pause_ms).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok::<_, std::convert::Infallible>(piece), rest))
    });
    Response::from_parts(head, Body::from_stream(stream))
}
