//! Exchange, in the field's words. The trait neither decides nor remembers.

pub mod graph;
mod reading;
mod subscription;

pub use crate::body::{Attachment, Body};
pub use reading::{
    Answered, Asked, Delta, DeltaFrom, DeltaLink, Distinguished, FolderListPage, FolderSeen, MessagePage,
    Next,
};
pub use subscription::{LONGEST_SUBSCRIPTION_MS, NewSubscription, SubscriptionSeen};

use crate::caller::Access;
use crate::outcome::{Failure, Outcome};
use shared::UtcMs;
use shared::category::{CategoryId, MasterList};
use shared::email::{ConversationId, InternetMessageId, Message};
use shared::item::{ItemId, SmtpAddress};
use shared::rules::mailboxes::RemovalPermit;

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

/// A message asked for by its id; `None`: it is gone for good, from every folder.
pub type MessageById = (ItemId, Outcome<Option<Message>>);

/// What to look for in a whole mailbox, *Deleted Items* included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Find {
    MessageId(InternetMessageId),
    Conversation(ConversationId),
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

    /// Whether the caller may change a message; fails as a change would. Exchange has no such question: the message's
    /// categories are written back as they are, unless somebody changed it meanwhile, and nothing is different then.
    async fn may_change(&self, access: &Access, mailbox: &SmtpAddress, message: &Message) -> Outcome<()> {
        let (categories, etag) = (&message.categories, &message.etag);
        match self.set_categories(access, mailbox, &message.id, categories, etag).await {
            // That it has changed is no refusal.
            Ok(_) | Err(Failure::Conflict) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Reads a mailbox for a cycle: one request for each 20 parts of what is asked. Fails as a whole only when
    /// the very first request does.
    async fn read(&self, access: &Access, mailbox: &SmtpAddress, asked: &Asked) -> Outcome<Answered>;

    /// The messages of these ids, wherever they lie now, in the order asked. One that says too little of itself
    /// even so is `Refused`: asking again would not help.
    async fn messages(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        items: &[ItemId],
    ) -> Outcome<Vec<MessageById>>;

    /// At most `most` messages, in no particular order.
    async fn find(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        by: &Find,
        most: u32,
    ) -> Outcome<Vec<Message>>;

    /// What is attached to a message, in its order, inline images included. What is larger than `most_bytes`
    /// is left out without being downloaded.
    async fn attachments(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        item: &ItemId,
        most_bytes: u64,
    ) -> Outcome<Vec<Attachment>>;

    /// Takes a category off the master list; the items that bear it keep its name. Gone already is done.
    async fn delete_master_category(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        permit: &RemovalPermit,
    ) -> Outcome<()>;

    /// Has Exchange ring when a message of the mailbox is made or changed. Application tokens only. One that
    /// rings at the same address already is replaced; one that rings elsewhere is a `Conflict`.
    async fn subscribe(
        &self,
        access: &Access,
        mailbox: MailboxId,
        new: &NewSubscription,
    ) -> Outcome<SubscriptionSeen>;

    /// Lets a subscription live longer. `None`: it is gone.
    async fn renew_subscription(
        &self,
        access: &Access,
        id: &str,
        expires: UtcMs,
    ) -> Outcome<Option<SubscriptionSeen>>;

    /// Ends a subscription. Gone already is done.
    async fn unsubscribe(&self, access: &Access, id: &str) -> Outcome<()>;
}
