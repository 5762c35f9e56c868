//! The contract of `Store`, for every store there is.

use backend::caller::{TenantId, UserId};
use backend::exchange::MailboxId;
use backend::store::sqlite::SqliteStore;
use backend::store::{
    Accepted, Clearance, EffectEnd, ItemKey, ItemName, Lease, NewEffect, NewWish, Rank, Store, StoreError,
    WishEnd, WishState, audit,
};
use shared::UtcMs;
use shared::category::{CategoryId, CategoryLife, KnownCategory, MasterCategory};
use shared::decision::{Decision, RuleId};
use shared::email::CrmEmailId;
use shared::item::{ItemId, SmtpAddress};
use shared::plan::{Link, LinkCategory, Ours};
use shared::problem::{Code, Problem};
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::wish::{Origin, RecordFate, RegardingWish, Wish};
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const STRANGER: TenantId = TenantId(Uuid::from_u128(2));
const ADA: UserId = UserId(Uuid::from_u128(0xa1));
const LEASE_MS: i64 = 10_000;

struct Sqlite {
    store: SqliteStore,
    _dir: tempfile::TempDir,
}

async fn sqlite() -> Sqlite {
    let dir = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&dir.path().join("regarding.db")).await.expect("a new store");
    Sqlite { store, _dir: dir }
}

fn name(item: &str) -> ItemName {
    ItemName { mailbox: SmtpAddress::new("ada@northlight.example"), item: ItemId(item.into()) }
}

fn key(item: &str) -> ItemKey {
    ItemKey { mailbox: MailboxId(ADA.0), item: ItemId(item.into()) }
}

fn track() -> Wish {
    Wish::Track { regarding: RegardingWish::Keep }
}

fn wish(id: u128, item: &str, now: i64) -> NewWish {
    NewWish {
        id: Uuid::from_u128(id),
        tenant: TENANT,
        user: ADA,
        name: name(item),
        key: None,
        wish: track(),
        origin: Origin::Pane,
        now: UtcMs(now),
    }
}

async fn lease(store: &dyn Store, now: i64) -> Lease {
    let taken = store.take_lease(TENANT, &name("x").mailbox, "node", UtcMs(now), LEASE_MS).await;
    taken.expect("the store works").expect("nobody holds the lease")
}

