//! The store's contract: what a page was found to wish is stored with its token, once.

use super::bed::Bed;
use super::samples::*;
use backend::caller::UserId;
use backend::store::{ExpectedCopy, ItemFacts, NewWish, ObservedPage, Rank, StoreError, WishEnd, WishState};
use shared::UtcMs;
use shared::email::{Correlation, CrmEmailId, Direction, InternetMessageId};
use shared::item::{FolderId, ItemId};
use shared::problem::{Code, Problem};
use shared::status::Goal;
use shared::wish::{Origin, Wish};
use std::collections::HashMap;

on_every_store! {
    a_page_stores_its_wishes_and_its_token,
    a_page_that_is_read_again_wishes_nothing_twice,
    a_token_never_moves_without_its_wishes_nor_they_without_it,
    while_a_person_decides_in_the_pane_nothing_else_is_wished,
    a_noticed_wish_ends_what_was_noticed_before_and_what_was_refused,
    the_pane_ends_what_was_noticed,
    a_page_of_a_folder_that_is_gone_keeps_its_wishes,
    a_wish_of_another_tenant_is_not_taken_with_a_page,
    every_origin_is_kept_and_told,
    what_a_person_decided_meanwhile_is_not_overruled_by_what_tracks_by_itself,
    facts_are_told_of_items_about_which_there_are_any,
    who_took_an_item_out_of_tracking_is_remembered_until_it_is_linked_again,
    facts_of_many_items_are_told_at_once,
    copies_are_expected_until_they_are_found,
    no_tenant_sees_anothers_facts_or_copies,
}

async fn a_page_stores_its_wishes_and_its_token(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    let page = page("1", vec![noticed(1, "a", 5), NewWish { wish: untrack(), ..noticed(2, "b", 5) }]);
    assert_eq!(s.save_page(&lease, ada(), &page, UtcMs(6)).await.unwrap(), 2);
    assert_eq!(s.folders(TENANT, ada()).await.unwrap()[0].link, Some(delta("1")));
    let due = s.due_wishes(TENANT, &address("ada"), UtcMs(6), 9).await.unwrap();
    let short: Vec<_> = due.iter().map(|w| (w.id, w.origin, w.wish.clone(), w.key.clone())).collect();
    let expected = [
        (id(1), Origin::Category, track(), Some(key("a"))),
        (id(2), Origin::Category, untrack(), Some(key("b"))),
    ];
    assert_eq!(short, expected);
    let more = [noticed(3, "c", 7)];
    assert_eq!(s.accept_noticed(&lease, ada(), &more, &[], UtcMs(7)).await.unwrap(), 1);
    assert_eq!(s.accept_noticed(&lease, ada(), &more, &[], UtcMs(7)).await.unwrap(), 0);
}

async fn a_page_that_is_read_again_wishes_nothing_twice(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    let page = page("1", vec![noticed(1, "a", 5), noticed(2, "b", 5)]);
    assert_eq!(s.save_page(&lease, ada(), &page, UtcMs(6)).await.unwrap(), 2);
    let before = s.dump().await;
    assert_eq!(s.save_page(&lease, ada(), &page, UtcMs(9)).await.unwrap(), 0);
    assert_eq!(s.dump().await, before);
    s.end_wish(&lease, &end(1, "a", Some(link(7)), 10)).await.unwrap();
    let before = s.dump().await;
    assert_eq!(s.save_page(&lease, ada(), &page, UtcMs(11)).await.unwrap(), 0, "nor after it ended");
    assert_eq!(s.dump().await, before);
}

