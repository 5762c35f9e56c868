//! A sandbox tenant in memory, and connectors that talk to it.

use axum::Router;
use axum::body::{Body, to_bytes};
use backend::caller::{Access, By, TenantId, UserId};
use backend::clock::Clock;
use backend::crm::dataverse::DataverseCrm;
use backend::entra::{Resource, Tokens};
use backend::exchange::graph::GraphExchange;
use backend::net::in_process::InProcess;
use backend::net::{Door, Limits};
use backend::outcome::{Failure, Outcome};
use sandbox::company::{self, Person};
use sandbox::entra::Mint;
use sandbox::server::{self, Severed};
use sandbox::world::faults::{Fault, Kind, Matching, Place};
use sandbox::world::journal::{Entry, Seq, Service};
use sandbox::world::{Options, SetClock};
use sandbox::{World, company::PEOPLE};
use secrecy::SecretString;
use serde_json::{Value, json};
use shared::UtcMs;
use shared::problem::Problem;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use url::Url;
use uuid::Uuid;

const NOW: &str = "2026-11-20T10:00:00Z";
const SCOPES: &str =
    "Mail.ReadWrite Mail.ReadWrite.Shared MailboxSettings.ReadWrite User.Read User.ReadBasic.All";
const ROLES: [&str; 3] = ["Mail.ReadWrite", "MailboxSettings.ReadWrite", "User.Read.All"];

pub struct Tenant {
    pub world: Arc<World>,
    pub tokens: Arc<Minted>,
    pub exchange: GraphExchange,
    pub crm: DataverseCrm,
    router: Router,
}

impl Tenant {
    pub fn new() -> Self {
        let clock = SetClock::new(NOW.parse().expect("a time"));
        let world = World::new(Options::in_memory(clock)).expect("the seed fits");
        let router = server::router(world.clone());
        let origin: Url = world.options.origin.parse().expect("an origin");
        let transport =
            InProcess::new(router.clone()).severed_where(|extensions| extensions.get::<Severed>().is_some());
        let door = Arc::new(Door::new(Arc::new(transport), vec![origin.clone()], Limits::default()));
        let tokens =
            Arc::new(Minted { world: world.clone(), kept: Mutex::default(), spoilt: Mutex::default() });
        let watch = Arc::new(TenantClock(world.clone()));
        let graph = origin.join("v1.0").expect("an address");
        let exchange = GraphExchange::new(door.clone(), tokens.clone(), graph, watch.clone());
        let crm = DataverseCrm::new(door, tokens.clone(), origin, watch);
        Self { world, tokens, exchange, crm, router }
    }

