//! The store's contract: wishes, from accepted to ended.

use super::bed::Bed;
use super::samples::*;
use backend::caller::UserId;
use backend::store::{
    Accepted, Clearance, EffectEnd, NewEffect, NewWish, Rank, StoreError, StoredWish, WishEnd, WishState,
};
use shared::UtcMs;
use shared::category::{CategoryLife, KnownCategory};
use shared::plan::{Link, LinkCategory, Ours};
use shared::problem::{Code, Problem};
use shared::wish::{RecordFate, Wish};
use uuid::Uuid;

on_every_store! {
    a_wish_is_accepted_once_however_often_it_is_sent,
    a_wish_id_cannot_be_used_for_another_wish_user_or_tenant,
    a_wish_is_opened_again_after_its_user_had_to_sign_in_and_after_no_other_refusal,
    a_superseded_wish_is_not_opened_again_however_it_was_refused,
    a_newer_wish_for_the_item_supersedes_the_open_and_the_refused_ones,
    wishes_under_two_names_of_one_item_are_one_once_its_lasting_id_is_known,
    no_tenant_sees_anothers_wishes_links_or_records,
    nothing_more_is_sent_or_said_for_a_superseded_wish_but_its_link_is_kept,
    an_effect_of_unknown_end_needs_a_probe_and_a_finished_one_does_not,
    a_category_that_was_or_may_have_been_sent_for_a_wish_is_its_own,
    the_end_of_a_wish_stores_link_category_and_record_with_it,
    the_look_that_fulfils_a_wish_is_the_probe_of_what_it_left_unfinished,
    waiting_wishes_are_due_at_their_time_and_survive_reopening,
    a_wish_that_cannot_be_read_takes_nobodys_place,
    wishes_are_due_in_the_order_in_which_they_were_accepted_whatever_clocks_say,
    a_wish_accepted_by_a_clock_that_is_ahead_is_left_for_nobody_to_wait_for,
    the_audit_trail_tells_each_wish_and_its_end_in_an_unbroken_chain,
    a_link_made_while_category_tracking_was_off_is_known_as_such,
    an_end_of_a_wish_that_nobody_accepted_is_damage_and_stores_nothing,
    names_may_hold_whatever_a_caller_sends,
}

async fn a_wish_is_accepted_once_however_often_it_is_sent(s: Bed) {
    let new = wish(1, "a", 1);
    assert_eq!(s.accept_wish(&new).await.unwrap(), Accepted::New);
    assert_eq!(s.accept_wish(&new).await.unwrap(), Accepted::Again(WishState::Running));
    let due = s.due_wishes(TENANT, &new.name.mailbox, UtcMs(2), 10).await.unwrap();
    assert_eq!(due.len(), 1);
}

async fn a_wish_id_cannot_be_used_for_another_wish_user_or_tenant(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let other_wish = NewWish { wish: Wish::Untrack { record: RecordFate::Delete }, ..wish(1, "a", 1) };
    let other_user = NewWish { user: UserId(Uuid::from_u128(9)), ..wish(1, "a", 1) };
    let other_tenant = NewWish { tenant: STRANGER, ..wish(1, "a", 1) };
    for taken in [other_wish, other_user, other_tenant, wish(1, "b", 1)] {
        assert_eq!(s.accept_wish(&taken).await.unwrap(), Accepted::Taken);
    }
}

