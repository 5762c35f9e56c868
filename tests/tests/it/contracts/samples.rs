//! What the contracts are tried with: Ada, Ben, their mailboxes, and what is wished and found in them.

use backend::caller::{TenantId, UserId};
use backend::exchange::{DeltaLink, MailboxId};
use backend::store::{
    Actor, FolderKind, FolderPage, ItemKey, ItemName, Lease, NewMailbox, NewWish, ObservedPage, Store,
    WishEnd,
};
use shared::UtcMs;
use shared::category::{CategoryId, CategoryLife, KnownCategory, MasterCategory};
use shared::decision::{Decision, RuleId};
use shared::email::CrmEmailId;
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::mailbox::{Approval, MailboxKind};
use shared::plan::{Link, LinkCategory};
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::wish::{Origin, RecordFate, RegardingWish, Wish};
use uuid::Uuid;

pub const TENANT: TenantId = TenantId(Uuid::from_u128(1));
pub const STRANGER: TenantId = TenantId(Uuid::from_u128(2));
pub const ADA: UserId = UserId(Uuid::from_u128(0xa1));
pub const LEASE_MS: i64 = 10_000;

pub fn ada() -> MailboxId {
    MailboxId(ADA.0)
}

pub fn ben() -> MailboxId {
    MailboxId(Uuid::from_u128(0xb1))
}

pub fn address(name: &str) -> SmtpAddress {
    SmtpAddress::new(&format!("{name}@northlight.example"))
}

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub fn name(item: &str) -> ItemName {
    ItemName { mailbox: address("ada"), item: ItemId(item.into()) }
}

pub fn key(item: &str) -> ItemKey {
    ItemKey { mailbox: ada(), item: ItemId(item.into()) }
}

pub fn track() -> Wish {
    Wish::Track { regarding: RegardingWish::Keep }
}

pub fn untrack() -> Wish {
    Wish::Untrack { record: RecordFate::Keep }
}

/// A wish of the pane.
pub fn wish(number: u128, item: &str, now: i64) -> NewWish {
    NewWish {
        id: id(number),
        tenant: TENANT,
        user: ADA,
        name: name(item),
        key: None,
        wish: track(),
        origin: Origin::Pane,
        folder: None,
        now: UtcMs(now),
    }
}

/// A wish that a category expressed.
pub fn noticed(number: u128, item: &str, now: i64) -> NewWish {
    NewWish { key: Some(key(item)), origin: Origin::Category, ..wish(number, item, now) }
}

/// The lease on Ada's mailbox.
pub async fn lease(store: &dyn Store, now: i64) -> Lease {
    lease_on(store, "ada", "node", now).await
}

pub async fn lease_on(store: &dyn Store, mailbox: &str, holder: &str, now: i64) -> Lease {
    let taken = store.take_lease(TENANT, &address(mailbox), holder, UtcMs(now), LEASE_MS).await;
    taken.expect("the store works").expect("nobody holds the lease")
}

pub fn end(wish: u128, item: &str, link: Option<Link>, now: i64) -> WishEnd {
    WishEnd {
        wish: id(wish),
        user: ADA,
        key: Some(key(item)),
        refused: None,
        link,
        folder: None,
        category: Some(category("Tracked")),
        recent: None,
        copies: Vec::new(),
        reason: Decision::new((), RuleId::Cat22).reason(),
        now: UtcMs(now),
    }
}

pub fn category(name: &str) -> MasterCategory {
    MasterCategory { id: CategoryId("cat".into()), name: name.into() }
}

pub fn known(name: &str) -> KnownCategory {
    KnownCategory { category: category(name), life: CategoryLife::Kept }
}

pub fn link(email: u128) -> Link {
    Link { email: CrmEmailId(id(email)), category: LinkCategory::Agreed }
}

pub fn record(name: &str) -> RecordRef {
    RecordRef { key: RecordKey { table: Table::account(), id: id(5) }, name: name.into() }
}

pub fn administrator() -> Actor {
    Actor::User(UserId(id(0xad)))
}

pub fn new_mailbox(mailbox: MailboxId, name: &str) -> NewMailbox {
    NewMailbox {
        tenant: TENANT,
        mailbox,
        address: address(name),
        name: name.into(),
        kind: MailboxKind::User,
        queue: None,
        acts_as: Some(UserId(mailbox.0)),
        approval: Approval::Pending,
        by: administrator(),
        now: UtcMs(10),
    }
}

pub fn inbox() -> FolderId {
    FolderId("inbox".into())
}

pub fn delta(at: &str) -> DeltaLink {
    DeltaLink(format!("https://graph.example/delta?token={at}"))
}

/// Ada's mailbox enrolled, with its inbox known.
pub async fn furnish(store: &dyn Store, lease: &Lease) {
    store.enroll(&new_mailbox(ada(), "ada")).await.expect("a mailbox");
    let page = FolderPage {
        changed: vec![(inbox(), "Inbox".into(), FolderKind::Inbox)],
        removed: Vec::new(),
        all: true,
        link: delta("folders"),
    };
    store.save_folders(lease, ada(), &page).await.expect("a folder");
}

/// A page of the inbox, the last of its round.
pub fn page(at: &str, wishes: Vec<NewWish>) -> ObservedPage {
    ObservedPage {
        generation: 0,
        folder: inbox(),
        link: delta(at),
        ends_round: true,
        high: UtcMs(100),
        wishes,
        copies_found: Vec::new(),
    }
}
