//! The store's contract: what administrators ask, and what is forgotten after a time.

use super::bed::Bed;
use super::samples::*;
use backend::caller::UserId;
use backend::store::{Actor, EffectEnd, NewEffect, NewWish, Store, WishEnd, WishState};
use shared::UtcMs;
use shared::email::InternetMessageId;
use shared::party::Chosen;
use shared::problem::{Code, Problem};
use shared::regarding::{RecordKey, Table};

on_every_store! {
    failing_wishes_are_told_with_their_problem_and_their_last_attempt,
    wishes_done_and_failed_are_counted_by_mailbox,
    the_history_of_a_wish_is_what_the_trail_tells_of_it,
    a_wish_that_failed_is_tried_again_at_an_administrators_word,
    old_wishes_are_forgotten_with_their_effects_and_open_ones_never,
    whom_a_user_chose_is_remembered_for_them_alone_and_the_last_word_counts,
    an_emptied_store_is_as_new,
}

async fn refuse(s: &dyn Store, wish: u128, item: &str, now: i64) {
    let lease = lease_on(s, "ada", "refuser", now).await;
    let refused = Some(Problem::new(Code::CrmRefused).because("reason", "no"));
    s.end_wish(&lease, &WishEnd { refused, ..end(wish, item, None, now) }).await.unwrap();
    s.release_lease(&lease).await.unwrap();
}

async fn failing_wishes_are_told_with_their_problem_and_their_last_attempt(s: Bed) {
    s.enroll(&new_mailbox(ada(), "ada")).await.unwrap();
    for (number, item) in [(1, "waits"), (2, "refused"), (3, "long ago"), (4, "new"), (5, "superseded")] {
        s.accept_wish(&wish(number, item, number as i64)).await.unwrap();
    }
    refuse(&*s, 3, "long ago", 40).await;
    refuse(&*s, 2, "refused", 60).await;
    let lease = lease(&*s, 60).await;
    s.postpone(&lease, id(1), &Problem::new(Code::CrmDown), UtcMs(90), 2, UtcMs(61)).await.unwrap();
    s.postpone(&lease, id(5), &Problem::new(Code::CrmDown), UtcMs(90), 2, UtcMs(61)).await.unwrap();
    s.accept_wish(&wish(6, "superseded", 62)).await.unwrap();
    let failing = async |mailbox, limit| {
        let failing = s.failing(TENANT, mailbox, UtcMs(50), limit).await.unwrap();
        let short =
            failing.into_iter().map(|f| (f.wish.id, f.wish.problem.map(|p| p.code), f.accepted, f.attempted));
        short.collect::<Vec<_>>()
    };
    let refused = (id(2), Some(Code::CrmRefused), UtcMs(2), Some(UtcMs(60)));
    let waits = (id(1), Some(Code::CrmDown), UtcMs(1), Some(UtcMs(61)));
    assert_eq!(failing(None, 9).await, [refused, waits]);
    assert_eq!(failing(None, 1).await, [refused]);
    assert_eq!(failing(Some(ada()), 9).await, [refused, waits], "also the one whose item was never seen");
    assert_eq!(failing(Some(ben()), 9).await, []);
    assert_eq!(s.failing(STRANGER, None, UtcMs(0), 9).await.unwrap(), []);
}

async fn wishes_done_and_failed_are_counted_by_mailbox(s: Bed) {
    let lease = lease(&*s, 0).await;
    let at_ben = |number| NewWish {
        name: backend::store::ItemName { mailbox: address("ben"), ..name("b") },
        key: Some(backend::store::ItemKey { mailbox: ben(), ..key("b") }),
        ..wish(number, "b", 1)
    };
    let wishes =
        [noticed(1, "a", 1), noticed(2, "b", 1), noticed(3, "c", 1), noticed(4, "old", 1), at_ben(5)];
    for new in &wishes {
        s.accept_wish(new).await.unwrap();
    }
    for (number, item, now) in [(1, "a", 60), (2, "b", 61), (4, "old", 10)] {
        s.end_wish(&lease, &end(number, item, None, now)).await.unwrap();
    }
    let refused = Some(Problem::new(Code::CrmRefused));
    s.end_wish(&lease, &WishEnd { refused, ..end(3, "c", None, 70) }).await.unwrap();
    let of_ben = lease_on(&*s, "ben", "node", 0).await;
    let key = wishes[4].key.clone();
    s.end_wish(&of_ben, &WishEnd { key, ..end(5, "b", None, 70) }).await.unwrap();
    assert_eq!(s.counts(TENANT, ada(), UtcMs(50)).await.unwrap(), (2, 1));
    assert_eq!(s.counts(TENANT, ben(), UtcMs(50)).await.unwrap(), (1, 0));
    assert_eq!(s.counts(STRANGER, ada(), UtcMs(0)).await.unwrap(), (0, 0));
}

