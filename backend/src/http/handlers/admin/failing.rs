//! Items that could not be tracked or untracked.

use super::actor;
use crate::entra::Administrator;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::{Tongue, bad_request, mailbox_of};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use http::StatusCode;
use serde::Deserialize;
use shared::api::ProblemDetails;
use shared::api::admin::{FailingHistory, FailingItems};
use shared::problem::{Code, Problem};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Deserialize)]
pub(crate) struct Asked {
    mailbox: Option<String>,
}

/// Items that wait after a failure or were given up in the last 30 days, the latest first.
#[utoipa::path(
    get,
    path = "/api/admin/failing",
    params(("mailbox" = Option<String>, Query, description = "Only those of the mailbox with this address")),
    responses((status = 200, body = FailingItems), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn failing(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<FailingItems>, Refusal> {
    let Query(Asked { mailbox }) = asked.map_err(|_| bad_request("the query cannot be read"))?;
    let mailbox = mailbox.as_deref().map(mailbox_of).transpose()?;
    let administration = service.items.administration();
    Ok(Json(administration.failing(caller.tenant(), mailbox.as_ref(), language).await?))
}

/// What the audit trail tells of an item.
#[utoipa::path(
    get,
    path = "/api/admin/failing/{wish}",
    params(("wish" = Uuid, Path, description = "Id of the wish that fails")),
    responses((status = 200, body = FailingHistory), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn history(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    wish: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<FailingHistory>, Refusal> {
    let administration = service.items.administration();
    Ok(Json(administration.history(caller.tenant(), wish_of(wish)?, language).await?))
}

/// Tries an item again at once, with a fresh count of failures.
#[utoipa::path(
    post,
    path = "/api/admin/failing/{wish}/retry",
    params(("wish" = Uuid, Path, description = "Id of the wish that fails")),
    responses((status = 204), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn retry(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    wish: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    service.items.administration().retry(caller.tenant(), wish_of(wish)?, &actor(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn wish_of(path: Result<Path<Uuid>, PathRejection>) -> Result<Uuid, Refusal> {
    path.map(|Path(wish)| wish).map_err(|_| Problem::new(Code::NotFound).into())
}
