//! The store over SQL, once for both databases.
//!
//! Each method of [`Store`] is one transaction over the statements of the files below here, one a subject. SQLite
//! lets one writer in at a time. On PostgreSQL several write at once, and these locks keep what SQLite keeps by
//! itself; they are always taken in this order, so that nobody waits in a circle:
//!
//! 1. the mailbox's lease row, by every write on its behalf ([`leases::hold`]): a holder that lost it writes
//!    nothing, and nobody takes it from one that is writing;
//! 2. the tenant's turn, by whoever accepts or ends wishes or adds to the audit trail ([`Session::take_turn`]);
//! 3. rows of wishes, then of the rest.
//!
//! What still collides (two mailboxes beginning the same effect, say) is rolled back and tried again, a few times.
//! No method may do anything but speak to the database: it may run more than once.

use super::{
    Accepted, Actor, AuditRow, BegunEffect, DueMailbox, EffectEnd, EnabledMailbox, Enrolled, ExpectedCopy,
    FailingWish, FolderPage, FolderRecord, Heard, ItemFacts, ItemKey, ItemName, Knowledge, Lease,
    MailboxChange, MailboxRecord, Mapped, MappedFolder, NewEffect, NewMailbox, NewWish, Node, ObservedPage,
    Rank, Ring, Stopped, Store, StoreError, StoreResult, StoreSharing, StoredSubscription, StoredWish,
    WishEnd, WishState,
};
use crate::caller::{TenantId, UserId};
use crate::exchange::{DeltaLink, MailboxId};
use session::{Session, Time, args};
use shared::UtcMs;
use shared::category::KnownCategory;
use shared::email::{ConversationId, InternetMessageId};
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::party::Chosen;
use shared::problem::Problem;
use shared::regarding::RecordRef;
use shared::rules::mailboxes::Reading;
use sqlx::migrate::{MigrateError, Migrator};
use std::collections::HashMap;
use std::fmt::Debug;
use tokio::sync::mpsc;
use uuid::Uuid;

mod administration;
mod agreement;
mod audit_trail;
mod choices;
mod effects;
mod errors;
mod folders;
mod knowledge;
mod leases;
mod mailboxes;
mod nodes;
mod rank;
mod rows;
pub mod session;
mod wishes;

/// Times that a transaction is tried when others keep writing the same rows.
const ATTEMPTS: u32 = 10;
/// Counts up with every migration that is not additive; see the table `compatibility`.
const GENERATION: i64 = 1;

/// The tables' history. A database that a newer program has already taken further is none of our business: what it
/// added does not concern us ([`GENERATION`] says when it does).
pub(super) fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
}

/// Why the tables could not be brought up to date.
pub(super) fn not_migrated(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => StoreError::Damaged(other.to_string()),
    }
}

/// What a database does in its own way.
#[async_trait::async_trait]
pub trait Database: Debug + Clone + Send + Sync + 'static {
    /// A connection for single statements.
    async fn connect(&self) -> StoreResult<Session>;

    /// A transaction that only reads, and sees one state of the database.
    async fn snapshot(&self) -> StoreResult<Session>;

    /// A transaction that writes.
    async fn begin(&self) -> StoreResult<Session>;

    async fn listen(&self) -> StoreResult<mpsc::Receiver<Ring>>;

    async fn ring_others(&self, ring: &Ring) -> StoreResult<()>;

    /// By which clock leases and signs of life are judged, asked by somebody whose own says `now`.
    fn time(&self, now: UtcMs) -> Time;
}

/// One transaction that writes, tried again when others were in its way: `transact!(store, tx => future)`. (A
/// function would take the work as an asynchronous closure; what it borrows cannot be proven `Send` yet.)
macro_rules! transact {
    ($store:expr, $tx:ident => $work:expr) => {{
        let mut tried = 1;
        loop {
            let mut session = $store.database.begin().await?;
            let $tx = &mut session;
            let result = $work.await;
            match finish(session, result).await {
                Err(StoreError::Contended(_)) if tried < ATTEMPTS => tried += 1,
                result => break result,
            }
        }
    }};
}

/// Commits what went well, and rolls back the rest.
async fn finish<T>(tx: Session, result: StoreResult<T>) -> StoreResult<T> {
    match result {
        Ok(value) => tx.commit().await.map(|()| value),
        Err(error) => {
            // What failed is told, not that it could not be rolled back: the database does that by itself.
            let _ = tx.roll_back().await;
            Err(error)
        }
    }
}

