//! A client of a tenant in memory whose clock stands still until a test moves it.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request};
use sandbox::company::{ADA, Person};
use sandbox::entra::Mint;
use sandbox::world::journal::Seq;
use sandbox::world::{Options, SetClock};
use sandbox::{World, server};
use serde_json::{Value, json};
use std::sync::Arc;

pub const NOW: &str = "2026-11-20T10:00:00Z";
pub const ALL_SCOPES: &str =
    "Mail.ReadWrite Mail.ReadWrite.Shared Mail.Send MailboxSettings.ReadWrite User.Read";
pub const TRACKED: &str = "Tracked to Dynamics 365";

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("the test sets this up"))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The items of a list.
    pub fn items(&self) -> Vec<Value> {
        self.json()["value"].as_array().cloned().unwrap_or_else(|| panic!("no list: {}", self.text()))
    }
}

pub struct Tenant {
    pub world: Arc<World>,
    pub clock: Arc<SetClock>,
    router: Router,
}

/// One caller's way to the tenant.
pub struct Client<'t> {
    tenant: &'t Tenant,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

impl Tenant {
    pub fn new() -> Self {
        let clock = SetClock::new(NOW.parse().expect("the test sets this up"));
        let world = World::new(Options::in_memory(clock.clone())).expect("the test sets this up");
        let router = server::router(world.clone());
        Self { world, clock, router }
    }

    fn client(&self, order: &Mint) -> Client<'_> {
        Client {
            tenant: self,
            token: Some(order.token(&self.world).expect("the test sets this up")),
            headers: Vec::new(),
        }
    }

    /// A person through a client with these delegated permissions.
    pub fn user(&self, person: &Person, scopes: &str) -> Client<'_> {
        self.client(&Mint::graph(person, scopes))
    }

    pub fn ada(&self) -> Client<'_> {
        self.user(&ADA, ALL_SCOPES)
    }

    /// An application with these permissions.
    pub fn app(&self, roles: &[&str]) -> Client<'_> {
        let mut order = Mint::graph(&ADA, "none");
        let claims = json!({ "scp": null, "roles": roles, "idtyp": "app" });
        order.claims = serde_json::from_value(claims).expect("an object");
        self.client(&order)
    }

    /// Somebody without a token: the control plane.
    pub fn people(&self) -> Client<'_> {
        Client { tenant: self, token: None, headers: Vec::new() }
    }

    /// Kinds of the effects since a mark in the journal.
    pub fn effects_after(&self, mark: Seq) -> Vec<String> {
        let entries = self.world.journal.entries_after(mark);
        entries.iter().flat_map(|entry| &entry.effects).map(|effect| effect.kind.clone()).collect()
    }

    pub fn mark(&self) -> Seq {
        self.world.journal.last()
    }
}

impl Client<'_> {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn immutable(self) -> Self {
        self.with("prefer", "IdType=\"ImmutableId\"")
    }

    pub async fn send(&self, method: Method, url: &str, body: Option<Value>) -> Answer {
        let origin = &self.tenant.world.options.origin;
        let path = url.strip_prefix(origin.as_str()).unwrap_or(url).replace(' ', "%20").replace('"', "%22");
        let path = if path.starts_with("/v1.0") || path.starts_with("/sandbox") {
            path
        } else {
            format!("/v1.0{path}")
        };
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = match body {
            Some(Value::String(text)) => Body::from(text),
            Some(value) => {
                request = request.header("content-type", "application/json");
                Body::from(value.to_string())
            }
            None => Body::empty(),
        };
        let response = server::call(&self.tenant.router, request.body(body).expect("the test sets this up"))
            .await
            .expect("the test sets this up");
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("the test sets this up").to_vec();
        Answer { status: head.status.as_u16(), headers: head.headers, bytes }
    }

    pub async fn get(&self, url: &str) -> Answer {
        self.send(Method::GET, url, None).await
    }

    pub async fn post(&self, url: &str, body: Value) -> Answer {
        self.send(Method::POST, url, Some(body)).await
    }

    pub async fn patch(&self, url: &str, body: Value) -> Answer {
        self.send(Method::PATCH, url, Some(body)).await
    }

    pub async fn delete(&self, url: &str) -> Answer {
        self.send(Method::DELETE, url, None).await
    }

    /// The one message of the caller's mailbox with this subject.
    pub async fn find(&self, subject: &str) -> Value {
        let filter = format!("subject eq '{}'", subject.replace('\'', "''"));
        let filter =
            percent_encoding::utf8_percent_encode(&filter, percent_encoding::NON_ALPHANUMERIC).to_string();
        let items = self.get(&format!("/me/messages?$filter={filter}")).await.expect(200).items();
        assert_eq!(items.len(), 1, "{subject}");
        items[0].clone()
    }

    /// Path of that message.
    pub async fn path(&self, subject: &str) -> String {
        format!("/me/messages/{}", self.find(subject).await["id"].as_str().expect("the test sets this up"))
    }
}

pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}
