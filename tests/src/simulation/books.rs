//! A node's way to the store: where it dies before or after a commit, where the disk is full, and where it is seen
//! that nobody writes with a lease that somebody else took.

use super::act::Moment;
use super::scene::{Node, Scene};
use async_trait::async_trait;
use backend::caller::{TenantId, UserId};
use backend::exchange::{DeltaLink, MailboxId};
use backend::store::*;
use shared::UtcMs;
use shared::category::KnownCategory;
use shared::email::{ConversationId, InternetMessageId};
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::party::Chosen;
use shared::problem::Problem;
use shared::regarding::RecordRef;
use shared::rules::mailboxes::Reading;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Weak};
use tokio::sync::mpsc;
use uuid::Uuid;

pub struct Books {
    pub scene: Weak<Scene>,
    pub node: Arc<Node>,
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Books")
    }
}

impl Books {
    async fn scene(&self) -> Arc<Scene> {
        self.node.stop_if_dead().await;
        match self.scene.upgrade() {
            Some(scene) => scene,
            None => std::future::pending().await,
        }
    }

    async fn before_commit(&self, scene: &Scene) -> StoreResult<()> {
        if scene.watches() {
            return Ok(());
        }
        if scene.stage().dies_at(Moment::BeforeCommit) {
            self.node.die().await;
        }
        match scene.stage().next_store_fault() {
            Some(true) => Err(StoreError::Full("the disk is full".to_owned())),
            Some(false) => Err(StoreError::Down("the disk does not answer".to_owned())),
            None => Ok(()),
        }
    }

    async fn after_commit(&self, scene: &Scene) {
        if !scene.watches() && scene.stage().dies_at(Moment::AfterCommit) {
            self.node.die().await;
        }
    }
}

macro_rules! reads {
    ($self:ident.$name:ident($($argument:ident),*)) => {{
        let scene = $self.scene().await;
        let _turn = scene.turn().await;
        scene.ground.store.$name($($argument),*).await
    }};
}

macro_rules! writes {
    ($self:ident.$name:ident($($argument:ident),*)) => {{
        let scene = $self.scene().await;
        $self.before_commit(&scene).await?;
        let turn = scene.turn().await;
        let done = scene.ground.store.$name($($argument),*).await;
        drop(turn);
        $self.after_commit(&scene).await;
        done
    }};
}

/// The same with a lease: what was written with an old one is a flaw.
macro_rules! writes_leased {
    ($self:ident.$name:ident($lease:ident $(, $argument:ident)*)) => {{
        let scene = $self.scene().await;
        $self.before_commit(&scene).await?;
        let turn = scene.turn().await;
        let done = scene.ground.store.$name($lease $(, $argument)*).await;
        drop(turn);
        if done.is_ok() {
            scene.check_lease($lease, stringify!($name));
        }
        $self.after_commit(&scene).await;
        done
    }};
}

#[async_trait]
impl Store for Books {
    async fn accept_wish(&self, wish: &NewWish) -> StoreResult<Accepted> {
        writes!(self.accept_wish(wish))
    }

    async fn wish_state(&self, tenant: TenantId, wish: Uuid) -> StoreResult<Option<WishState>> {
        reads!(self.wish_state(tenant, wish))
    }

    async fn knowledge(
        &self,
        tenant: TenantId,
        name: &ItemName,
        key: Option<&ItemKey>,
    ) -> StoreResult<Knowledge> {
        reads!(self.knowledge(tenant, name, key))
    }

    async fn due_mailboxes(&self) -> StoreResult<Vec<DueMailbox>> {
        reads!(self.due_mailboxes())
    }

    async fn due_wishes(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        now: UtcMs,
        limit: u32,
    ) -> StoreResult<Vec<StoredWish>> {
        reads!(self.due_wishes(tenant, mailbox, now, limit))
    }

