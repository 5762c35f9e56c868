//! An item's state, the wishes for it, and what to suggest.

use crate::entra::Caller;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::{Item, Tongue, json_of};
use crate::sync::Carried;
use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::StatusCode;
use serde::Serialize;
use shared::api::{ItemState, ProblemDetails, Suggestions, WishRequest};
use shared::party::Chosen;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Proxies close connections on which nothing is said for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The item's state, as both sides show it now.
#[utoipa::path(
    get,
    path = "/api/items/{item}",
    params(("item" = String, Path, description = "The item's id in its REST form"),
           ("mailbox" = String, Query, description = "Address of the mailbox that the item is in")),
    responses((status = 200, body = ItemState), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn state(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Item(name): Item,
    Tongue(language): Tongue,
) -> Result<Json<ItemState>, Refusal> {
    Ok(Json(service.items.state(&caller.access(), &name, language).await?))
}

/// Stores a wish for the item and carries it out. 202: it goes on; follow the item's events.
#[utoipa::path(
    post,
    path = "/api/items/{item}/wishes",
    params(("item" = String, Path, description = "The item's id in its REST form"),
           ("mailbox" = String, Query, description = "Address of the mailbox that the item is in")),
    request_body = WishRequest,
    responses((status = 200, body = ItemState), (status = 202, body = ItemState), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn wish(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Item(name): Item,
    Tongue(language): Tongue,
    body: Bytes,
) -> Result<Response, Refusal> {
    let request: WishRequest = json_of(&body, "wish")?;
    let patience = Duration::from_millis(service.config.limits.wish_patience_ms);
    let (state, carried) = service.items.wish(&caller.access(), &name, &request, patience, language).await?;
    let status = match carried {
        Carried::Out => StatusCode::OK,
        Carried::On => StatusCode::ACCEPTED,
    };
    Ok((status, Json(state)).into_response())
}

/// Remembers which of several matching records somebody on the item is, for the caller, from now on.
#[utoipa::path(
    put,
    path = "/api/items/{item}/choice",
    params(("item" = String, Path, description = "The item's id in its REST form"),
           ("mailbox" = String, Query, description = "Address of the mailbox that the item is in")),
    request_body = Chosen,
    responses((status = 200, body = ItemState), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn choose_person(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Item(name): Item,
    Tongue(language): Tongue,
    body: Bytes,
) -> Result<Json<ItemState>, Refusal> {
    let choice: Chosen = json_of(&body, "choice of a record")?;
    Ok(Json(service.items.choose_person(&caller.access(), &name, &choice, language).await?))
}

/// The item's states from now on, as server-sent events `state`. The stream ends with the caller's token.
#[utoipa::path(
    get,
    path = "/api/items/{item}/events",
    params(("item" = String, Path, description = "The item's id in its REST form"),
           ("mailbox" = String, Query, description = "Address of the mailbox that the item is in")),
    responses((status = 200, body = ItemState, content_type = "text/event-stream"), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn events(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Item(name): Item,
    Tongue(language): Tongue,
) -> Result<Response, Refusal> {
    let states = service.items.follow(&caller.access(), &name, language).await?;
    Ok(stream_of(&service, &caller, states.map(|state| (state.version, state))).into_response())
}

/// States with their versions, as server-sent events, for as long as the caller's token lasts.
pub(super) fn stream_of<T: Serialize + Send + 'static>(
    service: &Service,
    caller: &Caller,
    states: impl Stream<Item = (u64, T)> + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + Send + 'static> {
    let (stop, clock, expires) = (service.stop.clone(), service.clock.clone(), caller.expires());
    let end = async move {
        tokio::select! {
            () = stop.stopped() => {}
            () = clock.sleep_until(expires) => {}
        }
    };
    let events = states.boxed().take_until(Box::pin(end)).map(|(version, state)| {
        let event = Event::default().event("state").id(version.to_string());
        Ok::<_, Infallible>(event.json_data(&state).unwrap_or_default())
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text(""))
}

/// Records to offer for the item before anything was typed.
#[utoipa::path(
    get,
    path = "/api/items/{item}/suggestions",
    params(("item" = String, Path, description = "The item's id in its REST form"),
           ("mailbox" = String, Query, description = "Address of the mailbox that the item is in")),
    responses((status = 200, body = Suggestions), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn suggestions(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Item(name): Item,
) -> Result<Json<Suggestions>, Refusal> {
    Ok(Json(service.items.suggestions(&caller.access(), &name).await?))
}