async fn whom_a_user_chose_is_remembered_for_them_alone_and_the_last_word_counts(s: Bed) {
    let chose = |at: &str, table: Table, number| Chosen {
        address: address(at),
        record: RecordKey { table, id: id(number) },
    };
    let of = async |tenant, user, at: &[&str]| {
        let addresses: Vec<_> = at.iter().map(|at| address(at)).collect();
        s.chosen_records(tenant, user, &addresses).await.unwrap()
    };
    assert_eq!(of(TENANT, ADA, &["maeve", "ingrid"]).await, []);
    let (first, last) = (chose("maeve", Table::contact(), 1), chose("maeve", Table::lead(), 2));
    let ingrid = chose("ingrid", Table::contact(), 3);
    for (choice, now) in [(&first, 10), (&ingrid, 11), (&last, 12)] {
        s.choose_record(TENANT, ADA, choice, UtcMs(now)).await.unwrap();
    }
    assert_eq!(of(TENANT, ADA, &["maeve", "ingrid", "nobody"]).await, [ingrid, last.clone()]);
    assert_eq!(of(TENANT, ADA, &["maeve"]).await, [last]);
    assert_eq!(of(TENANT, ADA, &[]).await, []);
    assert_eq!(of(TENANT, UserId(id(99)), &["maeve"]).await, []);
    assert_eq!(of(STRANGER, ADA, &["maeve"]).await, [], "tenants never mix");
}

async fn the_history_of_a_wish_is_what_the_trail_tells_of_it(s: Bed) {
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.accept_wish(&wish(2, "b", 2)).await.unwrap();
    refuse(&*s, 1, "a", 3).await;
    assert!(s.retry(TENANT, id(1), &administrator(), UtcMs(4)).await.unwrap());
    let history = s.history(TENANT, id(1)).await.unwrap();
    let short: Vec<_> = history.iter().map(|row| (row.event.as_str(), row.user, row.at.0)).collect();
    let expected = [("wish.accepted", ADA.0, 1), ("wish.refused", ADA.0, 3), ("wish.retried", id(0xad), 4)];
    assert_eq!(short, expected);
    assert_eq!(s.history(STRANGER, id(1)).await.unwrap(), []);
    s.trail(TENANT).await;
}

async fn a_wish_that_failed_is_tried_again_at_an_administrators_word(s: Bed) {
    for number in 1..=4 {
        s.accept_wish(&wish(number, &format!("item {number}"), 1)).await.unwrap();
    }
    refuse(&*s, 1, "item 1", 2).await;
    let lease = lease(&*s, 3).await;
    s.postpone(&lease, id(2), &Problem::new(Code::CrmDown), UtcMs(900), 4, UtcMs(3)).await.unwrap();
    s.end_wish(&lease, &end(3, "item 3", Some(link(7)), 3)).await.unwrap();
    let by = Actor::Program("regarding-admin".into());
    for (number, expected) in [(1, true), (2, true), (3, false), (4, false), (9, false)] {
        assert_eq!(s.retry(TENANT, id(number), &by, UtcMs(5)).await.unwrap(), expected, "{number}");
        assert!(!s.retry(STRANGER, id(number), &by, UtcMs(5)).await.unwrap());
    }
    let due = s.due_wishes(TENANT, &address("ada"), UtcMs(5), 9).await.unwrap();
    let short: Vec<_> = due.iter().map(|w| (w.id, w.failed_attempts, &w.state)).collect();
    assert_eq!(short, [1, 2, 4].map(|number| (id(number), 0, &WishState::Running)));
    let codes: Vec<_> = due.iter().map(|w| w.problem.as_ref().map(|p| p.code)).collect();
    assert_eq!(
        codes,
        [Some(Code::CrmRefused), Some(Code::CrmDown), None],
        "what was in the way is still known"
    );
    s.accept_wish(&wish(5, "item 1", 6)).await.unwrap();
    assert!(!s.retry(TENANT, id(1), &by, UtcMs(7)).await.unwrap(), "a newer one took its place");
}