fn end(wish: u128, item: &str, link: Option<Link>, now: i64) -> WishEnd {
    WishEnd {
        wish: Uuid::from_u128(wish),
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

fn category(name: &str) -> MasterCategory {
    MasterCategory { id: CategoryId("cat".into()), name: name.into() }
}

fn known(name: &str) -> KnownCategory {
    KnownCategory { category: category(name), life: CategoryLife::Kept }
}

fn link(email: u128) -> Link {
    Link { email: CrmEmailId(Uuid::from_u128(email)), category: LinkCategory::Agreed }
}

#[tokio::test]
async fn a_wish_is_accepted_once_however_often_it_is_sent() {
    let s = sqlite().await;
    let new = wish(1, "a", 1);
    assert_eq!(s.store.accept_wish(&new).await.unwrap(), Accepted::New);
    assert_eq!(s.store.accept_wish(&new).await.unwrap(), Accepted::Again(WishState::Running));
    let due = s.store.due_wishes(TENANT, &new.name.mailbox, UtcMs(2), 10).await.unwrap();
    assert_eq!(due.len(), 1);
}

#[tokio::test]
async fn a_wish_id_cannot_be_used_for_another_wish_user_or_tenant() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let other_wish = NewWish { wish: Wish::Untrack { record: RecordFate::Delete }, ..wish(1, "a", 1) };
    let other_user = NewWish { user: UserId(Uuid::from_u128(9)), ..wish(1, "a", 1) };
    let other_tenant = NewWish { tenant: STRANGER, ..wish(1, "a", 1) };
    for taken in [other_wish, other_user, other_tenant, wish(1, "b", 1)] {
        assert_eq!(s.store.accept_wish(&taken).await.unwrap(), Accepted::Taken);
    }
}

#[tokio::test]
async fn a_wish_is_opened_again_after_its_user_had_to_sign_in_and_after_no_other_refusal() {
    for code in Code::ALL {
        let s = sqlite().await;
        s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
        let lease = lease(&s.store, 1).await;
        s.store
            .postpone(&lease, Uuid::from_u128(1), &Problem::new(Code::CrmDown), UtcMs(2), 3, UtcMs(1))
            .await
            .unwrap();
        let problem = Problem::new(*code);
        let refused = WishEnd { refused: Some(problem.clone()), ..end(1, "a", None, 3) };
        s.store.end_wish(&lease, &refused).await.unwrap();
        let somebody_else = NewWish { user: UserId(Uuid::from_u128(9)), ..wish(1, "a", 4) };
        assert_eq!(s.store.accept_wish(&somebody_else).await.unwrap(), Accepted::Taken);
        let again = s.store.accept_wish(&wish(1, "a", 4)).await.unwrap();
        let trail = s.store.audit_trail(TENANT).await.unwrap();
        let events: Vec<_> = trail.iter().map(|row| row.event.as_str()).collect();
        if matches!(code, Code::InteractionRequired | Code::SignedOut | Code::ConsentRequired) {
            assert_eq!(again, Accepted::New, "{code:?}");
            assert_eq!(events, ["wish.accepted", "wish.refused", "wish.reopened"]);
            assert_eq!(trail[2].detail, format!(r#"{{"code":"{}"}}"#, code.as_str()));
            let due = s.store.due_wishes(TENANT, &name("a").mailbox, UtcMs(4), 5).await.unwrap();
            assert_eq!((&due[0].state, due[0].failed_attempts), (&WishState::Running, 0));
            assert_eq!(
                s.store.accept_wish(&wish(1, "a", 5)).await.unwrap(),
                Accepted::Again(WishState::Running)
            );
        } else {
            assert_eq!(again, Accepted::Again(WishState::Refused { problem }), "{code:?}");
            assert_eq!(events, ["wish.accepted", "wish.refused"]);
        }
    }
}

#[tokio::test]
async fn a_superseded_wish_is_not_opened_again_however_it_was_refused() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&s.store, 1).await;
    let refused = WishEnd { refused: Some(Problem::new(Code::SignedOut)), ..end(1, "a", None, 2) };
    s.store.end_wish(&lease, &refused).await.unwrap();
    s.store.accept_wish(&wish(2, "a", 3)).await.unwrap();
    let again = s.store.accept_wish(&wish(1, "a", 4)).await.unwrap();
    assert_eq!(again, Accepted::Again(WishState::Superseded));
}

#[tokio::test]
async fn a_newer_wish_for_the_item_supersedes_the_open_and_the_refused_ones() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.store.accept_wish(&wish(2, "b", 2)).await.unwrap();
    s.store.accept_wish(&wish(3, "a", 3)).await.unwrap();
    let state = |id| s.store.wish_state(TENANT, Uuid::from_u128(id));
    assert_eq!(state(1).await.unwrap(), Some(WishState::Superseded));
    assert_eq!(state(2).await.unwrap(), Some(WishState::Running));
    assert_eq!(state(3).await.unwrap(), Some(WishState::Running));
}

#[tokio::test]
async fn wishes_under_two_names_of_one_item_are_one_once_its_lasting_id_is_known() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "mutable", 1)).await.unwrap();
    let second = NewWish { key: Some(key("lasting")), ..wish(2, "lasting", 2) };
    s.store.accept_wish(&second).await.unwrap();
    let lease = lease(&s.store, 3).await;
    let lasting = key("lasting");
    let identify = |id| s.store.identify(&lease, Uuid::from_u128(id), &lasting, UtcMs(4));
    assert_eq!(identify(2).await.unwrap(), Rank::Newest);
    assert_eq!(identify(1).await.unwrap(), Rank::Superseded, "the older gives way, whichever is seen first");
    let state = |id| s.store.wish_state(TENANT, Uuid::from_u128(id));
    assert_eq!(state(1).await.unwrap(), Some(WishState::Superseded));
    assert_eq!(state(2).await.unwrap(), Some(WishState::Running));
}