/// Law 9, cut off at each table that a page writes to.
async fn a_token_never_moves_without_its_wishes_nor_they_without_it(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    s.save_page(&lease, ada(), &page("1", vec![noticed(1, "a", 5)]), UtcMs(6)).await.unwrap();
    s.accept_wish(&wish(9, "z", 6)).await.unwrap();
    let copies = vec![(ada(), InternetMessageId("<m>".into()), CrmEmailId(id(4)), Direction::Incoming)];
    s.end_wish(&lease, &WishEnd { copies, ..end(9, "z", None, 7) }).await.unwrap();
    let next = ObservedPage {
        copies_found: vec![InternetMessageId("<m>".into())],
        // The second of them supersedes an older one.
        ..page("2", vec![noticed(2, "b", 8), noticed(3, "a", 8)])
    };
    let before = s.dump().await;
    let writes = [
        ("delete on expected_copies", "expected_copies"),
        ("insert on wishes", "wishes"),
        ("update on wishes", "wishes"),
        ("insert on audit", "audit"),
        ("update on folders", "folders"),
    ];
    for (write, table) in writes {
        s.break_off(write).await;
        let saved = s.save_page(&lease, ada(), &next, UtcMs(9)).await;
        assert!(matches!(saved, Err(StoreError::Down(_))), "{write}: {saved:?}");
        s.mend(table).await;
        assert_eq!(s.dump().await, before, "{write}");
    }
    assert_eq!(s.save_page(&lease, ada(), &next, UtcMs(9)).await.unwrap(), 2);
    assert_eq!(s.folders(TENANT, ada()).await.unwrap()[0].link, Some(delta("2")));
    assert_eq!(s.expected_copies(TENANT, ada()).await.unwrap(), []);
}

async fn while_a_person_decides_in_the_pane_nothing_else_is_wished(s: Bed) {
    let lease = lease(&*s, 0).await;
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.accept_wish(&NewWish { key: Some(key("lasting")), ..wish(2, "mutable", 1) }).await.unwrap();
    s.postpone(&lease, id(2), &Problem::new(Code::CrmDown), UtcMs(50), 1, UtcMs(2)).await.unwrap();
    let page = [noticed(3, "a", 5), noticed(4, "lasting", 5), noticed(5, "b", 5)];
    assert_eq!(s.accept_noticed(&lease, ada(), &page, &[], UtcMs(6)).await.unwrap(), 1);
    for (number, expected) in [(1, true), (2, true), (3, false), (4, false), (5, true)] {
        assert_eq!(s.wish_state(TENANT, id(number)).await.unwrap().is_some(), expected, "{number}");
    }
}

async fn a_noticed_wish_ends_what_was_noticed_before_and_what_was_refused(s: Bed) {
    let lease = lease(&*s, 0).await;
    s.accept_noticed(&lease, ada(), &[noticed(1, "a", 1)], &[], UtcMs(1)).await.unwrap();
    s.accept_wish(&wish(2, "b", 1)).await.unwrap();
    let refused = Some(Problem::new(Code::CrmRefused));
    s.end_wish(&lease, &WishEnd { refused, ..end(2, "b", None, 2) }).await.unwrap();
    let page = [NewWish { wish: untrack(), ..noticed(3, "a", 3) }, noticed(4, "b", 3)];
    assert_eq!(s.accept_noticed(&lease, ada(), &page, &[], UtcMs(3)).await.unwrap(), 2);
    for number in [1, 2] {
        assert_eq!(s.wish_state(TENANT, id(number)).await.unwrap(), Some(WishState::Superseded));
    }
    assert_eq!(s.end_wish(&lease, &end(1, "a", Some(link(7)), 4)).await.unwrap(), Rank::Superseded);
}

async fn the_pane_ends_what_was_noticed(s: Bed) {
    let lease = lease(&*s, 0).await;
    s.accept_noticed(&lease, ada(), &[noticed(1, "a", 1)], &[], UtcMs(1)).await.unwrap();
    let of_pane = NewWish { wish: untrack(), ..wish(2, "a", 2) };
    s.accept_wish(&of_pane).await.unwrap();
    assert_eq!(s.wish_state(TENANT, id(1)).await.unwrap(), Some(WishState::Superseded));
    assert_eq!(s.wish_state(TENANT, id(2)).await.unwrap(), Some(WishState::Running));
}

async fn a_page_of_a_folder_that_is_gone_keeps_its_wishes(s: Bed) {
    let lease = lease(&*s, 0).await;
    let page = ObservedPage { folder: FolderId("gone".into()), ..page("1", vec![noticed(1, "a", 1)]) };
    assert_eq!(s.save_page(&lease, ada(), &page, UtcMs(1)).await.unwrap(), 1);
    assert_eq!(s.folders(TENANT, ada()).await.unwrap(), []);
}

async fn a_wish_of_another_tenant_is_not_taken_with_a_page(s: Bed) {
    let lease = lease(&*s, 0).await;
    let strange = NewWish { tenant: STRANGER, ..noticed(1, "a", 1) };
    let before = s.dump().await;
    let refused = s.accept_noticed(&lease, ada(), &[noticed(2, "b", 1), strange], &[], UtcMs(1)).await;
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
    assert_eq!(s.dump().await, before);
}