    async fn take_lease(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        holder: &str,
        now: UtcMs,
        lease_ms: i64,
    ) -> StoreResult<Option<Lease>> {
        let scene = self.scene().await;
        self.before_commit(&scene).await?;
        let turn = scene.turn().await;
        let lease = scene.ground.store.take_lease(tenant, mailbox, holder, now, lease_ms).await?;
        drop(turn);
        if let Some(lease) = &lease {
            scene.lease_taken(lease);
        }
        self.after_commit(&scene).await;
        Ok(lease)
    }

    async fn renew_lease(&self, lease: &Lease, now: UtcMs, lease_ms: i64) -> StoreResult<()> {
        writes_leased!(self.renew_lease(lease, now, lease_ms))
    }

    async fn release_lease(&self, lease: &Lease) -> StoreResult<()> {
        writes!(self.release_lease(lease))
    }

    async fn take_over(&self, name: &str, sharing: StoreSharing, now: UtcMs) -> StoreResult<()> {
        reads!(self.take_over(name, sharing, now))
    }

    async fn identify(&self, lease: &Lease, wish: Uuid, key: &ItemKey, now: UtcMs) -> StoreResult<Rank> {
        writes_leased!(self.identify(lease, wish, key, now))
    }

    async fn begin_effects(
        &self,
        lease: &Lease,
        wish: Uuid,
        effects: &[NewEffect],
        now: UtcMs,
    ) -> StoreResult<Vec<BegunEffect>> {
        writes_leased!(self.begin_effects(lease, wish, effects, now))
    }

    async fn end_effects(&self, lease: &Lease, ends: &[(Uuid, EffectEnd)], now: UtcMs) -> StoreResult<()> {
        writes_leased!(self.end_effects(lease, ends, now))
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
        writes_leased!(self.postpone(lease, wish, problem, next_attempt, failed_attempts, now))
    }

    async fn end_wish(&self, lease: &Lease, end: &WishEnd) -> StoreResult<Rank> {
        writes_leased!(self.end_wish(lease, end))
    }

    async fn recent_records(
        &self,
        tenant: TenantId,
        user: UserId,
        limit: u32,
    ) -> StoreResult<Vec<RecordRef>> {
        reads!(self.recent_records(tenant, user, limit))
    }

    async fn enroll(&self, new: &NewMailbox) -> StoreResult<Enrolled> {
        writes!(self.enroll(new))
    }

    async fn mailboxes(&self, tenant: TenantId) -> StoreResult<Vec<MailboxRecord>> {
        reads!(self.mailboxes(tenant))
    }

    async fn enabled_mailboxes(&self) -> StoreResult<Vec<EnabledMailbox>> {
        reads!(self.enabled_mailboxes())
    }

