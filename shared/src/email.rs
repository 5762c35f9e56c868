//! One email as each side shows it.

use crate::item::{FolderId, ItemId, SmtpAddress};
use crate::party::Correspondent;
use crate::regarding::RecordRef;
use crate::time::UtcMs;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `Message-ID` header of RFC 5322, with its angle brackets: the same in every recipient's mailbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InternetMessageId(pub String);

/// Graph `conversationId`: the same for all messages of a thread within one mailbox, another in every mailbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ConversationId(pub String);

/// Graph `conversationIndex` (MAPI `PidTagConversationIndex`) in base64: a header of 22 bytes that every message
/// of the thread bears in every mailbox, then 5 bytes a reply.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationIndex(pub String);

/// Header of a [`ConversationIndex`]: names a thread across mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ThreadId(pub [u8; 22]);

impl ConversationIndex {
    /// The thread; `None` where this is no index (shorter than a header, or not base64).
    pub fn thread(&self) -> Option<ThreadId> {
        let bytes = STANDARD.decode(self.0.trim()).ok()?;
        bytes.get(..22)?.try_into().ok().map(ThreadId)
    }
}

/// How a mail was found to belong to a tracked one; Dataverse `correlationmethod` (INC-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Correlation {
    None = 0,
    Skipped = 1,
    XHeader = 2,
    InReplyTo = 3,
    TrackingToken = 4,
    ConversationIndex = 5,
    SmartMatching = 6,
    Custom = 7,
}

impl Correlation {
    /// The option's value in Dataverse.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Whether a message has attachments that are to be fetched: inline images count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attachments {
    None,
    Some,
}

/// Which way a mail went, seen from the mailbox it lies in; Dataverse `directioncode` (true = outgoing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Incoming,
    Outgoing,
}

impl Direction {
    /// Outgoing when the sender is the mailbox itself, incoming otherwise.
    pub fn of(from: Option<&SmtpAddress>, mailbox: &[SmtpAddress]) -> Self {
        match from {
            Some(from) if mailbox.contains(from) => Direction::Outgoing,
            _ => Direction::Incoming,
        }
    }
}

/// A message as Exchange shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Immutable id.
    pub id: ItemId,
    /// Weak entity tag `W/"<changeKey>"`; changes with every write.
    pub etag: String,
    /// Drafts have none until they are sent.
    pub internet_message_id: Option<InternetMessageId>,
    pub subject: String,
    pub correspondents: Vec<Correspondent>,
    pub categories: Vec<String>,
    pub direction: Direction,
    pub draft: Draft,
    pub received: UtcMs,
    pub importance: Importance,
    pub conversation: Option<ConversationId>,
    pub conversation_index: Option<ConversationIndex>,
    /// `In-Reply-To` header of RFC 5322: the message that this one answers.
    pub in_reply_to: Option<InternetMessageId>,
    /// Where it lies; `None` where Exchange did not say.
    pub folder: Option<FolderId>,
    pub attachments: Attachments,
}

/// Whether a message was sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draft {
    Draft,
    Sent,
}

/// Graph `importance`; Dataverse `prioritycode` 0, 1, 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Importance {
    Low,
    Normal,
    High,
}

/// Primary key (`activityid`) of an email activity in the CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct CrmEmailId(pub Uuid);

/// An email activity as the CRM shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmEmail {
    pub id: CrmEmailId,
    pub direction: Direction,
    pub regarding: Option<RecordRef>,
    /// Name of the owner, for people to read.
    pub owner: String,
}
