//! Who is calling, and with whose rights we act.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use shared::UtcMs;
use std::fmt;
use uuid::Uuid;

/// An Entra tenant (directory) id: the wall that no data crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(pub Uuid);

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Entra object id of a user. With the tenant it is the user's key; an address or a UPN never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// With whose rights a call to Exchange or the CRM is made: a user's, either on their behalf, with the token
/// they brought, or by the engine, which then impersonates them in the CRM; or the application's own.
#[derive(Clone)]
pub struct Access {
    pub tenant: TenantId,
    pub user: UserId,
    pub by: By,
}

impl Access {
    /// The application itself, for the organization's settings and directory.
    pub fn service(tenant: TenantId) -> Self {
        Self { tenant, user: UserId(Uuid::nil()), by: By::Service }
    }

    /// Whether the user's token has ended by its own word. The engine has none that could.
    pub fn has_run_out(&self, now: UtcMs) -> bool {
        matches!(self.by, By::User { expires, .. } if now >= expires)
    }
}

#[derive(Clone)]
pub enum By {
    /// The user is there: their verified access token for our API, to be exchanged on their behalf, and when
    /// it ends by its own word.
    User { assertion: SecretString, expires: UtcMs },
    /// The engine in the user's place, with application tokens: their token has run out, or they never came.
    Engine,
    /// The application itself, in nobody's place: for what belongs to the organization, not to a person.
    Service,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            By::User { .. } => "user",
            By::Engine => "engine",
            By::Service => "service",
        };
        write!(f, "Access({by} {} in {})", self.user, self.tenant)
    }
}