async fn a_wish_is_opened_again_after_its_user_had_to_sign_in_and_after_no_other_refusal(s: Bed) {
    for code in Code::ALL {
        s.wipe().await;
        s.accept_wish(&wish(1, "a", 1)).await.unwrap();
        let lease = lease(&*s, 1).await;
        s.postpone(&lease, Uuid::from_u128(1), &Problem::new(Code::CrmDown), UtcMs(2), 3, UtcMs(1))
            .await
            .unwrap();
        let problem = Problem::new(*code);
        let refused = WishEnd { refused: Some(problem.clone()), ..end(1, "a", None, 3) };
        s.end_wish(&lease, &refused).await.unwrap();
        let somebody_else = NewWish { user: UserId(Uuid::from_u128(9)), ..wish(1, "a", 4) };
        assert_eq!(s.accept_wish(&somebody_else).await.unwrap(), Accepted::Taken);
        let again = s.accept_wish(&wish(1, "a", 4)).await.unwrap();
        let trail = s.trail(TENANT).await;
        let events: Vec<_> = trail.iter().map(|row| row.event.as_str()).collect();
        if matches!(code, Code::InteractionRequired | Code::SignedOut | Code::ConsentRequired) {
            assert_eq!(again, Accepted::New, "{code:?}");
            assert_eq!(events, ["wish.accepted", "wish.refused", "wish.reopened"]);
            assert_eq!(trail[2].detail, format!(r#"{{"code":"{}"}}"#, code.as_str()));
            let due = s.due_wishes(TENANT, &name("a").mailbox, UtcMs(4), 5).await.unwrap();
            assert_eq!((&due[0].state, due[0].failed_attempts), (&WishState::Running, 0));
            assert_eq!(s.accept_wish(&wish(1, "a", 5)).await.unwrap(), Accepted::Again(WishState::Running));
        } else {
            assert_eq!(again, Accepted::Again(WishState::Refused { problem }), "{code:?}");
            assert_eq!(events, ["wish.accepted", "wish.refused"]);
        }
    }
}

async fn a_superseded_wish_is_not_opened_again_however_it_was_refused(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&*s, 1).await;
    let refused = WishEnd { refused: Some(Problem::new(Code::SignedOut)), ..end(1, "a", None, 2) };
    s.end_wish(&lease, &refused).await.unwrap();
    s.accept_wish(&wish(2, "a", 3)).await.unwrap();
    let again = s.accept_wish(&wish(1, "a", 4)).await.unwrap();
    assert_eq!(again, Accepted::Again(WishState::Superseded));
}

async fn a_newer_wish_for_the_item_supersedes_the_open_and_the_refused_ones(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.accept_wish(&wish(2, "b", 2)).await.unwrap();
    s.accept_wish(&wish(3, "a", 3)).await.unwrap();
    let state = |id| s.wish_state(TENANT, Uuid::from_u128(id));
    assert_eq!(state(1).await.unwrap(), Some(WishState::Superseded));
    assert_eq!(state(2).await.unwrap(), Some(WishState::Running));
    assert_eq!(state(3).await.unwrap(), Some(WishState::Running));
}

async fn wishes_under_two_names_of_one_item_are_one_once_its_lasting_id_is_known(s: Bed) {
    s.accept_wish(&wish(1, "mutable", 1)).await.unwrap();
    let second = NewWish { key: Some(key("lasting")), ..wish(2, "lasting", 2) };
    s.accept_wish(&second).await.unwrap();
    let lease = lease(&*s, 3).await;
    let lasting = key("lasting");
    let identify = |id| s.identify(&lease, Uuid::from_u128(id), &lasting, UtcMs(4));
    assert_eq!(identify(2).await.unwrap(), Rank::Newest);
    assert_eq!(identify(1).await.unwrap(), Rank::Superseded, "the older gives way, whichever is seen first");
    let state = |id| s.wish_state(TENANT, Uuid::from_u128(id));
    assert_eq!(state(1).await.unwrap(), Some(WishState::Superseded));
    assert_eq!(state(2).await.unwrap(), Some(WishState::Running));
}

async fn no_tenant_sees_anothers_wishes_links_or_records(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&*s, 1).await;
    let ended = WishEnd { recent: Some(record("Fjordline")), ..end(1, "a", Some(link(7)), 2) };
    s.end_wish(&lease, &ended).await.unwrap();
    assert_eq!(s.wish_state(STRANGER, Uuid::from_u128(1)).await.unwrap(), None);
    let seen = s.knowledge(STRANGER, &name("a"), Some(&key("a"))).await.unwrap();
    assert_eq!((seen.link, seen.category, seen.wish), (None, None, None));
    assert!(s.recent_records(STRANGER, ADA, 5).await.unwrap().is_empty());
    assert!(s.due_wishes(STRANGER, &name("a").mailbox, UtcMs(9), 5).await.unwrap().is_empty());
}

