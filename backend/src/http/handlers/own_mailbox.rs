//! How the caller's own mailbox is synchronized.

use crate::entra::Caller;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::{Mailbox, Tongue};
use axum::Json;
use axum::extract::State;
use shared::api::{OwnMailbox, ProblemDetails};
use std::sync::Arc;

/// How the caller's own mailbox is synchronized, and what fails in it.
#[utoipa::path(
    get,
    path = "/api/mailbox",
    operation_id = "own_mailbox",
    params(("mailbox" = String, Query, description = "Address of the caller's own mailbox")),
    responses((status = 200, body = OwnMailbox), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn standing(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Mailbox(mailbox): Mailbox,
    Tongue(language): Tongue,
) -> Result<Json<OwnMailbox>, Refusal> {
    Ok(Json(service.items.own_standing(&caller.access(), &mailbox, language).await?))
}
