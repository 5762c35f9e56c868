//! A client of a tenant in memory whose clock stands still until a test moves it.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode, header};
use sandbox::entra::{self, Mint};
use sandbox::server::{Severed, call, router};
use sandbox::world::SetClock;
use sandbox::{Options, World, company};
use serde_json::Value;
use std::sync::Arc;

pub const TOKEN: &str = "/5a9db0c5-0000-4000-8000-00000000a000/oauth2/v2.0/token";
pub const API_SCOPE: &str = "api://5a9db0c5-0000-4000-8000-00000000c000/access_as_user";
pub const GRAPH_DEFAULT: &str = "https://graph.microsoft.com/.default";

pub struct Tenant {
    pub clock: Arc<SetClock>,
    pub world: Arc<World>,
    pub router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|reason| panic!("{reason}: {}", self.text))
    }

    pub fn location(&self) -> url::Url {
        url::Url::parse(self.headers[header::LOCATION].to_str().unwrap()).unwrap()
    }

    pub fn location_value(&self, name: &str) -> Option<String> {
        let location = self.location();
        let found = location.query_pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// The claims of a token in the answer, unverified.
    pub fn claims(&self, token: &str) -> Value {
        claims(self.json()[token].as_str().unwrap_or_else(|| panic!("no {token} in {}", self.text)))
    }

    pub fn error_code(&self) -> u64 {
        self.json()["error_codes"][0].as_u64().unwrap_or_default()
    }
}

pub fn claims(token: &str) -> Value {
    use base64::Engine;
    let payload = token.split('.').nth(1).unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&json).unwrap()
}

pub fn start() -> jiff::Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

impl Tenant {
    pub fn new() -> Self {
        let clock = SetClock::new(start());
        let world = World::new(Options::in_memory(clock.clone())).unwrap();
        let router = router(world.clone());
        Self { clock, world, router }
    }

    pub async fn try_send(&self, request: Request<Body>) -> Result<Answer, Severed> {
        let response = call(&self.router, request).await?;
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Ok(Answer { status: head.status, headers: head.headers, text })
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        self.try_send(request).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn control(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send(json_request(method, path, body)).await
    }

    /// Posts a form to the token endpoint.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.send(form(TOKEN, fields)).await
    }

    /// The same from a page of this origin.
    pub async fn token_from_page(&self, origin: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = form(TOKEN, fields);
        request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
        self.send(request).await
    }

    pub fn mint(&self, order: &Mint) -> String {
        order.token(&self.world).unwrap()
    }

    pub fn check(&self, token: &str, resource: entra::Resource) -> Result<entra::Caller, entra::BearerError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        entra::check_bearer(&self.world, &headers, resource)
    }
}

pub fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap()
}

pub fn json_request(method: Method, path: &str, body: &Value) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// The fields by which the app's server proves who it is.
pub const APP: [(&str, &str); 2] =
    [("client_id", company::APP_CLIENT_ID), ("client_secret", company::APP_CLIENT_SECRET)];