#[tokio::test]
async fn no_tenant_sees_anothers_wishes_links_or_records() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&s.store, 1).await;
    let ended = WishEnd { recent: Some(record("Fjordline")), ..end(1, "a", Some(link(7)), 2) };
    s.store.end_wish(&lease, &ended).await.unwrap();
    assert_eq!(s.store.wish_state(STRANGER, Uuid::from_u128(1)).await.unwrap(), None);
    let seen = s.store.knowledge(STRANGER, &name("a"), Some(&key("a"))).await.unwrap();
    assert_eq!((seen.link, seen.category, seen.wish), (None, None, None));
    assert!(s.store.recent_records(STRANGER, ADA, 5).await.unwrap().is_empty());
    assert!(s.store.due_wishes(STRANGER, &name("a").mailbox, UtcMs(9), 5).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_hand_per_mailbox_until_the_lease_expires() {
    let s = sqlite().await;
    let mailbox = name("x").mailbox;
    let first = lease(&s.store, 0).await;
    let take = |holder, now| s.store.take_lease(TENANT, &mailbox, holder, UtcMs(now), LEASE_MS);
    assert_eq!(take("other", LEASE_MS - 1).await.unwrap(), None);
    s.store.renew_lease(&first, UtcMs(LEASE_MS - 1), LEASE_MS).await.unwrap();
    assert_eq!(take("other", LEASE_MS + 1).await.unwrap(), None);
    let second = take("other", 3 * LEASE_MS).await.unwrap().expect("it has expired");
    assert!(second.epoch > first.epoch);
    assert!(matches!(s.store.renew_lease(&first, UtcMs(0), LEASE_MS).await, Err(StoreError::Fenced)));
}

#[tokio::test]
async fn whoever_lost_the_lease_writes_nothing() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let late = lease(&s.store, 0).await;
    s.store.take_over().await.unwrap();
    let id = Uuid::from_u128(1);
    let fenced = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Fenced));
    let effect = NewEffect { key: "k".into(), kind: "email.promote" };
    assert!(fenced(s.store.begin_effects(&late, id, &[effect], UtcMs(1)).await.map(|_| ())));
    assert!(fenced(s.store.end_effects(&late, &[(id, EffectEnd::Confirmed)], UtcMs(1)).await));
    assert!(fenced(s.store.end_wish(&late, &end(1, "a", Some(link(7)), 2)).await.map(|_| ())));
    assert!(fenced(s.store.postpone(&late, id, &Problem::new(Code::CrmDown), UtcMs(5), 1, UtcMs(4)).await));
    assert!(fenced(s.store.identify(&late, id, &key("a"), UtcMs(1)).await.map(|_| ())));
    assert_eq!(s.store.wish_state(TENANT, id).await.unwrap(), Some(WishState::Running));
}

#[tokio::test]
async fn nothing_more_is_sent_or_said_for_a_superseded_wish_but_its_link_is_kept() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&s.store, 0).await;
    s.store.accept_wish(&wish(2, "a", 2)).await.unwrap();
    let superseded = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Superseded));
    let old = Uuid::from_u128(1);
    let effect = NewEffect { key: "k".into(), kind: "email.delete" };
    assert!(superseded(s.store.begin_effects(&lease, old, &[effect], UtcMs(3)).await.map(|_| ())));
    assert!(superseded(
        s.store.postpone(&lease, old, &Problem::new(Code::CrmDown), UtcMs(5), 1, UtcMs(4)).await
    ));
    assert_eq!(s.store.end_wish(&lease, &end(1, "a", Some(link(7)), 4)).await.unwrap(), Rank::Superseded);
    let seen = s.store.knowledge(TENANT, &name("a"), Some(&key("a"))).await.unwrap();
    assert_eq!(seen.link, Some(link(7)));
    assert_eq!(seen.wish.map(|w| (w.id, w.state)), Some((Uuid::from_u128(2), WishState::Running)));
    let events: Vec<_> = s.store.audit_trail(TENANT).await.unwrap().into_iter().map(|r| r.event).collect();
    assert_eq!(events, ["wish.accepted", "wish.superseded", "wish.accepted"]);
}

