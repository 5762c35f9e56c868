//! Where Exchange rings: change notifications of Microsoft Graph.
//!
//! <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks> and
//! <https://learn.microsoft.com/graph/change-notifications-lifecycle-events>. Of what it says only the subscription
//! and its secret are read; what changed is looked for by the mailbox's next cycle. Whoever sends anything else is
//! answered in the same way, and nothing comes of it.

use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::{bad_request, json_of};
use crate::sync::{Heard, Kind};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use shared::api::ProblemDetails;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Longest text that is echoed; Graph's have some hundred characters.
const ECHO_MAX_BYTES: usize = 4 * 1024;
/// Subscriptions that one message rings for; Graph bundles far fewer.
const MOST_RUNG: usize = 1_000;

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(rename = "validationToken")]
    validation: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    value: Vec<Notice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notice {
    subscription_id: String,
    #[serde(default)]
    client_state: String,
}

/// Something changed in mailboxes. With `validationToken`: the handshake before a subscription, which is echoed.
#[utoipa::path(
    post,
    path = "/api/notifications/graph",
    params(("validationToken" = Option<String>, Query, description = "What is to be echoed as text/plain")),
    request_body = Object,
    responses((status = 200, body = String, content_type = "text/plain"), (status = 202), (status = "default", body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(crate) async fn changed(
    State(service): State<Arc<Service>>,
    asked: Result<Query<Asked>, QueryRejection>,
    body: Bytes,
) -> Result<Response, Refusal> {
    hear(&service, asked, &body, Kind::Bell).await
}

/// Something became of subscriptions: they end, were removed, or missed changes.
#[utoipa::path(
    post,
    path = "/api/notifications/graph/lifecycle",
    params(("validationToken" = Option<String>, Query, description = "What is to be echoed as text/plain")),
    request_body = Object,
    responses((status = 200, body = String, content_type = "text/plain"), (status = 202), (status = "default", body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(crate) async fn lifecycle(
    State(service): State<Arc<Service>>,
    asked: Result<Query<Asked>, QueryRejection>,
    body: Bytes,
) -> Result<Response, Refusal> {
    hear(&service, asked, &body, Kind::Full).await
}

async fn hear(
    service: &Service,
    asked: Result<Query<Asked>, QueryRejection>,
    body: &Bytes,
    kind: Kind,
) -> Result<Response, Refusal> {
    let Query(Asked { validation }) = asked.map_err(|_| bad_request("the query cannot be read"))?;
    if let Some(text) = validation {
        return echo(text);
    }
    let Message { value } = json_of(body, "collection of notifications")?;
    // Many changes of one mailbox come bundled: one ring is enough.
    let notices: BTreeSet<_> =
        value.into_iter().map(|notice| (notice.subscription_id, notice.client_state)).collect();
    let (mut unknown, mut forged) = (0_u32, 0_u32);
    for (subscription, client_state) in notices.into_iter().take(MOST_RUNG) {
        let heard = service.items.heard(&subscription, &client_state, kind).await;
        match heard.map_err(|error| error.problem())? {
            Heard::Rung => {}
            Heard::Unknown => unknown += 1,
            Heard::Forged => forged += 1,
        }
    }
    if forged > 0 {
        tracing::warn!(forged, "notifications that do not know the secret of their subscription");
    }
    if unknown > 0 {
        tracing::debug!(unknown, "notifications of subscriptions that are not known");
    }
    // The same for all: who guesses learns nothing.
    Ok(StatusCode::ACCEPTED.into_response())
}

fn echo(text: String) -> Result<Response, Refusal> {
    if text.len() > ECHO_MAX_BYTES {
        return Err(bad_request("the text to echo is too long"));
    }
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
