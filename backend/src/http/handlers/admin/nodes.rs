//! The processes that share the service's database.

use crate::entra::Administrator;
use crate::http::Service;
use crate::http::answer::Refusal;
use axum::Json;
use axum::extract::State;
use shared::api::ProblemDetails;
use shared::api::admin::Nodes;
use std::sync::Arc;

/// Every node that was heard of lately, and what it synchronizes of the administrator's tenant.
#[utoipa::path(
    get,
    path = "/api/admin/nodes",
    responses((status = 200, body = Nodes), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn nodes(
    State(service): State<Arc<Service>>,
    caller: Administrator,
) -> Result<Json<Nodes>, Refusal> {
    Ok(Json(service.items.administration().nodes(caller.tenant()).await?))
}