    async fn mailbox(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Option<MailboxRecord>> {
        reads!(self.mailbox(tenant, mailbox))
    }

    async fn mailbox_at(
        &self,
        tenant: TenantId,
        address: &SmtpAddress,
    ) -> StoreResult<Option<MailboxRecord>> {
        reads!(self.mailbox_at(tenant, address))
    }

    async fn mailboxes_at(
        &self,
        tenant: TenantId,
        addresses: &[SmtpAddress],
    ) -> StoreResult<Vec<EnabledMailbox>> {
        reads!(self.mailboxes_at(tenant, addresses))
    }

    async fn amend_mailbox(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        change: &MailboxChange,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<Option<MailboxRecord>> {
        writes!(self.amend_mailbox(tenant, mailbox, change, by, now))
    }

    async fn subscription(
        &self,
        id: &str,
    ) -> StoreResult<Option<(TenantId, MailboxId, SmtpAddress, String)>> {
        reads!(self.subscription(id))
    }

    async fn folders(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Vec<FolderRecord>> {
        reads!(self.folders(tenant, mailbox))
    }

    async fn map_folder(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        folder: &MappedFolder,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<Mapped> {
        writes!(self.map_folder(tenant, mailbox, folder, by, now))
    }

    async fn item_facts(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        items: &[ItemId],
    ) -> StoreResult<HashMap<ItemId, ItemFacts>> {
        reads!(self.item_facts(tenant, mailbox, items))
    }

    async fn expected_copies(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Vec<ExpectedCopy>> {
        reads!(self.expected_copies(tenant, mailbox))
    }

    async fn stopped_conversations(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
    ) -> StoreResult<Vec<ConversationId>> {
        reads!(self.stopped_conversations(tenant, mailbox))
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
        writes!(self.stop_conversation(tenant, mailbox, conversation, stopped, by, now))
    }

    async fn save_folders(&self, lease: &Lease, mailbox: MailboxId, page: &FolderPage) -> StoreResult<()> {
        writes_leased!(self.save_folders(lease, mailbox, page))
    }

    async fn save_page(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        page: &ObservedPage,
        now: UtcMs,
    ) -> StoreResult<u32> {
        writes_leased!(self.save_page(lease, mailbox, page, now))
    }

    async fn accept_noticed(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        wishes: &[NewWish],
        copies_found: &[InternetMessageId],
        now: UtcMs,
    ) -> StoreResult<u32> {
        writes_leased!(self.accept_noticed(lease, mailbox, wishes, copies_found, now))
    }

    async fn reset_folder(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        folder: &FolderId,
        link: Option<DeltaLink>,
    ) -> StoreResult<()> {
        writes_leased!(self.reset_folder(lease, mailbox, folder, link))
    }

    async fn save_category(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        category: &KnownCategory,
        reading: Reading,
    ) -> StoreResult<()> {
        writes_leased!(self.save_category(lease, mailbox, category, reading))
    }

    async fn save_subscription(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        subscription: Option<&StoredSubscription>,
    ) -> StoreResult<()> {
        writes_leased!(self.save_subscription(lease, mailbox, subscription))
    }

    async fn heartbeat(&self, node: &backend::store::Node, now: UtcMs) -> StoreResult<Heard> {
        reads!(self.heartbeat(node, now))
    }

    async fn node_names(&self) -> StoreResult<Vec<String>> {
        reads!(self.node_names())
    }

    async fn farewell(&self, name: &str) -> StoreResult<()> {
        reads!(self.farewell(name))
    }

    async fn lease_holders(&self, tenant: TenantId) -> StoreResult<Vec<(SmtpAddress, String, UtcMs)>> {
        reads!(self.lease_holders(tenant))
    }

    async fn listen(&self) -> StoreResult<mpsc::Receiver<Ring>> {
        reads!(self.listen())
    }

    async fn ring_others(&self, ring: &Ring) -> StoreResult<()> {
        reads!(self.ring_others(ring))
    }

    async fn failing(
        &self,
        tenant: TenantId,
        mailbox: Option<MailboxId>,
        since: UtcMs,
        limit: u32,
    ) -> StoreResult<Vec<FailingWish>> {
        reads!(self.failing(tenant, mailbox, since, limit))
    }

    async fn choose_record(
        &self,
        tenant: TenantId,
        user: UserId,
        choice: &Chosen,
        now: UtcMs,
    ) -> StoreResult<()> {
        writes!(self.choose_record(tenant, user, choice, now))
    }

    async fn chosen_records(
        &self,
        tenant: TenantId,
        user: UserId,
        addresses: &[SmtpAddress],
    ) -> StoreResult<Vec<Chosen>> {
        reads!(self.chosen_records(tenant, user, addresses))
    }

    async fn counts(&self, tenant: TenantId, mailbox: MailboxId, since: UtcMs) -> StoreResult<(u64, u64)> {
        reads!(self.counts(tenant, mailbox, since))
    }

    async fn history(&self, tenant: TenantId, wish: Uuid) -> StoreResult<Vec<AuditRow>> {
        reads!(self.history(tenant, wish))
    }

    async fn retry(&self, tenant: TenantId, wish: Uuid, by: &Actor, now: UtcMs) -> StoreResult<bool> {
        writes!(self.retry(tenant, wish, by, now))
    }

    async fn prune(&self, before: UtcMs, limit: u32) -> StoreResult<u32> {
        writes!(self.prune(before, limit))
    }

    async fn ping(&self) -> StoreResult<()> {
        reads!(self.ping())
    }
}
