//! What a mailbox remembers of its past: the log behind delta queries, and the happenings for the journal.

use super::folder::FolderKey;
use super::id::ItemKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What became of an item, seen from one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemChangeKind {
    /// It was created here or moved here.
    Arrived,
    Updated,
    /// It was moved away or deleted; `place` spells the mutable id it had here.
    Left {
        place: u32,
    },
}

/// One line of the log behind `messages/delta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange {
    /// Number of the change in the mailbox: each is greater than the one before.
    pub number: u64,
    pub folder: FolderKey,
    pub item: ItemKey,
    pub kind: ItemChangeKind,
    /// How many delta queries the mailbox had seen before.
    #[serde(skip)]
    pub reads: u64,
}

/// One line of the log behind `mailFolders/delta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderChange {
    pub number: u64,
    pub folder: FolderKey,
    pub created: bool,
    /// How many delta queries the mailbox had seen before.
    #[serde(skip)]
    pub reads: u64,
}

/// Something that changed in a mailbox, for the journal and for subscribers.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// Object id of the mailbox.
    pub mailbox: String,
    pub upn: String,
    /// For example `message.categories` or `masterCategory.create`.
    pub kind: &'static str,
    /// The item, where it is one.
    pub item: Option<(ItemKey, FolderKey)>,
    /// Immutable id of the item, or id of the folder or category.
    pub target: String,
    pub before: Value,
    pub after: Value,
}

/// So many changes a mailbox remembers; delta tokens older than that are expired.
pub const LOG_LENGTH: usize = 50_000;