#[tokio::test]
async fn an_effect_of_unknown_end_needs_a_probe_and_a_finished_one_does_not() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&s.store, 0).await;
    let begin = || async {
        let effect = NewEffect { key: "promote:m".into(), kind: "email.promote" };
        s.store.begin_effects(&lease, Uuid::from_u128(1), &[effect], UtcMs(1)).await.unwrap().remove(0)
    };
    let finish =
        |id, end| s.store.end_effects(&lease, std::slice::from_ref(Box::leak(Box::new((id, end)))), UtcMs(2));
    let first = begin().await;
    assert_eq!(first.clearance, Clearance::Clear);
    let after_a_crash = begin().await;
    assert_eq!((after_a_crash.id, after_a_crash.clearance), (first.id, Clearance::ProbeFirst));
    finish(first.id, EffectEnd::Unknown).await.unwrap();
    assert_eq!(begin().await.clearance, Clearance::ProbeFirst);
    finish(first.id, EffectEnd::Refused).await.unwrap();
    let again = begin().await;
    assert_eq!(again.clearance, Clearance::Clear);
    finish(again.id, EffectEnd::Confirmed).await.unwrap();
    assert_eq!(begin().await.clearance, Clearance::Clear);
}

#[tokio::test]
async fn a_category_that_was_or_may_have_been_sent_for_a_wish_is_its_own() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&s.store, 0).await;
    let ours = || async { s.store.knowledge(TENANT, &name("a"), None).await.unwrap().category_is_ours };
    assert_eq!(ours().await, Ours::No);
    let effect = NewEffect { key: "c".into(), kind: backend::store::CATEGORY_ASSIGN };
    let begun =
        s.store.begin_effects(&lease, Uuid::from_u128(1), &[effect], UtcMs(1)).await.unwrap().remove(0);
    assert_eq!(ours().await, Ours::Yes);
    s.store.end_effects(&lease, &[(begun.id, EffectEnd::Refused)], UtcMs(1)).await.unwrap();
    assert_eq!(ours().await, Ours::No);
}

#[tokio::test]
async fn waiting_wishes_are_due_at_their_time_and_survive_reopening() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("regarding.db");
    {
        let store = SqliteStore::open(&file).await.unwrap();
        store.accept_wish(&wish(1, "a", 1)).await.unwrap();
        let lease = lease(&store, 1).await;
        let problem = Problem::new(Code::CrmDown).retry_after_ms(Some(5));
        store.postpone(&lease, Uuid::from_u128(1), &problem, UtcMs(100), 3, UtcMs(2)).await.unwrap();
    }
    let store = SqliteStore::open(&file).await.unwrap();
    let due = store.due_mailboxes().await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].tenant, due[0].due), (TENANT, UtcMs(100)));
    let at = |now| store.due_wishes(TENANT, &due[0].mailbox, UtcMs(now), 5);
    assert!(at(99).await.unwrap().is_empty());
    let waiting = at(100).await.unwrap().remove(0);
    assert_eq!(waiting.failed_attempts, 3);
    let expected = Problem::new(Code::CrmDown).retry_after_ms(Some(5));
    assert_eq!(waiting.state, WishState::Waiting { problem: expected, next_attempt: UtcMs(100) });
}

#[tokio::test]
async fn a_wish_that_cannot_be_read_takes_nobodys_place() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("regarding.db");
    let store = SqliteStore::open(&file).await.unwrap();
    store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    store.accept_wish(&wish(2, "b", 2)).await.unwrap();
    let address = format!("sqlite:{}", file.display());
    let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect(&address).await.unwrap();
    let damage = "update wishes set wish = '{}' where asked_item = 'a'";
    sqlx::query(damage).execute(&mut other).await.unwrap();
    let due = store.due_wishes(TENANT, &name("a").mailbox, UtcMs(9), 1).await.unwrap();
    assert_eq!(due.iter().map(|w| w.id).collect::<Vec<_>>(), [Uuid::from_u128(2)]);
}

