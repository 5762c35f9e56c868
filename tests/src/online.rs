//! Both servers on free ports of loopback, over HTTPS, as a browser needs them: the real service with the real
//! pane, and the sandbox with the Outlook page.
//!
//! Time is the machine's, for the browser has no other. Whoever needs only the service takes
//! [`crate::Stack`], which has no socket and its own time.

use crate::stack::PATIENCE;
use crate::tenant::Tenant;
use backend::app::embedded::{self, Choices, Embedded};
use backend::app::{self, Parts, Running};
use backend::config::{Config, origin_of};
use sandbox::server;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The product on sockets. Dropped, everything is cut off.
#[derive(Debug)]
pub struct Online {
    tenant: Tenant,
    config: Config,
    /// The data folder is ours for as long as this is open.
    lock: File,
    service: Option<Running>,
    _sandbox: server::Running,
    _folder: tempfile::TempDir,
}

/// What people do in the tenant is done past our service, as on every other stack.
impl Deref for Online {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.tenant
    }
}

impl Online {
    /// The company as it is seeded, and a service that has never seen it.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for database and tenant");
        let choices = Choices {
            listen: free_address(),
            sandbox_listen: free_address(),
            npm_dir: Some(installed()),
            mail_dirs: Vec::new(),
            data_dir: folder.path().to_owned(),
            static_dir: Some(dist()),
        };
        let opened = embedded::open(choices).await.expect("the sandbox listens");
        let Embedded { config, world, running, lock, .. } = opened;
        let tenant = Tenant::of(world);
        let mut online = Self { tenant, config, lock, service: None, _sandbox: running, _folder: folder };
        online.start_service().await;
        online
    }

    /// Starts the service, at the same address and on the same database as before.
    pub async fn start_service(&mut self) {
        let lock = self.lock.try_clone().expect("the lock on the data folder");
        let parts = Parts::locked(self.config.clone(), lock).await.expect("the parts of production");
        self.service = Some(app::start(parts).await.expect("the service listens"));
    }

    /// Stops the service in an orderly way; nobody answers at its address then.
    pub async fn stop_service(&mut self) {
        self.service.take().expect("the service runs").stop().await;
    }

    /// Origin of the pane and its API.
    pub fn pane_origin(&self) -> String {
        origin_of(&self.config.public_origin)
    }

    /// Origin of the Outlook page, of Entra, Graph and Dataverse.
    pub fn sandbox_origin(&self) -> &str {
        &self.world.options.origin
    }

    /// Returns once the named fault holds a request.
    pub async fn until_held(&self, fault: &str) {
        /// How often is looked; the waiting itself ends in [`PATIENCE`].
        const LOOK: Duration = Duration::from_millis(5);
        let held = async {
            while self.world.faults.held(fault) == 0 {
                tokio::time::sleep(LOOK).await;
            }
        };
        let held = tokio::time::timeout(PATIENCE, held).await;
        held.unwrap_or_else(|_| panic!("nothing came to be held by {fault}"));
    }
}

/// An address on loopback where nobody listens.
///
/// Origins stand in tokens and pages, so ports have to be known before anybody listens. They are taken from
/// below those that systems give of their own accord, so that nobody else is given one meanwhile.
fn free_address() -> SocketAddr {
    const PORTS: Range<u32> = 20_000..32_000;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    // Each process begins at another place, for the tests run in many.
    let begin = std::process::id().wrapping_mul(64);
    let candidates = PORTS.map(|_| {
        let place = begin.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % (PORTS.end - PORTS.start);
        let port = u16::try_from(PORTS.start + place).expect("it lies among the ports");
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    });
    let free = candidates.into_iter().find(|address| TcpListener::bind(address).is_ok());
    free.expect("one of twelve thousand ports is free")
}

/// The built pane.
pub fn dist() -> PathBuf {
    present("REGARDING_DIST", "dist", "pane.html", "the pane is not built")
}

/// The folder in which npm installed office.js.
pub fn installed() -> PathBuf {
    present("REGARDING_NPM", ".", "node_modules/@microsoft/office-js", "office.js is not installed")
}

/// A folder that the environment names, or that lies in the checkout, and that has to hold a certain file.
fn present(variable: &str, usual: &str, file: &str, missing: &str) -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the checkout");
    let folder = std::env::var_os(variable).map_or_else(|| checkout.join(usual), PathBuf::from);
    let wanted = folder.join(file);
    assert!(wanted.exists(), "{missing}: {} is not there. Run `cargo xtask pane` first.", wanted.display());
    folder
}