async fn every_origin_is_kept_and_told(s: Bed) {
    let lease = lease(&*s, 0).await;
    let reply = Origin::Reply { correlation: Correlation::InReplyTo, email: CrmEmailId(id(4)) };
    let origins = [Origin::Category, Origin::Folder, reply, Origin::Filter, Origin::Copy];
    for (number, origin) in (1..).zip(origins) {
        let wish = NewWish { origin, ..noticed(number, &format!("item {number}"), 1) };
        s.accept_noticed(&lease, ada(), &[wish], &[], UtcMs(1)).await.unwrap();
        let due = s.due_wishes(TENANT, &address("ada"), UtcMs(9), 9).await.unwrap();
        assert_eq!(due.last().map(|w| w.origin), Some(origin));
        let told = s.trail(TENANT).await.pop().expect("a row");
        let detail: serde_json::Value = serde_json::from_str(&told.detail).expect("JSON");
        assert_eq!(detail["origin"], serde_json::to_value(origin).expect("JSON"));
    }
}

async fn facts(s: &Bed, items: &[&str]) -> HashMap<ItemId, ItemFacts> {
    let items: Vec<_> = items.iter().map(|item| ItemId((*item).into())).collect();
    s.item_facts(TENANT, ada(), &items).await.unwrap()
}

async fn what_a_person_decided_meanwhile_is_not_overruled_by_what_tracks_by_itself(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    s.accept_wish(&wish(1, "tracked", 1)).await.unwrap();
    s.end_wish(&lease, &end(1, "tracked", Some(link(7)), 2)).await.unwrap();
    s.accept_wish(&NewWish { wish: untrack(), ..wish(2, "untracked", 1) }).await.unwrap();
    s.end_wish(&lease, &end(2, "untracked", None, 2)).await.unwrap();
    for (number, origin) in (10_u128..).step_by(10).zip([Origin::Filter, Origin::Copy, Origin::Category]) {
        let wishes = ["tracked", "untracked", "new"]
            .iter()
            .zip(number..)
            .map(|(item, number)| NewWish { origin, ..noticed(number, item, 3) });
        let wishes: Vec<_> = wishes.collect();
        let accepted = s.accept_noticed(&lease, ada(), &wishes, &[], UtcMs(3)).await.unwrap();
        assert_eq!(accepted, if origin == Origin::Category { 3 } else { 1 }, "{origin:?}");
    }
}

async fn facts_are_told_of_items_about_which_there_are_any(s: Bed) {
    let lease = lease(&*s, 0).await;
    s.accept_wish(&wish(1, "linked", 1)).await.unwrap();
    let folder = Some(inbox());
    s.end_wish(&lease, &WishEnd { folder: folder.clone(), ..end(1, "linked", Some(link(7)), 2) })
        .await
        .unwrap();
    let elsewhere = Some(FolderId("elsewhere".into()));
    let open = [
        NewWish { folder: elsewhere.clone(), ..noticed(2, "open", 3) },
        NewWish { wish: untrack(), ..noticed(3, "linked", 3) },
    ];
    s.accept_noticed(&lease, ada(), &open, &[], UtcMs(3)).await.unwrap();
    let told = facts(&s, &["linked", "open", "unknown"]).await;
    let linked = ItemFacts {
        link: Some(link(7)),
        untracked: false,
        open: Some((Origin::Category, Goal::Untrack)),
        folder: folder.clone(),
    };
    let open =
        ItemFacts { open: Some((Origin::Category, Goal::Track)), folder: elsewhere, ..ItemFacts::default() };
    let expected = HashMap::from([(ItemId("linked".into()), linked), (ItemId("open".into()), open)]);
    assert_eq!(told, expected);
    assert_eq!(facts(&s, &[]).await, HashMap::new());
    s.accept_wish(&wish(4, "linked", 5)).await.unwrap();
    s.end_wish(&lease, &end(4, "linked", Some(link(8)), 6)).await.unwrap();
    let told = facts(&s, &["linked"]).await.remove(&ItemId("linked".into())).expect("facts");
    assert_eq!((told.link, told.folder), (Some(link(8)), folder), "where it lay is not forgotten");
    assert_eq!(told.open, None);
}