/// A store on a database; see [`super::sqlite::SqliteStore`] and [`super::postgres::PostgresStore`].
#[derive(Debug, Clone)]
pub struct SqlStore<D> {
    pub(super) database: D,
}

impl<D: Database> SqlStore<D> {
    /// The store on a database whose tables are up to date. Fails where a newer program has changed them so that
    /// this one must not touch them any more.
    pub(super) async fn on(database: D) -> StoreResult<Self> {
        let mut session = database.connect().await?;
        let row = session.row("select max(generation) as generation from compatibility", args![]).await?;
        let generation = row.map_or(Ok(GENERATION), |row| row.int("generation"))?;
        if generation > GENERATION {
            return Err(StoreError::TooNew(format!(
                "a newer version of the service has changed the database (generation {generation}; this version knows {GENERATION}). Start that version, or go back to a copy of the database from before"
            )));
        }
        Ok(Self { database })
    }

    /// A name for the present shape of the tables, in hex: another after every migration.
    pub fn fingerprint() -> String {
        let migrations = migrations();
        let all: Vec<u8> = migrations.iter().flat_map(|one| one.checksum.iter().copied()).collect();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &all);
        let head = digest.as_ref().iter().take(8).fold(0_u64, |head, byte| (head << 8) | u64::from(*byte));
        format!("{head:016x}")
    }

    /// Rows of the audit trail of a tenant, in order.
    pub async fn audit_trail(&self, tenant: TenantId) -> StoreResult<Vec<AuditRow>> {
        audit_trail::trail(&mut self.database.connect().await?, tenant).await
    }

    /// Empties every table, as if the store were new.
    pub async fn wipe(&self) -> StoreResult<()> {
        const TABLES: [&str; 14] = [
            "delete from effects",
            "delete from wishes",
            "delete from links",
            "delete from mailboxes",
            "delete from leases",
            "delete from recent_records",
            "delete from audit",
            "delete from synchronized_mailboxes",
            "delete from folders",
            "delete from untracked",
            "delete from expected_copies",
            "delete from stopped_conversations",
            "delete from nodes",
            "delete from node_names",
        ];
        transact!(self, tx => async {
            for table in TABLES {
                tx.run(table, args![]).await?;
            }
            Ok(())
        })
    }
}

#[async_trait::async_trait]
impl<D: Database> Store for SqlStore<D> {
    async fn accept_wish(&self, wish: &NewWish) -> StoreResult<Accepted> {
        transact!(self, tx => wishes::accept(tx, wish))
    }

    async fn wish_state(&self, tenant: TenantId, wish: Uuid) -> StoreResult<Option<WishState>> {
        wishes::state(&mut self.database.connect().await?, tenant, wish).await
    }

    async fn knowledge(
        &self,
        tenant: TenantId,
        name: &ItemName,
        key: Option<&ItemKey>,
    ) -> StoreResult<Knowledge> {
        knowledge::of_item(&mut self.database.snapshot().await?, tenant, name, key).await
    }

    async fn due_mailboxes(&self) -> StoreResult<Vec<DueMailbox>> {
        wishes::due_mailboxes(&mut self.database.connect().await?).await
    }

    async fn due_wishes(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        now: UtcMs,
        limit: u32,
    ) -> StoreResult<Vec<StoredWish>> {
        wishes::due(&mut self.database.connect().await?, tenant, mailbox, now, limit).await
    }

    async fn take_lease(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        holder: &str,
        now: UtcMs,
        lease_ms: i64,
    ) -> StoreResult<Option<Lease>> {
        transact!(self, tx => leases::take(tx, tenant, mailbox, holder, self.database.time(now), lease_ms))
    }

    async fn renew_lease(&self, lease: &Lease, now: UtcMs, lease_ms: i64) -> StoreResult<()> {
        transact!(self, tx => leases::renew(tx, lease, self.database.time(now), lease_ms))
    }

    async fn release_lease(&self, lease: &Lease) -> StoreResult<()> {
        transact!(self, tx => leases::release(tx, lease))
    }

    async fn take_over(&self, name: &str, sharing: StoreSharing, now: UtcMs) -> StoreResult<()> {
        transact!(self, tx => async {
            nodes::begin(tx, name, self.database.time(now)).await?;
            leases::end_all_of(tx, name, sharing).await
        })
    }

