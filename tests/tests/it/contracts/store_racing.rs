//! The store's contract when several work on it at the same moment: on PostgreSQL each with connections of its
//! own, as several processes have.

use super::bed::Bed;
use super::samples::*;
use backend::store::{
    Clearance, Mapped, MappedFolder, NewEffect, NewWish, Rank, Store, StoreError, WishEnd, WishState,
};
use futures_util::future::join_all;
use shared::UtcMs;
use shared::item::FolderId;
use shared::mailbox::FolderMapping;
use shared::problem::{Code, Problem};
use std::sync::Arc;

on_every_store! {
    of_two_mailboxes_that_promote_the_same_mail_at_once_one_must_probe,
    of_many_who_take_a_lease_at_once_one_has_it,
    of_many_wishes_for_an_item_at_once_one_stays_open,
    a_wish_sent_many_times_at_once_is_one_wish,
    a_wish_that_ends_while_a_newer_one_comes_is_ended_once,
    fld_01_of_many_who_map_the_last_folder_at_once_one_does,
    the_audit_chain_holds_however_many_write_to_it,
    a_mailbox_known_to_several_at_once_is_enrolled_once,
}

const AT_ONCE: usize = 8;

async fn several(s: &Bed, number: usize) -> Vec<Arc<dyn Store>> {
    let mut stores = Vec::new();
    for _ in 0..number {
        stores.push(s.another().await);
    }
    stores
}

/// Promotion is for one organization, leases are for mailboxes: only the ledger's key stands between two of them.
async fn of_two_mailboxes_that_promote_the_same_mail_at_once_one_must_probe(s: Bed) {
    let stores = several(&s, 2).await;
    let leases = [lease_on(&*s, "ada", "one", 0).await, lease_on(&*s, "ben", "two", 0).await];
    for round in 0..20_u128 {
        let wishes = [2 * round + 1, 2 * round + 2];
        for number in wishes {
            s.accept_wish(&wish(number, &format!("item {number}"), 1)).await.unwrap();
        }
        let begun = (0..2).map(|who| {
            let (store, lease, wish) = (&stores[who], &leases[who], id(wishes[who]));
            let effect = NewEffect { key: format!("promote:org:<{round}>:incoming"), kind: "email.promote" };
            async move { store.begin_effects(lease, wish, &[effect], UtcMs(2)).await.unwrap().remove(0) }
        });
        let begun = join_all(begun).await;
        assert_eq!(begun[0].id, begun[1].id, "one entry in the ledger");
        let clear = begun.iter().filter(|begun| begun.clearance == Clearance::Clear).count();
        assert_eq!(clear, 1, "{begun:?}");
    }
}

async fn of_many_who_take_a_lease_at_once_one_has_it(s: Bed) {
    let stores = several(&s, AT_ONCE).await;
    let mut epoch = 0;
    for round in 0..10 {
        let now = UtcMs(round * LEASE_MS);
        let taken = join_all(stores.iter().zip(0..).map(|(store, who): (_, i32)| async move {
            store.take_lease(TENANT, &address("ada"), &format!("node-{who}"), now, LEASE_MS).await.unwrap()
        }))
        .await;
        let taken: Vec<_> = taken.into_iter().flatten().collect();
        assert_eq!(taken.len(), 1, "{taken:?}");
        assert!(taken[0].epoch > epoch);
        epoch = taken[0].epoch;
    }
}

