//! Where one journey after the other is made: a tenant on a socket of its own.

use sandbox::server::{Listen, Running, serve};
use sandbox::world::SystemClock;
use sandbox::{Options, World};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tests::Tenant;
use tokio::time::Instant;

/// Longest time that anything is waited for: a guard, not a pace.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(2);

/// A tenant that listens.
#[derive(Debug)]
pub struct Lane {
    pub tenant: Tenant,
    _running: Running,
}

impl Lane {
    pub async fn open() -> Self {
        // The origin stands in tokens, so the port must be known before the tenant is made.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let address = port.expect("a free port");
        let options =
            Options { origin: format!("http://{address}"), ..Options::in_memory(Arc::new(SystemClock)) };
        let world = World::new(options).expect("a tenant in memory");
        let listen = Listen { https: None, http: Some(address) };
        let running = serve(world.clone(), listen).await.expect("the port is still free");
        Self { tenant: Tenant::of(world), _running: running }
    }
}

/// Waits until something is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < limit, "{what}: never came to be");
        tokio::time::sleep(LOOK).await;
    }
}
