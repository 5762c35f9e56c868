//! What is stored about a mailbox's folders and items.

use super::NewWish;
use crate::exchange::DeltaLink;
use shared::UtcMs;
use shared::email::{CrmEmailId, Direction, InternetMessageId};
use shared::item::FolderId;
use shared::mailbox::FolderMapping;
use shared::plan::Link;
use shared::status::Goal;
use shared::wish::Origin;

/// Folders that one mailbox may map (FLD-01).
pub const MOST_MAPPED: i64 = 25;

/// Everything stored about a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRecord {
    pub folder: FolderId,
    pub name: String,
    pub kind: FolderKind,
    /// Where the next page is read from; `None`: never read.
    pub link: Option<DeltaLink>,
    pub round: Round,
    /// `receivedDateTime` of the newest message of the last complete round.
    pub watermark: UtcMs,
    /// The same of the round under way.
    pub round_high: UtcMs,
    pub mapping: Option<FolderMapping>,
    /// Grows whenever the folder is mapped otherwise, or is to be read from its beginning.
    pub generation: i64,
}

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FolderKind {
    Inbox,
    Sent,
    /// Junk Email and Deleted Items: nothing in them is tracked by itself.
    Unwanted,
    Other,
}

/// What a folder's pages show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// What changed since the last round.
    Incremental,
    /// Everything: the first reading, or one after the token expired.
    Full,
}

/// A page of the folder list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPage {
    pub changed: Vec<(FolderId, String, FolderKind)>,
    pub removed: Vec<FolderId>,
    /// `changed` is the whole list: folders that are not in it are gone.
    pub all: bool,
    pub link: DeltaLink,
}

/// A page of a folder's messages, and what it was found to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedPage {
    pub folder: FolderId,
    /// The folder's generation when the page was asked for.
    pub generation: i64,
    pub link: DeltaLink,
    /// It is the last page of its round.
    pub ends_round: bool,
    /// Newest `receivedDateTime` on it.
    pub high: UtcMs,
    pub wishes: Vec<NewWish>,
    /// Expected copies that are on it.
    pub copies_found: Vec<InternetMessageId>,
}

/// A folder as a person maps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedFolder {
    pub folder: FolderId,
    /// For a folder that is not known yet.
    pub name: String,
    /// `None` takes the mapping away.
    pub mapping: Option<FolderMapping>,
}

/// Whether a folder could be mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped {
    Done,
    /// FLD-01: the mailbox has [`MOST_MAPPED`] already.
    TooMany,
}

/// Whether nothing of a conversation is tracked automatically any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    Yes,
    No,
}

/// What is stored about an item, for deciding what a row of delta means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemFacts {
    pub link: Option<Link>,
    /// A person took it out of tracking, and nobody put it back.
    pub untracked: bool,
    /// The newest wish for it that is open: its door and its goal.
    pub open: Option<(Origin, Goal)>,
    /// The folder in which it lay when its open wish was made; else when it was linked, or taken out of tracking.
    pub folder: Option<FolderId>,
}

/// A copy of a tracked mail that another recipient's mailbox is to show (CAT-15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedCopy {
    pub message_id: InternetMessageId,
    pub email: CrmEmailId,
    pub direction: Direction,
    pub since: UtcMs,
}