    async fn identify(&self, lease: &Lease, wish: Uuid, key: &ItemKey, now: UtcMs) -> StoreResult<Rank> {
        transact!(self, tx => wishes::identify(tx, lease, wish, key, now))
    }

    async fn begin_effects(
        &self,
        lease: &Lease,
        wish: Uuid,
        effects: &[NewEffect],
        now: UtcMs,
    ) -> StoreResult<Vec<BegunEffect>> {
        transact!(self, tx => effects::begin(tx, lease, wish, effects, now))
    }

    async fn end_effects(&self, lease: &Lease, ends: &[(Uuid, EffectEnd)], now: UtcMs) -> StoreResult<()> {
        transact!(self, tx => effects::end(tx, lease, ends, now))
    }

    async fn postpone(
        &self,
        lease: &Lease,
        wish: Uuid,
        problem: &Problem,
        next_attempt: UtcMs,
        failed_attempts: u32,
        now: UtcMs,
    ) -> StoreResult<()> {
        transact!(self, tx => wishes::postpone(tx, lease, wish, problem, next_attempt, failed_attempts, now))
    }

    async fn end_wish(&self, lease: &Lease, end: &WishEnd) -> StoreResult<Rank> {
        transact!(self, tx => wishes::end(tx, lease, end))
    }

    async fn recent_records(
        &self,
        tenant: TenantId,
        user: UserId,
        limit: u32,
    ) -> StoreResult<Vec<RecordRef>> {
        knowledge::recent_records(&mut self.database.connect().await?, tenant, user, limit).await
    }

    async fn enroll(&self, new: &NewMailbox) -> StoreResult<Enrolled> {
        transact!(self, tx => mailboxes::enroll(tx, new))
    }

    async fn mailboxes(&self, tenant: TenantId) -> StoreResult<Vec<MailboxRecord>> {
        mailboxes::all(&mut self.database.connect().await?, tenant).await
    }

    async fn enabled_mailboxes(&self) -> StoreResult<Vec<EnabledMailbox>> {
        mailboxes::enabled(&mut self.database.connect().await?).await
    }

