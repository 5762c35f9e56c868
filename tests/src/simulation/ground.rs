//! What histories are played on: one tenant, one database, both emptied between two histories. Made once a thread,
//! since keys, tables and tokens take longer to make than a history takes to play.

use super::scene::Scene;
use super::time::{START_MS, Time};
use backend::app::embedded;
use backend::caller::TenantId;
use backend::config::{Config, Enrollment, Notifications, Tls};
use backend::net::in_process::InProcess;
use backend::net::{Request, Response, Transport, TransportError};
use backend::store::sqlite::SqliteStore;
use sandbox::server::Severed;
use sandbox::world::Mail;
use sandbox::{Options, World};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// A token is handed out again while it has this long to live.
const TOKEN_LIFE_MS: i64 = 3_000_000;

#[derive(Debug)]
pub struct Ground {
    pub time: Arc<Time>,
    pub world: Arc<World>,
    pub store: SqliteStore,
    pub config: Config,
    upstream: InProcess,
    /// The answers of Entra's token endpoint by what was asked, and when they were given.
    tokens: Mutex<HashMap<Vec<u8>, (i64, Response)>>,
}

impl Ground {
    pub async fn new() -> Arc<Self> {
        let time = Time::new();
        let options = Options { seed_mail: Mail::None, ..Options::in_memory(time.clone()) };
        let world = World::new(options).expect("a tenant in memory");
        let upstream = InProcess::new(sandbox::server::router(world.clone()))
            .severed_where(|extensions| extensions.get::<Severed>().is_some());
        let side = embedded::side(&world.options.origin, "").expect("the sandbox's own side");
        let listen = "127.0.0.1:3000".parse().expect("a loopback address");
        let public = Url::parse(&world.options.pane_origin).expect("the pane's origin");
        let mut config = Config::for_sandbox(&side, listen, public, Tls::BehindProxy);
        config.tenants[0].mailboxes = Enrollment::ByHand;
        config.notifications = Notifications::Off;
        let store = SqliteStore::in_memory().await.expect("a database in memory");
        Arc::new(Self { time, world, store, config, upstream, tokens: Mutex::default() })
    }

    pub fn tenant(&self) -> TenantId {
        self.config.tenants[0].id
    }

    /// Everything as if nothing had ever happened.
    pub async fn clear(&self) {
        self.time.set_ms(START_MS);
        self.world.reset();
        self.store.wipe().await.expect("the database can be emptied");
    }

    /// Carries a request to the sandbox.
    pub async fn call(&self, request: Request) -> Result<Response, TransportError> {
        self.upstream.send(request).await
    }

    /// Entra's answer. Tokens are signed, which takes long, and say nothing that a history could be about: one that
    /// is still good is handed out again.
    pub async fn token(&self, request: Request) -> Result<Response, TransportError> {
        let now = self.time.now_ms();
        let asked = [request.url.as_str().as_bytes(), &request.body].concat();
        let known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&asked).cloned();
        if let Some((issued, response)) = known
            && (0..TOKEN_LIFE_MS).contains(&(now - issued))
        {
            return Ok(shortened(response, (now - issued) / 1_000));
        }
        let response = self.upstream.send(request).await?;
        if response.status.is_success() {
            let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.insert(asked, (now, response.clone()));
        }
        Ok(response)
    }
}

/// A token's answer, given so many seconds later.
fn shortened(response: Response, secs: i64) -> Response {
    let mut body: serde_json::Value = serde_json::from_slice(&response.body).expect("Entra answers in JSON");
    for key in ["expires_in", "ext_expires_in"] {
        if let Some(left) = body.get(key).and_then(serde_json::Value::as_i64) {
            body[key] = (left - secs).into();
        }
    }
    Response { body: body.to_string().into(), ..response }
}

/// Whether a request is for a token, or for the keys that tokens are signed with.
pub fn is_for_entra(scene: &Scene, request: &Request) -> bool {
    let path = request.url.path();
    debug_assert!(scene.ground.config.entra.authority.origin() == request.url.origin());
    path.contains("/oauth2/") || path.contains("/discovery/") || path.contains("/.well-known/")
}
