//! Somebody with the pane open: the calls that it makes, with their token.

use crate::mailbox::Mail;
use crate::stack::PATIENCE;
use crate::tenant::Tenant;
use axum::Router;
use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::company::Person;
use sandbox::entra::Mint;
use serde::de::DeserializeOwned;
use shared::api::{ItemState, ProblemDetails, Records, StatesRequest, Suggestions, WishRequest};
use shared::item::{ItemId, SmtpAddress};
use shared::regarding::RecordRef;
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use tower::ServiceExt;
use uuid::Uuid;

/// A signed-in user of the pane.
#[derive(Debug, Clone)]
pub struct Pane {
    api: Router,
    token: String,
    language: &'static str,
}

/// What the API answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: bytes::Bytes,
}

impl Answer {
    /// The answer as JSON of the expected kind.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The problem that it tells of.
    pub fn problem(&self) -> ProblemDetails {
        assert!(!self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        self.json()
    }
}

impl Pane {
    /// Somebody who talks to this service with a good token of the tenant's.
    pub fn signed_in(api: Router, tenant: &Tenant, person: &Person) -> Self {
        let token = Mint::good(person).token(&tenant.world).expect("a token");
        Self::with_token(api, token)
    }

    /// Somebody who talks to this service with whatever token.
    pub fn with_token(api: Router, token: String) -> Self {
        Self { api, token, language: "en" }
    }

    /// The same pane in German.
    #[must_use]
    pub fn in_german(mut self) -> Self {
        self.language = "de";
        self
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept-language", self.language);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Body::from(body.unwrap_or_default())).expect("a request");
        let response = self.api.clone().oneshot(request).await.expect("the service answers");
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// Opens a message: what the pane shows of it.
    pub async fn open(&self, mail: &Mail) -> ItemState {
        self.look(mail).await.json()
    }

    /// Opens a message, whatever comes of it.
    pub async fn look(&self, mail: &Mail) -> Answer {
        self.call(Method::GET, &path_of(mail, ""), None).await
    }

    /// Sends a wish, whatever comes of it.
    pub async fn send(&self, mail: &Mail, request: &WishRequest) -> Answer {
        let body = serde_json::to_string(request).expect("a wish is JSON");
        self.call(Method::POST, &path_of(mail, "/wishes"), Some(body)).await
    }

    /// Sends a new wish and expects to be told a state.
    pub async fn wish(&self, mail: &Mail, wish: Wish) -> ItemState {
        self.send(mail, &WishRequest { id: Uuid::new_v4(), wish }).await.json()
    }

    pub async fn track(&self, mail: &Mail) -> ItemState {
        self.wish(mail, Wish::Track { regarding: RegardingWish::Keep }).await
    }

    pub async fn set_regarding(&self, mail: &Mail, record: RecordRef) -> ItemState {
        self.wish(mail, Wish::Track { regarding: RegardingWish::Set(record) }).await
    }

    pub async fn untrack(&self, mail: &Mail, record: RecordFate) -> ItemState {
        self.wish(mail, Wish::Untrack { record }).await
    }

    pub async fn suggestions(&self, mail: &Mail) -> Suggestions {
        self.call(Method::GET, &path_of(mail, "/suggestions"), None).await.json()
    }

    pub async fn search(&self, term: &str) -> Records {
        self.look_for(term).await.json()
    }

    /// Searches, whatever comes of it.
    pub async fn look_for(&self, term: &str) -> Answer {
        let term = utf8_percent_encode(term, NON_ALPHANUMERIC);
        self.call(Method::GET, &format!("/api/records?search={term}"), None).await
    }
}

/// Somebody who follows an item's events.
#[derive(Debug)]
pub struct Follower {
    stream: BodyDataStream,
    /// What came of an event that is not whole yet.
    buffer: String,
}

impl Pane {
    /// Follows a message: its events, beginning with the present state.
    pub async fn follow(&self, mail: &Mail) -> Follower {
        let request = Request::builder()
            .uri(path_of(mail, "/events"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept-language", self.language)
            .body(Body::empty())
            .expect("a request");
        let response = self.api.clone().oneshot(request).await.expect("the service answers");
        assert_eq!(response.status(), StatusCode::OK);
        Follower { stream: response.into_body().into_data_stream(), buffer: String::new() }
    }

    /// Follows several messages of a mailbox: their events from now on.
    pub async fn follow_many(&self, mailbox: &SmtpAddress, items: &[ItemId]) -> Follower {
        let body = serde_json::to_string(&StatesRequest { items: items.to_vec() }).expect("ids are JSON");
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/api/states/events?mailbox={mailbox}"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept-language", self.language)
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("a request");
        let response = self.api.clone().oneshot(request).await.expect("the service answers");
        assert_eq!(response.status(), StatusCode::OK);
        Follower { stream: response.into_body().into_data_stream(), buffer: String::new() }
    }

    /// Follows a message until its status is as wanted; anew where the stream ends, as the pane does.
    pub async fn until(&self, mail: &Mail, wanted: impl Fn(&Status) -> bool) -> ItemState {
        let mut last = None;
        let found = async {
            loop {
                let mut events = self.follow(mail).await;
                while let Some(state) = events.next().await {
                    if wanted(&state.status) {
                        return state;
                    }
                    last = Some(state);
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("{} never came to be as wanted; last: {last:#?}", mail.item))
    }
}

impl Follower {
    /// The next state; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<ItemState> {
        self.next_as().await
    }

    /// The same of a stream that tells of several items.
    pub async fn next_as<T: DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                let state = data.map(|data| serde_json::from_str(data.trim()).expect("a state"));
                let whole = self.buffer.len() - rest.len();
                self.buffer.drain(..whole);
                match state {
                    Some(state) => return Some(state),
                    None => continue,
                }
            }
            let piece = self.stream.next().await?.expect("the stream does not break");
            self.buffer.push_str(std::str::from_utf8(&piece).expect("events are text"));
        }
    }

    /// The first state from here on that is as wanted.
    pub async fn until(&mut self, wanted: impl Fn(&ItemState) -> bool) -> ItemState {
        let mut last = None;
        let found = async {
            while let Some(state) = self.next().await {
                if wanted(&state) {
                    return Some(state);
                }
                last = Some(state);
            }
            None
        };
        let found = tokio::time::timeout(PATIENCE, found).await.ok().flatten();
        found.unwrap_or_else(|| panic!("the item never came to be as wanted; last: {last:#?}"))
    }
}

fn path_of(mail: &Mail, rest: &str) -> String {
    let item = utf8_percent_encode(&mail.item.0, NON_ALPHANUMERIC);
    let mailbox = utf8_percent_encode(mail.mailbox.as_str(), NON_ALPHANUMERIC);
    format!("/api/items/{item}{rest}?mailbox={mailbox}")
}