    /// What people and administrators do, on the control plane.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}/sandbox{path}", self.world.options.origin))
            .header("host", "localhost:4000")
            .header("content-type", "application/json")
            .body(Body::from(if body.is_null() { String::new() } else { body.to_string() }))
            .expect("a request");
        let response = server::call(&self.router, request).await.expect("the control plane answers");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        assert!(status.is_success(), "{method} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    }

    /// A row as it is stored.
    pub async fn row(&self, set: &str, id: Uuid) -> Value {
        self.control("GET", &format!("/dataverse/{set}/{id}"), Value::Null).await
    }

    pub async fn rows(&self, set: &str) -> Vec<Value> {
        let all = self.control("GET", &format!("/dataverse/{set}"), Value::Null).await;
        all["value"].as_array().cloned().unwrap_or_default()
    }

    pub fn mark(&self) -> Seq {
        self.world.journal.last()
    }

    /// Round trips since a mark: requests to Graph or Dataverse that are no part of a batch.
    pub fn round_trips(&self, mark: Seq) -> Vec<Entry> {
        let all = self.world.journal.entries_after(mark);
        all.into_iter().filter(|e| e.parent.is_none() && e.service.is_upstream()).collect()
    }

    pub fn effects(&self, mark: Seq) -> Vec<String> {
        let all = self.world.journal.entries_after(mark);
        all.iter().flat_map(|e| &e.effects).map(|effect| effect.kind.clone()).collect()
    }

    /// Arms a fault for the next request of this kind, or the next part of a batch.
    pub fn fault(&self, service: Service, place: Place, path_contains: &str, kind: Kind) {
        let matching = Matching {
            service: Some(service),
            path_contains: Some(path_contains.to_owned()),
            place,
            ..Matching::default()
        };
        self.world.faults.add(Fault::new(kind).matching(matching).times(1));
    }
}

pub fn status(status: u16, code: &str, retry_after: Option<&str>) -> Kind {
    Kind::Status {
        status,
        code: code.to_owned(),
        message: "as arranged".to_owned(),
        retry_after: retry_after.map(str::to_owned),
        headers: BTreeMap::new(),
    }
}

pub fn id(text: &str) -> Uuid {
    text.parse().expect("an id")
}

/// A person who is there.
pub fn user(person: &Person) -> Access {
    let by = By::User { assertion: SecretString::from("not looked at"), expires: UtcMs(i64::MAX) };
    Access { tenant: TenantId(id(company::TENANT_ID)), user: UserId(id(person.oid)), by }
}

/// The application itself.
pub fn service() -> Access {
    Access::service(TenantId(id(company::TENANT_ID)))
}

/// The engine, for a person who is gone.
pub fn engine(person: &Person) -> Access {
    Access { by: By::Engine, ..user(person) }
}

pub fn problem<T: std::fmt::Debug>(outcome: Outcome<T>) -> (&'static str, Problem) {
    match outcome.expect_err("a failure") {
        Failure::Refused(problem) => ("refused", problem),
        Failure::NotDone(problem) => ("not done", problem),
        Failure::Unknown(problem) => ("unknown", problem),
        Failure::Conflict => panic!("a conflict"),
    }
}

/// Tokens signed by the tenant, kept until they are forgotten.
pub struct Minted {
    world: Arc<World>,
    kept: Mutex<BTreeMap<(Uuid, Resource, bool), String>>,
    spoilt: Mutex<bool>,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Minted")
    }
}

impl Minted {
    /// The tokens handed out until one is forgotten are expired.
    pub fn spoil(&self) {
        self.kept.lock().expect("a lock").clear();
        *self.spoilt.lock().expect("a lock") = true;
    }

    fn mint(&self, access: &Access, resource: Resource) -> String {
        let oid = access.user.to_string();
        // An application's token is anybody's: its claims name the application.
        let person = match access.by {
            By::Service => PEOPLE.first(),
            _ => PEOPLE.iter().find(|person| person.oid == oid),
        };
        let person = person.expect("one of the company");
        let mut order = match resource {
            Resource::Graph => Mint::graph(person, SCOPES),
            Resource::Dataverse => Mint::dataverse(&self.world, person),
        };
        if is_application(access) {
            let claims = json!({"scp": null, "oid": company::APP_CLIENT_ID, "roles": ROLES, "idtyp": "app"});
            order.claims = claims.as_object().cloned().unwrap_or_default();
        }
        if *self.spoilt.lock().expect("a lock") {
            order.flaw = Some(sandbox::entra::Flaw::Expired);
        }
        order.token(&self.world).expect("a token")
    }
}

#[async_trait::async_trait]
impl Tokens for Minted {
    async fn token(&self, access: &Access, resource: Resource) -> Outcome<SecretString> {
        let key = (access.user.0, resource, is_application(access));
        let mut kept = self.kept.lock().expect("a lock");
        let token = kept.entry(key).or_insert_with(|| self.mint(access, resource));
        Ok(SecretString::from(token.clone()))
    }

    fn forget(&self, access: &Access, resource: Resource) {
        *self.spoilt.lock().expect("a lock") = false;
        let key = (access.user.0, resource, is_application(access));
        self.kept.lock().expect("a lock").remove(&key);
    }
}

fn is_application(access: &Access) -> bool {
    matches!(access.by, By::Engine | By::Service)
}

/// The tenant's clock as ours.
#[derive(Debug)]
struct TenantClock(Arc<World>);

#[async_trait::async_trait]
impl Clock for TenantClock {
    fn now(&self) -> UtcMs {
        UtcMs(self.0.now().as_millisecond())
    }

    async fn sleep_until(&self, _: UtcMs) {
        unreachable!("connectors never wait");
    }
}
