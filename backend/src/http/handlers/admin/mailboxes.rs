//! Mailboxes: which are known, how they are, and what shall become of them.

use super::{Address, actor};
use crate::entra::Administrator;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::{Tongue, bad_request, json_of, mailbox_of};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use bytes::Bytes;
use serde::Deserialize;
use shared::api::ProblemDetails;
use shared::api::admin::{
    Enroll, Enrolled, MOST_ADDRESSES, Mailbox, MailboxState, Mailboxes, Order, Pin, StartDate,
};
use shared::problem::{Code, Problem};
use std::sync::Arc;

#[derive(Deserialize)]
pub(crate) struct Asked {
    state: Option<MailboxState>,
}

/// Every mailbox that is known, or those in one state.
#[utoipa::path(
    get,
    path = "/api/admin/mailboxes",
    params(("state" = Option<MailboxState>, Query, description = "Only those in this state")),
    responses((status = 200, body = Mailboxes), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn mailboxes(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Mailboxes>, Refusal> {
    let Query(Asked { state }) = asked.map_err(|_| {
        let states = MailboxState::ALL.map(MailboxState::as_str).join(", ");
        bad_request(format!("`state` is one of {states}"))
    })?;
    let administration = service.items.administration();
    Ok(Json(administration.mailboxes(caller.tenant(), state, language).await?))
}

/// Makes mailboxes known to the service; their addresses then wait for approval.
#[utoipa::path(
    post,
    path = "/api/admin/mailboxes",
    request_body = Enroll,
    responses((status = 200, body = Enrolled), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn enroll(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    body: Bytes,
) -> Result<Json<Enrolled>, Refusal> {
    let Enroll { addresses } = json_of(&body, "list of addresses")?;
    if addresses.len() > MOST_ADDRESSES {
        return Err(bad_request(format!("one request enrolls at most {MOST_ADDRESSES} mailboxes")));
    }
    for address in &addresses {
        mailbox_of(address.as_str())?;
    }
    let administration = service.items.administration();
    Ok(Json(administration.enroll(caller.tenant(), &addresses, &actor(&caller), language).await?))
}

/// Makes the mailboxes of all users and queues known that the CRM has.
#[utoipa::path(
    post,
    path = "/api/admin/mailboxes/discover",
    responses((status = 200, body = Enrolled), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn discover(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
) -> Result<Json<Enrolled>, Refusal> {
    let administration = service.items.administration();
    Ok(Json(administration.discover(caller.tenant(), &actor(&caller), language).await?))
}

/// Everything about one mailbox.
#[utoipa::path(
    get,
    path = "/api/admin/mailboxes/{address}",
    params(("address" = String, Path, description = "Address of the mailbox")),
    responses((status = 200, body = Mailbox), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn mailbox(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    Address(address): Address,
) -> Result<Json<Mailbox>, Refusal> {
    Ok(Json(service.items.administration().mailbox(caller.tenant(), &address, language).await?))
}

/// Carries out an order for a mailbox: approve, reject, test (and enable), start or stop.
#[utoipa::path(
    post,
    path = "/api/admin/mailboxes/{address}/{order}",
    params(("address" = String, Path, description = "Address of the mailbox"),
           ("order" = Order, Path, description = "What shall become of it")),
    responses((status = 200, body = Mailbox), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn order(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    Address(address): Address,
    path: Result<Path<(String, Order)>, PathRejection>,
) -> Result<Json<Mailbox>, Refusal> {
    let Path((_, order)) = path.map_err(|_| Problem::new(Code::NotFound))?;
    let administration = service.items.administration();
    Ok(Json(administration.order(caller.tenant(), &address, order, &actor(&caller), language).await?))
}

/// Chooses the node that synchronizes a mailbox while it lives.
#[utoipa::path(
    put,
    path = "/api/admin/mailboxes/{address}/node",
    params(("address" = String, Path, description = "Address of the mailbox")),
    request_body = Pin,
    responses((status = 200, body = Mailbox), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn pin(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    Address(address): Address,
    body: Bytes,
) -> Result<Json<Mailbox>, Refusal> {
    let Pin { node } = json_of(&body, "choice of a node")?;
    let administration = service.items.administration();
    Ok(Json(administration.pin(caller.tenant(), &address, node, &actor(&caller), language).await?))
}

/// Chooses from when on mail is tracked by itself.
#[utoipa::path(
    put,
    path = "/api/admin/mailboxes/{address}/start-date",
    params(("address" = String, Path, description = "Address of the mailbox")),
    request_body = StartDate,
    responses((status = 200, body = Mailbox), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn set_start(
    State(service): State<Arc<Service>>,
    caller: Administrator,
    Tongue(language): Tongue,
    Address(address): Address,
    body: Bytes,
) -> Result<Json<Mailbox>, Refusal> {
    let StartDate { start } = json_of(&body, "start date")?;
    let administration = service.items.administration();
    Ok(Json(administration.set_start(caller.tenant(), &address, start, &actor(&caller), language).await?))
}
