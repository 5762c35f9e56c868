//! A service and its sandbox in one process, on one clock that moves only when told to.

use axum::Router;
use axum::body::Body;
use backend::app::{App, Parts, assemble, embedded};
use backend::clock::Clock;
use backend::config::{Config, Enrollment, Notifications, Tls};
use backend::net::in_process::InProcess;
use backend::net::{Door, Limits, Transport};
use backend::store::sqlite::SqliteStore;
use backend::sync::StoreSharing;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use sandbox::company::Person;
use sandbox::entra::Mint;
use sandbox::server::Severed;
use sandbox::world::journal::{Seq, Service};
use sandbox::{Options, World};
use serde_json::Value;
use shared::UtcMs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;
use tower::ServiceExt as _;

/// A plausible id of an item that no mailbox has.
pub const SOME_ITEM: &str = "AAMkAGNvbnRvc28AAA=";
/// 2026-11-20 08:00:00 UTC.
const START_MS: i64 = 1_795_161_600_000;

/// The one clock of both sides.
#[derive(Debug)]
pub struct TestClock {
    now_ms: AtomicI64,
    moved: Notify,
}

impl TestClock {
    pub fn advance_secs(&self, secs: i64) {
        self.now_ms.fetch_add(secs * 1000, Ordering::SeqCst);
        self.moved.notify_waiters();
    }
}

#[async_trait::async_trait]
impl Clock for TestClock {
    fn now(&self) -> UtcMs {
        UtcMs(self.now_ms.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, due: UtcMs) {
        loop {
            let moved = self.moved.notified();
            if self.now() >= due {
                return;
            }
            moved.await;
        }
    }
}

impl sandbox::Clock for TestClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.now_ms.load(Ordering::SeqCst)).unwrap()
    }
}

/// The route's path with something plausible in each of its places.
pub fn path_of(route: &backend::http::routes::Route) -> String {
    let places = [
        ("{item}", SOME_ITEM),
        ("{address}", sandbox::company::ADA.upn),
        ("{order}", "stop"),
        ("{name}", "trackingprefix"),
        ("{wish}", "0e1c2d3b-1111-4222-8333-444455556666"),
        ("{folder}", SOME_ITEM),
    ];
    let path = places.iter().fold(route.path.to_owned(), |path, (place, with)| path.replace(place, with));
    assert!(!path.contains('{'), "{path}");
    path
}

pub struct House {
    pub clock: Arc<TestClock>,
    pub world: Arc<World>,
    pub transport: Arc<dyn Transport>,
    pub app: App,
    pub router: Router,
    folder: tempfile::TempDir,
}

pub fn clock() -> Arc<TestClock> {
    Arc::new(TestClock { now_ms: AtomicI64::new(START_MS), moved: Notify::new() })
}

/// A sandbox of its own, and the way to it.
pub fn sandbox(clock: &Arc<TestClock>) -> (Arc<World>, Arc<dyn Transport>) {
    let world = World::new(Options::in_memory(clock.clone())).unwrap();
    let router = sandbox::server::router(world.clone());
    let transport = InProcess::new(router).severed_where(|extensions| extensions.get::<Severed>().is_some());
    (world, Arc::new(transport))
}

pub fn config() -> Config {
    let side = embedded::side("https://localhost:4000", "").unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let public_origin = "https://localhost:3000".parse().unwrap();
    let mut config = Config::for_sandbox(&side, listen, public_origin, Tls::BehindProxy);
    // A test says itself which mailboxes are synchronized, and whether Exchange may ring.
    config.tenants[0].mailboxes = Enrollment::ByHand;
    config.notifications = Notifications::Off;
    config
}

pub fn door(config: &Config, transport: Arc<dyn Transport>) -> Door {
    Door::new(transport, config.upstream_origins(), Limits::default())
}

pub async fn parts(
    clock: &Arc<TestClock>,
    transport: Arc<dyn Transport>,
    folder: &std::path::Path,
    mut config: Config,
) -> Parts {
    config.data_dir = folder.to_owned();
    Parts {
        store: Arc::new(SqliteStore::open(&folder.join("regarding.db")).await.unwrap()),
        config,
        clock: clock.clone(),
        transport,
        store_sharing: StoreSharing::Exclusive,
        pace: backend::sync::Pace::Live,
        holder: "test".to_owned(),
        lock: None,
    }
}

impl House {
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// With a configuration of its own.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = clock();
        let (world, transport) = sandbox(&clock);
        Self::over(clock, world, transport, change).await
    }

    /// With a transport of its own.
    pub async fn over(
        clock: Arc<TestClock>,
        world: Arc<World>,
        transport: Arc<dyn Transport>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config();
        change(&mut config);
        let app = assemble(parts(&clock, transport.clone(), folder.path(), config).await).await.unwrap();
        let router = app.router();
        Self { clock, world, transport, app, router, folder }
    }

    pub fn token(&self, person: &Person) -> String {
        Mint::good(person).token(&self.world).unwrap()
    }

    pub async fn call(&self, request: Request<Body>) -> Answer {
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: head.status, headers: head.headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.call(request.body(Body::empty()).unwrap()).await
    }

    /// How many rows the audit trail of the company has.
    pub async fn audited(&self) -> usize {
        let store = SqliteStore::open(&self.folder.path().join("regarding.db")).await.unwrap();
        store.audit_trail(self.app.config().tenants[0].id).await.unwrap().len()
    }

    /// Whose the last of them is.
    pub async fn last_audited(&self) -> Option<uuid::Uuid> {
        let store = SqliteStore::open(&self.folder.path().join("regarding.db")).await.unwrap();
        store.audit_trail(self.app.config().tenants[0].id).await.unwrap().last().map(|row| row.user)
    }

    /// How often this service of the sandbox was asked after `seq`, apart from for keys.
    pub fn asked(&self, service: Service, seq: Seq) -> usize {
        let entries = self.world.journal.entries_after(seq);
        entries.iter().filter(|entry| entry.service == service && !entry.path.contains("/keys")).count()
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that this is a whole problem, and tells its code.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("urn:regarding:problem:{code}"));
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        for words in ["title", "remedy"] {
            let text = problem[words].as_str().unwrap();
            assert!(!text.is_empty() && !text.contains('{'), "{text}");
        }
        code
    }
}
