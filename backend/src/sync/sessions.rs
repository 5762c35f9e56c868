//! Whose tokens we have, to act on their behalf. In memory only: tokens are never stored.

use crate::caller::{Access, By, TenantId, UserId};
use shared::UtcMs;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Users remembered at most; when full, all are forgotten and come back with their next request.
const CAPACITY: usize = 10_000;

/// The engine in a user's place, for what was noticed in a mailbox that is synchronized with their rights.
pub fn in_place_of(tenant: TenantId, user: UserId) -> Access {
    Access { tenant, user, by: By::Engine }
}

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

    /// On behalf of the user while their token lasts, as the engine otherwise. A token that has run out is
    /// dropped; one that Entra ID refuses before its time is not for the engine to replace.
    pub fn access(&self, tenant: TenantId, user: UserId, now: UtcMs) -> Access {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match sessions.get(&(tenant, user)) {
            Some(access) if !access.has_run_out(now) => access.clone(),
            _ => {
                sessions.remove(&(tenant, user));
                in_place_of(tenant, user)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));
    const ADA: UserId = UserId(Uuid::from_u128(2));

    fn ada(expires: i64) -> Access {
        let by = By::User { assertion: "token".into(), expires: UtcMs(expires) };
        Access { tenant: TENANT, user: ADA, by }
    }

    fn is_there(sessions: &Sessions, now: i64) -> bool {
        matches!(sessions.access(TENANT, ADA, UtcMs(now)).by, By::User { .. })
    }

    #[test]
    fn a_user_is_there_until_their_token_runs_out_by_its_own_word() {
        let sessions = Sessions::default();
        assert!(!is_there(&sessions, 0), "never seen");
        sessions.seen(&ada(1_000));
        assert!(is_there(&sessions, 999));
        assert!(!is_there(&sessions, 1_000));
        assert!(!is_there(&sessions, 999), "the token is not kept beyond its end");
        sessions.seen(&ada(2_000));
        assert!(is_there(&sessions, 1_000), "back with a new one");
    }
}
