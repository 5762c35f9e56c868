//! What a cycle reads of a mailbox, page by page.

use crate::outcome::Outcome;
use serde::{Deserialize, Serialize};
use shared::category::MasterList;
use shared::email::Message;
use shared::item::{FolderId, ItemId};

/// Where a delta query goes on: an opaque absolute address that Graph made. It holds the whole query.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeltaLink(pub String);

/// Tokens are no secret, but long, and name the mailbox.
impl std::fmt::Debug for DeltaLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeltaLink({} bytes)", self.0.len())
    }
}

/// Where to start reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeltaFrom {
    /// Everything that is there, then what changes.
    Start,
    Link(DeltaLink),
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The round has more pages.
    Page(DeltaLink),
    /// The round is complete; from here the next one starts.
    Round(DeltaLink),
}

impl Next {
    pub fn link(&self) -> &DeltaLink {
        match self {
            Next::Page(link) | Next::Round(link) => link,
        }
    }
}

/// The answer to a delta query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta<T> {
    Page(T),
    /// Exchange does not know the link any more: start over.
    Expired,
    /// The folder is not there (any more); the mailbox is.
    Gone,
}

/// A page of a folder's messages. Rows may repeat, within a round and between rounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    pub changed: Vec<Message>,
    /// Deleted, or moved elsewhere: the page cannot say which.
    pub removed: Vec<ItemId>,
    /// Rows that say too little to be a message. Exchange sends such rows for a mere *read* or *unread*; what
    /// they leave out (categories above all) is unknown, not empty. Ask for them by id.
    pub unreadable: Vec<ItemId>,
    pub next: Next,
}

/// A mail folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderSeen {
    pub id: FolderId,
    pub name: String,
    pub parent: Option<FolderId>,
    pub hidden: bool,
}

/// A page of a mailbox's folders, at every depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderListPage {
    pub changed: Vec<FolderSeen>,
    pub removed: Vec<FolderId>,
    pub next: Next,
}

/// The folders that every mailbox has, by what they are for; `None`: this mailbox has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distinguished {
    pub inbox: Option<FolderId>,
    pub sent: Option<FolderId>,
    pub drafts: Option<FolderId>,
    pub outbox: Option<FolderId>,
    pub deleted: Option<FolderId>,
    pub junk: Option<FolderId>,
}

/// What a cycle wants to read at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub categories: bool,
    pub folders: Option<DeltaFrom>,
    pub messages: Vec<(FolderId, DeltaFrom)>,
    pub distinguished: bool,
}

/// What it got, each part by itself: one that failed spoils no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub categories: Option<Outcome<MasterList>>,
    pub folders: Option<Outcome<Delta<FolderListPage>>>,
    /// In the order asked.
    pub messages: Vec<(FolderId, Outcome<Delta<MessagePage>>)>,
    pub distinguished: Option<Outcome<Distinguished>>,
}
