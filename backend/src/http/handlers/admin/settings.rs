//! The organization's settings, as they stand in the CRM.

use crate::entra::Administrator;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::{Tongue, json_of};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use bytes::Bytes;
use shared::api::ProblemDetails;
use shared::api::admin::{NewValue, Setting, Settings};
use shared::problem::{Code, Problem};
use std::sync::Arc;

/// Every setting that the service honours.
#[utoipa::path(
    get,
    path = "/api/admin/settings",
    responses((status = 200, body = Settings), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn settings(
    State(service): State<Arc<Service>>,
    caller: Administrator,
) -> Result<Json<Settings>, Refusal> {
    Ok(Json(service.items.administration().settings(caller.tenant()).await?))
}

/// Changes one setting in the CRM; the others stay as they are.
#[utoipa::path(
    put,
    path = "/api/admin/settings/{name}",
    params(("name" = String, Path, description = "The CRM's own name of the setting, in any letters")),
    request_body = NewValue,
    responses((status = 200, body = Setting), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn set_setting(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    name: Result<Path<String>, PathRejection>,
    body: Bytes,
) -> Result<Json<Setting>, Refusal> {
    let Path(name) = name.map_err(|_| Problem::new(Code::NotFound))?;
    let NewValue { value } = json_of(&body, "value of a setting")?;
    Ok(Json(service.items.administration().set_setting(caller.tenant(), &name, &value, language).await?))
}