async fn nothing_more_is_sent_or_said_for_a_superseded_wish_but_its_link_is_kept(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&*s, 0).await;
    s.accept_wish(&wish(2, "a", 2)).await.unwrap();
    let superseded = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Superseded));
    let old = Uuid::from_u128(1);
    let effect = NewEffect { key: "k".into(), kind: "email.delete" };
    assert!(superseded(s.begin_effects(&lease, old, &[effect], UtcMs(3)).await.map(|_| ())));
    assert!(superseded(s.postpone(&lease, old, &Problem::new(Code::CrmDown), UtcMs(5), 1, UtcMs(4)).await));
    assert_eq!(s.end_wish(&lease, &end(1, "a", Some(link(7)), 4)).await.unwrap(), Rank::Superseded);
    let seen = s.knowledge(TENANT, &name("a"), Some(&key("a"))).await.unwrap();
    assert_eq!(seen.link, Some(link(7)));
    assert_eq!(seen.wish.map(|w| (w.id, w.state)), Some((Uuid::from_u128(2), WishState::Running)));
    let events: Vec<_> = s.events(TENANT).await;
    assert_eq!(events, ["wish.accepted", "wish.superseded", "wish.accepted"]);
}

async fn an_effect_of_unknown_end_needs_a_probe_and_a_finished_one_does_not(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&*s, 0).await;
    let begin = || async {
        let effect = NewEffect { key: "promote:m".into(), kind: "email.promote" };
        s.begin_effects(&lease, Uuid::from_u128(1), &[effect], UtcMs(1)).await.unwrap().remove(0)
    };
    let finish =
        |id, end| s.end_effects(&lease, std::slice::from_ref(Box::leak(Box::new((id, end)))), UtcMs(2));
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

async fn a_category_that_was_or_may_have_been_sent_for_a_wish_is_its_own(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&*s, 0).await;
    let ours = || async { s.knowledge(TENANT, &name("a"), None).await.unwrap().category_is_ours };
    assert_eq!(ours().await, Ours::No);
    let effect = NewEffect { key: "c".into(), kind: backend::store::CATEGORY_ASSIGN };
    let begun = s.begin_effects(&lease, Uuid::from_u128(1), &[effect], UtcMs(1)).await.unwrap().remove(0);
    assert_eq!(ours().await, Ours::Yes);
    s.end_effects(&lease, &[(begun.id, EffectEnd::Refused)], UtcMs(1)).await.unwrap();
    assert_eq!(ours().await, Ours::No);
}

async fn the_end_of_a_wish_stores_link_category_and_record_with_it(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.accept_wish(&wish(2, "b", 1)).await.unwrap();
    let lease = lease(&*s, 0).await;
    let fjordline = WishEnd { recent: Some(record("Fjordline")), ..end(1, "a", Some(link(7)), 2) };
    s.end_wish(&lease, &fjordline).await.unwrap();
    s.end_wish(&lease, &end(2, "b", Some(link(7)), 3)).await.unwrap();
    let seen = s.knowledge(TENANT, &name("a"), Some(&key("a"))).await.unwrap();
    assert_eq!((seen.link, seen.others, seen.wish), (Some(link(7)), 1, None));
    let seen_only = |name: &str| Some(KnownCategory { life: CategoryLife::NotKept, ..known(name) });
    assert_eq!(seen.category, seen_only("Tracked"), "no cycle has kept it yet");
    assert_eq!(s.recent_records(TENANT, ADA, 5).await.unwrap(), [record("Fjordline")]);
    s.accept_wish(&wish(3, "a", 4)).await.unwrap();
    let renamed = WishEnd { category: Some(category("CRM")), ..end(3, "a", None, 5) };
    s.end_wish(&lease, &renamed).await.unwrap();
    assert_eq!(s.knowledge(TENANT, &name("b"), Some(&key("b"))).await.unwrap().others, 0);
    s.accept_wish(&wish(4, "a", 6)).await.unwrap();
    s.end_wish(&lease, &WishEnd { category: None, ..end(4, "a", None, 7) }).await.unwrap();
    let seen = s.knowledge(TENANT, &name("a"), Some(&key("a"))).await.unwrap();
    assert_eq!(seen.category, seen_only("CRM"), "what was not seen is not forgotten");
    assert!(s.due_mailboxes().await.unwrap().is_empty());
}

