//! Who is following which item.

use super::snapshot::Snapshot;
use crate::caller::{TenantId, UserId};
use crate::store::ItemName;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// A user looking at an item. Two users never share one: each sees the CRM with their own rights.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Viewer {
    pub tenant: TenantId,
    pub user: UserId,
    pub name: ItemName,
}

type Channel = watch::Sender<Option<Arc<Snapshot>>>;

#[derive(Debug, Default)]
pub struct Watch(Mutex<HashMap<Viewer, Channel>>);

impl Watch {
    /// The item's snapshots from now on.
    pub fn follow(&self, viewer: &Viewer) -> watch::Receiver<Option<Arc<Snapshot>>> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, c| c.receiver_count() > 0);
        channels.entry(viewer.clone()).or_insert_with(|| watch::channel(None).0).subscribe()
    }

    /// Tells everybody who follows the item under one of these names.
    pub fn publish(&self, viewers: &[Viewer], snapshot: &Arc<Snapshot>) {
        let channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for channel in viewers.iter().filter_map(|v| channels.get(v)) {
            channel.send_replace(Some(Arc::clone(snapshot)));
        }
    }

    /// Ends every stream of an item: another process changed it, and whoever follows must look again.
    pub fn dismiss(&self, tenant: TenantId, name: &ItemName) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|viewer, _| viewer.tenant != tenant || viewer.name != *name);
    }

    /// Ends the streams of colleagues who follow the same item: what changed for one changed for all, but each
    /// must look with their own rights, as they do when they follow anew.
    pub fn dismiss_colleagues(&self, viewers: &[Viewer]) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let colleague =
            |a: &Viewer| viewers.iter().any(|b| a.tenant == b.tenant && a.name == b.name && a.user != b.user);
        channels.retain(|viewer, _| !colleague(viewer));
    }
}
