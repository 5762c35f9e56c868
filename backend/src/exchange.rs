//! Exchange, in the field's words. The trait neither decides nor remembers.

pub mod graph;

pub use crate::body::Body;

use crate::caller::Access;
use crate::outcome::Outcome;
use shared::category::{CategoryId, MasterList};
use shared::email::Message;
use shared::item::{ItemId, SmtpAddress};

/// What one look into a mailbox shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxSeen {
    /// The mailbox's user object in Entra: its key, whatever address it was asked by.
    pub mailbox: MailboxId,
    /// Every address of the mailbox, the primary one first.
    pub addresses: Vec<SmtpAddress>,
    pub master_categories: MasterList,
    /// `None`: there is no such message in the mailbox.
    pub message: Option<MessageSeen>,
}

/// Entra object id of the user whose mailbox it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct MailboxId(pub uuid::Uuid);

/// A message, with its body when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSeen {
    pub message: Message,
    pub body: Option<Body>,
}

/// Whether the body is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    Headers,
    HeadersAndBody,
}

/// A message's categories after a change, with its new entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recategorized {
    pub categories: Vec<String>,
    pub etag: String,
}

/// The mailboxes of one tenant.
#[async_trait::async_trait]
pub trait Exchange: Send + Sync + std::fmt::Debug {
    /// Looks at one message, its mailbox and the master category list, in one round trip.
    /// Fails with `mailbox-denied` or `mailbox-gone` when the caller may not look.
    async fn look(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        item: &ItemId,
        want: Want,
    ) -> Outcome<MailboxSeen>;

    /// Whose mailbox it is; nothing in it is looked at.
    async fn owner(&self, access: &Access, mailbox: &SmtpAddress) -> Outcome<MailboxId>;

    /// Adds a category to the master list. One of the same name already there is a `Conflict`.
    async fn create_master_category(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        name: &str,
    ) -> Outcome<CategoryId>;

    /// Replaces a message's categories if it still has the entity tag; else `Conflict`.
    async fn set_categories(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        item: &ItemId,
        categories: &[String],
        if_match: &str,
    ) -> Outcome<Recategorized>;
}
