//! Who carries out what the tenant sends by itself: change notifications, and the handshakes before them.
//!
//! A test hands in a courier that calls the program under trial in process ([`InProcess`]) and says when it
//! goes round ([`World::deliver_notifications`]); a tenant on sockets has one that speaks HTTPS, and a task
//! that sends it whenever something waits. No request ever waits for the courier but the one that subscribes.

use super::World;
use crate::exchange::notice::{Outcome, Parcel};
use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use std::sync::{Arc, PoisonError};
use tower::ServiceExt;

/// Carries one POST.
#[async_trait::async_trait]
pub trait Courier: Send + Sync + std::fmt::Debug {
    /// The answer, whatever its status; an error where there was none within ten seconds.
    async fn send(&self, url: &str, content_type: &str, body: Bytes) -> Result<Received, Undelivered>;
}

/// What the other side answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub status: StatusCode,
    /// Empty where there was none.
    pub content_type: String,
    pub body: Bytes,
}

/// Why nobody answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undelivered(pub String);

/// Reaches nobody: the courier of a tenant that does not listen and was given no other.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

#[async_trait::async_trait]
impl Courier for Nobody {
    async fn send(&self, url: &str, _: &str, _: Bytes) -> Result<Received, Undelivered> {
        Err(Undelivered(format!(
            "this tenant has no way to reach {url}: hand it one with World::set_courier"
        )))
    }
}

/// Brings everything to one router, whichever host the address names.
#[derive(Debug, Clone)]
pub struct InProcess(pub Router);

/// Answers to notifications are a word or two.
const ANSWER_LIMIT: usize = 64 * 1024;

#[async_trait::async_trait]
impl Courier for InProcess {
    async fn send(&self, url: &str, content_type: &str, body: Bytes) -> Result<Received, Undelivered> {
        let lost = |reason: &dyn std::fmt::Display| Undelivered(format!("{url}: {reason}"));
        let address = url::Url::parse(url).map_err(|reason| lost(&reason))?;
        let target = &address[url::Position::BeforePath..url::Position::AfterQuery];
        let request = Request::post(target)
            .header(header::HOST, address.authority())
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .map_err(|reason| lost(&reason))?;
        let Ok(response) = self.0.clone().oneshot(request).await;
        let (head, body) = response.into_parts();
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = kind.unwrap_or_default().to_owned();
        let body = to_bytes(body, ANSWER_LIMIT).await.map_err(|reason| lost(&reason))?;
        Ok(Received { status: head.status, content_type, body })
    }
}

impl World {
    /// From now on this courier carries everything.
    pub fn set_courier(&self, courier: Arc<dyn Courier>) {
        *self.courier.lock().unwrap_or_else(PoisonError::into_inner) = Some(courier);
    }

    /// This one carries everything unless another was handed in.
    pub(crate) fn offer_courier(&self, courier: Arc<dyn Courier>) {
        self.courier.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(courier);
    }

    pub(crate) fn courier(&self) -> Arc<dyn Courier> {
        let courier = self.courier.lock().unwrap_or_else(PoisonError::into_inner);
        courier.clone().unwrap_or_else(|| Arc::new(Nobody))
    }

    /// Sends every notification that is due, in order, those for one address together, and says how many were
    /// accepted. What is refused is due again later, up to four hours long. What comes about meanwhile waits
    /// for the next round.
    pub async fn deliver_notifications(&self) -> usize {
        let _round = self.round.lock().await;
        let parcels = self.exchange().take_parcels();
        let courier = self.courier();
        let mut accepted = 0;
        for parcel in parcels {
            let sent = courier.send(&parcel.url, "application/json", Bytes::from(parcel.body())).await;
            let outcome = match &sent {
                Ok(received) if received.status.is_success() => Outcome::Accepted,
                _ => Outcome::Refused,
            };
            tell(&parcel, &sent);
            if outcome == Outcome::Accepted {
                accepted += parcel.len();
            }
            self.exchange().settle(parcel, outcome);
        }
        accepted
    }

    /// When [`World::deliver_notifications`] has something to do; `None`: nothing waits.
    pub fn next_notification_due(&self) -> Option<Timestamp> {
        self.exchange().next_notice_due()
    }
}

/// Notifications are no requests to the tenant, so the journal lacks them; the log has them.
fn tell(parcel: &Parcel, sent: &Result<Received, Undelivered>) {
    let (url, count) = (&parcel.url, parcel.len());
    match sent {
        Ok(received) if received.status.is_success() => tracing::debug!(url, count, "notifications sent"),
        Ok(received) => {
            tracing::warn!(url, count, status = received.status.as_u16(), "notifications refused");
        }
        Err(reason) => tracing::warn!(url, count, %reason, "notifications not delivered"),
    }
}
