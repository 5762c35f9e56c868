//! Mail folders: the distinguished ones that every mailbox has, and those that people make.

use serde::{Deserialize, Serialize};

/// A folder within its mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FolderKey(pub u64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    pub key: FolderKey,
    /// The folder above; a root is its own parent.
    pub parent: FolderKey,
    pub name: String,
    /// The name by which Graph knows a distinguished folder in every language, e.g. `inbox`.
    pub well_known: Option<String>,
    pub is_hidden: bool,
    /// Change number of the last change of the folder itself.
    pub change: u64,
}

pub const ROOT: FolderKey = FolderKey(1);
pub const INBOX: FolderKey = FolderKey(2);
pub const DRAFTS: FolderKey = FolderKey(3);
pub const SENT: FolderKey = FolderKey(4);
pub const DELETED: FolderKey = FolderKey(5);
pub const JUNK: FolderKey = FolderKey(6);
pub const ARCHIVE: FolderKey = FolderKey(7);
pub const OUTBOX: FolderKey = FolderKey(8);
pub const HISTORY: FolderKey = FolderKey(9);
pub const RECOVERABLE_ROOT: FolderKey = FolderKey(10);
pub const RECOVERABLE: FolderKey = FolderKey(11);

/// The folders a new mailbox has: key, parent, name, well-known name, hidden.
pub const DISTINGUISHED: [(FolderKey, FolderKey, &str, &str, bool); 11] = [
    (ROOT, ROOT, "Top of Information Store", "msgfolderroot", false),
    (INBOX, ROOT, "Inbox", "inbox", false),
    (DRAFTS, ROOT, "Drafts", "drafts", false),
    (SENT, ROOT, "Sent Items", "sentitems", false),
    (DELETED, ROOT, "Deleted Items", "deleteditems", false),
    (JUNK, ROOT, "Junk Email", "junkemail", false),
    (ARCHIVE, ROOT, "Archive", "archive", false),
    (OUTBOX, ROOT, "Outbox", "outbox", false),
    (HISTORY, ROOT, "Conversation History", "conversationhistory", true),
    (RECOVERABLE_ROOT, RECOVERABLE_ROOT, "Recoverable Items", "recoverableitemsroot", true),
    (RECOVERABLE, RECOVERABLE_ROOT, "Deletions", "recoverableitemsdeletions", true),
];

/// The first key for folders that people make.
pub const FIRST_OWN: u64 = 100;
