//! Entra ID: verifies the tokens that come in, obtains the tokens that go out.

use crate::caller::Access;
use crate::outcome::Outcome;
use secrecy::SecretString;

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
