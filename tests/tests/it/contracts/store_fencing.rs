//! The store's contract: one hand per mailbox, and nothing written by a hand that lost its hold.

use super::bed::Bed;
use super::samples::*;
use backend::store::{
    EffectEnd, FolderPage, Lease, NewEffect, Store, StoreError, StoreResult, StoreSharing, StoredSubscription,
};
use futures_util::future::BoxFuture;
use shared::UtcMs;
use shared::problem::{Code, Problem};
use shared::rules::mailboxes::Reading;

on_every_store! {
    one_hand_per_mailbox_until_the_lease_expires,
    whoever_lost_the_lease_writes_nothing,
    a_lease_that_was_lost_is_not_given_back_for_whoever_has_it_now,
    two_mailboxes_are_two_leases_and_so_are_two_tenants,
    whoever_holds_leases_is_told_until_they_are_given_back,
    whoever_is_alone_makes_every_lease_void,
    whoever_comes_back_under_its_name_makes_its_own_leases_void,
}

async fn one_hand_per_mailbox_until_the_lease_expires(s: Bed) {
    let mailbox = address("ada");
    let first = lease(&*s, 0).await;
    let take = |holder, now| s.take_lease(TENANT, &mailbox, holder, UtcMs(now), LEASE_MS);
    assert_eq!(take("other", LEASE_MS - 1).await.unwrap(), None);
    s.renew_lease(&first, UtcMs(LEASE_MS - 1), LEASE_MS).await.unwrap();
    assert_eq!(take("other", LEASE_MS + 1).await.unwrap(), None);
    let second = take("other", 3 * LEASE_MS).await.unwrap().expect("it has expired");
    assert!(second.epoch > first.epoch);
    assert!(matches!(s.renew_lease(&first, UtcMs(0), LEASE_MS).await, Err(StoreError::Fenced)));
}

