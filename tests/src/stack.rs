//! The whole product in one process: the real service on a real database, the sandbox as the other side.

use crate::clock::TestClock;
use crate::pane::Pane;
use axum::Router;
use backend::app::{self, App, Parts, embedded};
use backend::config::{Config, Tls};
use backend::net::Transport;
use backend::net::in_process::InProcess;
use backend::store::Store;
use backend::store::sqlite::SqliteStore;
use backend::sync::StoreSharing;
use sandbox::company::Person;
use sandbox::server::{self, Severed};
use sandbox::{Options, World};
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// Both sides, and the time.
#[derive(Debug)]
pub struct Stack {
    pub clock: Arc<TestClock>,
    pub world: Arc<World>,
    /// The other side, as the service reaches it.
    pub upstream: Router,
    pub store: SqliteStore,
    pub config: Config,
    app: Option<App>,
    transport: Arc<dyn Transport>,
    folder: tempfile::TempDir,
}

/// What a test changes before the service starts.
#[derive(Debug)]
pub struct Setup {
    pub config: Config,
    pub transport: Arc<dyn Transport>,
}

impl Stack {
    /// The company as it is seeded, and a service that has never seen it.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with something changed first.
    pub async fn start_with(change: impl FnOnce(&mut Setup)) -> Self {
        let clock = TestClock::new();
        let world = World::new(Options::in_memory(clock.clone())).expect("a tenant in memory");
        let upstream = server::router(world.clone());
        let severed = |extensions: &http::Extensions| extensions.get::<Severed>().is_some();
        let transport = InProcess::new(upstream.clone()).severed_where(severed);
        let side = embedded::side(&world.options.origin, "").expect("the sandbox's own side");
        let listen = "127.0.0.1:3000".parse().expect("a loopback address");
        let public = Url::parse(&world.options.pane_origin).expect("the pane's origin");
        let config = Config::for_sandbox(&side, listen, public, Tls::BehindProxy);
        let mut setup = Setup { config, transport: Arc::new(transport) };
        change(&mut setup);
        let folder = tempfile::tempdir().expect("a folder for the database");
        let store = SqliteStore::open(&folder.path().join("regarding.db")).await.expect("a new database");
        let Setup { config, transport } = setup;
        let mut stack = Self { clock, world, upstream, store, config, app: None, transport, folder };
        stack.assemble().await;
        stack
    }

    async fn assemble(&mut self) {
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let parts = Parts {
            config: self.config.clone(),
            clock: self.clock.clone(),
            transport: self.transport.clone(),
            store,
            store_sharing: StoreSharing::Exclusive,
            holder: "test".into(),
            lock: None,
        };
        self.app = Some(app::assemble(parts).await.expect("the service starts"));
    }

    /// Stops the service in an orderly way and starts it anew, on the same database and tenant.
    pub async fn restart(&mut self) {
        if let Some(app) = self.app.take() {
            app.stop().await;
        }
        self.assemble().await;
    }

    /// File of the database.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("regarding.db")
    }

    /// The service's whole API, in process.
    pub fn api(&self) -> Router {
        self.app.as_ref().expect("the service runs").router()
    }

    /// Somebody of the company with the pane open, signed in.
    pub fn pane(&self, person: &Person) -> Pane {
        Pane::signed_in(self, person)
    }
}
