//! Who the caller is.

use crate::entra::Caller;
use crate::http::Service;
use crate::http::answer::Refusal;
use axum::Json;
use axum::extract::State;
use shared::api::{Me, ProblemDetails};
use std::sync::Arc;

/// Who the caller is on both sides.
#[utoipa::path(
    get,
    path = "/api/me",
    responses((status = 200, body = Me), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn me(State(service): State<Arc<Service>>, caller: Caller) -> Result<Json<Me>, Refusal> {
    Ok(Json(service.items.me(&caller.access(), caller.name()).await?))
}