async fn of_many_wishes_for_an_item_at_once_one_stays_open(s: Bed) {
    let lease = lease(&*s, 0).await;
    let stores = several(&s, AT_ONCE).await;
    for round in 0..5_u128 {
        let item = format!("item {round}");
        join_all(stores.iter().zip(1..).map(|(store, who): (_, u128)| {
            let (item, lease) = (&item, &lease);
            async move {
                let number = round * 100 + who;
                if who % 2 == 0 {
                    store.accept_wish(&wish(number, item, 1)).await.map(drop).unwrap();
                } else {
                    let noticed = [noticed(number, item, 1)];
                    store.accept_noticed(lease, ada(), &noticed, &[], UtcMs(1)).await.map(drop).unwrap();
                }
            }
        }))
        .await;
        let mut open = 0;
        for who in 1..=AT_ONCE as u128 {
            match s.wish_state(TENANT, id(round * 100 + who)).await.unwrap() {
                Some(WishState::Running) => open += 1,
                Some(WishState::Superseded) => {}
                None => assert_eq!(who % 2, 1, "a wish of the pane is never lost"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(open, 1, "round {round}");
    }
    s.trail(TENANT).await;
}

async fn a_wish_sent_many_times_at_once_is_one_wish(s: Bed) {
    let stores = several(&s, AT_ONCE).await;
    let accepted =
        join_all(stores.iter().map(|store| async { store.accept_wish(&wish(1, "a", 1)).await.unwrap() }));
    let new =
        accepted.await.into_iter().filter(|accepted| *accepted == backend::store::Accepted::New).count();
    assert_eq!(new, 1);
    assert_eq!(s.events(TENANT).await, ["wish.accepted"]);
}

async fn a_wish_that_ends_while_a_newer_one_comes_is_ended_once(s: Bed) {
    let lease = lease(&*s, 0).await;
    let other = s.another().await;
    for round in 0..10_u128 {
        let (old, new, item) = (2 * round + 1, 2 * round + 2, format!("item {round}"));
        s.accept_wish(&wish(old, &item, 1)).await.unwrap();
        let newer = wish(new, &item, 2);
        let ending = end(old, &item, Some(link(7)), 3);
        let (ended, accepted) = tokio::join!(s.end_wish(&lease, &ending), other.accept_wish(&newer));
        accepted.unwrap();
        let expected = match ended.unwrap() {
            Rank::Newest => WishState::Fulfilled,
            Rank::Superseded => WishState::Superseded,
        };
        assert_eq!(s.wish_state(TENANT, id(old)).await.unwrap(), Some(expected));
        assert_eq!(s.wish_state(TENANT, id(new)).await.unwrap(), Some(WishState::Running));
        let facts = s.knowledge(TENANT, &name(&item), Some(&key(&item))).await.unwrap();
        assert_eq!(facts.link, Some(link(7)), "what was agreed is kept either way");
    }
}

async fn fld_01_of_many_who_map_the_last_folder_at_once_one_does(s: Bed) {
    let stores = several(&s, AT_ONCE).await;
    let folder = |name: String| MappedFolder {
        folder: FolderId(name.clone()),
        name,
        mapping: Some(FolderMapping { regarding: None }),
    };
    let by = administrator();
    for number in 1..=24 {
        s.map_folder(TENANT, ada(), &folder(format!("old {number}")), &by, UtcMs(1)).await.unwrap();
    }
    let mapped = join_all(stores.iter().zip(0..).map(|(store, who): (_, i32)| {
        let (folder, by) = (folder(format!("new {who}")), &by);
        async move { store.map_folder(TENANT, ada(), &folder, by, UtcMs(2)).await.unwrap() }
    }))
    .await;
    assert_eq!(mapped.iter().filter(|mapped| **mapped == Mapped::Done).count(), 1, "{mapped:?}");
    let folders = s.folders(TENANT, ada()).await.unwrap();
    assert_eq!(folders.iter().filter(|folder| folder.mapping.is_some()).count(), 25);
}

async fn the_audit_chain_holds_however_many_write_to_it(s: Bed) {
    let stores = several(&s, AT_ONCE).await;
    join_all(stores.iter().zip(0..).map(|(store, who): (_, u128)| async move {
        for round in 1..=10_u128 {
            let number = who * 100 + round;
            store.accept_wish(&wish(number, &format!("item {number}"), 1)).await.unwrap();
            let strange = NewWish { tenant: STRANGER, ..wish(number + 10_000, &format!("item {number}"), 1) };
            store.accept_wish(&strange).await.unwrap();
        }
    }))
    .await;
    for tenant in [TENANT, STRANGER] {
        assert_eq!(s.trail(tenant).await.len(), 80);
    }
}

async fn a_mailbox_known_to_several_at_once_is_enrolled_once(s: Bed) {
    let stores = several(&s, AT_ONCE).await;
    let enrolled = join_all(
        stores.iter().map(|store| async { store.enroll(&new_mailbox(ada(), "ada")).await.unwrap() }),
    );
    let new = enrolled.await.into_iter().filter(|it| *it == backend::store::Enrolled::New).count();
    assert_eq!(new, 1);
}

/// A node that was stopped in the middle of a transaction holds the lease's row; nobody takes the lease from it
/// until the server ends its session, and what it had written is not there then.
#[tokio::test]
async fn a_lease_changes_hands_only_between_transactions() {
    let s = Bed::postgres().await;
    let Bed::Postgres { database, .. } = &s else { unreachable!("it is one") };
    let first = lease(&*s, 0).await;
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let mut asleep = database.connect().await;
    let half = "begin; select 1 from leases for update;
        update wishes set state = 'refused', problem = '{\"code\":\"internal\"}'";
    sqlx::raw_sql(half).execute(&mut asleep).await.unwrap();
    let other = s.another().await;
    let taking = tokio::spawn(async move {
        other.take_lease(TENANT, &address("ada"), "other", UtcMs(LEASE_MS), LEASE_MS).await
    });
    let waits = "select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    let mut watcher = database.connect().await;
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut watcher).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!taking.is_finished());
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction'";
    sqlx::raw_sql(kill).execute(&mut watcher).await.unwrap();
    let now = taking.await.unwrap().unwrap().expect("it has expired");
    assert!(now.epoch > first.epoch);
    let late = s.end_wish(&first, &WishEnd { ..end(1, "a", Some(link(7)), 2) }).await;
    assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
    assert_eq!(s.wish_state(TENANT, id(1)).await.unwrap(), Some(WishState::Running));
}

/// Two wishes in two mailboxes that note copies for each other, again and again: nobody waits in a circle for
/// longer than the database takes to see it.
#[tokio::test]
async fn mailboxes_that_write_for_each_other_do_not_block_each_other() {
    let s = Bed::postgres().await;
    let stores = several(&s, 2).await;
    let leases = [lease_on(&*s, "ada", "one", 0).await, lease_on(&*s, "ben", "two", 0).await];
    let mailboxes = [ada(), ben()];
    let email = link(7).email;
    let copies: Vec<_> = (0..6)
        .map(|n| shared::email::InternetMessageId(format!("<{n}>")))
        .flat_map(|m| {
            mailboxes.map(|mailbox| (mailbox, m.clone(), email, shared::email::Direction::Incoming))
        })
        .collect();
    join_all((0..2).map(|who| {
        let (store, lease, copies) = (&stores[who], &leases[who], &copies);
        async move {
            for round in 0..15_u128 {
                let number = 1000 * (who as u128 + 1) + round;
                store.accept_wish(&wish(number, &format!("item {number}"), 1)).await.unwrap();
                let mut copies = copies.clone();
                if who == 1 {
                    copies.reverse();
                }
                let ending = WishEnd { key: None, copies, ..end(number, "x", None, 2) };
                store.end_wish(lease, &ending).await.unwrap();
                let found: Vec<_> =
                    (0..6).map(|n| shared::email::InternetMessageId(format!("<{n}>"))).collect();
                store.accept_noticed(lease, mailboxes[who], &[], &found, UtcMs(3)).await.unwrap();
                let problem = Problem::new(Code::CrmDown);
                let other = noticed(number + 500, &format!("item {number}"), 3);
                store.accept_noticed(lease, mailboxes[who], &[other], &[], UtcMs(3)).await.unwrap();
                store.postpone(lease, id(number + 500), &problem, UtcMs(9), 1, UtcMs(4)).await.unwrap();
            }
        }
    }))
    .await;
    s.trail(TENANT).await;
}