async fn the_look_that_fulfils_a_wish_is_the_probe_of_what_it_left_unfinished(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.accept_wish(&wish(2, "b", 1)).await.unwrap();
    let lease = lease(&*s, 0).await;
    let begin = |wish: u128| {
        let effect = NewEffect { key: format!("k{wish}"), kind: "email.promote" };
        let store = &s;
        let lease = &lease;
        async move {
            store.begin_effects(lease, Uuid::from_u128(wish), &[effect], UtcMs(1)).await.unwrap().remove(0)
        }
    };
    for wish in [1, 2] {
        assert_eq!(begin(wish).await.clearance, Clearance::Clear);
    }
    s.end_wish(&lease, &end(1, "a", Some(link(7)), 2)).await.unwrap();
    let refused = WishEnd { refused: Some(Problem::new(Code::PrivilegeMissing)), ..end(2, "b", None, 2) };
    s.end_wish(&lease, &refused).await.unwrap();
    assert_eq!(begin(1).await.clearance, Clearance::Clear);
    assert_eq!(begin(2).await.clearance, Clearance::ProbeFirst, "nobody saw how this one ended");
}

async fn waiting_wishes_are_due_at_their_time_and_survive_reopening(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&*s, 1).await;
    let problem = Problem::new(Code::CrmDown).retry_after_ms(Some(5));
    s.postpone(&lease, id(1), &problem, UtcMs(100), 3, UtcMs(2)).await.unwrap();
    let s = s.reopen().await;
    let due = s.due_mailboxes().await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].tenant, due[0].due), (TENANT, UtcMs(100)));
    let at = |now| s.due_wishes(TENANT, &due[0].mailbox, UtcMs(now), 5);
    assert!(at(99).await.unwrap().is_empty());
    let waiting = at(100).await.unwrap().remove(0);
    assert_eq!((waiting.failed_attempts, &waiting.problem), (3, &Some(problem.clone())));
    assert_eq!(waiting.state, WishState::Waiting { problem, next_attempt: UtcMs(100) });
}

async fn a_wish_that_cannot_be_read_takes_nobodys_place(s: Bed) {
    for number in 1..=4 {
        s.accept_wish(&wish(number, &format!("item {number}"), 1)).await.unwrap();
    }
    s.run("update wishes set wish = '{}' where asked_item in ('item 1', 'item 3')").await;
    let due = async |limit| s.due_wishes(TENANT, &address("ada"), UtcMs(9), limit).await.unwrap();
    let ids = |wishes: Vec<StoredWish>| wishes.into_iter().map(|w| w.id).collect::<Vec<_>>();
    assert_eq!(ids(due(1).await), [id(2)]);
    assert_eq!(ids(due(2).await), [id(2), id(4)]);
    assert_eq!(ids(due(9).await), [id(2), id(4)]);
}

