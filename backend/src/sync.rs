//! The one reconciler, and what handlers may ask of it.
//!
//! A bell wakes a mailbox's worker; it takes the mailbox's lease and carries out what is due: look at both
//! sides, plan, perform, settle. The rota rings when a mailbox's cycle has come: then the worker also reads what
//! changed in it, and what that says becomes wishes like those of the pane. Nothing here names a concrete connector
//! or store, and no decision is taken here: `shared` takes them.

mod administration;
mod bell;
mod conversations;
mod cycle;
mod folders;
mod items;
mod known;
mod ledger;
mod look;
mod many;
mod nodes;
mod notices;
mod organization;
mod own_mailbox;
mod page;
mod perform;
mod pruning;
mod reconcile;
mod rota;
mod sessions;
mod snapshot;
mod subscriptions;
mod telling;
mod watch;

pub use crate::store::{ItemName, StoreSharing};
pub use administration::Administration;
pub use cycle::{Kind, Looked};
pub use items::{Carried, Items};
pub use notices::Heard;
pub use subscriptions::Notifications;

use crate::caller::{Access, TenantId, UserId};
use crate::clock::Clock;
use crate::crm::Crm;
use crate::exchange::Exchange;
use crate::store::Store;
use shared::UtcMs;
use shared::problem::{Code, Problem};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Everything the engine works with.
#[derive(Debug)]
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    pub store: Arc<dyn Store>,
    pub exchange: Arc<dyn Exchange>,
    pub organizations: HashMap<TenantId, Organization>,
    /// Name of this process among those that share the store, also after a restart.
    pub holder: String,
    pub store_sharing: StoreSharing,
    /// How long a lease lasts unless it is renewed, and a silent process is believed to live.
    pub lease_ms: i64,
    /// Becomes `true` when the service is to stop: no new wish is begun then.
    pub stop: tokio::sync::watch::Receiver<bool>,
    /// Where Exchange can ring, if it can reach this service.
    pub notifications: Option<Notifications>,
    pub pace: Pace,
}

/// Who keeps the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The engine itself: at once for wishes, by its rota for cycles.
    Live,
    /// Whoever holds its face, one thing after the other: for tests that decide what happens when.
    ByHand,
}

/// One enrolled tenant's CRM.
#[derive(Debug, Clone)]
pub struct Organization {
    pub crm: Arc<dyn Crm>,
    /// Start page of the CRM's web client.
    pub url: String,
}

/// The engine's insides, shared by its tasks.
#[derive(Debug)]
pub(crate) struct Engine {
    parts: Parts,
    known: known::KnownItems,
    sessions: sessions::Sessions,
    watch: watch::Watch,
    bell: bell::Bell,
    rota: rota::Rota,
    settings: organization::KnownSettings,
    nodes: nodes::Nodes,
    pauses: subscriptions::Pauses,
    started: UtcMs,
    version: AtomicU64,
}

impl Engine {
    fn organization(&self, tenant: TenantId) -> Result<&Organization, Problem> {
        self.parts.organizations.get(&tenant).ok_or_else(|| Problem::new(Code::TenantNotEnrolled))
    }

    /// With whose rights a wish is carried out: on the user's behalf while their token lasts, else as the
    /// engine, which impersonates them in the CRM.
    fn access(&self, tenant: TenantId, user: UserId) -> Access {
        self.sessions.access(tenant, user, self.parts.clock.now())
    }

    /// A number greater than every one before, also across restarts.
    fn next_version(&self) -> u64 {
        let now = u64::try_from(self.parts.clock.now().0).unwrap_or_default();
        let step = |last: u64| Some(now.max(last + 1));
        let last =
            self.version.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step).unwrap_or_else(|last| last);
        now.max(last + 1)
    }
}
