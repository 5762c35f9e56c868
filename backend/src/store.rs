//! What must not be forgotten: wishes, effects, links, leases.
//!
//! Each method is one whole transaction in domain words; there is no `begin`, so that no transaction can be
//! open across a network call. Every write on behalf of a mailbox carries its lease's epoch and does nothing
//! for a holder that lost the lease ([`StoreError::Fenced`]). Every call names the tenant.

use crate::caller::{TenantId, UserId};
use crate::exchange::{DeltaLink, MailboxId};
use shared::UtcMs;
use shared::category::{KnownCategory, MasterCategory};
use shared::decision::Reason;
use shared::email::{ConversationId, CrmEmailId, Direction, InternetMessageId};
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::party::Chosen;
use shared::plan::{Link, Ours};
use shared::problem::{Code, Problem};
use shared::regarding::RecordRef;
use shared::rules::mailboxes::Reading;
use shared::wish::{Origin, Wish};
use std::collections::HashMap;
use std::fmt::Debug;
use tokio::sync::mpsc;
use uuid::Uuid;

pub mod audit;
pub mod folders;
pub mod mailboxes;
pub mod nodes;
pub mod postgres;
mod sql;
pub mod sqlite;

pub use audit::AuditRow;
pub use folders::{
    ExpectedCopy, FolderKind, FolderPage, FolderRecord, ItemFacts, Mapped, MappedFolder, ObservedPage, Round,
    Stopped,
};
pub use mailboxes::{
    Actor, EnabledMailbox, Enrolled, MailboxChange, MailboxRecord, NewMailbox, StoredSubscription,
};
pub use nodes::{Heard, Node, Ring, SeenNode, StoreSharing};

/// Kind of the effect that puts the category on a message; by it a wish knows its own category again.
pub const CATEGORY_ASSIGN: &str = "category.assign";
/// Kind of the effect that puts the mark of what was given up in its place.
pub const CATEGORY_GIVE_UP: &str = "category.give-up";

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
    /// The folder was mapped, or is read from its beginning, since the page was asked for; nothing of it was stored.
    #[error("the folder is to be read anew")]
    Outdated,
    /// Others kept writing the same rows; asked again later, it will do.
    #[error("others kept writing the same rows: {0}")]
    Contended(String),
    /// The database is of a version that this one must not touch.
    #[error("{0}")]
    TooNew(String),
    /// What is stored cannot be read: a bug, or a damaged file.
    #[error("stored data cannot be read: {0}")]
    Damaged(String),
}

impl StoreError {
    /// The problem to tell people about.
    pub fn problem(&self) -> Problem {
        match self {
            StoreError::Full(reason) => Problem::new(Code::StoreFull).because("reason", reason),
            StoreError::Down(_) | StoreError::Contended(_) => Problem::new(Code::StoreDown),
            StoreError::Fenced
            | StoreError::Superseded
            | StoreError::Outdated
            | StoreError::Damaged(_)
            | StoreError::TooNew(_) => Problem::new(Code::Internal),
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
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
    /// By which door it came in.
    pub origin: Origin,
    /// The folder in which the item lay then, where that was seen.
    pub folder: Option<FolderId>,
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
    pub origin: Origin,
    /// The folder in which the item lay when it was wished, where that was seen.
    pub folder: Option<FolderId>,
    pub state: WishState,
    pub failed_attempts: u32,
    /// What was in its way last, also while it is being tried again.
    pub problem: Option<Problem>,
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
    pub category: Option<KnownCategory>,
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
    /// The folder in which the message lay, if it was seen.
    pub folder: Option<FolderId>,
    /// The tracking category in the mailbox's master list, if it was seen there.
    pub category: Option<MasterCategory>,
    /// The regarding record that was set, to be offered again.
    pub recent: Option<RecordRef>,
    /// Copies of the email that are to be expected in other mailboxes, and shall be categorized there (CAT-15).
    pub copies: Vec<(MailboxId, InternetMessageId, CrmEmailId, Direction)>,
    pub reason: Reason,
    pub now: UtcMs,
}

/// A wish that fails, for whoever has to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingWish {
    pub wish: StoredWish,
    pub accepted: UtcMs,
    /// When it was last tried, if it was.
    pub attempted: Option<UtcMs>,
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

    /// Mailboxes with open wishes, and when the first of them is due: at time 0 where one was not tried yet, for its
    /// acceptance was told by the clock of another machine.
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
    ///
    /// Where processes of several machines share the store, their clocks may differ: it judges leases and signs of
    /// life by its own clock then, and `now` counts for nothing.
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

    /// A process begins under a name, which is remembered. Leases of whoever had the name before are void; where no
    /// other process shares the store, everybody's.
    async fn take_over(&self, name: &str, sharing: StoreSharing, now: UtcMs) -> StoreResult<()>;

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
        now: UtcMs,
    ) -> StoreResult<()>;