async fn old_wishes_are_forgotten_with_their_effects_and_open_ones_never(s: Bed) {
    let lease = lease(&*s, 0).await;
    let begin = async |number: u128| {
        let effect = NewEffect { key: format!("promote:{number}"), kind: "email.promote" };
        s.begin_effects(&lease, id(number), &[effect], UtcMs(1)).await.unwrap().remove(0).id
    };
    for number in 1..=6 {
        s.accept_wish(&wish(number, &format!("item {number}"), 1)).await.unwrap();
        let effect = begin(number).await;
        let end = if number == 3 { EffectEnd::Unknown } else { EffectEnd::Confirmed };
        s.end_effects(&lease, &[(effect, end)], UtcMs(2)).await.unwrap();
    }
    let problem = || Problem::new(Code::CrmDown);
    s.end_wish(&lease, &end(1, "item 1", Some(link(7)), 10)).await.unwrap();
    s.end_wish(&lease, &WishEnd { refused: Some(problem()), ..end(2, "item 2", None, 11) }).await.unwrap();
    s.end_wish(&lease, &WishEnd { refused: Some(problem()), ..end(3, "item 3", None, 12) }).await.unwrap();
    s.end_wish(&lease, &end(4, "item 4", None, 99)).await.unwrap();
    s.postpone(&lease, id(5), &problem(), UtcMs(20), 1, UtcMs(3)).await.unwrap();
    let remaining = async || {
        let mut known = Vec::new();
        for number in 1..=6 {
            known.extend(s.wish_state(TENANT, id(number)).await.unwrap().map(|_| number));
        }
        known
    };
    assert_eq!(s.prune(UtcMs(50), 1).await.unwrap(), 1, "a little at a time");
    assert_eq!(s.prune(UtcMs(50), 9).await.unwrap(), 1);
    assert_eq!(s.prune(UtcMs(50), 9).await.unwrap(), 0);
    assert_eq!(remaining().await, [3, 4, 5, 6], "of 3, nobody knows how its effect ended");
    let effects = s.dump().await.into_iter().filter(|row| row.starts_with("effects:")).count();
    assert_eq!(effects, 4);
    let linked = s.knowledge(TENANT, &name("item 1"), Some(&key("item 1"))).await.unwrap();
    assert_eq!(linked.link, Some(link(7)), "what is agreed is not forgotten");
    assert_eq!(s.trail(TENANT).await.len(), 10, "nor what happened");
    s.accept_wish(&wish(7, "item 7", 100)).await.unwrap();
    let last = s.due_wishes(TENANT, &address("ada"), UtcMs(100), 9).await.unwrap().pop().map(|w| w.id);
    assert_eq!(last, Some(id(7)), "the order goes on");
}

async fn an_emptied_store_is_as_new(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let effect = NewEffect { key: "k".into(), kind: "email.promote" };
    s.begin_effects(&lease, id(1), &[effect], UtcMs(1)).await.unwrap();
    let copies =
        vec![(ben(), InternetMessageId("<1>".into()), link(7).email, shared::email::Direction::Incoming)];
    let recent = Some(record("Fjordline"));
    s.end_wish(&lease, &WishEnd { copies, recent, ..end(1, "a", Some(link(7)), 2) }).await.unwrap();
    s.accept_wish(&NewWish { wish: untrack(), ..wish(2, "b", 3) }).await.unwrap();
    s.end_wish(&lease, &end(2, "b", None, 4)).await.unwrap();
    let conversation = shared::email::ConversationId("c".into());
    let stopped = backend::store::Stopped::Yes;
    s.stop_conversation(TENANT, ada(), &conversation, stopped, &Actor::Engine, UtcMs(5)).await.unwrap();
    let node = backend::store::Node { name: "n".into(), started: UtcMs(1), version: "1".into() };
    s.heartbeat(&node, UtcMs(5)).await.unwrap();
    let tables = s.dump().await.into_iter().filter_map(|row| Some(row.split_once(':')?.0.to_owned()));
    let tables: std::collections::BTreeSet<_> = tables.collect();
    assert_eq!(tables.len(), 13, "every table has a row: {tables:?}");
    s.wipe().await;
    assert_eq!(s.dump().await, Vec::<String>::new());
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    assert_eq!(s.trail(TENANT).await.len(), 1);
}
