//! What must not be forgotten: wishes, effects, links, leases.
//!
//! Each method is one whole transaction in domain words; there is no `begin`, so that no transaction can be
//! open across a network call. Every write on behalf of a mailbox carries its lease's epoch and does nothing
//! for a holder that lost the lease ([`StoreError::Fenced`]). Every call names the tenant.

use crate::caller::{TenantId, UserId};
use crate::exchange::MailboxId;
use shared::UtcMs;
use shared::category::MasterCategory;
use shared::decision::Reason;
use shared::item::{ItemId, SmtpAddress};
use shared::plan::{Link, Ours};
use shared::problem::{Code, Problem};
use shared::regarding::RecordRef;
use shared::wish::Wish;
use std::fmt::Debug;
use uuid::Uuid;

pub mod audit;
pub mod sqlite;

/// Kind of the effect that puts the category on a message; by it a wish knows its own category again.
pub const CATEGORY_ASSIGN: &str = "category.assign";

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("no space left to write: {0}")]
    Full(String),
    #[error("database not available: {0}")]
    Down(String),
    /// The lease was lost; whoever holds it now goes on.
    #[error("the lease on the mailbox was lost")]
    Fenced,
    /// The wish was superseded; the newer one is carried out in its place.
    #[error("the wish was superseded")]
    Superseded,
    /// What is stored cannot be read: a bug, or a damaged file.
    #[error("stored data cannot be read: {0}")]
    Damaged(String),
}

impl StoreError {
    /// The problem to tell people about.
    pub fn problem(&self) -> Problem {
        match self {
            StoreError::Full(reason) => Problem::new(Code::StoreFull).because("reason", reason),
            StoreError::Down(_) => Problem::new(Code::StoreDown),
            StoreError::Fenced | StoreError::Superseded | StoreError::Damaged(_) => {
                Problem::new(Code::Internal)
            }
        }
    }
}

pub type StoreResult<T> = Result<T, StoreError>;

/// An item by the names that stay: immutable item id in a mailbox known by its Entra object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemKey {
    pub mailbox: MailboxId,
    pub item: ItemId,
}

/// An item as its caller named it: an address of the mailbox, an id that may change when the item moves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemName {
    pub mailbox: SmtpAddress,
    pub item: ItemId,
}

/// A wish as it is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWish {
    pub id: Uuid,
    pub tenant: TenantId,
    pub user: UserId,
    pub name: ItemName,
    /// The item's lasting names, where they are known already.
    pub key: Option<ItemKey>,
    pub wish: Wish,
    pub now: UtcMs,
}

/// What became of a wish that was sent in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// To be carried out: sent for the first time, or again after the user had to sign in first.
    New,
    /// The same wish was sent before; here is how far it is.
    Again(WishState),
    /// The id belongs to somebody else's wish, or to another wish.
    Taken,
}

/// A stored wish that has not been fulfilled or superseded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWish {
    pub id: Uuid,
    pub tenant: TenantId,
    pub user: UserId,
    pub name: ItemName,
    pub key: Option<ItemKey>,
    pub wish: Wish,
    pub state: WishState,
    pub failed_attempts: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WishState {
    Running,
    Waiting { problem: Problem, next_attempt: UtcMs },
    Fulfilled,
    Superseded,
    Refused { problem: Problem },
}

/// The right to write for one mailbox, until it expires or somebody else takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub tenant: TenantId,
    pub mailbox: SmtpAddress,
    pub holder: String,
    pub epoch: i64,
}

/// An effect about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEffect {
    /// Made of facts, never random: the same effect has the same key.
    pub key: String,
    pub kind: &'static str,
}

/// An effect that may be sent once [`Clearance`] says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunEffect {
    pub id: Uuid,
    pub clearance: Clearance,
}

/// Whether an effect may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clearance {
    /// It was never sent, or its last sending has a known end.
    Clear,
    /// It may have been sent before: look first whether it is there.
    ProbeFirst,
}

/// Whether a wish is the newest for its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    Newest,
    /// A newer one is carried out in its place.
    Superseded,
}

/// How the sending of an effect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectEnd {
    Confirmed,
    /// Certainly not done.
    Refused,
    Unknown,
}