    /// A wish ends; what is agreed from now on is stored with it, and the audit entry closed. Of a wish that was
    /// superseded meanwhile, what was agreed is stored all the same. With a wish that
    /// is fulfilled, its effects of unknown end are confirmed: nothing of them is left to do.
    async fn end_wish(&self, lease: &Lease, end: &WishEnd) -> StoreResult<Rank>;

    /// The records that a user lately set as regarding, the latest first.
    async fn recent_records(&self, tenant: TenantId, user: UserId, limit: u32)
    -> StoreResult<Vec<RecordRef>>;

    // What is known of mailboxes. None of it needs the lease: it is people and administrators who change it.

    /// Makes a mailbox known, off and untried; of a known one, address, name and whose rights count are brought
    /// up to date.
    async fn enroll(&self, new: &NewMailbox) -> StoreResult<Enrolled>;

    async fn mailboxes(&self, tenant: TenantId) -> StoreResult<Vec<MailboxRecord>>;

    /// Every mailbox that is synchronized, of all tenants.
    async fn enabled_mailboxes(&self) -> StoreResult<Vec<EnabledMailbox>>;

    async fn mailbox(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Option<MailboxRecord>>;

    async fn mailbox_at(&self, tenant: TenantId, address: &SmtpAddress)
    -> StoreResult<Option<MailboxRecord>>;

    /// Those of the addresses that are mailboxes being synchronized.
    async fn mailboxes_at(
        &self,
        tenant: TenantId,
        addresses: &[SmtpAddress],
    ) -> StoreResult<Vec<EnabledMailbox>>;

    /// Changes a mailbox and writes into the audit trail who did. `None`: there is no such mailbox.
    async fn amend_mailbox(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        change: &MailboxChange,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<Option<MailboxRecord>>;

    /// Whose subscription it is, and the secret that its notifications must bear.
    async fn subscription(&self, id: &str)
    -> StoreResult<Option<(TenantId, MailboxId, SmtpAddress, String)>>;

    async fn folders(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Vec<FolderRecord>>;

    /// Maps a folder, or takes its mapping away. FLD-01: never more than [`folders::MOST_MAPPED`] of a mailbox,
    /// however many ask at once. A folder that was not mapped before is read anew from its beginning (`link` is none,
    /// `round` is full); its watermark stays.
    async fn map_folder(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        folder: &MappedFolder,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<Mapped>;

    /// What is stored about items; those about which nothing is are not in the answer.
    async fn item_facts(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        items: &[ItemId],
    ) -> StoreResult<HashMap<ItemId, ItemFacts>>;

    /// Copies of tracked mail that were not seen in the mailbox yet.
    async fn expected_copies(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Vec<ExpectedCopy>>;

    /// Conversations of which nothing is tracked automatically any more.
    async fn stopped_conversations(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
    ) -> StoreResult<Vec<ConversationId>>;

    async fn stop_conversation(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        conversation: &ConversationId,
        stopped: Stopped,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<()>;

    // What a cycle observed, under the mailbox's lease.

    /// Stores a page of the folder list together with its token.
    async fn save_folders(&self, lease: &Lease, mailbox: MailboxId, page: &FolderPage) -> StoreResult<()>;

    /// Stores a page's token together with everything the page was found to wish. Returns how many wishes were
    /// accepted: none is whose id is known already, or while a wish of the pane is open for its item.
    async fn save_page(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        page: &ObservedPage,
        now: UtcMs,
    ) -> StoreResult<u32>;

    /// The same for wishes that were noticed without a page.
    async fn accept_noticed(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        wishes: &[NewWish],
        copies_found: &[InternetMessageId],
        now: UtcMs,
    ) -> StoreResult<u32>;

    /// A folder's token has expired: a full round begins, from `link` where there is one.
    async fn reset_folder(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        folder: &FolderId,
        link: Option<DeltaLink>,
    ) -> StoreResult<()>;

    /// `Reading::FromStart`: a full round of each folder begins.
    async fn save_category(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        category: &KnownCategory,
        reading: Reading,
    ) -> StoreResult<()>;

    async fn save_subscription(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        subscription: Option<&StoredSubscription>,
    ) -> StoreResult<()>;

    // Several processes on one store.

    /// Says that a node lives; returns who else does.
    async fn heartbeat(&self, node: &Node, now: UtcMs) -> StoreResult<Heard>;

    /// Names under which processes began in the last [`nodes::NAMED_MS`], in order.
    async fn node_names(&self) -> StoreResult<Vec<String>>;

    /// A node says that it goes.
    async fn farewell(&self, name: &str) -> StoreResult<()>;

    /// Mailboxes whose lease is held, by whom, and until when.
    async fn lease_holders(&self, tenant: TenantId) -> StoreResult<Vec<(SmtpAddress, String, UtcMs)>>;

    /// What other processes ring, from now on. Where there are no others, it stays silent.
    async fn listen(&self) -> StoreResult<mpsc::Receiver<Ring>>;

    /// Rings at the other processes' doors. Who does not listen just then never hears of it.
    async fn ring_others(&self, ring: &Ring) -> StoreResult<()>;

    // What administrators ask.

    /// Wishes that wait after a failure, and those refused since `since`; the latest accepted first.
    async fn failing(
        &self,
        tenant: TenantId,
        mailbox: Option<MailboxId>,
        since: UtcMs,
        limit: u32,
    ) -> StoreResult<Vec<FailingWish>>;

    /// Remembers whom a user took several matches of an address for (PPL-03); the last word counts.
    async fn choose_record(
        &self,
        tenant: TenantId,
        user: UserId,
        choice: &Chosen,
        now: UtcMs,
    ) -> StoreResult<()>;

    /// What a user chose for these addresses.
    async fn chosen_records(
        &self,
        tenant: TenantId,
        user: UserId,
        addresses: &[SmtpAddress],
    ) -> StoreResult<Vec<Chosen>>;

    /// How many wishes of a mailbox were fulfilled, and how many refused, since `since`.
    async fn counts(&self, tenant: TenantId, mailbox: MailboxId, since: UtcMs) -> StoreResult<(u64, u64)>;

    /// What the audit trail tells of a wish, in order.
    async fn history(&self, tenant: TenantId, wish: Uuid) -> StoreResult<Vec<AuditRow>>;

    /// A wish that waits or was refused is due at once, with a fresh count. `false`: it does neither.
    async fn retry(&self, tenant: TenantId, wish: Uuid, by: &Actor, now: UtcMs) -> StoreResult<bool>;

    /// Forgets at most `limit` wishes that ended before `before`, with their effects, and as many copies that have been
    /// expected since before then; answers how many of whichever are more. An effect of unknown end is never
    /// forgotten, nor the wish it belongs to.
    async fn prune(&self, before: UtcMs, limit: u32) -> StoreResult<u32>;

    /// Whether the store can be written to; for the readiness check.
    async fn ping(&self) -> StoreResult<()>;
}
