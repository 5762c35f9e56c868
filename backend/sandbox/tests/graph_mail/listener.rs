//! A program that listens for notifications: it shakes hands, keeps what it is sent, and can be told to refuse.

use crate::client::Tenant;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sandbox::world::courier::InProcess;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub const NOTIFY: &str = "https://localhost:3000/graph/notify";
pub const LIFECYCLE: &str = "https://localhost:3000/graph/lifecycle";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    #[default]
    Friendly,
    /// Answers everything with 503.
    Down,
    /// Gives back another token.
    Deaf,
    /// Gives the token back as HTML.
    Html,
    /// Answers handshakes with 202.
    Accepts,
}

#[derive(Debug, Default)]
pub struct Heard {
    pub manner: Manner,
    /// Path and tokens of the handshakes.
    pub handshakes: Vec<(String, String)>,
    /// Path and body of each POST that was taken.
    pub parcels: Vec<(String, Value)>,
    /// POSTs that were refused.
    pub refused: usize,
}

#[derive(Clone, Default)]
pub struct Listener(Arc<Mutex<Heard>>);

impl Listener {
    /// A listener that is the tenant's whole outside world.
    pub fn of(tenant: &Tenant) -> Self {
        let listener = Self::default();
        let router = Router::new().fallback(hear).with_state(listener.clone());
        tenant.world.set_courier(Arc::new(InProcess(router)));
        listener
    }

    pub fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.0.lock().expect("no test panics while it listens")
    }

    pub fn behave(&self, manner: Manner) {
        self.heard().manner = manner;
    }

    /// The notifications since the last call, one after the other.
    pub fn take(&self) -> Vec<Value> {
        let parcels = std::mem::take(&mut self.heard().parcels);
        parcels.iter().flat_map(|(_, body)| body["value"].as_array().cloned().expect("a list")).collect()
    }
}

async fn hear(
    State(listener): State<Listener>,
    Query(query): Query<BTreeMap<String, String>>,
    request: axum::extract::Request,
) -> Response {
    let (head, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body in memory");
    let path = head.uri.path().to_owned();
    let mut heard = listener.heard();
    assert_eq!(head.method, "POST");
    assert_eq!(head.headers[header::HOST], "localhost:3000");
    let kind = head.headers[header::CONTENT_TYPE].to_str().expect("text").to_owned();
    if heard.manner == Manner::Down {
        heard.refused += 1;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Some(token) = query.get("validationToken") {
        assert!(kind.starts_with("text/plain") && bytes.is_empty());
        heard.handshakes.push((path, token.clone()));
        let plain = [(header::CONTENT_TYPE, "text/plain")];
        return match heard.manner {
            Manner::Deaf => (plain, "something else").into_response(),
            Manner::Html => ([(header::CONTENT_TYPE, "text/html")], token.clone()).into_response(),
            Manner::Accepts => (StatusCode::ACCEPTED, plain, token.clone()).into_response(),
            Manner::Friendly | Manner::Down => (plain, token.clone()).into_response(),
        };
    }
    assert_eq!(kind, "application/json");
    heard.parcels.push((path, serde_json::from_slice(&bytes).expect("JSON")));
    StatusCode::ACCEPTED.into_response()
}

/// A wish for everything that happens to messages of a mailbox.
pub fn wish(resource: &str) -> Value {
    json!({
        "changeType": "created,updated,deleted",
        "notificationUrl": NOTIFY,
        "lifecycleNotificationUrl": LIFECYCLE,
        "resource": resource,
        "expirationDateTime": "2026-11-26T10:00:00Z",
        "clientState": "open sesame",
    })
}