/// What is stored about an item and its mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knowledge {
    pub link: Option<Link>,
    /// How many other items are linked to the same CRM email.
    pub others: u32,
    /// The mailbox's tracking category: its id, and the name under which it was last seen.
    pub category: Option<MasterCategory>,
    /// The newest wish, unless it was fulfilled or superseded.
    pub wish: Option<StoredWish>,
    /// Whether that wish sent (or may have sent) the category to the message.
    pub category_is_ours: Ours,
}

/// How a wish ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WishEnd {
    pub wish: Uuid,
    pub user: UserId,
    /// `None`: the item was never seen; nothing is known of links then.
    pub key: Option<ItemKey>,
    pub refused: Option<Problem>,
    pub link: Option<Link>,
    /// The tracking category in the mailbox's master list, if it was seen there.
    pub category: Option<MasterCategory>,
    /// The regarding record that was set, to be offered again.
    pub recent: Option<RecordRef>,
    pub reason: Reason,
    pub now: UtcMs,
}

/// A mailbox with work in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMailbox {
    pub tenant: TenantId,
    pub mailbox: SmtpAddress,
    pub due: UtcMs,
}

#[async_trait::async_trait]
pub trait Store: Send + Sync + Debug {
    /// Stores a wish, supersedes the item's older open wishes and opens the audit entry. One that was refused
    /// because its user had to sign in first is opened again.
    async fn accept_wish(&self, wish: &NewWish) -> StoreResult<Accepted>;

    /// How far a wish is.
    async fn wish_state(&self, tenant: TenantId, wish: Uuid) -> StoreResult<Option<WishState>>;

    /// Everything stored about an item; by its name alone where its key is not known yet.
    async fn knowledge(
        &self,
        tenant: TenantId,
        name: &ItemName,
        key: Option<&ItemKey>,
    ) -> StoreResult<Knowledge>;

    /// Mailboxes with open wishes, and when the first of them is due.
    async fn due_mailboxes(&self) -> StoreResult<Vec<DueMailbox>>;

    /// Open wishes of a mailbox that are due, the oldest first; at most `limit`.
    async fn due_wishes(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        now: UtcMs,
        limit: u32,
    ) -> StoreResult<Vec<StoredWish>>;

    /// Takes the lease on a mailbox, for `lease_ms` from `now`. `None`: somebody else holds it.
    async fn take_lease(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        holder: &str,
        now: UtcMs,
        lease_ms: i64,
    ) -> StoreResult<Option<Lease>>;

    /// Prolongs a lease that is still held.
    async fn renew_lease(&self, lease: &Lease, now: UtcMs, lease_ms: i64) -> StoreResult<()>;

    async fn release_lease(&self, lease: &Lease) -> StoreResult<()>;

    /// Ends every lease, so that this process is the only hand. Only for a store with one process.
    async fn take_over(&self) -> StoreResult<()>;

    /// Records an item's lasting names. Older open wishes that turn out to be for it end; where a newer one
    /// does, this one ends.
    async fn identify(&self, lease: &Lease, wish: Uuid, key: &ItemKey, now: UtcMs) -> StoreResult<Rank>;

    /// Writes effects down before they are sent. Nothing more is sent for a wish that was superseded.
    async fn begin_effects(
        &self,
        lease: &Lease,
        wish: Uuid,
        effects: &[NewEffect],
        now: UtcMs,
    ) -> StoreResult<Vec<BegunEffect>>;

    /// Writes down how they ended.
    async fn end_effects(&self, lease: &Lease, ends: &[(Uuid, EffectEnd)], now: UtcMs) -> StoreResult<()>;

    /// A wish could not be carried out yet.
    async fn postpone(
        &self,
        lease: &Lease,
        wish: Uuid,
        problem: &Problem,
        next_attempt: UtcMs,
        failed_attempts: u32,
    ) -> StoreResult<()>;

    /// A wish ends; what is agreed from now on is stored with it, and the audit entry closed. Of a wish that was
    /// superseded meanwhile, what was agreed is stored all the same. With a wish that
    /// is fulfilled, its effects of unknown end are confirmed: nothing of them is left to do.
    async fn end_wish(&self, lease: &Lease, end: &WishEnd) -> StoreResult<Rank>;

    /// The records that a user lately set as regarding, the latest first.
    async fn recent_records(&self, tenant: TenantId, user: UserId, limit: u32)
    -> StoreResult<Vec<RecordRef>>;

    /// Whether the store can be written to; for the readiness check.
    async fn ping(&self) -> StoreResult<()>;
}
