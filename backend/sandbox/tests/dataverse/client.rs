//! A client of the organization in memory; its clock stands still until a test moves it.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::company::{APP_CLIENT_ID, PUBLIC_CLIENT_ID, Person};
use sandbox::entra::{Flaw, Mint};
use sandbox::server::{Severed, call, router};
use sandbox::world::{SetClock, journal::Entry, journal::Seq};
use sandbox::{Options, World};
use serde_json::{Value, json};
use std::sync::Arc;

pub const ROOT: &str = "/api/data/v9.2";
pub const ORIGIN: &str = "https://localhost:4000";

pub struct Crm {
    pub clock: Arc<SetClock>,
    pub world: Arc<World>,
    pub router: Router,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|reason| panic!("{reason}: {} {}", self.status, self.text))
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The rows of a list.
    pub fn rows(&self) -> Vec<Value> {
        self.json()["value"].as_array().unwrap_or_else(|| panic!("no list: {}", self.text)).clone()
    }

    /// One column of each row of a list.
    pub fn column(&self, name: &str) -> Vec<String> {
        self.rows().iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The id in `OData-EntityId`.
    pub fn id(&self) -> String {
        let address = self.header("odata-entityid");
        let (_, id) = address.rsplit_once('(').unwrap_or_else(|| panic!("{} {}", self.status, self.text));
        id.trim_end_matches(')').to_owned()
    }
}

/// One caller's way in.
pub struct Session<'a> {
    crm: &'a Crm,
    token: String,
    headers: Vec<(String, String)>,
}

impl Crm {
    pub fn new() -> Self {
        let clock = SetClock::new("2026-11-20T08:00:00Z".parse().unwrap());
        let world = World::new(Options::in_memory(clock.clone())).unwrap();
        let router = router(world.clone());
        Crm { clock, world, router }
    }

    pub fn person(&self, person: &Person) -> Session<'_> {
        let token = Mint::dataverse(&self.world, person).token(&self.world).unwrap();
        Session { crm: self, token, headers: Vec::new() }
    }

    fn app(&self, client_id: &str) -> Session<'_> {
        let mint = Mint {
            client_id: client_id.to_owned(),
            audience: ORIGIN.to_owned(),
            flaw: Some(Flaw::AppOnly),
            ..Mint::default()
        };
        let token = mint.token(&self.world).unwrap();
        Session { crm: self, token, headers: Vec::new() }
    }

    /// The product's own application user.
    pub fn engine(&self) -> Session<'_> {
        self.app(APP_CLIENT_ID)
    }

    pub fn visitor(&self) -> Session<'_> {
        self.app(PUBLIC_CLIENT_ID)
    }

    pub async fn raw(&self, request: Request<Body>) -> Result<Answer, Severed> {
        let response = call(&self.router, request).await?;
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Ok(Answer { status: head.status, headers: head.headers, text })
    }

    pub async fn control(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/sandbox{path}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.raw(request).await.unwrap()
    }

    /// A row as it is stored.
    pub async fn stored(&self, path: &str) -> Value {
        self.control(Method::GET, &format!("/dataverse/{path}"), &json!(null)).await.json()
    }

    pub async fn emails_with(&self, message_id: &str) -> u64 {
        let id = utf8_percent_encode(message_id, NON_ALPHANUMERIC);
        self.stored(&format!("messageids?id={id}")).await["count"].as_u64().unwrap()
    }

    pub fn journal(&self) -> Vec<Entry> {
        self.world.journal.entries_after(Seq(0))
    }
}

impl Session<'_> {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let text = body.map(Value::to_string).unwrap_or_default();
        self.send_text(method, path, "application/json; charset=utf-8", text).await.unwrap()
    }

    pub async fn send_text(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        text: String,
    ) -> Result<Answer, Severed> {
        let uri = if path.starts_with("/api/") { path.to_owned() } else { format!("{ROOT}/{path}") };
        let mut request = Request::builder().method(method).uri(uri.replace(' ', "%20"));
        request = request.header("authorization", format!("Bearer {}", self.token));
        request = request.header("content-type", kind);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        self.crm.raw(request.body(Body::from(text)).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// A list with a filter, which is encoded here.
    pub async fn list(&self, set: &str, filter: &str) -> Answer {
        let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
        self.get(&format!("{set}{}$filter={filter}", if set.contains('?') { "&" } else { "?" })).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }
}

/// An email from Ingrid to Ada, not yet completed.
pub fn email(message_id: &str) -> Value {
    use sandbox::company::{ADA, FJORDLINE, INGRID};
    json!({
        "subject": "Offer",
        "directioncode": false,
        "messageid": message_id,
        "description": "<p>Hello</p>",
        "regardingobjectid_account_email@odata.bind": format!("/accounts({})", FJORDLINE.id),
        "email_activity_parties": [
            {"partyid_contact@odata.bind": format!("/contacts({})", INGRID.id), "participationtypemask": 1},
            {"partyid_systemuser@odata.bind": format!("/systemusers({})", ADA.systemuser.unwrap()), "participationtypemask": 2},
            {"addressused": "unknown@else.example", "participationtypemask": 3},
        ],
    })
}
