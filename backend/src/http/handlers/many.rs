//! Several items of one mailbox at once.

use crate::entra::Caller;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::handlers::items::stream_of;
use crate::http::words::{Mailbox, Tongue, bad_request, item_of, json_of};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use shared::api::{
    ItemBrief, ProblemDetails, States, StatesRequest, THREAD_MAX, WishesAnswer, WishesRequest,
};
use shared::item::ItemId;
use std::sync::Arc;

/// The states of several items, as both sides show them now. A question that is too long for an address.
#[utoipa::path(
    post,
    path = "/api/states",
    operation_id = "states",
    params(("mailbox" = String, Query, description = "Address of the mailbox that the items are in")),
    request_body = StatesRequest,
    responses((status = 200, body = States), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn states(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Mailbox(mailbox): Mailbox,
    Tongue(language): Tongue,
    body: Bytes,
) -> Result<Json<States>, Refusal> {
    let items = items_of(json_of::<StatesRequest>(&body, "list of items")?.items)?;
    Ok(Json(service.items.states(&caller.access(), &mailbox, &items, language).await?))
}

/// The states of several items from now on, as server-sent events `state`. The stream ends with the caller's token.
#[utoipa::path(
    post,
    path = "/api/states/events",
    operation_id = "states_events",
    params(("mailbox" = String, Query, description = "Address of the mailbox that the items are in")),
    request_body = StatesRequest,
    responses((status = 200, body = ItemBrief, content_type = "text/event-stream"), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn events(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Mailbox(mailbox): Mailbox,
    Tongue(language): Tongue,
    body: Bytes,
) -> Result<Response, Refusal> {
    let items = items_of(json_of::<StatesRequest>(&body, "list of items")?.items)?;
    if items.is_empty() || items.len() > THREAD_MAX {
        return Err(bad_request(format!("follow 1 to {THREAD_MAX} items at once, not {}", items.len())));
    }
    let states = service.items.follow_many(&caller.access(), &mailbox, &items, language)?;
    let events = states.map(|state| (state.version, state));
    Ok(stream_of(&service, &caller, events).into_response())
}

/// Stores several wishes, each answered for itself; they are carried out afterwards. Follow the items' events.
#[utoipa::path(
    post,
    path = "/api/wishes",
    operation_id = "wishes",
    params(("mailbox" = String, Query, description = "Address of the mailbox that the items are in")),
    request_body = WishesRequest,
    responses((status = 202, body = WishesAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn wishes(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Mailbox(mailbox): Mailbox,
    Tongue(language): Tongue,
    body: Bytes,
) -> Result<Response, Refusal> {
    let WishesRequest { wishes } = json_of(&body, "list of wishes")?;
    for wish in &wishes {
        item_of(&wish.item.0)?;
    }
    let answer = service.items.wishes(&caller.access(), &mailbox, &wishes, language).await?;
    Ok((http::StatusCode::ACCEPTED, Json(answer)).into_response())
}

fn items_of(items: Vec<ItemId>) -> Result<Vec<ItemId>, Refusal> {
    items.iter().map(|item| item_of(&item.0)).collect()
}