    async fn mailbox(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Option<MailboxRecord>> {
        mailboxes::by_id(&mut self.database.connect().await?, tenant, mailbox).await
    }

    async fn mailbox_at(
        &self,
        tenant: TenantId,
        address: &SmtpAddress,
    ) -> StoreResult<Option<MailboxRecord>> {
        mailboxes::by_address(&mut self.database.connect().await?, tenant, address).await
    }

    async fn mailboxes_at(
        &self,
        tenant: TenantId,
        addresses: &[SmtpAddress],
    ) -> StoreResult<Vec<EnabledMailbox>> {
        mailboxes::enabled_at(&mut self.database.connect().await?, tenant, addresses).await
    }

    async fn amend_mailbox(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        change: &MailboxChange,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<Option<MailboxRecord>> {
        transact!(self, tx => mailboxes::amend(tx, tenant, mailbox, change, by, now))
    }

    async fn subscription(
        &self,
        id: &str,
    ) -> StoreResult<Option<(TenantId, MailboxId, SmtpAddress, String)>> {
        mailboxes::subscription(&mut self.database.connect().await?, id).await
    }

    async fn folders(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Vec<FolderRecord>> {
        folders::all(&mut self.database.connect().await?, tenant, mailbox).await
    }

    async fn map_folder(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        folder: &MappedFolder,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<Mapped> {
        transact!(self, tx => folders::map(tx, tenant, mailbox, folder, by, now))
    }

    async fn item_facts(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        items: &[ItemId],
    ) -> StoreResult<HashMap<ItemId, ItemFacts>> {
        knowledge::of_items(&mut self.database.snapshot().await?, tenant, mailbox, items).await
    }

    async fn expected_copies(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Vec<ExpectedCopy>> {
        knowledge::expected_copies(&mut self.database.connect().await?, tenant, mailbox).await
    }

    async fn stopped_conversations(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
    ) -> StoreResult<Vec<ConversationId>> {
        knowledge::stopped_conversations(&mut self.database.connect().await?, tenant, mailbox).await
    }

    async fn stop_conversation(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        conversation: &ConversationId,
        stopped: Stopped,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<()> {
        transact!(self, tx => folders::stop_conversation(tx, tenant, mailbox, conversation, stopped, by, now))
    }

    async fn save_folders(&self, lease: &Lease, mailbox: MailboxId, page: &FolderPage) -> StoreResult<()> {
        transact!(self, tx => folders::save_list(tx, lease, mailbox, page))
    }

    async fn save_page(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        page: &ObservedPage,
        now: UtcMs,
    ) -> StoreResult<u32> {
        transact!(self, tx => folders::save_page(tx, lease, mailbox, page, now))
    }

    async fn accept_noticed(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        wishes: &[NewWish],
        copies_found: &[InternetMessageId],
        now: UtcMs,
    ) -> StoreResult<u32> {
        transact!(self, tx => folders::accept_noticed(tx, lease, mailbox, wishes, copies_found, now))
    }

    async fn reset_folder(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        folder: &FolderId,
        link: Option<DeltaLink>,
    ) -> StoreResult<()> {
        transact!(self, tx => folders::reset(tx, lease, mailbox, folder, link.as_ref()))
    }

    async fn save_category(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        category: &KnownCategory,
        reading: Reading,
    ) -> StoreResult<()> {
        transact!(self, tx => agreement::save_category(tx, lease, mailbox, category, reading))
    }

    async fn save_subscription(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        subscription: Option<&StoredSubscription>,
    ) -> StoreResult<()> {
        transact!(self, tx => mailboxes::save_subscription(tx, lease, mailbox, subscription))
    }

    async fn heartbeat(&self, node: &Node, now: UtcMs) -> StoreResult<Heard> {
        transact!(self, tx => nodes::heartbeat(tx, node, self.database.time(now)))
    }

    async fn node_names(&self) -> StoreResult<Vec<String>> {
        nodes::names(&mut self.database.connect().await?).await
    }

    async fn farewell(&self, name: &str) -> StoreResult<()> {
        transact!(self, tx => nodes::farewell(tx, name))
    }

    async fn lease_holders(&self, tenant: TenantId) -> StoreResult<Vec<(SmtpAddress, String, UtcMs)>> {
        leases::held(&mut self.database.connect().await?, tenant).await
    }

    async fn listen(&self) -> StoreResult<mpsc::Receiver<Ring>> {
        self.database.listen().await
    }

    async fn ring_others(&self, ring: &Ring) -> StoreResult<()> {
        self.database.ring_others(ring).await
    }

    async fn failing(
        &self,
        tenant: TenantId,
        mailbox: Option<MailboxId>,
        since: UtcMs,
        limit: u32,
    ) -> StoreResult<Vec<FailingWish>> {
        administration::failing(&mut self.database.connect().await?, tenant, mailbox, since, limit).await
    }

    async fn choose_record(
        &self,
        tenant: TenantId,
        user: UserId,
        choice: &Chosen,
        now: UtcMs,
    ) -> StoreResult<()> {
        transact!(self, tx => choices::choose(tx, tenant, user, choice, now))
    }

    async fn chosen_records(
        &self,
        tenant: TenantId,
        user: UserId,
        addresses: &[SmtpAddress],
    ) -> StoreResult<Vec<Chosen>> {
        choices::chosen(&mut self.database.connect().await?, tenant, user, addresses).await
    }

    async fn counts(&self, tenant: TenantId, mailbox: MailboxId, since: UtcMs) -> StoreResult<(u64, u64)> {
        administration::counts(&mut self.database.connect().await?, tenant, mailbox, since).await
    }

    async fn history(&self, tenant: TenantId, wish: Uuid) -> StoreResult<Vec<AuditRow>> {
        audit_trail::trail_of(&mut self.database.connect().await?, tenant, wish).await
    }

    async fn retry(&self, tenant: TenantId, wish: Uuid, by: &Actor, now: UtcMs) -> StoreResult<bool> {
        transact!(self, tx => administration::retry(tx, tenant, wish, by, now))
    }

    async fn prune(&self, before: UtcMs, limit: u32) -> StoreResult<u32> {
        transact!(self, tx => administration::prune(tx, before, limit))
    }

    async fn ping(&self) -> StoreResult<()> {
        transact!(self, tx => tx.run("update leases set expires = expires where tenant = ''", args![]))
            .map(|_| ())
    }
}
