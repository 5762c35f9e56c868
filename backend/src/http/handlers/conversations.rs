//! The conversation that an item belongs to.

use crate::entra::Caller;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::{Item, Tongue, json_of};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use shared::api::{
    ConversationRequest, ConversationStanding, ConversationTracked, ProblemDetails, Surroundings,
};
use std::sync::Arc;

/// What is worth knowing around an item: whether its conversation is followed, whether the tracking category has
/// another name in the mailbox than in the caller's own.
#[utoipa::path(
    get,
    path = "/api/items/{item}/surroundings",
    params(("item" = String, Path, description = "The item's id in its REST form"),
           ("mailbox" = String, Query, description = "Address of the mailbox that the item is in")),
    responses((status = 200, body = Surroundings), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn surroundings(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Item(name): Item,
    Tongue(language): Tongue,
) -> Result<Json<Surroundings>, Refusal> {
    Ok(Json(service.items.surroundings(&caller.access(), &name, language).await?))
}

/// Tracks every message of the item's conversation that lies in the mailbox. Follow their events.
#[utoipa::path(
    post,
    path = "/api/items/{item}/conversation",
    params(("item" = String, Path, description = "The item's id in its REST form"),
           ("mailbox" = String, Query, description = "Address of the mailbox that the item is in")),
    request_body = ConversationRequest,
    responses((status = 202, body = ConversationTracked), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn track_conversation(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Item(name): Item,
    Tongue(language): Tongue,
    body: Bytes,
) -> Result<Response, Refusal> {
    let request: ConversationRequest = json_of(&body, "wish for a conversation")?;
    let tracked = service.items.track_conversation(&caller.access(), &name, &request, language).await?;
    Ok((http::StatusCode::ACCEPTED, Json(tracked)).into_response())
}

/// Stops automatic tracking of the item's conversation, or begins it again.
#[utoipa::path(
    put,
    path = "/api/items/{item}/conversation",
    params(("item" = String, Path, description = "The item's id in its REST form"),
           ("mailbox" = String, Query, description = "Address of the mailbox that the item is in")),
    request_body = ConversationStanding,
    responses((status = 200, body = ConversationStanding), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn follow_conversation(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Item(name): Item,
    body: Bytes,
) -> Result<Json<ConversationStanding>, Refusal> {
    let ConversationStanding { following } = json_of(&body, "standing of a conversation")?;
    let following = service.items.follow_conversation(&caller.access(), &name, following).await?;
    Ok(Json(ConversationStanding { following }))
}
