//! Several real programs on one PostgreSQL, with a balancer in front of them, and a tenant on a socket.
//!
//! As in production: each node is a process with a data folder of its own, Exchange rings at one public address,
//! and whatever answers there passes the ring on to a node that lives. Any node can be killed at any time.

use crate::postgres::Database;
use crate::process::{self, Program};
use crate::tenant::Tenant;
use backend::net::over_reqwest::{Reqwest, Roots};
use backend::net::{self, Request, Transport};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use sandbox::server::{Listen, Running, serve};
use sandbox::world::SystemClock;
use sandbox::world::courier::{Courier, Received, Undelivered};
use sandbox::{Options, World};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::{Position, Url};

/// As long as Exchange waits for an answer to a notification.
const RING_PATIENCE: Duration = Duration::from_secs(10);

/// How a fleet is set up.
#[derive(Debug, Clone)]
pub struct Terms {
    pub nodes: usize,
    /// After how long a silent node is believed dead, in milliseconds.
    pub lease_ms: u64,
    /// The mail of the tenant.
    pub mail: sandbox::world::Mail,
    /// Where everything is kept; `None`: each node in a SQLite of its own.
    pub database: Option<Database>,
    /// An older program, beside the one under trial.
    pub older: Option<PathBuf>,
}

/// The programs, and the tenant that they work for.
#[derive(Debug)]
pub struct Fleet {
    pub tenant: Tenant,
    terms: Terms,
    balancer: Arc<Balancer>,
    places: Vec<Place>,
    _running: Running,
}

/// Where a node lives, and does so again after it was killed.
#[derive(Debug)]
struct Place {
    folder: tempfile::TempDir,
    program: tokio::sync::Mutex<Option<Program>>,
    /// How often a node was started here.
    starts: AtomicUsize,
    /// What was said here by programs that are no more.
    said: Mutex<String>,
}

impl Fleet {
    /// The tenant, on a socket, before any node is started.
    pub async fn found(terms: Terms) -> Self {
        // The origin stands in tokens, so the port must be known before the tenant is made.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let address = port.expect("a free port");
        let world = World::new(Options {
            origin: format!("http://{address}"),
            seed_mail: terms.mail,
            ..Options::in_memory(Arc::new(SystemClock))
        });
        let world = world.expect("a tenant in memory");
        let balancer = Arc::new(Balancer::new(terms.nodes));
        world.set_courier(balancer.clone());
        let listen = Listen { https: None, http: Some(address) };
        let running = serve(world.clone(), listen).await.expect("the port is still free");
        let place = || Place {
            folder: tempfile::tempdir().expect("a folder"),
            program: Default::default(),
            starts: AtomicUsize::new(0),
            said: Mutex::default(),
        };
        let places = (0..terms.nodes).map(|_| place()).collect();
        let tenant = Tenant::of(world);
        Self { tenant, terms, balancer, places, _running: running }
    }

    /// Starts the node of this number, where it does not run; answers when it listens.
    pub async fn start(&self, number: usize) {
        let place = &self.places[number];
        let mut program = place.program.lock().await;
        if program.is_none() {
            let file = self.program(number, place.starts.fetch_add(1, Ordering::Relaxed));
            let started = Program::start_told(file, place.folder.path(), &self.configuration()).await;
            self.balancer.set(number, Some(started.address()));
            *program = Some(started);
        }
    }

    /// Which program runs as a node. During an upgrade the first stays what it was, and each other one is now of this
    /// version, now of that, so that each takes over from each.
    fn program(&self, number: usize, starts: usize) -> &Path {
        let is_older = number == 0 || (number + starts).is_multiple_of(2);
        self.terms.older.as_deref().filter(|_| is_older).unwrap_or_else(|| process::program())
    }

    /// `kill -9` of a node, if it runs: the balancer hears of it when it finds nobody there.
    pub async fn kill(&self, number: usize) {
        let place = &self.places[number];
        if let Some(mut program) = place.program.lock().await.take() {
            program.kill().await;
            place.said.lock().unwrap_or_else(PoisonError::into_inner).push_str(&program.log());
        }
    }

    /// Process ids of the nodes that run.
    pub async fn processes(&self) -> Vec<u32> {
        let mut all = Vec::new();
        for place in &self.places {
            all.extend(place.program.lock().await.as_ref().and_then(Program::id));
        }
        all
    }

    /// What was said by every program that has run as this node.
    pub async fn log(&self, number: usize) -> String {
        let place = &self.places[number];
        let now = place.program.lock().await.as_ref().map(Program::log).unwrap_or_default();
        let before = place.said.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{before}{now}")
    }

    fn configuration(&self) -> String {
        let world = &self.tenant.world.options;
        let store = self.terms.database.as_ref().map(|it| format!("[store]\npostgres = \"{}\"", it.url()));
        let more = format!(
            "mailboxes = \"all\"\n[limits]\nlease_ms = {}\nrequests_per_minute = 6000\n{}",
            self.terms.lease_ms,
            store.unwrap_or_default()
        );
        process::configuration(&world.origin, &world.pane_origin, &more)
    }
}

/// Brings what comes for the public address to a node that answers, the next one each time.
struct Balancer {
    nodes: Mutex<Vec<Option<SocketAddr>>>,
    next: AtomicUsize,
    transport: Reqwest,
}

impl fmt::Debug for Balancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Balancer").finish_non_exhaustive()
    }
}

impl Balancer {
    fn new(nodes: usize) -> Self {
        let transport = Reqwest::new(&Roots::Only(String::new()), net::Limits::default());
        Self {
            nodes: Mutex::new(vec![None; nodes]),
            next: AtomicUsize::new(0),
            transport: transport.expect("a client"),
        }
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Option<SocketAddr>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, number: usize, address: Option<SocketAddr>) {
        self.nodes()[number] = address;
    }
}

#[async_trait::async_trait]
impl Courier for Balancer {
    async fn send(&self, url: &str, content_type: &str, body: Bytes) -> Result<Received, Undelivered> {
        let lost = |reason: &dyn fmt::Display| Undelivered(format!("{url}: {reason}"));
        let asked = Url::parse(url).map_err(|reason| lost(&reason))?;
        let kind = HeaderValue::from_str(content_type).map_err(|reason| lost(&reason))?;
        let all: Vec<SocketAddr> = self.nodes().iter().flatten().copied().collect();
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut last = lost(&"no node was ever started");
        for turn in 0..all.len() {
            let node = all[(first + turn) % all.len()];
            let target = format!("http://{node}{}", &asked[Position::BeforePath..Position::AfterQuery]);
            let request = Request {
                method: Method::POST,
                url: Url::parse(&target).map_err(|reason| lost(&reason))?,
                headers: HeaderMap::from_iter([(header::CONTENT_TYPE, kind.clone())]),
                body: body.clone(),
                time_limit: RING_PATIENCE,
            };
            match self.transport.send(request).await {
                Ok(answer) => {
                    let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
                    return Ok(Received {
                        status: answer.status,
                        content_type: kind.unwrap_or_default().to_owned(),
                        body: answer.body,
                    });
                }
                Err(error) => last = lost(&error),
            }
        }
        Err(last)
    }
}
