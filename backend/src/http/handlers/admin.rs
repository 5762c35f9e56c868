//! What administrators ask and order, by the console or the command line.
//!
//! These handlers decide nothing either: the guard has let in an [`Administrator`], the engine does the rest, for
//! that administrator's tenant and no other.

use crate::entra::{Administers, Administrator};
use crate::http::answer::Refusal;
use crate::http::words::mailbox_of;
use crate::store::Actor;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use shared::item::SmtpAddress;
use shared::problem::{Code, Problem};
use std::collections::HashMap;

pub(in crate::http) mod failing;
pub(in crate::http) mod mailboxes;
pub(in crate::http) mod myself;
pub(in crate::http) mod nodes;
pub(in crate::http) mod settings;

/// Under whose name it stands in the audit trail.
fn actor(caller: &Administrator) -> Actor {
    match caller.who() {
        Administers::Person { user, .. } => Actor::User(*user),
        Administers::Program { client } => Actor::Program(client.to_string()),
    }
}

/// The mailbox of `/api/admin/mailboxes/{address}…`.
pub(in crate::http) struct Address(pub SmtpAddress);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        // There may be more in the path than the address.
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let address = path.ok().and_then(|Path(mut path)| path.remove("address"));
        Ok(Self(mailbox_of(&address.ok_or_else(|| Problem::new(Code::NotFound))?)?))
    }
}