async fn who_took_an_item_out_of_tracking_is_remembered_until_it_is_linked_again(s: Bed) {
    let lease = lease(&*s, 0).await;
    let item = ItemId("a".into());
    let mut number = 0;
    let mut carry_out = async |wished: Wish, refused: Option<Problem>, link| {
        number += 1;
        s.accept_wish(&NewWish { wish: wished, ..wish(number, "a", 1) }).await.unwrap();
        s.end_wish(&lease, &WishEnd { refused, ..end(number, "a", link, 2) }).await.unwrap();
        facts(&s, &["a"]).await.remove(&item).unwrap_or_default().untracked
    };
    let no = || Some(Problem::new(Code::CrmRefused));
    assert!(!carry_out(track(), no(), None).await, "not tracked is not untracked");
    assert!(!carry_out(track(), None, Some(link(7))).await);
    assert!(!carry_out(untrack(), no(), Some(link(7))).await, "it was refused");
    assert!(carry_out(untrack(), None, None).await);
    assert!(carry_out(track(), no(), None).await);
    assert!(!carry_out(track(), None, Some(link(7))).await);
}

async fn facts_of_many_items_are_told_at_once(s: Bed) {
    let lease = lease(&*s, 0).await;
    let items: Vec<_> = (0..700_u128).map(|n| format!("item '{n}' \"{n}\"")).collect();
    let wishes: Vec<_> = (0..700_u128).map(|n| noticed(n + 1, &items[n as usize], 1)).collect();
    assert_eq!(s.accept_noticed(&lease, ada(), &wishes, &[], UtcMs(1)).await.unwrap(), 700);
    let asked: Vec<_> = items.iter().map(String::as_str).collect();
    assert_eq!(facts(&s, &asked).await.len(), 700);
}

async fn copies_are_expected_until_they_are_found(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    let (first, second) = (InternetMessageId("<1@x>".into()), InternetMessageId("<2@x>".into()));
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    let email = CrmEmailId(id(7));
    let copies = vec![
        (ben(), first.clone(), email, Direction::Incoming),
        (ada(), second.clone(), email, Direction::Outgoing),
        (ada(), first.clone(), email, Direction::Incoming),
    ];
    s.end_wish(&lease, &WishEnd { copies, ..end(1, "a", Some(link(7)), 2) }).await.unwrap();
    let expected = |message_id: &InternetMessageId, direction| ExpectedCopy {
        message_id: message_id.clone(),
        email,
        direction,
        since: UtcMs(2),
    };
    let both = [expected(&first, Direction::Incoming), expected(&second, Direction::Outgoing)];
    assert_eq!(s.expected_copies(TENANT, ada()).await.unwrap(), both);
    let page = ObservedPage { copies_found: vec![first.clone()], ..page("1", vec![]) };
    assert_eq!(s.save_page(&lease, ada(), &page, UtcMs(3)).await.unwrap(), 0);
    assert_eq!(s.expected_copies(TENANT, ada()).await.unwrap(), both[1..]);
    s.accept_noticed(&lease, ada(), &[], &[second], UtcMs(4)).await.unwrap();
    assert_eq!(s.expected_copies(TENANT, ada()).await.unwrap(), []);
    assert_eq!(s.expected_copies(TENANT, ben()).await.unwrap(), both[..1], "Ben's copy is Ben's");
    assert_eq!(s.prune(both[0].since, 9).await.unwrap(), 0, "it may still come");
    assert_eq!(s.prune(both[0].since.plus_ms(1), 9).await.unwrap(), 1);
    assert_eq!(
        s.expected_copies(TENANT, ben()).await.unwrap(),
        [],
        "what never came is not waited for for ever"
    );
}

async fn no_tenant_sees_anothers_facts_or_copies(s: Bed) {
    let lease = lease(&*s, 0).await;
    s.accept_wish(&NewWish { user: UserId(id(3)), ..wish(1, "a", 1) }).await.unwrap();
    let copies = vec![(ada(), InternetMessageId("<1@x>".into()), CrmEmailId(id(7)), Direction::Incoming)];
    s.end_wish(&lease, &WishEnd { copies, ..end(1, "a", Some(link(7)), 2) }).await.unwrap();
    assert_eq!(s.item_facts(STRANGER, ada(), &[ItemId("a".into())]).await.unwrap(), HashMap::new());
    assert_eq!(s.expected_copies(STRANGER, ada()).await.unwrap(), []);
}