#[tokio::test]
async fn the_end_of_a_wish_stores_link_category_and_record_with_it() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.store.accept_wish(&wish(2, "b", 1)).await.unwrap();
    let lease = lease(&s.store, 0).await;
    let fjordline = WishEnd { recent: Some(record("Fjordline")), ..end(1, "a", Some(link(7)), 2) };
    s.store.end_wish(&lease, &fjordline).await.unwrap();
    s.store.end_wish(&lease, &end(2, "b", Some(link(7)), 3)).await.unwrap();
    let seen = s.store.knowledge(TENANT, &name("a"), Some(&key("a"))).await.unwrap();
    assert_eq!((seen.link, seen.others, seen.wish), (Some(link(7)), 1, None));
    assert_eq!(seen.category, Some(known("Tracked")));
    assert_eq!(s.store.recent_records(TENANT, ADA, 5).await.unwrap(), [record("Fjordline")]);
    s.store.accept_wish(&wish(3, "a", 4)).await.unwrap();
    let renamed = WishEnd { category: Some(category("CRM")), ..end(3, "a", None, 5) };
    s.store.end_wish(&lease, &renamed).await.unwrap();
    assert_eq!(s.store.knowledge(TENANT, &name("b"), Some(&key("b"))).await.unwrap().others, 0);
    s.store.accept_wish(&wish(4, "a", 6)).await.unwrap();
    s.store.end_wish(&lease, &WishEnd { category: None, ..end(4, "a", None, 7) }).await.unwrap();
    let seen = s.store.knowledge(TENANT, &name("a"), Some(&key("a"))).await.unwrap();
    assert_eq!(seen.category, Some(known("CRM")), "what was not seen is not forgotten");
    assert!(s.store.due_mailboxes().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_look_that_fulfils_a_wish_is_the_probe_of_what_it_left_unfinished() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.store.accept_wish(&wish(2, "b", 1)).await.unwrap();
    let lease = lease(&s.store, 0).await;
    let begin = |wish: u128| {
        let effect = NewEffect { key: format!("k{wish}"), kind: "email.promote" };
        let store = &s.store;
        let lease = &lease;
        async move {
            store.begin_effects(lease, Uuid::from_u128(wish), &[effect], UtcMs(1)).await.unwrap().remove(0)
        }
    };
    for wish in [1, 2] {
        assert_eq!(begin(wish).await.clearance, Clearance::Clear);
    }
    s.store.end_wish(&lease, &end(1, "a", Some(link(7)), 2)).await.unwrap();
    let refused = WishEnd { refused: Some(Problem::new(Code::PrivilegeMissing)), ..end(2, "b", None, 2) };
    s.store.end_wish(&lease, &refused).await.unwrap();
    assert_eq!(begin(1).await.clearance, Clearance::Clear);
    assert_eq!(begin(2).await.clearance, Clearance::ProbeFirst, "nobody saw how this one ended");
}

#[tokio::test]
async fn the_audit_trail_tells_each_wish_and_its_end_in_an_unbroken_chain() {
    let s = sqlite().await;
    s.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&s.store, 0).await;
    s.store.end_wish(&lease, &end(1, "a", Some(link(7)), 2)).await.unwrap();
    s.store.accept_wish(&wish(2, "a", 3)).await.unwrap();
    let refused =
        WishEnd { refused: Some(Problem::new(Code::PrivilegeMissing)), ..end(2, "a", Some(link(7)), 4) };
    s.store.end_wish(&lease, &refused).await.unwrap();
    let rows = s.store.audit_trail(TENANT).await.unwrap();
    let events: Vec<_> = rows.iter().map(|r| r.event.as_str()).collect();
    assert_eq!(events, ["wish.accepted", "wish.fulfilled", "wish.accepted", "wish.refused"]);
    let entry = |r: &'static backend::store::sqlite::AuditRow| {
        let entry = audit::Entry { at: r.at, user: r.user, wish: r.wish, event: &r.event, detail: &r.detail };
        (r.seq, entry, r.hash.as_str())
    };
    let rows: &'static [_] = Vec::leak(rows);
    assert_eq!(audit::first_break(rows.iter().map(entry)), None);
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_nothing_is_stored() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("regarding.db");
    let store = SqliteStore::open(&file).await.unwrap();
    store.limit_pages_to_present().await.unwrap();
    let mut refused = None;
    for n in 0..2_000 {
        match store.accept_wish(&wish(n, &format!("{n:0>200}"), 1)).await {
            Ok(_) => {}
            Err(error) => {
                refused = Some((n, error));
                break;
            }
        }
    }
    let (n, error) = refused.expect("the file cannot grow for ever");
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    assert_eq!(store.wish_state(TENANT, Uuid::from_u128(n)).await.unwrap(), None);
}

fn record(name: &str) -> RecordRef {
    RecordRef { key: RecordKey { table: Table::account(), id: Uuid::from_u128(5) }, name: name.into() }
}