/// A write under a lease, by the name of its method.
type Write = (&'static str, for<'a> fn(&'a dyn Store, &'a Lease) -> BoxFuture<'a, StoreResult<()>>);

const WRITES: [Write; 12] = [
    ("renew_lease", |s, l| Box::pin(async move { s.renew_lease(l, UtcMs(1), LEASE_MS).await })),
    ("identify", |s, l| Box::pin(async move { s.identify(l, id(1), &key("a"), UtcMs(1)).await.map(drop) })),
    ("begin_effects", |s, l| {
        Box::pin(async move {
            let effect = NewEffect { key: "k".into(), kind: "email.promote" };
            s.begin_effects(l, id(1), &[effect], UtcMs(1)).await.map(drop)
        })
    }),
    ("end_effects", |s, l| {
        Box::pin(async move { s.end_effects(l, &[(id(1), EffectEnd::Confirmed)], UtcMs(1)).await })
    }),
    ("postpone", |s, l| {
        Box::pin(
            async move { s.postpone(l, id(1), &Problem::new(Code::CrmDown), UtcMs(5), 1, UtcMs(1)).await },
        )
    }),
    ("end_wish", |s, l| {
        Box::pin(async move { s.end_wish(l, &end(1, "a", Some(link(7)), 2)).await.map(drop) })
    }),
    ("save_folders", |s, l| {
        Box::pin(async move {
            let page = FolderPage { changed: vec![], removed: vec![inbox()], all: true, link: delta("2") };
            s.save_folders(l, ada(), &page).await
        })
    }),
    ("save_page", |s, l| {
        Box::pin(async move {
            let page = page("2", vec![noticed(2, "b", 2)]);
            s.save_page(l, ada(), &page, UtcMs(2)).await.map(drop)
        })
    }),
    ("accept_noticed", |s, l| {
        Box::pin(
            async move { s.accept_noticed(l, ada(), &[noticed(2, "b", 2)], &[], UtcMs(2)).await.map(drop) },
        )
    }),
    ("reset_folder", |s, l| {
        Box::pin(async move { s.reset_folder(l, ada(), &inbox(), Some(delta("2"))).await })
    }),
    ("save_category", |s, l| {
        Box::pin(async move { s.save_category(l, ada(), &known("CRM"), Reading::On).await })
    }),
    ("save_subscription", |s, l| {
        Box::pin(async move {
            let subscription =
                StoredSubscription { id: "s".into(), client_state: "c".into(), expires: UtcMs(9) };
            s.save_subscription(l, ada(), Some(&subscription)).await
        })
    }),
];

/// Law 11, for every method that takes a lease, and for a holder that was asleep while somebody else took over.
async fn whoever_lost_the_lease_writes_nothing(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let late = lease(&*s, 0).await;
    furnish(&*s, &late).await;
    let awake = s.another().await;
    let now = lease_on(&*awake, "ada", "another node", LEASE_MS + 1).await;
    let before = s.dump().await;
    for (method, write) in WRITES {
        let result = write(&*s, &late).await;
        assert!(matches!(result, Err(StoreError::Fenced)), "{method}: {result:?}");
    }
    assert_eq!(s.dump().await, before);
    for (method, write) in WRITES {
        write(&*awake, &now).await.unwrap_or_else(|error| panic!("{method}: {error}"));
    }
}

#[test]
fn every_method_that_takes_a_lease_is_fenced_by_that_contract() {
    let methods = include_str!("../../../../backend/src/store.rs");
    let methods = methods.split("pub trait Store").nth(1).expect("the trait").split("async fn ").skip(1);
    let fenced: Vec<_> = methods
        .filter(|method| {
            method.split(';').next().is_some_and(|signature| signature.contains("lease: &Lease"))
        })
        .filter_map(|method| method.split('(').next())
        .filter(|name| *name != "release_lease")
        .collect();
    let mut tried: Vec<_> = WRITES.iter().map(|(name, _)| *name).collect();
    for name in &fenced {
        assert!(tried.contains(name), "{name} is not tried");
    }
    tried.retain(|name| !fenced.contains(name));
    assert_eq!(tried, Vec::<&str>::new(), "no such methods");
}

async fn a_lease_that_was_lost_is_not_given_back_for_whoever_has_it_now(s: Bed) {
    let late = lease(&*s, 0).await;
    let now = lease_on(&*s, "ada", "other", LEASE_MS).await;
    s.release_lease(&late).await.unwrap();
    s.renew_lease(&now, UtcMs(LEASE_MS + 1), LEASE_MS).await.unwrap();
    s.release_lease(&now).await.unwrap();
    let next = lease_on(&*s, "ada", "third", LEASE_MS + 2).await;
    assert!(next.epoch > now.epoch, "an epoch is never used twice");
}

async fn two_mailboxes_are_two_leases_and_so_are_two_tenants(s: Bed) {
    lease_on(&*s, "ada", "one", 0).await;
    lease_on(&*s, "ben", "two", 0).await;
    let strange = s.take_lease(STRANGER, &address("ada"), "three", UtcMs(0), LEASE_MS).await.unwrap();
    assert!(strange.is_some());
}

async fn whoever_holds_leases_is_told_until_they_are_given_back(s: Bed) {
    let first = lease_on(&*s, "ada", "one", 0).await;
    lease_on(&*s, "ben", "two", 5).await;
    let expected = [
        (address("ada"), "one".to_owned(), UtcMs(LEASE_MS)),
        (address("ben"), "two".to_owned(), UtcMs(LEASE_MS + 5)),
    ];
    assert_eq!(s.lease_holders(TENANT).await.unwrap(), expected);
    s.release_lease(&first).await.unwrap();
    assert_eq!(s.lease_holders(TENANT).await.unwrap(), expected[1..]);
    assert_eq!(s.lease_holders(STRANGER).await.unwrap(), []);
}

async fn whoever_comes_back_under_its_name_makes_its_own_leases_void(s: Bed) {
    let own = lease_on(&*s, "ada", "one", 0).await;
    let others = lease_on(&*s, "ben", "two", 0).await;
    s.take_over("one", StoreSharing::Shared, UtcMs(1)).await.unwrap();
    assert!(matches!(s.renew_lease(&own, UtcMs(1), LEASE_MS).await, Err(StoreError::Fenced)));
    assert!(lease_on(&*s, "ada", "three", 1).await.epoch > own.epoch);
    s.renew_lease(&others, UtcMs(1), LEASE_MS).await.unwrap();
}

async fn whoever_is_alone_makes_every_lease_void(s: Bed) {
    let held = lease(&*s, 0).await;
    s.take_over("whoever", StoreSharing::Exclusive, UtcMs(1)).await.unwrap();
    assert!(matches!(s.renew_lease(&held, UtcMs(1), LEASE_MS).await, Err(StoreError::Fenced)));
    assert!(lease(&*s, 1).await.epoch > held.epoch);
}
