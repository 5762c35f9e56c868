//! The whole tenant: what every part of the sandbox shares.

use crate::{dataverse, entra, exchange};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

pub mod faults;
pub mod journal;

/// Where the sandbox takes the time from; tests hand in their own.
pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> jiff::Timestamp;
}

/// How a sandbox is to be set up.
#[derive(Debug, Clone)]
pub struct Options {
    pub clock: Arc<dyn Clock>,
    /// Seed of everything random (ids, tokens' `uti`, jitter). Signing keys are always born at start.
    pub seed: u64,
    /// The origin under which clients reach the sandbox, e.g. `https://localhost:4000`: issuer of the
    /// tokens, base of every `nextLink`.
    pub origin: String,
    /// Where the pane and its API live, e.g. `https://localhost:3000`; the host page frames it.
    pub pane_origin: String,
    /// Folder with `office-js` and `msal-browser` from the npm registry; `None`: no host page.
    pub npm_dir: Option<PathBuf>,
    /// Keep the state in this folder instead of only in memory.
    pub state_dir: Option<PathBuf>,
    /// Fill Ada's mailbox from these folders of `.eml` and `.mbox` files.
    pub mail_dirs: Vec<PathBuf>,
}

/// The tenant. Locks are held for one handler's work and never across an await.
#[derive(Debug)]
pub struct World {
    pub options: Options,
    pub keys: Mutex<entra::Keys>,
    pub exchange: Mutex<exchange::Exchange>,
    pub dataverse: Mutex<dataverse::Organization>,
    pub journal: journal::Journal,
    pub faults: faults::Faults,
}

impl World {
    pub fn now(&self) -> jiff::Timestamp {
        self.options.clock.now()
    }

    /// The mailboxes. A poisoned lock means a bug in a handler: state is used on, the bug was logged.
    pub fn exchange(&self) -> MutexGuard<'_, exchange::Exchange> {
        self.exchange.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn dataverse(&self) -> MutexGuard<'_, dataverse::Organization> {
        self.dataverse.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
