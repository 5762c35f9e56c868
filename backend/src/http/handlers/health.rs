//! For whoever watches the service.

use crate::http::Service;
use crate::http::answer::Refusal;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::api::ProblemDetails;
use shared::problem::{Code, Problem};
use std::sync::Arc;

/// The service is there.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// Always `ok`; whoever is not well does not answer, or answers with a problem.
    status: &'static str,
    version: &'static str,
}

const WELL: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// Whether the process runs.
#[utoipa::path(get, path = "/health", responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(WELL)
}

/// Whether requests can be served: the database can be written to, and no stop is under way.
#[utoipa::path(
    get,
    path = "/ready",
    responses((status = 200, body = Health), (status = "default", body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(crate) async fn ready(State(service): State<Arc<Service>>) -> Result<Json<Health>, Refusal> {
    if service.stop.is_stopping() {
        return Err(Problem::new(Code::StoreDown).into());
    }
    service.store.ping().await.map_err(|error| {
        tracing::error!(%error, "the store cannot be written to");
        error.problem()
    })?;
    Ok(Json(WELL))
}