async fn wishes_are_due_in_the_order_in_which_they_were_accepted_whatever_clocks_say(s: Bed) {
    for (number, clock) in [(3, 900), (1, 100), (2, 500)] {
        s.accept_wish(&wish(number, &format!("item {number}"), clock)).await.unwrap();
    }
    let due = s.due_wishes(TENANT, &address("ada"), UtcMs(999), 5).await.unwrap();
    assert_eq!(due.into_iter().map(|w| w.id).collect::<Vec<_>>(), [id(3), id(1), id(2)]);
}

/// Its process may be dead: whoever takes over begins at once, by whatever clock it was accepted.
async fn a_wish_accepted_by_a_clock_that_is_ahead_is_left_for_nobody_to_wait_for(s: Bed) {
    const AHEAD_MS: i64 = 600_000;
    s.accept_wish(&wish(1, "a", AHEAD_MS)).await.unwrap();
    let left = s.due_mailboxes().await.unwrap();
    assert_eq!(left.iter().map(|left| left.due).collect::<Vec<_>>(), [UtcMs(0)]);
    let lease = lease(&*s, 1).await;
    s.postpone(&lease, id(1), &Problem::new(Code::CrmDown), UtcMs(2), 1, UtcMs(1)).await.unwrap();
    let left = s.due_mailboxes().await.unwrap();
    assert_eq!(left.iter().map(|left| left.due).collect::<Vec<_>>(), [UtcMs(2)], "put off, it has its time");
}

async fn the_audit_trail_tells_each_wish_and_its_end_in_an_unbroken_chain(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let lease = lease(&*s, 0).await;
    s.end_wish(&lease, &end(1, "a", Some(link(7)), 2)).await.unwrap();
    s.accept_wish(&wish(2, "a", 3)).await.unwrap();
    let refused = Some(Problem::new(Code::PrivilegeMissing));
    s.end_wish(&lease, &WishEnd { refused, ..end(2, "a", Some(link(7)), 4) }).await.unwrap();
    let accepted_twice = ["wish.accepted", "wish.fulfilled", "wish.accepted", "wish.refused"];
    assert_eq!(s.events(TENANT).await, accepted_twice);
    s.run("update audit set detail = '{}' where seq = 2").await;
    let broken = tokio::spawn(async move { s.trail(TENANT).await }).await;
    assert!(broken.is_err(), "a changed row breaks the chain");
}

async fn a_link_made_while_category_tracking_was_off_is_known_as_such(s: Bed) {
    for (number, category) in [(1, LinkCategory::Agreed), (2, LinkCategory::Refused), (3, LinkCategory::Off)]
    {
        let item = format!("item {number}");
        s.accept_wish(&wish(number, &item, 1)).await.unwrap();
        let lease = lease(&*s, 1).await;
        let made = Link { category, ..link(7) };
        s.end_wish(&lease, &end(number, &item, Some(made), 2)).await.unwrap();
        let seen = s.knowledge(TENANT, &name(&item), Some(&key(&item))).await.unwrap();
        assert_eq!(seen.link, Some(made));
        s.release_lease(&lease).await.unwrap();
    }
}

async fn an_end_of_a_wish_that_nobody_accepted_is_damage_and_stores_nothing(s: Bed) {
    let lease = lease(&*s, 0).await;
    let before = s.dump().await;
    let ended = s.end_wish(&lease, &end(1, "a", Some(link(7)), 2)).await;
    assert!(matches!(ended, Err(StoreError::Damaged(_))), "{ended:?}");
    assert_eq!(s.dump().await, before);
}

async fn names_may_hold_whatever_a_caller_sends(s: Bed) {
    for (number, item) in (1..).zip(["it's", "\"; drop table wishes; --", "a\0b", "ünï–cödé 𝄞", "", "%_\\"])
    {
        s.accept_wish(&wish(number, item, 1)).await.unwrap();
        let seen = s.knowledge(TENANT, &name(item), None).await.unwrap();
        assert_eq!(seen.wish.map(|w| w.id), Some(id(number)), "{item:?}");
    }
}
