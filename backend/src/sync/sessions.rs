//! Whose tokens we have, to act on their behalf. In memory only: tokens are never stored.

use crate::caller::{Access, By, TenantId, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Users remembered at most; when full, all are forgotten and come back with their next request.
const CAPACITY: usize = 10_000;

#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<(TenantId, UserId), Access>>);

impl Sessions {
    /// A user was here, with a verified token.
    pub fn seen(&self, access: &Access) {
        if matches!(access.by, By::User { .. }) {
            let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if sessions.len() >= CAPACITY {
                sessions.clear();
            }
            sessions.insert((access.tenant, access.user), access.clone());
        }
    }

    /// Their token does not work any more.
    pub fn forget(&self, tenant: TenantId, user: UserId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(tenant, user));
    }

    /// On behalf of the user where we can, as the engine otherwise.
    pub fn access(&self, tenant: TenantId, user: UserId) -> Access {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&(tenant, user)).cloned().unwrap_or(Access { tenant, user, by: By::Engine })
    }
}
