//! Entra ID: verifies the tokens that come in, obtains the tokens that go out.
//!
//! A [`Caller`] or an [`Administrator`] comes into being here and nowhere else, from a token that passed every
//! check of [`verify`].
//! What goes out is obtained by [`tokens`], either on the caller's behalf or for the engine. Tokens and
//! secrets are never printed: not in a log, not in an error, not in `Debug`.

use crate::caller::Access;
use crate::outcome::Outcome;
use secrecy::SecretString;

mod keys;
mod proof;
mod refusal;
pub mod tokens;
pub mod verify;

pub use proof::ClientProof;
pub use tokens::EntraTokens;
pub use verify::{Administers, Administrator, Caller, Verifier};

/// What an outgoing token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    Graph,
    Dataverse,
}

/// Obtains tokens for the other side, kept until shortly before they expire.
#[async_trait::async_trait]
pub trait Tokens: Send + Sync + std::fmt::Debug {
    /// A token that acts with the rights of `access`: on the user's behalf, or the engine's own.
    async fn token(&self, access: &Access, resource: Resource) -> Outcome<SecretString>;

    /// Drops the kept token, after the other side refused it with 401.
    fn forget(&self, access: &Access, resource: Resource);
}
