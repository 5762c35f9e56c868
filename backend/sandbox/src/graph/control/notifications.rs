//! What befalls subscriptions, and the round of the courier.

use super::super::problem::Problem;
use super::{Answer, Tenant, act};
use crate::exchange::{LifecycleEvent, Subscription};
use crate::world::journal::Seq;
use axum::Json;
use axum::extract::{Extension, Path, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

fn card(one: &Subscription) -> Value {
    json!({
        "id": one.id,
        "mailbox": one.terms.mailbox,
        "resource": one.terms.resource,
        "applicationId": one.terms.application,
        "notificationUrl": one.terms.notification_url,
        "lifecycleNotificationUrl": one.terms.lifecycle_url,
        "clientState": one.terms.client_state,
        "expirationDateTime": one.terms.expires.to_string(),
        "awaitsAuthorization": one.awaits_authorization,
        "tally": one.tally,
    })
}

/// Everybody's subscriptions.
pub async fn subscriptions(State(world): Tenant) -> Json<Value> {
    let exchange = world.exchange();
    Json(json!({ "value": exchange.subscriptions().map(card).collect::<Vec<_>>() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    event: LifecycleEvent,
}

/// `{"event": "reauthorizationRequired" | "subscriptionRemoved" | "missed"}`.
pub async fn announce(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path(id): Path<Uuid>,
    Json(wanted): Json<Announcement>,
) -> Result<StatusCode, Problem> {
    act(&world, seq, |exchange, _| exchange.announce(id, wanted.event))?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many notifications wait, and when the next is due.
pub async fn waiting(State(world): Tenant) -> Json<Value> {
    let exchange = world.exchange();
    let due = exchange.next_notice_due().map(|due| due.to_string());
    Json(json!({ "waiting": exchange.notices_waiting(), "nextDue": due }))
}

/// Sends what is due and says how many were accepted.
pub async fn deliver(State(world): Tenant) -> Answer {
    Ok(Json(json!({ "accepted": world.deliver_notifications().await })))
}
