//! One email as each side shows it.

use crate::item::{ItemId, SmtpAddress};
use crate::party::Correspondent;
use crate::regarding::RecordRef;
use crate::time::UtcMs;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `Message-ID` header of RFC 5322, with its angle brackets: the same in every recipient's mailbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InternetMessageId(pub String);

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
